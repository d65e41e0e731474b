package app

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/pulse-hub/pulse/agent/report"
)

// firstReport is how long another module waits for the first report of the host module.
const firstReport = 3 * time.Second

// machine gives other modules the latest report about the machine, so that nothing is measured twice.
type machine struct {
	host *hostModule
	// reported says that the host module runs and makes reports of its own.
	reported bool
	first    chan struct{} // closed when there is a report

	mu   sync.Mutex
	last *report.Host
}

func newMachine(host *hostModule, reported bool) *machine {
	shared := &machine{host: host, reported: reported, first: make(chan struct{})}
	if reported {
		host.collected = shared.put
	}
	return shared
}

// put takes a report of the host module.
func (m *machine) put(current *report.Host) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.last == nil {
		close(m.first)
	}
	m.last = current
}

// report returns the latest report, which must not be changed. Where the host module makes none, it collects one.
func (m *machine) report(ctx context.Context) (*report.Host, error) {
	if m.reported {
		timer := time.NewTimer(firstReport)
		defer timer.Stop()
		select {
		case <-m.first:
			m.mu.Lock()
			defer m.mu.Unlock()
			return m.last, nil
		case <-timer.C:
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
	}
	collected, err := m.host.read(ctx)
	if err != nil {
		return nil, fmt.Errorf("collect: %w", err)
	}
	return collected, nil
}
