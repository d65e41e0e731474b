package module_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/go-hclog"

	"github.com/pulse-hub/pulse/agent/internal/module"
	"github.com/pulse-hub/pulse/agent/report"
)

// script is a module whose collections take a second each and end as the script says; after it, with a report.
type script struct {
	errs  []error
	nudge chan struct{}
	at    []time.Duration // when it was asked
	start time.Time
}

func (s *script) Info() module.Info        { return module.Info{Name: "script"} }
func (s *script) Hear(module.Answer) error { return nil }
func (s *script) Checks() []module.Check   { return []module.Check{{Name: "part", State: module.OK}} }
func (s *script) Nudge() <-chan struct{}   { return s.nudge }
func (s *script) Collect(ctx context.Context) (report.Report, error) {
	s.at = append(s.at, time.Since(s.start))
	time.Sleep(time.Second) // the bubble's clock
	if len(s.errs) == 0 {
		return &report.Host{}, ctx.Err()
	}
	err := s.errs[0]
	s.errs = s.errs[1:]
	return &report.Host{}, err
}

func TestRhythm(t *testing.T) {
	away := fmt.Errorf("engine: %w", module.ErrUnavailable)
	repeat := func(err error, times int) (list []error) {
		for range times {
			list = append(list, err)
		}
		return list
	}
	seconds := func(list ...time.Duration) []time.Duration {
		for i := range list {
			list[i] *= time.Second
		}
		return list
	}
	tests := []struct {
		name string
		errs []error
		runs time.Duration
		want []time.Duration
		puts int
	}{
		{"at once and at every interval", nil, 95 * time.Second, seconds(0, 30, 60, 90), 4},
		{"a failure waits for its turn", []error{errors.New("x")}, 35 * time.Second, seconds(0, 30), 1},
		{"unavailable is tried sooner, then later", repeat(away, 3), 70 * time.Second, seconds(0, 5, 15, 35, 65), 2},
		{"the longest pause", repeat(away, 9), 1500 * time.Second, seconds(0, 5, 15, 35, 75, 155, 315, 615, 915, 1215, 1245, 1275, 1305, 1335, 1365, 1395, 1425, 1455, 1485), 10},
		{"ended for good", []error{nil, fmt.Errorf("stop: %w", module.ErrEnded)}, time.Hour, seconds(0, 30), 1},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithTimeout(t.Context(), test.runs)
				defer cancel()
				subject := &script{errs: test.errs, start: time.Now()}
				puts := 0
				err := module.Run(ctx, module.Options{
					Module: subject, Interval: 30 * time.Second, Logger: hclog.NewNullLogger(),
					Put: func(report.Report) error { puts++; return nil },
				})
				if err != nil {
					t.Errorf("Run = %v", err)
				}
				if diff := cmp.Diff(test.want, subject.at); diff != "" {
					t.Errorf("collections (-want +got):\n%s", diff)
				}
				if puts != test.puts {
					t.Errorf("%d reports, want %d", puts, test.puts)
				}
			})
		})
	}
}

func TestNudgeCollectsAtOnceAndStartsTheIntervalAnew(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Second)
		defer cancel()
		subject := &script{nudge: make(chan struct{}, 1), start: time.Now()}
		time.AfterFunc(10*time.Second, func() { subject.nudge <- struct{}{} })
		tried := 0
		_ = module.Run(ctx, module.Options{
			Module: subject, Interval: 30 * time.Second, Logger: hclog.NewNullLogger(), Tried: func() { tried++ },
			Put: func(report.Report) error { return nil },
		})
		if diff := cmp.Diff([]time.Duration{0, 10 * time.Second, 40 * time.Second}, subject.at); diff != "" || tried != 3 {
			t.Errorf("tried %d times, collections (-want +got):\n%s", tried, diff)
		}
	})
}

func TestTry(t *testing.T) {
	tests := []struct {
		name string
		err  error
		want []module.Check
	}{
		{"works", nil, []module.Check{{Name: "part", State: module.OK}}},
		{"not there", module.ErrUnavailable, []module.Check{{Name: "part", State: module.OK}, {Name: "script", State: module.Unavailable, Reason: "unavailable"}}},
		{"broken", errors.New("x"), []module.Check{{Name: "part", State: module.OK}, {Name: "script", State: module.Failed, Reason: "x"}}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				got := module.Try(t.Context(), &script{errs: []error{test.err}})
				if diff := cmp.Diff(test.want, got); diff != "" {
					t.Errorf("checks (-want +got):\n%s", diff)
				}
			})
		})
	}
}

// probed is a module that knows more than a collection shows.
type probed struct{ script }

func (p *probed) Probe(context.Context) []module.Check { return []module.Check{{Name: "slow"}} }

func TestTryProbes(t *testing.T) {
	if got := module.Try(t.Context(), &probed{}); len(got) != 1 || got[0].Name != "slow" {
		t.Errorf("checks = %+v", got)
	}
}
