package notify_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pulse-hub/pulse/hub/internal/alert"
	"github.com/pulse-hub/pulse/hub/internal/notify"
	"github.com/pulse-hub/pulse/hub/internal/store"
	"github.com/pulse-hub/pulse/sdk/notification"
)

func TestAWindowIsOneMessagePerChannel(t *testing.T) {
	in(t, func(h *hub) {
		a, b := h.bad("web", alert.Warning), h.bad("db", alert.Critical)
		h.decide(a.fire())
		h.pass(29 * time.Second)
		h.decide(b.fire())
		h.wantTitles("mail")
		h.pass(2 * time.Second)
		for _, channel := range []string{"mail", "hook"} {
			h.wantTitles(channel, "2 alerts on pve1 (1 critical)")
			m := h.told(channel)[0]
			if m.Severity != "critical" || m.Phase != notification.PhaseFiring || len(m.Alerts) != 2 || m.Alerts[0].ID != "db-cpu" {
				t.Errorf("%s got %+v", channel, m)
			}
		}
		h.empty()
		h.wantStats(notify.Stats{Sent: 2})

		h.decide(a.resolve())
		h.pass(time.Minute)
		h.wantTitles("mail", "2 alerts on pve1 (1 critical)", "Resolved: web – cpu")
		if got := h.told("mail")[1]; got.Phase != notification.PhaseResolved || got.Alerts[0].Ended.IsZero() || got.Severity != "info" {
			t.Errorf("resolved is %+v", got)
		}
		if keys := h.queue("told/"); len(keys) != 1 {
			t.Errorf("it is remembered who was told of %v, want of one alert", keys)
		}
	})
}

func TestWithoutAWindowEachIsToldAtOnce(t *testing.T) {
	in(t, func(h *hub) {
		h.grouping = notify.Grouping{}
		a, b := h.bad("web", alert.Warning), h.bad("db", alert.Warning)
		h.decide(a.fire(), b.fire())
		h.wantTitles("hook", "Warning: web – VM cpu at 91.2%", "Warning: db – VM cpu at 91.2%")
		h.grouping = notify.Grouping{Enabled: true}
		h.decide(a.resolve(), b.resolve())
		if got := titles(h.told("hook"))[2:]; !slices.Equal(got, []string{"2 alerts on pve1 resolved"}) {
			t.Errorf("then %q", got)
		}
	})
}

func TestNodesAndGuestsAreToldApart(t *testing.T) {
	for _, test := range []struct {
		name     string
		grouping notify.Grouping
		nodes    int // of 4 alerts
		want     int
	}{
		{"together", notify.Grouping{Enabled: true}, 2, 1},
		{"by node", notify.Grouping{Enabled: true, ByNode: true}, 2, 2},
		{"by guest", notify.Grouping{Enabled: true, ByGuest: true}, 2, 4},
		{"by both", notify.Grouping{Enabled: true, ByNode: true, ByGuest: true}, 1, 4},
	} {
		t.Run(test.name, func(t *testing.T) {
			in(t, func(h *hub) {
				h.grouping = test.grouping
				var events []alert.Event
				for i := range 4 {
					one := h.bad(name(i), alert.Warning)
					one.a.Subject.Node = fmt.Sprint("node", i%test.nodes)
					events = append(events, one.fire())
				}
				h.decide(events...)
				if got := h.told("mail"); len(got) != test.want {
					t.Errorf("%d messages, want %d", len(got), test.want)
				}
			})
		})
	}
}

func TestWhatIsOverBeforeItWasToldVanishes(t *testing.T) {
	in(t, func(h *hub) {
		a, b, c, d := h.bad("web", alert.Warning), h.bad("db", alert.Warning), h.bad("dns", alert.Warning), h.bad("nas", alert.Warning)
		h.decide(a.fire(), b.fire(), c.fire(), d.fire())
		h.pass(time.Second)
		h.decide(a.resolve(), b.acknowledge("alice"), c.acknowledge("bob"))
		h.decide(c.unacknowledge())
		h.pass(time.Minute)
		h.wantTitles("mail", "2 alerts on pve1")
		ids := []string{h.told("mail")[0].Alerts[0].ID, h.told("mail")[0].Alerts[1].ID}
		if !slices.Equal(ids, []string{"dns-cpu", "nas-cpu"}) {
			t.Errorf("told of %v", ids)
		}
		h.empty()
		h.wantStats(notify.Stats{Sent: 2, Cancelled: 1})
		lines, err := h.pipeline.Deliveries(h.Context(), 100)
		if err != nil || len(lines) != 3 {
			t.Fatalf("log is %+v, %v", lines, err)
		}
		cancelled := slices.IndexFunc(lines, func(d notify.Delivery) bool { return d.Outcome == notify.Cancelled })
		if cancelled < 0 || !slices.Equal(lines[cancelled].AlertIDs, []string{"web-cpu", "db-cpu"}) {
			t.Errorf("log is %+v", lines)
		}
	})
}

func TestToldAgainAndOverInOneWindowIsOver(t *testing.T) {
	in(t, func(h *hub) {
		a := h.bad("web", alert.Warning)
		h.decide(a.fire())
		h.pass(time.Minute)
		h.decide(a.again())
		h.decide(a.resolve())
		h.pass(time.Minute)
		h.wantTitles("hook", "Warning: web – VM cpu at 91.2%", "Resolved: web – cpu")
	})
}

func TestTheNewestOfAWindowIsTold(t *testing.T) {
	in(t, func(h *hub) {
		a := h.bad("web", alert.Warning)
		h.decide(a.fire())
		a.a.Level = alert.Critical
		h.decide(a.event(alert.Changed, everyone()))
		h.pass(time.Minute)
		h.wantTitles("hook", "Critical: web – VM cpu at 91.2%")
	})
}

func TestEscalationGoesToItsKindOfChannel(t *testing.T) {
	in(t, func(h *hub) {
		a := h.bad("web", alert.Critical)
		h.decide(a.fire())
		h.pass(time.Minute)
		h.decide(a.escalate(1, alert.ByEmail))
		h.pass(time.Minute)
		h.decide(a.escalate(2, alert.ByWebhook))
		h.pass(time.Minute)
		h.decide(a.escalate(3, alert.AllChannels))
		h.pass(time.Minute)
		const title = "Critical: web – VM cpu at 91.2%"
		h.wantTitles("mail", title, "Not acknowledged (level 1): "+title, "Not acknowledged (level 3): "+title)
		h.wantTitles("hook", title, "Not acknowledged (level 2): "+title, "Not acknowledged (level 3): "+title)
		if got := h.told("mail")[1].Escalation; got != 1 {
			t.Errorf("escalation is %d, want 1", got)
		}
	})
}

func TestRoutes(t *testing.T) {
	plain := func(h *hub) *incident { return h.bad("web", alert.Warning) }
	for _, test := range []struct {
		name  string
		rules []notify.Rule
		make  func(h *hub) *incident
		want  string // channels
	}{
		{"none", nil, plain, "mail hook"},
		{"level matches", []notify.Rule{{Channels: []string{"mail"}, MinLevel: alert.Warning}}, plain, "mail"},
		{"level is too low", []notify.Rule{{Channels: []string{"mail"}, MinLevel: alert.Critical}, {Channels: []string{"hook"}}}, plain, "hook"},
		{"no rule matches", []notify.Rule{{Channels: []string{"mail"}, Types: []string{"memory"}}}, plain, "mail hook"},
		{"type", []notify.Rule{{Channels: []string{"mail"}, Types: []string{"memory", "CPU"}}}, plain, "mail"},
		{"name", []notify.Rule{{Channels: []string{"mail"}, Resources: []string{"web"}}}, plain, "mail"},
		{"resource id", []notify.Rule{{Channels: []string{"mail"}, Resources: []string{"lab:pve1:web"}}}, plain, "mail"},
		{"node", []notify.Rule{{Channels: []string{"mail"}, Nodes: []string{"pve1"}}}, plain, "mail"},
		{"kind", []notify.Rule{{Channels: []string{"mail"}, Kinds: []string{"vm"}}}, plain, "mail"},
		{"tag", []notify.Rule{{Channels: []string{"mail"}, Tags: []string{"prod"}}}, func(h *hub) *incident {
			one := plain(h)
			one.a.Subject.Tags = []string{"x", "Prod"}
			return one
		}, "mail"},
		{"another tag", []notify.Rule{{Channels: []string{"mail"}, Tags: []string{"prod"}}, {Channels: []string{"hook"}}}, plain, "hook"},
		{"the first wins", []notify.Rule{{Channels: []string{"mail"}}, {Channels: []string{"hook"}}}, plain, "mail"},
		{"and so on", []notify.Rule{{Channels: []string{"mail"}, Continue: true}, {Channels: []string{"hook"}}}, plain, "mail hook"},
		{"nobody", []notify.Rule{{Channels: []string{}}}, plain, ""},
		{"only channels that are gone", []notify.Rule{{Channels: []string{"gone"}}}, plain, "mail hook"},
	} {
		t.Run(test.name, func(t *testing.T) {
			in(t, func(h *hub) {
				if err := h.pipeline.SetRoutes(h.Context(), test.rules); err != nil {
					t.Fatal(err)
				}
				one := test.make(h)
				h.decide(one.fire())
				h.pass(time.Minute)
				var got []string
				for _, channel := range []string{"mail", "hook"} {
					if len(h.told(channel)) > 0 {
						got = append(got, channel)
					}
				}
				if strings.Join(got, " ") != test.want {
					t.Errorf("told %v, want %s", got, test.want)
				}
				// Who was told of it is told of its end, whatever the rules say then.
				if err := h.pipeline.SetRoutes(h.Context(), []notify.Rule{{Channels: []string{"hook"}}}); err != nil {
					t.Fatal(err)
				}
				h.decide(one.resolve())
				h.pass(time.Minute)
				for _, channel := range got {
					if titles := titles(h.told(channel)); len(titles) != 2 || titles[1] != "Resolved: web – cpu" {
						t.Errorf("%s was told %q", channel, titles)
					}
				}
				h.empty()
			})
		})
	}
}

func TestEscalationFindsSomebodyWhateverTheRules(t *testing.T) {
	in(t, func(h *hub) {
		if err := h.pipeline.SetRoutes(h.Context(), []notify.Rule{{Channels: []string{"hook"}}}); err != nil {
			t.Fatal(err)
		}
		a := h.bad("web", alert.Critical)
		h.decide(a.fire())
		h.pass(time.Minute)
		h.decide(a.escalate(1, alert.ByEmail))
		h.pass(time.Minute)
		if len(h.told("mail")) != 1 || len(h.told("hook")) != 1 {
			t.Errorf("mail was told %q, hook %q", titles(h.told("mail")), titles(h.told("hook")))
		}
	})
}

func TestSettingsAreChecked(t *testing.T) {
	in(t, func(h *hub) {
		for _, rules := range [][]notify.Rule{
			{{MinLevel: "worst"}}, make([]notify.Rule, 201), {{Types: make([]string, 501)}}, {{Name: strings.Repeat("x", 501)}},
		} {
			if err := h.pipeline.SetRoutes(h.Context(), rules); err == nil {
				t.Errorf("%.80v was taken", rules)
			}
		}
		if err := h.pipeline.SetDigests(h.Context(), map[string]notify.Rhythm{"mail": "weekly"}); err == nil {
			t.Error("a weekly digest was taken")
		}
		want := []notify.Rule{{Name: "a", Channels: []string{"mail"}, Continue: true}}
		if err := h.pipeline.SetRoutes(h.Context(), want); err != nil {
			t.Fatal(err)
		}
		if got, err := h.pipeline.Routes(h.Context()); err != nil || len(got) != 1 || !got[0].Continue {
			t.Errorf("routes are %+v, %v", got, err)
		}
	})
}

// TestAStormIsAHandfulOfMessages: a thousand alerts of a hundred nodes within a minute, with the window of the factory
// and without any.
func TestAStormIsAHandfulOfMessages(t *testing.T) {
	for _, test := range []struct {
		name     string
		grouping notify.Grouping
		most     int
	}{
		{"factory", notify.Grouping{Enabled: true, Window: 30 * time.Second, ByNode: true}, 5},
		{"no window", notify.Grouping{Enabled: true, ByNode: true}, 8},
		{"no grouping", notify.Grouping{}, 24},
	} {
		t.Run(test.name, func(t *testing.T) {
			in(t, func(h *hub) {
				h.grouping = test.grouping
				for second := range 60 {
					var events []alert.Event
					for i := range 17 {
						one := h.bad(fmt.Sprint("vm", second, "-", i), alert.Warning)
						one.a.Subject.Node = fmt.Sprint("node", i%100)
						if i == 0 {
							one.a.Level = alert.Critical
						}
						events = append(events, one.fire())
					}
					h.decide(events...)
					h.pass(time.Second)
				}
				h.pass(5 * time.Minute)
				got := h.told("hook")
				seen := map[string]int{}
				for _, m := range got {
					for _, a := range m.Alerts {
						seen[a.ID]++
					}
				}
				for id, n := range seen {
					if n != 1 {
						t.Errorf("%s was told %d times", id, n)
					}
				}
				if len(got) > test.most || len(seen) != 60*17 {
					t.Errorf("%d messages about %d alerts, want at most %d about %d: %q", len(got), len(seen), test.most, 60*17, titles(got))
				}
				h.empty()
			})
		})
	}
}

func TestIdleWritesNothing(t *testing.T) {
	in(t, func(h *hub) {
		h.decide(h.bad("web", alert.Warning).fire())
		h.pass(time.Hour)
		before := h.disk.writes.Load()
		h.pass(48 * time.Hour)
		// Nor is anything written of events that nobody is told of.
		noted := h.bad("web", alert.Warning).event(alert.Noted, nil)
		h.pipeline.Offer([]alert.Event{noted})
		h.pass(time.Hour)
		if after := h.disk.writes.Load(); after != before {
			t.Errorf("%d writes while nothing happened", after-before)
		}
	})
}

func TestDigest(t *testing.T) {
	in(t, func(h *hub) {
		if err := h.pipeline.SetDigests(h.Context(), map[string]notify.Rhythm{"mail": notify.Hourly}); err != nil {
			t.Fatal(err)
		}
		a, b, c := h.bad("web", alert.Warning), h.bad("db", alert.Critical), h.bad("nas", alert.Warning)
		h.decide(a.fire(), b.fire(), c.fire())
		h.pass(time.Minute)
		h.wantTitles("mail", "Critical: db – VM cpu at 91.2%")
		h.wantTitles("hook", "3 alerts on pve1 (1 critical)")
		h.decide(a.resolve())
		h.pass(time.Minute)
		h.restart()
		h.pass(time.Hour)
		h.wantTitles("mail", "Critical: db – VM cpu at 91.2%", "Hourly digest: 1 alert, 1 resolved")
		m := h.told("mail")[1]
		if m.Phase != notification.PhaseInfo || m.Severity != "warning" || len(m.Alerts) != 2 {
			t.Errorf("digest is %+v", m)
		}
		h.empty()
		before := h.disk.writes.Load()
		h.pass(24 * time.Hour)
		if h.disk.writes.Load() != before || len(h.told("mail")) != 2 {
			t.Error("an empty digest was told")
		}
	})
}

func TestADailyDigestComesInTheMorning(t *testing.T) {
	in(t, func(h *hub) {
		if err := h.pipeline.SetDigests(h.Context(), map[string]notify.Rhythm{"mail": notify.Daily}); err != nil {
			t.Fatal(err)
		}
		h.decide(h.bad("web", alert.Warning).fire())
		h.pass(36 * time.Hour)
		h.mu.Lock()
		defer h.mu.Unlock()
		for _, r := range h.got {
			if r.channel == "mail" && (r.at.Local().Hour() != 8 || r.at.Minute() != 0 || !strings.HasPrefix(r.m.Title, "Daily digest: 1 alert")) {
				t.Errorf("told %q at %v", r.m.Title, r.at)
			}
		}
	})
}

func TestChannelsThatCannotBeListedAreWaitedFor(t *testing.T) {
	in(t, func(h *hub) {
		h.unlisted = true
		h.decide(h.bad("web", alert.Warning).fire())
		h.pass(10 * time.Minute)
		if health := h.pipeline.Health(); health.Healthy || health.Reason == "" {
			t.Errorf("health is %+v", health)
		}
		if n := strings.Count(h.logged.String(), "cannot be listed"); n != 1 {
			t.Errorf("logged %d times, want once", n)
		}
		h.mu.Lock()
		h.unlisted = false
		h.mu.Unlock()
		h.pass(time.Minute)
		h.wantTitles("mail", "Warning: web – VM cpu at 91.2%")
	})
}

func TestARestartGoesOn(t *testing.T) {
	in(t, func(h *hub) {
		a := h.bad("web", alert.Warning)
		h.decide(a.fire())
		h.restart()
		h.pass(time.Minute)
		h.wantTitles("mail", "Warning: web – VM cpu at 91.2%")
		h.set("mail", always(notification.Result{Outcome: notification.OutcomeRetry, Error: "busy"}))
		h.decide(a.resolve())
		h.pass(31 * time.Second)
		h.set("mail", nil)
		h.restart()
		h.pass(time.Minute)
		got := h.told("mail")
		if last := got[len(got)-1]; last.Title != "Resolved: web – cpu" || last.DeliveryID != got[1].DeliveryID {
			t.Errorf("told %q", titles(got))
		}
		h.empty()
	})
}

// TestAFullDiskIsNoReasonToBeSilent: what cannot be kept is told from memory, and not again when it is kept at last.
func TestAFullDiskIsNoReasonToBeSilent(t *testing.T) {
	in(t, func(h *hub) {
		a, b, c := h.bad("web", alert.Warning), h.bad("db", alert.Warning), h.bad("nas", alert.Warning)
		h.decide(a.fire())
		h.disk.full.Store(true)
		unkept := []alert.Event{b.fire()}
		if h.decide(unkept...) {
			t.Fatal("it was kept")
		}
		h.pass(time.Minute)
		h.wantTitles("mail", "2 alerts on pve1")
		if h.pipeline.Health().Healthy {
			t.Error("it is healthy without room")
		}
		unkept = append(unkept, c.fire())
		h.pipeline.Offer(unkept[1:])
		h.pass(time.Second)
		h.disk.full.Store(false)
		h.decide(unkept...)
		h.pass(time.Minute)
		h.wantTitles("mail", "2 alerts on pve1", "Warning: nas – VM cpu at 91.2%")
		h.pass(10 * time.Minute)
		h.empty()
		h.restart()
		h.pass(10 * time.Minute)
		if got := h.told("mail"); len(got) != 2 || !h.pipeline.Health().Healthy {
			t.Errorf("in the end told %q", titles(got))
		}
	})
}

func TestDamagedRecordsAreLeftOut(t *testing.T) {
	in(t, func(h *hub) {
		h.stop()
		for _, key := range []string{"event/0000000000000001", "event/x", "message/1", "body/1", "told/x", "digest/mail/1", "log/1"} {
			if err := h.disk.Put(h.Context(), store.Queue, key, []byte(`{"at":`)); err != nil {
				t.Fatal(err)
			}
		}
		if err := h.disk.Put(h.Context(), store.DeadLetters, "message/1", []byte(`{}`)); err != nil {
			t.Fatal(err)
		}
		h.number = 10
		h.start()
		h.decide(h.bad("web", alert.Warning).fire())
		h.pass(time.Minute)
		h.wantTitles("mail", "Warning: web – VM cpu at 91.2%")
		h.empty()
	})
}

func TestAnOutboxThatCannotEncodeLeavesOutMetadata(t *testing.T) {
	in(t, func(h *hub) {
		a := h.bad("web", alert.Warning)
		a.a.Metadata = map[string]any{"bad": func() {}, "good": 1}
		h.decide(a.fire())
		h.restart()
		h.pass(time.Minute)
		if got := h.told("mail"); len(got) != 1 || got[0].Alerts[0].Metadata != `{"good":1}` {
			t.Errorf("told %+v", got)
		}
	})
}
