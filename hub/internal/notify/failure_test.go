package notify_test

import (
	"context"
	"errors"
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

type answer = func(context.Context, *notification.Message) (notification.Result, error)

func hangs(ctx context.Context, _ *notification.Message) (notification.Result, error) {
	<-ctx.Done()
	return notification.Result{}, ctx.Err()
}

// TestABadChannelHarmsNoOther: whatever one does, the other is told at once, and what the bad one does can be seen.
func TestABadChannelHarmsNoOther(t *testing.T) {
	for _, test := range []struct {
		name   string
		answer answer
		// least and most are the tries within a minute, error what is shown of them, and logged what is logged; dead says
		// that it is given up at once.
		least, most   int
		error, logged string
		dead          bool
	}{
		{"hangs", hangs, 2, 2, "did not answer within 35 s", "does not deliver", false},
		{"crashes", func(context.Context, *notification.Message) (notification.Result, error) {
			return notification.Result{}, errors.New("the plugin has ended")
		}, 5, 6, "the plugin has ended", "only probed", false},
		{"500", always(notification.Result{Outcome: notification.OutcomeRetry, Status: 500, Error: "HTTP 500: boom"}), 5, 6, "HTTP 500: boom", "only probed", false},
		{"429", always(notification.Result{Outcome: notification.OutcomeRetry, Status: 429, Error: "too many", RetryAfter: 25 * time.Second}), 3, 3, "too many", "asks for a pause", false},
		{"nonsense", always(notification.Result{Outcome: 99}), 5, 6, "does not say why", "only probed", false},
		{"redirect to a private address", always(notification.Result{Outcome: notification.OutcomeRejected, Error: "address is private"}), 2, 2, "address is private", "given up", true},
	} {
		t.Run(test.name, func(t *testing.T) {
			in(t, func(h *hub) {
				h.grouping = notify.Grouping{Enabled: true}
				h.set("hook", test.answer)
				one := h.bad("web", alert.Critical)
				begun := time.Now()
				h.decide(one.fire())
				h.decide(h.bad("db", alert.Critical).fire())
				h.wantTitles("mail", "Critical: web – VM cpu at 91.2%", "Critical: db – VM cpu at 91.2%")
				if passed := time.Since(begun); passed > 0 {
					t.Errorf("the other channel waited for %v", passed)
				}
				h.pass(time.Minute)
				if tries := len(h.told("hook")); tries < test.least || tries > test.most {
					t.Errorf("%d tries within a minute, want %d to %d", tries, test.least, test.most)
				}
				health := h.health("hook")
				if !strings.Contains(health.LastError, test.error) || health.LastTry.IsZero() || !health.LastSent.IsZero() {
					t.Errorf("health is %+v", health)
				}
				lines, err := h.pipeline.Deliveries(h.Context(), 1000)
				if err != nil || !slices.ContainsFunc(lines, func(d notify.Delivery) bool {
					return d.Channel.ID == "hook" && d.Channel.Name == "Hook" && strings.Contains(d.Error, test.error) && d.Outcome != notify.Sent && d.Try == 1
				}) {
					t.Errorf("log is %+v, %v", lines, err)
				}
				if !strings.Contains(h.logged.String(), test.logged+": channel=hook") {
					t.Errorf("logged %s", h.logged.String())
				}
				stats := h.pipeline.Stats()
				if dead := stats.Dead == 2; dead != test.dead || stats.Sent != 2 || !dead && stats.Failed+stats.Sending+stats.Pending != 2 {
					t.Errorf("stats are %+v", stats)
				}
				h.pass(48 * time.Hour)
				if stats := h.pipeline.Stats(); stats != (notify.Stats{Dead: 2}) {
					t.Errorf("in the end stats are %+v", stats)
				}
				letters, err := h.pipeline.DeadLetters(h.Context(), 10)
				if err != nil || len(letters) != 2 {
					t.Fatalf("dead letters %+v, %v", letters, err)
				}
				letter := letters[slices.IndexFunc(letters, func(d notify.DeadLetter) bool { return d.Message.Alerts[0].ID == "web-cpu" })]
				if letter.Channel.Service != "generic" || letter.Reason == "" || !strings.Contains(letter.LastError, test.error) || letter.MaxTries != 11 {
					t.Errorf("dead letter is %+v", letter)
				}
				h.empty()
			})
		})
	}
}

// TestPausesGrow: the tries of a message spread over about half an hour, also where others fail as well.
func TestPausesGrow(t *testing.T) {
	in(t, func(h *hub) {
		h.set("hook", always(notification.Result{Outcome: notification.OutcomeRetry, Error: "busy"}))
		h.decide(h.bad("web", alert.Critical).fire())
		h.pass(24 * time.Hour)
		var at []time.Time
		for _, r := range h.got {
			if r.channel == "hook" {
				at = append(at, r.at)
			}
		}
		if len(at) != 11 {
			t.Fatalf("%d tries, want 11", len(at))
		}
		if span := at[10].Sub(at[0]); span < 20*time.Minute || span > 45*time.Minute {
			t.Errorf("tries spread over %v, want about half an hour", span)
		}
		for i := 1; i < len(at); i++ {
			want := min(10*time.Minute, time.Duration(1<<i)*time.Second)
			if i >= 5 {
				want = max(want, time.Minute) // it is probed
			}
			if got := at[i].Sub(at[i-1]); got < want*8/10 || got > want*12/10+time.Second {
				t.Errorf("pause %d is %v, want about %v", i, got, want)
			}
		}
		ids := map[string]bool{}
		for _, m := range h.told("hook") {
			ids[m.DeliveryID] = true
		}
		if len(ids) != 1 {
			t.Errorf("the tries have %d delivery ids", len(ids))
		}
	})
}

func TestABrokenChannelIsProbedAndComesBack(t *testing.T) {
	in(t, func(h *hub) {
		h.grouping = notify.Grouping{Enabled: true}
		h.set("hook", always(notification.Result{Outcome: notification.OutcomeRetry, Error: "down"}))
		for i := range 5 {
			h.decide(h.bad(name(i), alert.Warning).fire())
		}
		h.pass(time.Minute)
		health := h.health("hook")
		if !health.Broken || health.Waiting != 5 || health.Next.IsZero() {
			t.Fatalf("health is %+v", health)
		}
		before := len(h.told("hook"))
		h.pass(10 * time.Minute)
		if probes := len(h.told("hook")) - before; probes < 8 || probes > 11 {
			t.Errorf("%d probes in 10 minutes", probes)
		}
		h.set("hook", nil)
		h.pass(2 * time.Minute)
		if got := h.health("hook"); got.Broken || got.Waiting != 0 || got.LastError != "" || got.LastSent.IsZero() {
			t.Errorf("health is %+v", got)
		}
		if log := h.logged.String(); strings.Count(log, "delivers again") != 1 || strings.Count(log, "only probed") != 1 {
			t.Errorf("logged %s", log)
		}
		h.empty()
	})
}

func TestAProviderSaysWhenToComeBack(t *testing.T) {
	in(t, func(h *hub) {
		h.grouping = notify.Grouping{Enabled: true}
		h.set("hook", always(notification.Result{Outcome: notification.OutcomeRetry, RetryAfter: 5 * time.Minute}))
		h.decide(h.bad("web", alert.Warning).fire())
		h.decide(h.bad("db", alert.Warning).fire())
		h.set("hook", nil)
		h.pass(5*time.Minute - time.Second)
		if n := len(h.told("hook")); n != 1 {
			t.Errorf("called %d times, want once", n)
		}
		h.pass(2 * time.Second)
		h.wantTitles("hook", "Warning: web – VM cpu at 91.2%", "Warning: web – VM cpu at 91.2%", "Warning: db – VM cpu at 91.2%")
		if h.health("hook").Broken {
			t.Error("it counts as broken")
		}
	})
}

// TestOneAlertsOrderIsKept: what is over waits until it was told that it began; others do not wait for that.
func TestOneAlertsOrderIsKept(t *testing.T) {
	in(t, func(h *hub) {
		h.grouping = notify.Grouping{Enabled: true}
		h.set("hook", func(_ context.Context, m *notification.Message) (notification.Result, error) {
			if m.Alerts[0].ID == "web-cpu" && m.Phase == notification.PhaseFiring && len(h.told("hook")) < 4 {
				return notification.Result{Outcome: notification.OutcomeRetry, Error: "not this"}, nil
			}
			return notification.Result{Outcome: notification.OutcomeDelivered}, nil
		})
		a, b := h.bad("web", alert.Warning), h.bad("db", alert.Warning)
		h.decide(a.fire())
		h.decide(a.resolve())
		h.decide(b.fire())
		h.pass(10 * time.Minute)
		const began = "Warning: web – VM cpu at 91.2%"
		h.wantTitles("hook", began, "Warning: db – VM cpu at 91.2%", began, began, "Resolved: web – cpu")
	})
}

func TestRates(t *testing.T) {
	in(t, func(h *hub) {
		if err := h.pipeline.SetDigests(h.Context(), nil); err != nil {
			t.Fatal(err)
		}
		h.grouping = notify.Grouping{}
		for i := range 19 {
			h.decide(h.bad(name(i), alert.Warning).fire())
		}
		if mail, hook := len(h.told("mail")), len(h.told("hook")); mail != 19 || hook != 10 {
			t.Errorf("at once %d mails and %d webhooks, want 19 and 10", mail, hook)
		}
		if next := h.health("hook").Next; next.IsZero() {
			t.Error("it does not show when the next may go")
		}
		h.pass(time.Minute)
		if hook := len(h.told("hook")); hook < 19 {
			t.Errorf("after a minute %d webhooks, want 19", hook)
		}
	})
}

func TestAChannelThatGoesTakesItsMessagesAlong(t *testing.T) {
	in(t, func(h *hub) {
		h.set("hook", always(notification.Result{Outcome: notification.OutcomeRetry}))
		h.decide(h.bad("web", alert.Warning).fire())
		h.pass(31 * time.Second)
		h.mu.Lock()
		h.channels[1].Enabled = false
		h.mu.Unlock()
		h.pass(5 * time.Minute)
		tries := len(h.told("hook"))
		h.pass(10 * time.Minute)
		if got := len(h.told("hook")); got != tries {
			t.Errorf("it was tried %d times more", got-tries)
		}
		letters, err := h.pipeline.DeadLetters(h.Context(), 10)
		if err != nil || len(letters) != 1 || letters[0].Reason != "the channel is switched off or gone" {
			t.Errorf("dead letters %+v, %v", letters, err)
		}
		// Nor is it told of what comes.
		h.decide(h.bad("db", alert.Warning).fire())
		h.pass(time.Minute)
		h.wantStats(notify.Stats{Dead: 1, Sent: 2})
	})
}

func TestDeadLettersComeBackOrGo(t *testing.T) {
	in(t, func(h *hub) {
		h.grouping = notify.Grouping{Enabled: true}
		h.set("hook", always(notification.Result{Outcome: notification.OutcomeRejected, Error: "no"}))
		h.decide(h.bad("web", alert.Warning).fire())
		h.pass(time.Second)
		h.decide(h.bad("db", alert.Warning).fire())
		h.restart()
		letters, err := h.pipeline.DeadLetters(h.Context(), 10)
		if err != nil || len(letters) != 2 || letters[0].Message.Alerts[0].ID != "db-cpu" {
			t.Fatalf("dead letters %+v, %v", letters, err)
		}
		if some, err := h.pipeline.DeadLetters(h.Context(), 1); err != nil || len(some) != 1 || some[0].ID != letters[0].ID {
			t.Errorf("one dead letter %+v, %v", some, err)
		}
		for _, id := range []string{"", "nobody", strings.Repeat("x", 5000)} {
			if err := h.pipeline.Retry(h.Context(), id); !errors.Is(err, notify.ErrNotFound) {
				t.Errorf("retry of %.10q: %v", id, err)
			}
			if err := h.pipeline.Delete(h.Context(), id); !errors.Is(err, notify.ErrNotFound) {
				t.Errorf("deletion of %.10q: %v", id, err)
			}
		}
		if err := h.pipeline.Delete(h.Context(), letters[0].ID); err != nil {
			t.Error(err)
		}
		h.wantStats(notify.Stats{Dead: 1, Sent: 2, Cancelled: 1})
		h.set("hook", nil)
		if err := h.pipeline.Retry(h.Context(), letters[1].ID); err != nil {
			t.Error(err)
		}
		if err := h.pipeline.Retry(h.Context(), letters[1].ID); !errors.Is(err, notify.ErrNotFound) {
			t.Errorf("second retry: %v", err)
		}
		h.pass(time.Second)
		h.wantStats(notify.Stats{Sent: 3, Cancelled: 1})
		if got := h.told("hook"); len(got) != 3 || got[2].DeliveryID != got[0].DeliveryID {
			t.Errorf("hook was told %q", titles(got))
		}
		h.empty()
	})
}

// TestTooManyWaiting: beyond ten thousand, the oldest warnings are given up.
func TestTooManyWaiting(t *testing.T) {
	in(t, func(h *hub) {
		h.grouping = notify.Grouping{}
		h.stop()
		h.channels = h.channels[1:]
		h.set("hook", hangs)
		err := h.disk.Update(h.Context(), func(tx store.Tx) error {
			for i := range 9_999 {
				id := fmt.Sprintf("%016x", i+1)
				severity := "warning"
				if i == 5 {
					severity = "critical"
				}
				record := fmt.Sprintf(`{"id":%q,"deliveryId":%q,"channel":"hook","phase":"firing","severity":%q,"numbers":[%d],"created":%q}`,
					id, id, severity, i+1, time.Now().Format(time.RFC3339))
				if err := tx.Put(h.Context(), store.Queue, "message/"+id, []byte(record)); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		h.number = 20_000
		h.start()
		var events []alert.Event
		for i := range 10 {
			events = append(events, h.bad(name(i), alert.Critical).fire())
		}
		h.decide(events...)
		h.pass(time.Second)
		stats := h.pipeline.Stats()
		// The first message is without content and is given up for that; another is being sent.
		if waiting := stats.Pending + stats.Failed + stats.Sending; waiting > 10_000 || waiting < 9_990 {
			t.Errorf("stats are %+v", stats)
		}
		letters, err := h.pipeline.DeadLetters(h.Context(), 100)
		if err != nil || !slices.ContainsFunc(letters, func(d notify.DeadLetter) bool { return d.Reason == "too many notifications wait" }) {
			t.Errorf("%d dead letters, %v", len(letters), err)
		}
		if slices.ContainsFunc(letters, func(d notify.DeadLetter) bool {
			return d.ID == fmt.Sprintf("%016x", 6) && strings.HasPrefix(d.Reason, "too many")
		}) {
			t.Error("a critical message was given up before warnings")
		}
	})
}

func TestTest(t *testing.T) {
	in(t, func(h *hub) {
		mail := notify.Trial{Channel: notify.Channel{ID: "mail", Name: "Mail", Kind: notify.Email}}
		got, err := h.pipeline.Test(h.Context(), mail)
		if err != nil || got.Outcome != notification.OutcomeDelivered || got.Status != 200 {
			t.Errorf("test says %+v, %v", got, err)
		}
		m := h.told("mail")[0]
		if m.Phase != notification.PhaseTest || m.Title != "Test message from Pulse" || !strings.Contains(m.Text, "through Mail work") || m.DeliveryID == "" {
			t.Errorf("sent %+v", m)
		}
		h.set("mail", always(notification.Result{Outcome: notification.OutcomeRejected, Status: 535, Error: "bad password"}))
		if got, err = h.pipeline.Test(h.Context(), mail); err != nil || got.Error != "bad password" {
			t.Errorf("test says %+v, %v", got, err)
		}
		h.set("mail", hangs)
		if _, err = h.pipeline.Test(h.Context(), mail); err == nil || !strings.Contains(err.Error(), "did not answer") {
			t.Errorf("test says %v", err)
		}
		unsaved := notify.Trial{Channel: notify.Channel{Name: "New"}, Send: always(notification.Result{Outcome: notification.OutcomeDelivered, Status: 204})}
		if got, err = h.pipeline.Test(h.Context(), unsaved); err != nil || got.Status != 204 {
			t.Errorf("test says %+v, %v", got, err)
		}
		lines, err := h.pipeline.Deliveries(h.Context(), 10)
		var outcomes []notify.Outcome
		for _, d := range lines {
			outcomes = append(outcomes, d.Outcome)
		}
		if want := []notify.Outcome{notify.Sent, notify.GivenUp, notify.GivenUp, notify.Sent}; err != nil || !slices.Equal(outcomes, want) {
			t.Errorf("log says %v, %v", outcomes, err)
		}
		h.wantStats(notify.Stats{Sent: 2})
	})
}

func TestTheLogIsBounded(t *testing.T) {
	in(t, func(h *hub) {
		trial := notify.Trial{Send: always(notification.Result{Outcome: notification.OutcomeDelivered})}
		for range 1100 {
			if _, err := h.pipeline.Test(h.Context(), trial); err != nil {
				t.Fatal(err)
			}
		}
		h.wantStats(notify.Stats{Sent: 1100})
		h.pass(25 * time.Hour)
		h.wantStats(notify.Stats{})
		for range 100 {
			if _, err := h.pipeline.Test(h.Context(), trial); err != nil {
				t.Fatal(err)
			}
		}
		if keys := h.queue("log/"); len(keys) != 1000 {
			t.Errorf("the log has %d lines, want 1000", len(keys))
		}
		h.pass(31 * 24 * time.Hour)
		if lines, err := h.pipeline.Deliveries(h.Context(), 1000); err != nil || len(lines) != 0 {
			t.Errorf("after a month %d lines are shown, %v", len(lines), err)
		}
	})
}

// TestTheEndOfTheHubWaitsForWhatIsSent, but not for long.
func TestTheEndOfTheHubWaitsForWhatIsSent(t *testing.T) {
	in(t, func(h *hub) {
		h.grouping = notify.Grouping{Enabled: true}
		h.set("mail", func(context.Context, *notification.Message) (notification.Result, error) {
			time.Sleep(3 * time.Second) // of the bubble
			return notification.Result{Outcome: notification.OutcomeDelivered}, nil
		})
		h.set("hook", hangs)
		h.decide(h.bad("web", alert.Warning).fire())
		begun := time.Now()
		h.stop()
		if took := time.Since(begun); took != 5*time.Second {
			t.Errorf("the end took %v, want 5s", took)
		}
		h.set("hook", nil)
		h.start()
		h.pass(time.Minute)
		if len(h.told("mail")) != 1 || len(h.told("hook")) != 2 {
			t.Errorf("mail was told %q, hook %q", titles(h.told("mail")), titles(h.told("hook")))
		}
		h.empty()
	})
}
