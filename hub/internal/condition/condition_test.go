package condition_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pulse-hub/pulse/hub/internal/condition"
)

func TestBoard(t *testing.T) {
	now := time.Unix(1000, 0)
	board := condition.New(func() time.Time { return now })
	none, changed := board.List()
	if len(none) != 0 {
		t.Fatalf("a new board has %v", none)
	}
	board.Clear(condition.SettingsBlocked)
	select {
	case <-changed:
		t.Error("clearing what does not hold is a change")
	default:
	}
	began := now
	board.Set(condition.SettingsBlocked, condition.Warning, "slow disk")
	<-changed
	now = now.Add(time.Minute)
	board.Set(condition.MetricsBlocked, condition.Critical, "disk full")
	board.Set(condition.SettingsBlocked, condition.Warning, "disk full")
	list, changed := board.List()
	want := []condition.Condition{
		{Code: condition.MetricsBlocked, Severity: condition.Critical, Message: "disk full", Since: now},
		{Code: condition.SettingsBlocked, Severity: condition.Warning, Message: "disk full", Since: began},
	}
	if diff := cmp.Diff(want, list); diff != "" {
		t.Errorf("conditions (-want +got):\n%s", diff)
	}
	board.Set(condition.SettingsBlocked, condition.Warning, "disk full")
	select {
	case <-changed:
		t.Error("saying it again is a change")
	default:
	}
	board.Clear(condition.MetricsBlocked)
	<-changed
	if list, _ := board.List(); len(list) != 1 || list[0].Code != condition.SettingsBlocked {
		t.Errorf("after one has ended: %v", list)
	}
}
