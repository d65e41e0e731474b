package journal_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/pulse-hub/pulse/hub/internal/alert"
	"github.com/pulse-hub/pulse/hub/internal/alert/engine"
	"github.com/pulse-hub/pulse/hub/internal/alert/policy"
)

// A life drives a real engine with findings and commands at random.
type life struct {
	t      testing.TB
	engine *engine.Engine
	policy *policy.Policy
	random *rand.Rand
	now    time.Time
}

func newLife(t testing.TB, seed uint64) *life {
	t.Helper()
	config := policy.Default()
	config.ActivationState = policy.Active
	config.Schedule.Escalation.Enabled = true
	p, err := policy.New(config)
	if err != nil {
		t.Fatal(err)
	}
	return &life{
		t: t, engine: engine.New(nil), policy: p, random: rand.New(rand.NewPCG(seed, 1)),
		now: time.Now().Add(-48 * time.Hour).Truncate(time.Millisecond),
	}
}

const (
	lifeKeys  = 4
	lifeTypes = 3
)

func (l *life) finding(key int, kind alert.Type) alert.Finding {
	value := float64(l.random.IntN(100))
	f := alert.Finding{
		Identity: alert.IdentityOf(fmt.Sprint("guest/", key), kind, ""), Type: kind, AlertID: fmt.Sprintf("lab:pve1:%d-%s", key, kind),
		Subject: alert.Subject{Key: fmt.Sprint("guest/", key), ID: fmt.Sprint("lab:pve1:", key), Name: fmt.Sprint("vm", key), Tags: []string{"prod"}},
		Value:   value, Trigger: 60, Clear: 40, Critical: 80, Message: fmt.Sprintf("%s at %.1f%%", kind, value),
		Metadata: map[string]any{"resourceType": "VM", "cpuCount": key, "values": []any{value, "a"}}, Rule: "defaults", At: l.now,
		Confirm: l.random.IntN(3), Numeric: kind != alert.PoweredOff, Verdict: alert.Between, Level: alert.Warning,
	}
	switch {
	case l.random.IntN(20) == 0:
		f.Verdict = alert.Unknown
	case value <= f.Clear:
		f.Verdict = alert.Good
	case value >= f.Trigger:
		f.Verdict = alert.Bad
	}
	if value >= f.Critical {
		f.Level = alert.Critical
	}
	return f
}

// step lets something happen and returns what came of it.
func (l *life) step() []alert.Event {
	l.now = l.now.Add(time.Duration(1+l.random.IntN(240)) * time.Second)
	if l.random.IntN(3) == 0 {
		return l.command()
	}
	round := &engine.Round{Now: l.now, Policy: l.policy}
	for key := range lifeKeys {
		checked := alert.Checked{Key: fmt.Sprint("guest/", key), Unseen: l.random.IntN(10) == 0}
		for _, kind := range []alert.Type{alert.CPU, alert.Disk, alert.PoweredOff}[:1+l.random.IntN(lifeTypes)] {
			checked.Findings = append(checked.Findings, l.finding(key, kind))
		}
		round.Checked = append(round.Checked, checked)
	}
	if gone := fmt.Sprint("guest/", l.random.IntN(10*lifeKeys)); l.random.IntN(5) == 0 {
		round.Gone = func(key string) bool { return key == gone }
	}
	return l.engine.Evaluate(round)
}

func (l *life) command() []alert.Event {
	id := fmt.Sprintf("lab:pve1:%d-%s", l.random.IntN(lifeKeys), []alert.Type{alert.CPU, alert.Disk}[l.random.IntN(2)])
	var events []alert.Event
	var err error
	switch l.random.IntN(4) {
	case 0:
		events, err = l.engine.Acknowledge(id, "alice", l.now)
	case 1:
		events, err = l.engine.Unacknowledge(id, "bob", l.now)
	case 2:
		events, err = l.engine.Clear(id, "alice", l.now, l.policy)
	default:
		if a, active := l.engine.Find(id); active {
			events = l.engine.Note(a, "alice", "looking into it", l.now)
		}
	}
	if err != nil && !errors.Is(err, engine.ErrNotFound) {
		l.t.Fatal(err)
	}
	return events
}

func (l *life) state() string { return stateText(l.t, l.engine.State()) }

func stateText(t testing.TB, state *engine.State) string {
	t.Helper()
	text, err := json.Marshal(state)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
