package host

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/shirou/gopsutil/v3/cpu"

	"github.com/pulse-hub/pulse/agent/report"
)

// firstSample is how long the first collection watches the processor, as there is no earlier cycle to compare with.
const firstSample = 200 * time.Millisecond

// processor computes the busy time of all processors between two collections.
type processor struct {
	times func(ctx context.Context) (cpuTimes, error)
	last  cpuTimes // zero before the first collection
}

// cpuTimes are the seconds all processors together spent since boot.
type cpuTimes struct{ busy, total float64 }

func newProcessor() *processor { return &processor{times: readTimes} }

func (p *processor) collect(ctx context.Context, into *report.Host) error {
	now, err := p.times(ctx)
	if err != nil {
		return err
	}
	if p.last == (cpuTimes{}) {
		p.last = now
		if now, err = p.after(ctx, firstSample); err != nil {
			return err
		}
	}
	into.Metrics.CPUUsagePercent = percent(now.busy-p.last.busy, now.total-p.last.total)
	p.last = now
	return nil
}

// after waits and reads the times again.
func (p *processor) after(ctx context.Context, wait time.Duration) (cpuTimes, error) {
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return cpuTimes{}, context.Cause(ctx)
	case <-timer.C:
		return p.times(ctx)
	}
}

func readTimes(ctx context.Context) (cpuTimes, error) {
	all, err := cpu.TimesWithContext(ctx, false)
	if err != nil {
		return cpuTimes{}, fmt.Errorf("read processor times: %w", err)
	}
	if len(all) == 0 {
		return cpuTimes{}, errors.New("the system reports no processor times")
	}
	// Guest time is part of user time already. Time stolen by the hypervisor is neither this machine's work nor idle;
	// it counts as busy, so that a starved guest shows as one.
	t := all[0]
	busy := t.User + t.System + t.Nice + t.Irq + t.Softirq + t.Steal
	return cpuTimes{busy: busy, total: busy + t.Idle + t.Iowait}, nil
}
