package hubcheck_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pulse-hub/pulse/hub/internal/alert"
	"github.com/pulse-hub/pulse/hub/internal/alert/engine"
	"github.com/pulse-hub/pulse/hub/internal/alert/hubcheck"
	"github.com/pulse-hub/pulse/hub/internal/alert/policy"
	"github.com/pulse-hub/pulse/hub/internal/condition"
	"github.com/pulse-hub/pulse/hub/internal/plugin/supervise"
)

func newPolicy(t *testing.T, disabled ...string) *policy.Policy {
	t.Helper()
	config := policy.Default()
	config.DisabledTypes = disabled
	p, err := policy.New(config)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestConditionsBecomeAlerts(t *testing.T) {
	now := time.Unix(1000, 0)
	board := condition.New(func() time.Time { return now })
	finder, decides := hubcheck.Conditions{List: board.List}, engine.New(nil)
	round := func(p *policy.Policy) []string {
		now = now.Add(10 * time.Second)
		checked := finder.Find(now, p)
		seen := map[string]bool{}
		for _, one := range checked {
			seen[one.Key] = true
		}
		lines := []string{}
		for _, event := range decides.Evaluate(&engine.Round{Now: now, Policy: p, Checked: checked, Gone: func(key string) bool { return !seen[key] }}) {
			lines = append(lines, string(event.Kind)+" "+event.Alert.ID+": "+event.Alert.Message)
		}
		return lines
	}
	want := func(got []string, lines ...string) {
		t.Helper()
		if diff := cmp.Diff(lines, got, cmp.Transformer("nil", func(l []string) []string { return append([]string{}, l...) })); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	}
	p := newPolicy(t)
	want(round(p))
	board.Set(condition.MetricsBlocked, condition.Critical, "The disk is full.")
	want(round(p), "fired hub-metrics-blocked: The disk is full.")
	want(round(p))
	board.Clear(condition.MetricsBlocked)
	want(round(p), "resolved hub-metrics-blocked: The disk is full.")
	board.Set(condition.MetricsBlocked, condition.Critical, "The disk is full.")
	want(round(newPolicy(t, string(alert.HubHealth))))
}

func TestPluginInACrashLoopFires(t *testing.T) {
	now, state := time.Unix(1000, 0), supervise.StateHealthy
	finder := hubcheck.Plugins{Status: func() []supervise.Status {
		return []supervise.Status{{ID: "acme.nas", State: state, LastError: "exit status 3"}}
	}}
	decides, p := engine.New(nil), newPolicy(t)
	round := func(next supervise.State) (kinds []string) {
		state, now = next, now.Add(10*time.Second)
		for _, event := range decides.Evaluate(&engine.Round{Now: now, Policy: p, Checked: finder.Find(now, p)}) {
			kinds = append(kinds, string(event.Kind))
		}
		return kinds
	}
	want := func(got []string, kinds ...string) {
		t.Helper()
		if diff := cmp.Diff(kinds, got); diff != "" {
			t.Errorf("at %s (-want +got):\n%s", state, diff)
		}
	}
	want(round(supervise.StateHealthy))
	want(round(supervise.StateCrashLoop), "pending")
	want(round(supervise.StateStarting)) // one more try says nothing
	want(round(supervise.StateCrashLoop))
	want(round(supervise.StateCrashLoop), "fired")
	a, active := decides.Find("plugin-crash-loop-acme.nas")
	if !active || a.Level != alert.Critical || a.Message != "Plugin acme.nas ends again and again: exit status 3" {
		t.Errorf("alert is %+v", a)
	}
	want(round(supervise.StateBackoff))
	want(round(supervise.StateHealthy), "resolved")
}
