package engine_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pulse-hub/pulse/hub/internal/alert"
	"github.com/pulse-hub/pulse/hub/internal/alert/engine"
	"github.com/pulse-hub/pulse/hub/internal/alert/policy"
)

// bench is an engine with a clock and a configuration, and everything that has happened.
type bench struct {
	testing.TB
	*engine.Engine
	now    time.Time
	policy *policy.Policy
	events []alert.Event
}

// start is a Wednesday.
var start = time.Date(2026, time.July, 1, 12, 0, 0, 0, time.UTC)

func newBench(t testing.TB, change func(*policy.Config)) *bench {
	t.Helper()
	b := &bench{TB: t, Engine: engine.New(nil), now: start}
	b.configure(change)
	return b
}

// configure sets a configuration that tells of everything at once, and once, but for the changes.
func (b *bench) configure(change func(*policy.Config)) {
	b.Helper()
	config := policy.Default()
	config.ActivationState = policy.Active
	config.FlappingEnabled = false
	config.AutoAcknowledgeAfterHours = 0
	config.SuppressionWindow, config.MinimumDelta = 1, 0.001
	config.Schedule.Cooldown, config.Schedule.MaxAlertsHour = 0, 0
	config.Schedule.NotifyOnResolve = true
	if change != nil {
		change(&config)
	}
	var err error
	if b.policy, err = policy.New(config); err != nil {
		b.Fatal(err)
	}
}

// round lets some time pass and shows findings of one resource.
func (b *bench) round(after time.Duration, findings ...alert.Finding) []alert.Event {
	b.Helper()
	b.now = b.now.Add(after)
	for i := range findings {
		if findings[i].At.IsZero() {
			findings[i].At = b.now
		}
	}
	checked := []alert.Checked{}
	if len(findings) > 0 {
		checked = append(checked, alert.Checked{Key: findings[0].Subject.Key, Findings: findings})
	}
	return b.take(b.Evaluate(&engine.Round{Now: b.now, Policy: b.policy, Checked: checked}))
}

func (b *bench) take(events []alert.Event) []alert.Event {
	b.events = append(b.events, events...)
	return events
}

// must takes the events of a command.
func (b *bench) must(events []alert.Event, err error) []alert.Event {
	b.Helper()
	if err != nil {
		b.Fatal(err)
	}
	return b.take(events)
}

// cpu is a finding about the processor of a guest, with the thresholds 80 and 75, critical at 90.
func cpu(value float64, more ...func(*alert.Finding)) alert.Finding {
	f := alert.Finding{
		Identity: alert.IdentityOf("lab/qemu/100", alert.CPU, ""), Type: alert.CPU, AlertID: "lab:pve1:100-cpu",
		Subject: alert.Subject{Key: "lab/qemu/100", ID: "lab:pve1:100", Name: "web", Node: "pve1", Instance: "lab", Kind: "vm"},
		Value:   value, Trigger: 80, Clear: 75, Critical: 90, Numeric: true, Category: alert.Performance,
		Message: fmt.Sprintf("VM cpu at %.1f%%", value),
	}
	limit := policy.Limit{Trigger: f.Trigger, Clear: f.Clear, Critical: f.Critical}
	f.Verdict, f.Level = limit.Judge(value)
	for _, change := range more {
		change(&f)
	}
	return f
}

// story says in short what events are: kind, level, and who is told or why nobody is.
func story(events []alert.Event) []string {
	lines := []string{}
	for i := range events {
		e := &events[i]
		line := string(e.Kind)
		if e.Alert != nil {
			line += " " + string(e.Alert.Level)
		}
		switch {
		case e.Notice != nil && e.Notice.Level > 0:
			line += fmt.Sprintf(" tell %s at step %d", e.Notice.Channels, e.Notice.Level)
		case e.Notice != nil:
			line += " tell"
		case e.Withheld != "":
			line += " withheld: " + string(e.Withheld)
		}
		if e.Ending != "" {
			line += " " + string(e.Ending)
		}
		lines = append(lines, line)
	}
	return lines
}

func (b *bench) want(events []alert.Event, lines ...string) {
	b.Helper()
	if lines == nil {
		lines = []string{}
	}
	if diff := cmp.Diff(lines, story(events)); diff != "" {
		b.Errorf("at %s (-want +got):\n%s", b.now.Format(time.DateTime), diff)
	}
}

func TestLifeOfAMetricAlert(t *testing.T) {
	b := newBench(t, nil)
	slow := func(f *alert.Finding) { f.Delay = 15 * time.Second }
	b.want(b.round(0, cpu(50, slow)))
	b.want(b.round(10*time.Second, cpu(85, slow)), "pending")
	b.want(b.round(10*time.Second, cpu(86, slow)))
	b.want(b.round(10*time.Second, cpu(78, slow)), "dropped")
	b.want(b.round(10*time.Second, cpu(85, slow)), "pending")
	began := b.now
	b.want(b.round(10*time.Second, cpu(85, slow)))
	b.want(b.round(10*time.Second, cpu(87, slow)), "fired warning tell")
	a, active := b.Find("lab:pve1:100-cpu")
	if !active || !a.Began.Equal(began) || !a.FiredAt.Equal(b.now) || a.Value != 87 || a.Message != "VM cpu at 87.0%" {
		t.Errorf("alert is %+v", a)
	}
	b.want(b.round(10*time.Second, cpu(78, slow)))
	if reading, _ := b.Reading(a.Identity); reading.Value != 78 || reading.Message != "VM cpu at 78.0%" || !reading.At.Equal(b.now) {
		t.Errorf("reading is %+v, want value and message of the newest", reading)
	}
	b.want(b.round(10*time.Second, cpu(95, slow)), "changed critical tell")
	b.want(b.round(10*time.Second, cpu(88, slow))) // not below 90 by five
	b.want(b.round(10*time.Second, cpu(84, slow)), "changed warning")
	b.want(b.round(10*time.Second, cpu(75, slow)), "resolved warning tell cleared")
	if _, active := b.Find("lab:pve1:100-cpu"); active {
		t.Error("it is active once it is resolved")
	}
}

func TestSameObservationCountsOnce(t *testing.T) {
	b := newBench(t, nil)
	off := func(f *alert.Finding) { f.Type, f.Numeric, f.Confirm, f.At = alert.PoweredOff, false, 3, start }
	b.want(b.round(0, cpu(95, off)), "pending")
	b.want(b.round(time.Minute, cpu(95, off)))
	later := func(seconds int) func(*alert.Finding) {
		return func(f *alert.Finding) { f.At = start.Add(time.Duration(seconds) * time.Second) }
	}
	b.want(b.round(time.Second, cpu(95, off, later(10))), "pending")
	b.want(b.round(time.Second, cpu(95, off, later(20))), "fired critical tell")
}

func TestSilenceGrowsByTheClock(t *testing.T) {
	b := newBench(t, nil)
	silent := func(f *alert.Finding) {
		f.Type, f.Numeric, f.ByClock, f.Delay, f.At = alert.HostOffline, false, true, 20*time.Second, start
	}
	b.want(b.round(0, cpu(95, silent)), "pending")
	b.want(b.round(10*time.Second, cpu(95, silent)))
	b.want(b.round(10*time.Second, cpu(95, silent)), "fired critical tell")
}

func TestAbsenceNeitherFiresNorResolves(t *testing.T) {
	b := newBench(t, nil)
	unknown := func(f *alert.Finding) { f.Verdict = alert.Unknown }
	b.want(b.round(0, cpu(95, unknown)))
	b.want(b.round(time.Second, cpu(95)), "fired critical tell")
	b.want(b.round(time.Minute, cpu(0, unknown)))
	b.want(b.take(b.Evaluate(&engine.Round{
		Now: b.now, Policy: b.policy, Checked: []alert.Checked{{Key: "lab/qemu/100", Unseen: true}},
	})))
	b.want(b.round(time.Hour)) // not looked at
	if _, active := b.Find("lab:pve1:100-cpu"); !active {
		t.Error("it is over although nothing was seen")
	}
	nan := func(f *alert.Finding) { f.Value = f.Value / 0 * 0 }
	b.want(b.round(time.Second, cpu(0, nan)))
}

func TestWhatDoesNotApplyAnyMoreEnds(t *testing.T) {
	for name, test := range map[string]struct {
		round engine.Round
		want  string
	}{
		"no threshold any more": {engine.Round{Checked: []alert.Checked{{Key: "lab/qemu/100"}}}, "resolved critical not-checked"},
		"resource is gone":      {engine.Round{Gone: func(key string) bool { return key == "lab/qemu/100" }}, "resolved critical tell removed"},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t, nil)
			b.round(0, cpu(95))
			test.round.Now, test.round.Policy = b.now.Add(time.Second), b.policy
			b.want(b.take(b.Evaluate(&test.round)), test.want)
		})
	}
}

func TestSwitchedOff(t *testing.T) {
	b := newBench(t, nil)
	b.round(0, cpu(95))
	b.configure(func(c *policy.Config) { c.Enabled = false })
	b.want(b.round(time.Second, cpu(95)), "resolved critical not-checked")
	b.want(b.round(time.Second, cpu(95)))
}

// TestFollowsItsResource moves a guest to another node and renames it: the alert stays the same, with the id it had.
func TestFollowsItsResource(t *testing.T) {
	b := newBench(t, nil)
	b.round(0, cpu(95))
	moved := func(f *alert.Finding) {
		f.AlertID, f.Subject.ID, f.Subject.Node, f.Subject.Name = "lab:pve2:100-cpu", "lab:pve2:100", "pve2", "www"
	}
	b.want(b.round(time.Second, cpu(96, moved)))
	if _, active := b.Find("lab:pve1:100-cpu"); !active {
		t.Error("the alert has lost its id")
	}
	// Another guest gets the place of the first; its alert is another one.
	other := func(f *alert.Finding) {
		f.Identity, f.Subject.Key = alert.IdentityOf("lab/qemu/200", alert.CPU, ""), "lab/qemu/200"
	}
	b.want(b.round(time.Second, cpu(97, other)), "fired critical tell")
	if a, active := b.Find("lab:pve1:100-cpu-2"); !active || a.Subject.Key != "lab/qemu/200" {
		t.Errorf("the other alert is %+v", a)
	}
	b.want(b.round(time.Second, cpu(10, moved)), "resolved critical tell cleared")
}

func TestNearDuplicates(t *testing.T) {
	b := newBench(t, func(c *policy.Config) { c.SuppressionWindow, c.MinimumDelta = 5, 2 })
	b.want(b.round(0, cpu(85)), "fired warning tell")
	b.want(b.round(10*time.Second, cpu(70)), "resolved warning tell cleared")
	b.want(b.round(10*time.Second, cpu(86)), "pending")
	b.want(b.round(10*time.Second, cpu(88)), "fired warning tell")
	b.want(b.round(10*time.Second, cpu(70)), "resolved warning tell cleared")
	b.want(b.round(10*time.Second, cpu(88)), "pending")
	b.want(b.round(5*time.Minute, cpu(88)), "fired warning tell")
}

func TestReplayGivesTheSame(t *testing.T) {
	for seed := range uint64(3) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) { replay(t, seed) })
	}
}

// replay does 10,000 random things to an engine, and now and then replaces it with one made of the events so far, as a
// restart does. One that is never replaced must decide the same.
func replay(t *testing.T, seed uint64) {
	random := rand.New(rand.NewPCG(seed, 7))
	lively := func(c *policy.Config) {
		c.FlappingEnabled, c.FlappingThreshold, c.FlappingWindowSeconds, c.FlappingCooldownMinutes = true, 4, 600, 5
		c.Schedule.Cooldown, c.Schedule.MaxAlertsHour = 3, 5
		c.Schedule.QuietHours = policy.QuietHours{
			Enabled: true, Start: "22:00", End: "06:00", Timezone: "UTC",
			Days: map[string]bool{"wednesday": true, "thursday": true}, Suppress: policy.QuietCategories{Performance: true},
		}
		c.Schedule.Escalation = policy.EscalationConfig{Enabled: true, Levels: []policy.EscalationLevel{{After: 10, Notify: "email"}, {After: 20, Notify: "all"}}}
		c.AutoAcknowledgeAfterHours = 2
		c.SuppressionWindow, c.MinimumDelta = 1, 2
	}
	through, restarted := newBench(t, lively), newBench(t, lively)
	kept, count := engine.NewState(), 0 // what the events say
	for step := range 10_000 {
		if random.IntN(500) == 0 {
			quiet := random.IntN(2) == 0
			change := func(c *policy.Config) {
				lively(c)
				if quiet {
					c.ActivationState = policy.Snoozed
				}
			}
			through.configure(change)
			restarted.configure(change)
		}
		do := randomStep(random)
		events := do(through)
		if diff := cmp.Diff(encode(t, events), encode(t, do(restarted))); diff != "" {
			t.Fatalf("step %d: a restart has changed what is decided (-without +with):\n%s", step, diff)
		}
		for i := range events {
			kept.Apply(copied(t, &events[i]))
			count++
		}
		if random.IntN(50) == 0 {
			restarted.Engine = engine.New(copied(t, kept))
		}
	}
	if count < 2000 {
		t.Errorf("only %d events", count)
	}
	if diff := cmp.Diff(encode(t, through.State()), encode(t, kept)); diff != "" {
		t.Errorf("state and what the log says (-state +log):\n%s", diff)
	}
}

// randomStep returns something that can be done to any engine, with the same outcome.
func randomStep(random *rand.Rand) func(*bench) []alert.Event {
	guest := random.IntN(8)
	key := fmt.Sprint("lab/qemu/", 100+guest)
	about := func(f *alert.Finding) {
		f.Identity, f.AlertID, f.Subject.Key = alert.IdentityOf(key, alert.CPU, ""), key+"-cpu", key
		f.Delay, f.MonitorOnly = time.Duration(guest%3)*10*time.Second, guest == 7
		if guest == 6 {
			f.HiddenBy = alert.IdentityOf("lab/qemu/100", alert.CPU, "")
		}
	}
	value, unknown, minutes := 60+40*random.Float64(), random.IntN(10) == 0, random.IntN(40) == 0
	id := key + "-cpu"
	switch random.IntN(20) {
	case 0:
		return func(b *bench) []alert.Event { events, _ := b.Acknowledge(id, "ann", b.now); return events }
	case 1:
		return func(b *bench) []alert.Event { events, _ := b.Unacknowledge(id, "ann", b.now); return events }
	case 2:
		return func(b *bench) []alert.Event { events, _ := b.Clear(id, "bob", b.now, b.policy); return events }
	case 3:
		return func(b *bench) []alert.Event {
			return b.Evaluate(&engine.Round{Now: b.now, Policy: b.policy, Gone: func(k string) bool { return k == key }})
		}
	}
	return func(b *bench) []alert.Event {
		if minutes {
			b.now = b.now.Add(17 * time.Minute)
		}
		f := cpu(value, about)
		if unknown {
			f.Verdict = alert.Unknown
		}
		events := b.round(3*time.Second, f)
		return events
	}
}

func encode(t testing.TB, value any) string {
	t.Helper()
	raw, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

// copied is what is left of a value once it has been written and read.
func copied[T any](t *testing.T, value *T) *T {
	t.Helper()
	out := new(T)
	if err := json.Unmarshal([]byte(encode(t, value)), out); err != nil {
		t.Fatal(err)
	}
	return out
}
