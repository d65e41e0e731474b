package sender_test

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/go-hclog"

	"github.com/pulse-hub/pulse/agent/internal/module"
	"github.com/pulse-hub/pulse/agent/internal/sender"
	"github.com/pulse-hub/pulse/agent/internal/spool"
	"github.com/pulse-hub/pulse/agent/report"
)

func TestReportsSurviveAnOutageInOrderWithTheirTimes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bench := start(t, setup{features: allFeatures})
		var want []report.Host
		cycle := func(sequence int) {
			want = append(want, bench.queue(t, sequence))
			time.Sleep(30 * time.Second) // the bubble's clock
		}
		cycle(1)
		bench.hub.set(func(h *hub) { h.answer = func(report.Host) (int, string) { return http.StatusBadGateway, "oops" } })
		for sequence := range 10 {
			cycle(2 + sequence)
		}
		if got := bench.hub.names(); len(got) != 1 {
			t.Fatalf("hub that is away accepted %v", got)
		}
		bench.hub.set(func(h *hub) { h.answer = nil })
		cycle(12)
		time.Sleep(time.Minute)
		want[0].Sequence = 0 // that was before the hub had said that it knows numbers
		bench.hub.set(func(h *hub) {
			if diff := cmp.Diff(want, h.received); diff != "" {
				t.Errorf("reports (-queued +received):\n%s", diff)
			}
		})
		if warned := strings.Count(bench.log.String(), "[WARN]"); warned != 1 {
			t.Errorf("one outage was logged %d times:\n%s", warned, bench.log)
		}
		if stats := bench.total(); stats.Sent != 12 || stats.Waiting != 0 || stats.Dropped != 0 {
			t.Errorf("stats = %+v", stats)
		}
	})
}

func TestUnreachableHub(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bench := start(t, setup{})
		bench.hub.set(func(h *hub) { h.away = true })
		bench.queue(t, 1)
		time.Sleep(10 * time.Minute)
		bench.hub.set(func(h *hub) { h.away = false })
		time.Sleep(time.Minute)
		if diff := cmp.Diff([]string{"1"}, bench.hub.names()); diff != "" {
			t.Errorf("reports (-want +got):\n%s", diff)
		}
		for _, leak := range []string{"s3cr3t", "http://"} {
			if strings.Contains(bench.log.String(), leak) {
				t.Errorf("log shows %q:\n%s", leak, bench.log)
			}
		}
	})
}

func TestLegacyHubGetsTheNewestReportsAfterAnOutage(t *testing.T) {
	for name, known := range map[string]bool{"that is known": true, "that is new": false} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				bench := start(t, setup{dir: t.TempDir()})
				bench.queue(t, 0)
				if known {
					time.Sleep(time.Second)
				}
				bench.hub.set(func(h *hub) { h.received = nil })
				if !known {
					bench.stop()
					bench = start(t, setup{dir: t.TempDir()})
				}
				bench.hub.set(func(h *hub) { h.away = true })
				bench.queue(t, 1)
				for name := range 100 {
					bench.queue(t, 2+name)
					time.Sleep(30 * time.Second)
				}
				bench.hub.set(func(h *hub) { h.away = false })
				time.Sleep(5 * time.Minute)
				want := reports(42, 101)
				if !known {
					want = append([]string{"1"}, reports(43, 101)...) // the first one finds out
				}
				if diff := cmp.Diff(want, bench.hub.names()); diff != "" {
					t.Errorf("reports (-want +got):\n%s", diff)
				}
			})
		})
	}
}

func TestForbiddenReportsAreDroppedAndLoggedOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bench := start(t, setup{})
		bench.hub.set(func(h *hub) {
			h.answer = func(report.Host) (int, string) {
				return http.StatusForbidden, `{"error":"missing scope","code":"missing_scope","status_code":403,"timestamp":1}`
			}
		})
		for sequence := range 5 {
			bench.queue(t, sequence)
			time.Sleep(30 * time.Second)
		}
		if stats := bench.total(); stats.Waiting != 0 || stats.Dropped != 5 {
			t.Errorf("stats = %+v, want all dropped", stats)
		}
		if logged := strings.Count(bench.log.String(), "[ERROR]"); logged != 1 || !strings.Contains(bench.log.String(), "missing scope") {
			t.Errorf("403 was logged %d times, want once with its reason:\n%s", logged, bench.log)
		}
		bench.hub.set(func(h *hub) { h.answer = nil })
		bench.queue(t, 5)
		time.Sleep(30 * time.Second)
		if diff := cmp.Diff([]string{"5"}, bench.hub.names()); diff != "" {
			t.Errorf("reports after permission came back (-want +got):\n%s", diff)
		}
	})
}

func TestReportTheHubCannotReadDoesNotHoldUpTheOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bench := start(t, setup{})
		bench.hub.set(func(h *hub) {
			h.answer = func(body report.Host) (int, string) {
				if body.Tags[0] == "1" {
					return http.StatusBadRequest, `{"error":"bad","code":"invalid_report"}`
				}
				return http.StatusOK, ""
			}
		})
		for sequence := range 4 {
			bench.queue(t, sequence)
		}
		time.Sleep(5 * time.Minute)
		if diff := cmp.Diff([]string{"0", "2", "3"}, bench.hub.names()); diff != "" {
			t.Errorf("reports (-want +got):\n%s", diff)
		}
	})
}

func TestSuccessThatIsNotAHubKeepsTheReport(t *testing.T) {
	for name, body := range map[string]string{"portal": "<html>Welcome</html>", "other JSON": `{"success":false}`} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				bench := start(t, setup{})
				bench.hub.set(func(h *hub) { h.answer = func(report.Host) (int, string) { return http.StatusAccepted, body } })
				bench.queue(t, 1)
				time.Sleep(time.Minute)
				if stats := bench.total(); stats.Sent != 0 || stats.Waiting != 1 {
					t.Errorf("stats = %+v, want the report kept", stats)
				}
			})
		})
	}
}

func TestBackOffGrowsToAMinute(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bench := start(t, setup{})
		bench.hub.set(func(h *hub) { h.answer = func(report.Host) (int, string) { return http.StatusServiceUnavailable, "" } })
		bench.queue(t, 1)
		time.Sleep(20 * time.Minute)
		bench.hub.set(func(h *hub) {
			for i := 1; i < len(h.attempts); i++ {
				longest := min(5*time.Second<<(i-1), time.Minute)
				if pause := h.attempts[i].Sub(h.attempts[i-1]); pause < longest/2 || pause > longest {
					t.Errorf("pause %d = %s, want %s to %s", i, pause, longest/2, longest)
				}
			}
			if len(h.attempts) < 20 {
				t.Errorf("only %d attempts in 20 minutes", len(h.attempts))
			}
		})
	})
}

func TestTooLargeReportIsRefusedAtOnce(t *testing.T) {
	outbox := sender.New(sender.Options{
		Module: module.Info{MaxBytes: 100}, Logger: hclog.NewNullLogger(),
		Spool:   spool.Open(spool.Options{Readers: []string{"hub"}, Logger: hclog.NewNullLogger()}),
		Targets: []*sender.Target{sender.NewTarget(sender.TargetOptions{})},
	})
	if err := outbox.Put(&report.Host{Tags: []string{strings.Repeat("x", 100)}}); !errors.Is(err, sender.ErrTooLarge) {
		t.Errorf("Put = %v, want ErrTooLarge", err)
	}
	if stats := outbox.Stats()[0]; stats.Waiting != 0 {
		t.Errorf("stats = %+v, want nothing queued", stats)
	}
}

func TestAdditionsAreUsedOnlyAfterTheHubHasNamedThem(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bench := start(t, setup{})
		put := func() request {
			t.Helper()
			err := bench.Put(&report.Host{Host: report.HostInfo{Hostname: "h"}, Timestamp: time.Now(), Detail: &report.HostDetail{Cores: []float64{1}}})
			if err != nil {
				t.Fatal(err)
			}
			time.Sleep(time.Minute)
			bench.hub.mu.Lock()
			defer bench.hub.mu.Unlock()
			return bench.hub.requests[len(bench.hub.requests)-1]
		}
		for i, step := range []struct {
			features         string
			packed, extended bool
		}{
			{"", false, false}, {"", false, false}, {allFeatures, false, false}, {allFeatures, true, true},
			{"gzip", true, true}, {"gzip", true, false}, {"gzip, new", true, false}, {"", false, false},
		} {
			bench.hub.set(func(h *hub) { h.features = step.features })
			got := put()
			for _, member := range []string{`"sequence":`, `"detail":`} {
				if strings.Contains(string(got.body), member) != step.extended {
					t.Errorf("step %d: report is %s", i, got.body)
				}
			}
			if got.packed != step.packed {
				t.Errorf("step %d: packed = %v", i, got.packed)
			}
		}
		if stats := bench.total(); stats.Sent != 8 || stats.Dropped != 0 || stats.Failed != 1 {
			t.Errorf("stats = %+v, want one attempt that a hub no longer understood", stats)
		}
	})
}

func TestReplayIsOrderedPacedAndSurvivesRestartsOfTheAgent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		hubs := []*hub{{features: allFeatures}}
		var want []report.Host
		for round := range 3 {
			bench := start(t, setup{dir: dir, hubs: hubs})
			if round == 0 {
				want = append(want, bench.queue(t, -1))
				time.Sleep(time.Second)
			}
			bench.hub.set(func(h *hub) { h.away = true })
			for name := range 200 {
				want = append(want, bench.queue(t, 200*round+name))
				time.Sleep(5 * time.Second)
			}
			bench.stop()
		}
		hubs[0].set(func(h *hub) { h.away, h.attempts = false, nil })
		bench := start(t, setup{dir: dir, hubs: hubs})
		time.Sleep(time.Minute)
		bench.hub.set(func(h *hub) {
			for i := range want {
				want[i].Sequence = h.received[i].Sequence
				if i > 0 && want[i].Sequence <= want[i-1].Sequence {
					t.Errorf("sequence %d after %d", want[i].Sequence, want[i-1].Sequence)
				}
			}
			// The one before the features were known has no number.
			if diff := cmp.Diff(want[1:], h.received[1:]); diff != "" {
				t.Errorf("reports (-put +received):\n%s", diff)
			}
			for i := 20; i < len(h.attempts); i++ {
				if took := h.attempts[i].Sub(h.attempts[i-20]); took < time.Second {
					t.Fatalf("20 reports in %s", took)
				}
			}
		})
		if stats := bench.Spool(); stats.Waiting != 0 || stats.Bytes > 100 {
			t.Errorf("spool = %+v, want it empty", stats)
		}
	})
}

func TestHubsKnowNothingOfEachOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hubs := []*hub{{features: allFeatures, away: true}, {}, {features: "replay"}}
		var heard atomic.Int32
		bench := start(t, setup{dir: t.TempDir(), hubs: hubs, hear: func(answer module.Answer) error {
			if answer.Target == 1 && !answer.Accepted() {
				return fmt.Errorf("was removed: %w", module.ErrEnded)
			}
			heard.Add(1)
			return nil
		}})
		for name := range 100 {
			if name == 50 {
				hubs[1].set(func(h *hub) {
					h.answer = func(report.Host) (int, string) { return http.StatusBadRequest, `{"error":"was removed"}` }
				})
			}
			bench.queue(t, name)
			time.Sleep(30 * time.Second)
		}
		if diff := cmp.Diff(reports(0, 99), hubs[2].names()); diff != "" {
			t.Errorf("third hub (-want +got):\n%s", diff)
		}
		hubs[0].set(func(h *hub) { h.away = false })
		time.Sleep(2 * time.Minute)
		if diff := cmp.Diff(reports(0, 99), hubs[0].names()); diff != "" {
			t.Errorf("first hub, late (-want +got):\n%s", diff)
		}
		asked := 0
		hubs[1].set(func(h *hub) { asked = len(h.requests) })
		if diff := cmp.Diff(reports(0, 49), hubs[1].names()); diff != "" || asked != 51 {
			t.Errorf("second hub, which wants no more after the 50th, got %d requests (-want +got):\n%s", asked, diff)
		}
		if count := heard.Load(); count != 250 {
			t.Errorf("%d answers were handed on", count)
		}
	})
}

func TestModuleEndsWhenNoHubIsLeft(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bench := start(t, setup{hear: func(module.Answer) error { return module.ErrEnded }})
		bench.queue(t, 0)
		time.Sleep(time.Second)
		if err := bench.Put(&report.Host{}); !errors.Is(err, module.ErrEnded) {
			t.Errorf("Put = %v, want ErrEnded", err)
		}
	})
}

func TestForbiddenReportsOfOtherModulesAreKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bench := start(t, setup{keep: true})
		bench.hub.set(func(h *hub) { h.answer = func(report.Host) (int, string) { return http.StatusForbidden, `{}` } })
		bench.queue(t, 1)
		time.Sleep(10 * time.Minute)
		bench.hub.set(func(h *hub) { h.answer = nil })
		time.Sleep(time.Minute)
		if diff := cmp.Diff([]string{"1"}, bench.hub.names()); diff != "" {
			t.Errorf("reports (-want +got):\n%s", diff)
		}
	})
}

func TestRetryAfterIsHonoured(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bench := start(t, setup{})
		bench.hub.set(func(h *hub) {
			h.answer = func(report.Host) (int, string) { return http.StatusServiceUnavailable, "" }
			h.retryAfter = "90"
		})
		bench.queue(t, 1)
		time.Sleep(10 * time.Minute)
		bench.hub.set(func(h *hub) {
			if len(h.attempts) != 7 {
				t.Errorf("%d attempts in 10 minutes, want one each 90 s", len(h.attempts))
			}
		})
	})
}

func BenchmarkPut(b *testing.B) {
	outbox := sender.New(sender.Options{
		Module: module.Info{MaxBytes: report.MaxHostBytes}, Logger: hclog.NewNullLogger(),
		Spool:   spool.Open(spool.Options{Dir: b.TempDir(), MaxBytes: 64 << 20, MaxAge: time.Hour, Readers: []string{"hub"}, Logger: hclog.NewNullLogger()}),
		Targets: []*sender.Target{sender.NewTarget(sender.TargetOptions{})},
	})
	value := &report.Host{Host: report.HostInfo{Hostname: "h"}, Timestamp: time.Now(), Disks: make([]report.Disk, 4), Network: make([]report.NIC, 4)}
	b.ReportAllocs()
	for b.Loop() {
		if err := outbox.Put(value); err != nil {
			b.Fatal(err)
		}
	}
}
