package host

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hashicorp/go-hclog"

	"github.com/pulse-hub/pulse/agent/internal/host/outcome"
	"github.com/pulse-hub/pulse/agent/report"
)

// withPart is a collector with one part; the part fills in the number of its run as failed unit.
func withPart(every, limit time.Duration, collect func(ctx context.Context) (fill, error)) *Collector {
	collector, _ := fixed()
	collector.logger = hclog.NewNullLogger()
	collector.lanes = []*lane{{part: part{name: "tool", every: every, limit: limit, collect: collect}, onOutcome: collector.tell}}
	return collector
}

// saying is what a part learned: one word.
func saying(word string) fill {
	return func(into *report.Host) { into.Detail.FailedUnits = []string{word} }
}

// start runs the collector's parts until the test ends.
func start(t *testing.T, collector *Collector) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() { ended <- collector.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("Run = %v", err)
		}
	})
}

// expect collects and checks what the part contributes: its word, and whether it is named as degraded.
func expect(t *testing.T, collector *Collector, word string, degraded bool) {
	t.Helper()
	got, err := collector.Collect(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	heard := ""
	if len(got.Detail.FailedUnits) > 0 {
		heard = got.Detail.FailedUnits[0]
	}
	if heard != word || (len(got.Detail.Degraded) > 0) != degraded {
		t.Errorf("after %s: %q, degraded %v; want %q, %v", time.Now().Format("15:04:05"), heard, got.Detail.Degraded, word, degraded)
	}
	if degraded && (got.Detail.Degraded[0].Part != "tool" || got.Detail.Degraded[0].Reason == "") {
		t.Errorf("degraded = %+v, want the tool and a reason", got.Detail.Degraded)
	}
}

func TestPartHasItsOwnRhythm(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var runs atomic.Int32
		collector := withPart(time.Minute, time.Second, func(context.Context) (fill, error) {
			runs.Add(1)
			return saying("new"), nil
		})
		expect(t, collector, "", false)
		start(t, collector)
		synctest.Wait()
		for range 60 {
			expect(t, collector, "new", false)
			time.Sleep(10 * time.Second) // the bubble's clock
		}
		if got := runs.Load(); got < 10 || got > 11 {
			t.Errorf("part ran %d times in 10 minutes, want once a minute", got)
		}
	})
}

func TestHungPartDegradesOnlyItself(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var runs atomic.Int32
		hang, release := make(chan struct{}), make(chan struct{})
		collector := withPart(time.Minute, 10*time.Second, func(context.Context) (fill, error) {
			runs.Add(1)
			select {
			case <-hang:
				<-release // deaf to the context, like a process that waits for a dead disk
			default:
			}
			return saying("known"), nil
		})
		start(t, collector)
		synctest.Wait()
		close(hang)
		time.Sleep(time.Minute + 10*time.Second + leaveGrace + time.Second) // the bubble's clock
		expect(t, collector, "known", true)
		began := time.Now()
		time.Sleep(10 * time.Minute)
		expect(t, collector, "", true)
		if took := time.Since(began); took != 10*time.Minute {
			t.Errorf("a hung part delayed the collection: %s", took)
		}
		if got := runs.Load(); got != 2 {
			t.Errorf("part was started %d times, want not again while it hangs", got)
		}
		close(release)
		time.Sleep(time.Minute)
		synctest.Wait()
		expect(t, collector, "known", false)
	})
}

func TestPartThatFailsKeepsWhatItKnows(t *testing.T) {
	broken := errors.New("broken")
	answers := []struct {
		fill     fill
		err      error
		word     string
		degraded bool
	}{
		{saying("a"), nil, "a", false},
		{nil, broken, "a", true},
		{saying("b"), broken, "b", true},
		{nil, outcome.None("nothing there any more"), "", false},
		{saying("c"), nil, "c", false},
	}
	synctest.Test(t, func(t *testing.T) {
		next := 0
		collector := withPart(time.Minute, time.Second, func(context.Context) (fill, error) {
			answer := answers[next]
			next = min(next+1, len(answers)-1)
			return answer.fill, answer.err
		})
		start(t, collector)
		for _, answer := range answers {
			synctest.Wait()
			expect(t, collector, answer.word, answer.degraded)
			time.Sleep(time.Minute) // the bubble's clock
		}
	})
}

func TestPanicOfAPartIsAFailure(t *testing.T) {
	collector := withPart(time.Minute, time.Second, func(context.Context) (fill, error) { panic("index out of range") })
	outcomes := collector.Probe(t.Context())
	last := outcomes[len(outcomes)-1]
	if last.Name != "tool" || !errors.Is(last.Err, errPanic) {
		t.Errorf("outcome = %+v, want the panic", last)
	}
}

func TestProbeRunsAllPartsOnce(t *testing.T) {
	collector := withPart(time.Hour, time.Second, func(context.Context) (fill, error) { return nil, outcome.Missing("not installed", "install it") })
	want := []struct {
		name   string
		state  outcome.State
		remedy string
	}{{"identity", outcome.OK, ""}, {"tool", outcome.Unavailable, "install it"}}
	got := collector.Probe(t.Context())
	if len(got) != len(want) {
		t.Fatalf("outcomes = %+v", got)
	}
	for i := range want {
		if got[i].Name != want[i].name || got[i].State != want[i].state || got[i].Remedy != want[i].remedy {
			t.Errorf("outcome %d = %+v, want %+v", i, got[i], want[i])
		}
	}
}

func TestProbeNamesWhatDoesNotFinish(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		collector := withPart(time.Hour, time.Hour, func(ctx context.Context) (fill, error) {
			<-ctx.Done()
			return nil, context.Cause(ctx)
		})
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		outcomes := collector.Probe(ctx)
		if last := outcomes[len(outcomes)-1]; last.Name != "tool" || last.State != outcome.Failed || !errors.Is(last.Err, ErrStuck) {
			t.Errorf("outcomes = %+v, want the tool to have failed", outcomes)
		}
	})
}
