package host

import (
	"context"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/shirou/gopsutil/v4/cpu"

	"github.com/pulse-hub/pulse/agent/report"
)

// firstSample is how long the first collection watches the processor, as there is no earlier cycle to compare with.
const firstSample = 200 * time.Millisecond

// processor computes the busy time of the processors between two collections.
type processor struct {
	times func(ctx context.Context) ([]cpuTimes, error)
	last  []cpuTimes // by processor; nil before the first collection
}

// cpuTimes are the seconds a processor spent since boot.
type cpuTimes struct{ busy, total, iowait, steal float64 }

func newProcessor() *processor { return &processor{times: readTimes} }

func (p *processor) collect(ctx context.Context, into *report.Host) error {
	now, err := p.times(ctx)
	if err != nil {
		return err
	}
	if len(p.last) != len(now) { // also when processors were added or taken away
		p.last = now
		if now, err = p.after(ctx, firstSample); err != nil {
			return err
		}
	}
	p.compare(now, into)
	p.last = now
	return nil
}

// compare fills in what happened since the last collection.
func (p *processor) compare(now []cpuTimes, into *report.Host) {
	var all cpuTimes
	for i := range min(len(now), len(p.last)) {
		spent := now[i].since(p.last[i])
		all = cpuTimes{busy: all.busy + spent.busy, total: all.total + spent.total, iowait: all.iowait + spent.iowait, steal: all.steal + spent.steal}
		if i < maxCores {
			into.Detail.Cores = append(into.Detail.Cores, tenths(percent(spent.busy, spent.total)))
		}
	}
	into.Metrics.CPUUsagePercent = percent(all.busy, all.total)
	into.Detail.IOWaitPercent = tenths(percent(all.iowait, all.total))
	into.Detail.StealPercent = tenths(percent(all.steal, all.total))
}

// since returns the difference. The kernel lets the waiting time, and with it the total, run backwards at times.
func (t cpuTimes) since(before cpuTimes) cpuTimes {
	return cpuTimes{
		busy: max(t.busy-before.busy, 0), total: max(t.total-before.total, 0),
		iowait: max(t.iowait-before.iowait, 0), steal: max(t.steal-before.steal, 0),
	}
}

// tenths rounds to one decimal, which is all a list of processors needs.
func tenths(value float64) float64 { return math.Round(value*10) / 10 }

// after waits and reads the times again.
func (p *processor) after(ctx context.Context, wait time.Duration) ([]cpuTimes, error) {
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	case <-timer.C:
		return p.times(ctx)
	}
}

func readTimes(ctx context.Context) ([]cpuTimes, error) {
	all, err := cpu.TimesWithContext(ctx, true)
	if err != nil {
		return nil, fmt.Errorf("read processor times: %w", err)
	}
	if len(all) == 0 {
		return nil, errors.New("the system reports no processor times")
	}
	times := make([]cpuTimes, 0, len(all))
	for _, t := range all {
		// Guest time is part of user time already. Time stolen by the hypervisor is neither this machine's work nor idle;
		// it counts as busy, so that a starved guest shows as one.
		busy := t.User + t.System + t.Nice + t.Irq + t.Softirq + t.Steal
		times = append(times, cpuTimes{busy: busy, total: busy + t.Idle + t.Iowait, iowait: t.Iowait, steal: t.Steal})
	}
	return times, nil
}
