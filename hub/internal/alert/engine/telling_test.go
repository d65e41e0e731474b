package engine_test

import (
	"errors"
	"testing"
	"time"

	"github.com/pulse-hub/pulse/hub/internal/alert"
	"github.com/pulse-hub/pulse/hub/internal/alert/engine"
	"github.com/pulse-hub/pulse/hub/internal/alert/policy"
)

// A value that stays high is told once where no repetition is configured, however often it is seen: not on every poll,
// and not again when nothing but the value moves.
func TestSteadyAlertIsToldOnce(t *testing.T) {
	b := newBench(t, nil)
	b.want(b.round(0, cpu(95)), "fired critical tell")
	for i := range 1000 {
		b.want(b.round(10*time.Second, cpu(91+float64(i%9))))
	}
}

func TestRepetition(t *testing.T) {
	b := newBench(t, func(c *policy.Config) { c.Schedule.Cooldown = 30 })
	b.want(b.round(0, cpu(85)), "fired warning tell")
	b.want(b.round(29*time.Minute, cpu(86)))
	b.want(b.round(time.Minute)) // it is not seen that it goes on
	b.want(b.round(time.Second, cpu(86)), "told warning tell")
	b.want(b.round(10*time.Minute, cpu(95)), "changed critical tell") // worse is told at once
	b.want(b.round(29*time.Minute, cpu(95)))
	b.want(b.round(time.Minute, cpu(95)), "told critical tell")
	b.must(b.Acknowledge("lab:pve1:100-cpu", "ann", b.now))
	b.want(b.round(time.Hour, cpu(95)))
}

// A fresh installation with much that is wrong: nobody is told until it has been reviewed, and then only what is critical.
func TestActivation(t *testing.T) {
	pending := func(c *policy.Config) { c.ActivationState = policy.PendingReview }
	b := newBench(t, pending)
	b.want(b.round(0, cpu(95)), "fired critical withheld: not-activated")
	mild := func(f *alert.Finding) {
		f.Identity, f.Subject.Key, f.AlertID = alert.IdentityOf("lab/qemu/200", alert.CPU, ""), "lab/qemu/200", "lab:pve1:200-cpu"
	}
	b.want(b.round(time.Second, cpu(85, mild)), "fired warning withheld: not-activated")
	b.want(b.round(time.Hour, cpu(85, mild)))
	b.configure(nil)
	b.want(b.round(time.Second), "told critical tell")
	b.want(b.round(time.Hour, cpu(85, mild)))
	b.want(b.round(time.Second, cpu(95, mild)), "changed critical tell")
	// What nobody was told of is not told to be over either.
	b.configure(pending)
	b.want(b.round(time.Second, cpu(10, mild)), "resolved critical withheld: not-activated cleared")
}

func TestQuietHours(t *testing.T) {
	quiet := func(c *policy.Config) {
		c.Schedule.QuietHours = policy.QuietHours{
			Enabled: true, Start: "11:00", End: "13:00", Timezone: "UTC", Days: map[string]bool{"wednesday": true},
			Suppress: policy.QuietCategories{Performance: true},
		}
		c.Schedule.Escalation = policy.EscalationConfig{Enabled: true, Levels: []policy.EscalationLevel{{After: 30, Notify: "email"}}}
	}
	b := newBench(t, quiet)
	b.want(b.round(0, cpu(95)), "fired critical withheld: quiet-hours")
	if until := b.events[0].Until; !until.Equal(start.Add(time.Hour)) {
		t.Errorf("withheld until %s, want the end of quiet hours", until)
	}
	b.want(b.round(45*time.Minute, cpu(95))) // escalation keeps quiet too
	b.want(b.round(15*time.Minute, cpu(95)), "told critical tell", "escalated critical tell email at step 1")
	b.want(b.round(time.Minute, cpu(10)), "resolved critical tell cleared")

	urgent := newBench(t, quiet)
	offline := func(f *alert.Finding) { f.Category = alert.Offline }
	urgent.want(urgent.round(0, cpu(95, offline)), "fired critical tell")

	over := newBench(t, quiet)
	over.want(over.round(0, cpu(95)), "fired critical withheld: quiet-hours")
	over.want(over.round(time.Minute, cpu(10)), "resolved critical cleared")
	over.want(over.round(2*time.Hour, cpu(10)))
}

func TestEscalation(t *testing.T) {
	steps := func(c *policy.Config) {
		c.Schedule.Escalation = policy.EscalationConfig{Enabled: true, Levels: []policy.EscalationLevel{{After: 15, Notify: "email"}, {After: 30, Notify: "all"}}}
	}
	b := newBench(t, steps)
	b.round(0, cpu(95))
	b.want(b.round(15*time.Minute, cpu(95)), "escalated critical tell email at step 1")
	b.want(b.round(time.Second, cpu(95)))
	b.want(b.round(15*time.Minute, cpu(95)), "escalated critical tell all at step 2")
	b.want(b.round(time.Hour, cpu(95)))

	taken := newBench(t, steps)
	taken.round(0, cpu(95))
	taken.must(taken.Acknowledge("lab:pve1:100-cpu", "ann", taken.now))
	taken.want(taken.round(time.Hour, cpu(95)))
}

// Only beginnings count for flapping, and what flaps is still looked at.
func TestFlapping(t *testing.T) {
	b := newBench(t, func(c *policy.Config) {
		c.FlappingEnabled, c.FlappingThreshold, c.FlappingWindowSeconds, c.FlappingCooldownMinutes = true, 3, 300, 10
		c.SuppressionWindow = 1
	})
	value := 81.0
	turn := func() []alert.Event {
		value += 3 // each time another value: no near-duplicate
		return append(b.round(10*time.Second, cpu(value)), b.round(10*time.Second, cpu(10))...)
	}
	b.want(turn(), "fired warning tell", "resolved warning tell cleared")
	b.want(turn(), "fired warning tell", "resolved warning tell cleared")
	b.want(turn(), "fired critical tell", "flapping critical withheld: flapping", "resolved critical withheld: flapping cleared")
	b.want(turn(), "fired critical withheld: flapping", "resolved critical cleared")
	b.want(b.round(10*time.Second, cpu(97)), "fired critical withheld: flapping")
	b.want(b.round(time.Minute, cpu(97)))
	b.want(b.round(10*time.Minute, cpu(97)), "settled critical", "told critical tell")

	steady := newBench(t, func(c *policy.Config) {
		c.FlappingEnabled, c.FlappingThreshold, c.FlappingWindowSeconds, c.ActivationState = true, 3, 300, policy.Snoozed
	})
	steady.round(0, cpu(95))
	for range 100 {
		steady.want(steady.round(10*time.Second, cpu(95)))
	}
	steady.want(steady.round(10*time.Second, cpu(5)), "resolved critical cleared")
}

func TestAcknowledgementOutlivesTheAlert(t *testing.T) {
	b := newBench(t, nil)
	b.round(0, cpu(95))
	b.must(b.Acknowledge("lab:pve1:100-cpu", "ann", b.now))
	b.want(b.round(time.Minute, cpu(10)), "resolved critical withheld: acknowledged cleared")
	b.want(b.round(50*time.Minute, cpu(96)), "fired critical withheld: acknowledged")
	if a, _ := b.Find("lab:pve1:100-cpu"); a.AcknowledgedBy != "ann" {
		t.Errorf("acknowledged by %q", a.AcknowledgedBy)
	}
	b.must(b.Unacknowledge("lab:pve1:100-cpu", "ann", b.now))
	b.want(b.round(time.Second, cpu(96)), "told critical tell")
	b.must(b.Acknowledge("lab:pve1:100-cpu", "ann", b.now))
	b.round(time.Minute, cpu(10))
	b.want(b.round(2*time.Hour, cpu(95)), "fired critical tell")
}

func TestClearedByHand(t *testing.T) {
	b := newBench(t, nil)
	b.round(0, cpu(95))
	b.want(b.must(b.Clear("lab:pve1:100-cpu", "bob", b.now, b.policy)), "resolved critical manual")
	b.want(b.round(5*time.Minute, cpu(95)), "fired critical tell")
	for name, err := range map[string]error{
		"acknowledge": func() error { _, err := b.Acknowledge("none", "bob", b.now); return err }(),
		"clear":       func() error { _, err := b.Clear("none", "bob", b.now, b.policy); return err }(),
	} {
		if !errors.Is(err, engine.ErrNotFound) {
			t.Errorf("%s of what is not there: %v", name, err)
		}
	}
}

// A node that goes down explains what is wrong with its guests; one telling is enough. What is still wrong when it is
// back is told then.
func TestDependency(t *testing.T) {
	b := newBench(t, nil)
	node := func(f *alert.Finding) {
		f.Type, f.Numeric, f.Confirm, f.Delay = alert.Connectivity, false, 0, time.Minute
		f.Identity, f.Subject.Key, f.AlertID = alert.IdentityOf("lab/node/pve1", alert.Connectivity, ""), "lab/node/pve1", "node-offline-lab-pve1"
	}
	below := func(f *alert.Finding) { f.HiddenBy = alert.IdentityOf("lab/node/pve1", alert.Connectivity, "") }
	b.want(b.round(0, cpu(95, node)), "pending")
	b.want(b.round(time.Second, cpu(95, below)), "fired critical withheld: dependency")
	b.want(b.round(time.Minute, cpu(95, node)), "fired critical tell")
	b.want(b.round(time.Hour, cpu(95, below)))
	b.want(b.round(time.Second, cpu(0, node)), "resolved critical tell cleared", "told critical tell")
}

func TestMaintenance(t *testing.T) {
	b := newBench(t, func(c *policy.Config) {
		c.Maintenance = []policy.Maintenance{{
			ID: "m1", From: start.Format(time.RFC3339), To: start.Add(time.Hour).Format(time.RFC3339), Nodes: []string{"pve1"},
		}}
	})
	b.want(b.round(0, cpu(95)), "fired critical withheld: maintenance")
	b.want(b.round(59*time.Minute, cpu(95)))
	b.want(b.round(time.Minute, cpu(95)), "told critical tell")
}

func TestMonitorOnly(t *testing.T) {
	b := newBench(t, nil)
	only := func(f *alert.Finding) { f.MonitorOnly = true }
	b.want(b.round(0, cpu(95, only)), "fired critical withheld: monitor-only")
	b.want(b.round(time.Hour, cpu(95, only)))
	b.want(b.round(time.Hour, cpu(5, only)), "resolved critical cleared")
}

func TestHourlyLimit(t *testing.T) {
	b := newBench(t, func(c *policy.Config) { c.Schedule.MaxAlertsHour = 2 })
	value := 80.0
	fire := func() []alert.Event { value += 2; return b.round(5*time.Minute, cpu(value)) }
	for range 2 {
		b.want(fire(), "fired warning tell")
		b.round(time.Minute, cpu(5))
	}
	b.want(fire(), "fired warning withheld: hourly-limit")
	b.want(b.round(30*time.Minute, cpu(value)))
	b.want(b.round(30*time.Minute, cpu(value)), "told warning tell")
}

func TestAges(t *testing.T) {
	b := newBench(t, func(c *policy.Config) {
		c.AutoAcknowledgeAfterHours, c.MaxAlertAgeDays, c.MaxAcknowledgedAgeDays = 24, 7, 1
	})
	b.round(0, cpu(95))
	b.want(b.round(24*time.Hour, cpu(95)), "acknowledged critical")
	if a, _ := b.Find("lab:pve1:100-cpu"); a.AcknowledgedBy != engine.AutoUser {
		t.Errorf("acknowledged by %q", a.AcknowledgedBy)
	}
	b.want(b.round(48*time.Hour, cpu(95))) // its cause shows: it would only come back
	unseen := engine.Round{Now: b.now, Policy: b.policy, Checked: []alert.Checked{{Key: "lab/qemu/100", Unseen: true}}}
	b.want(b.take(b.Evaluate(&unseen)), "resolved critical too-old")
}

// A change of configuration ends what no longer holds and leaves alone what does.
func TestConfigurationChanges(t *testing.T) {
	b := newBench(t, nil)
	raid := func(f *alert.Finding) {
		f.Type, f.Numeric, f.Trigger, f.Clear, f.Critical = alert.RAID, false, 0, 0, 0
		f.Identity, f.AlertID, f.Subject.Key = alert.IdentityOf("host", alert.RAID, "md0"), "host-raid-md0", "host"
	}
	b.round(0, cpu(85))
	b.round(0, cpu(95, raid))
	b.configure(func(c *policy.Config) { c.Schedule.MaxAlertsHour = 3 })
	b.want(b.round(time.Second, cpu(95, raid)))
	b.want(b.round(time.Second, cpu(85)))
	lower := func(f *alert.Finding) { f.Trigger, f.Clear, f.Critical = 70, 65, 80 }
	b.want(b.round(time.Second, cpu(85, lower, func(f *alert.Finding) { f.Level = alert.Critical })), "changed critical tell")
	higher := func(f *alert.Finding) {
		f.Trigger, f.Clear, f.Critical, f.Verdict, f.Level = 95, 90, 99, alert.Good, ""
	}
	b.want(b.round(time.Second, cpu(85, higher)), "resolved critical tell cleared")
}

func TestNotes(t *testing.T) {
	b := newBench(t, nil)
	b.round(0, cpu(95))
	a, _ := b.Find("lab:pve1:100-cpu")
	b.want(b.take(b.Note(a, "ann", "looking at it", b.now)), "noted critical")
	if last := b.events[len(b.events)-1]; last.User != "ann" || last.Note != "looking at it" {
		t.Errorf("event is %+v", last)
	}
}
