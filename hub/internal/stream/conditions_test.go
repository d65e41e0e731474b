package stream

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pulse-hub/pulse/hub/internal/condition"
)

func TestPageIsToldConditions(t *testing.T) {
	board := condition.New(nil)
	board.Set(condition.MetricsBlocked, condition.Critical, "The disk is full.")
	r := start(t, Options{Conditions: board.List})
	page := dial(t, r, Protocol)
	next := func() []string {
		t.Helper()
		for {
			m, _ := read(t, page)
			if m.Type != "conditions" {
				continue
			}
			codes := []string{}
			for _, c := range m.Data.Conditions {
				codes = append(codes, c["code"].(string)+": "+c["message"].(string))
			}
			return codes
		}
	}
	if diff := cmp.Diff([]string{"metrics-blocked: The disk is full."}, next()); diff != "" {
		t.Errorf("at first (-want +got):\n%s", diff)
	}
	board.Clear(condition.MetricsBlocked)
	if diff := cmp.Diff([]string{}, next()); diff != "" {
		t.Errorf("once it has ended (-want +got):\n%s", diff)
	}
}
