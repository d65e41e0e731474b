package host

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/hashicorp/go-hclog"

	"github.com/pulse-hub/pulse/agent/report"
)

// fixed is a collector of the given sources that logs into the returned text.
func fixed(sources ...source) (*Collector, *strings.Builder) {
	var log strings.Builder
	named := source{"identity", func(_ context.Context, into *report.Host) error {
		into.Host.Hostname = "h"
		return nil
	}}
	return &Collector{
		sources: append([]source{named}, sources...),
		tags:    []string{"prod"},
		logger:  hclog.New(&hclog.LoggerOptions{Output: &log}),
	}, &log
}

func TestFailingPartsDoNotCostTheReport(t *testing.T) {
	broken := errors.New("broken sensor")
	collector, _ := fixed(
		source{"fails", func(context.Context, *report.Host) error { return broken }},
		source{"panics", func(context.Context, *report.Host) error { panic("index out of range") }},
		source{"works", func(_ context.Context, into *report.Host) error {
			into.Host.CPUCount = 4
			return nil
		}},
	)
	got, err := collector.Collect(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if got.Host.CPUCount != 4 || got.Host.Hostname != "h" || got.Tags[0] != "prod" || got.Timestamp.IsZero() {
		t.Errorf("report lacks parts that worked: %+v", got)
	}
	outcomes := collector.Outcomes()
	if len(outcomes) != 4 || !errors.Is(outcomes[1].Err, broken) || !errors.Is(outcomes[2].Err, errPanic) || outcomes[3].Err != nil {
		t.Errorf("outcomes = %+v", outcomes)
	}
}

func TestFailuresAreLoggedOnChangeOfState(t *testing.T) {
	var failure error
	collector, log := fixed(source{"part", func(context.Context, *report.Host) error { return failure }})
	for _, failure = range []error{nil, errors.New("broken"), errors.New("broken"), nil, nil} {
		if _, err := collector.Collect(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if warned, healed := strings.Count(log.String(), "[WARN]"), strings.Count(log.String(), "[INFO]"); warned != 1 || healed != 1 {
		t.Errorf("logged %d warnings and %d recoveries, want one each:\n%s", warned, healed, log)
	}
}

func TestCollectNeedsAHostname(t *testing.T) {
	collector, _ := fixed()
	collector.sources = nil
	if _, err := collector.Collect(t.Context()); !errors.Is(err, ErrNoHostname) {
		t.Errorf("Collect = %v, want ErrNoHostname", err)
	}
}

func TestCollectEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	collector, _ := fixed(source{"cancels", func(context.Context, *report.Host) error { cancel(); return nil }})
	if _, err := collector.Collect(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("Collect = %v, want context.Canceled", err)
	}
}

// TestCollectRealMachine checks what holds on any machine that runs the tests.
func TestCollectRealMachine(t *testing.T) {
	collector := New(Options{Logger: hclog.NewNullLogger(), AgentID: "a", ReportIP: "10.0.0.5"})
	got, err := collector.Collect(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if got.Host.Hostname == "" || got.Agent.ID != "a" || got.Host.ReportIP != "10.0.0.5" || got.Metrics.Memory.TotalBytes <= 0 || got.Host.UptimeSeconds <= 0 {
		t.Errorf("report = %+v", got)
	}
	if cpu := got.Metrics.CPUUsagePercent; cpu < 0 || cpu > 100 {
		t.Errorf("cpu = %v, want 0 to 100", cpu)
	}
}

func BenchmarkCollect(b *testing.B) {
	collector := New(Options{Logger: hclog.NewNullLogger()})
	if _, err := collector.Collect(b.Context()); err != nil { // the first one waits for its sample
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := collector.Collect(b.Context()); err != nil {
			b.Fatal(err)
		}
	}
}
