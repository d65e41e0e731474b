package app

import (
	"testing"

	"github.com/hashicorp/go-hclog"

	"github.com/pulse-hub/pulse/hub/internal/alert/desk"
	"github.com/pulse-hub/pulse/hub/internal/inventory"
)

func TestAlertsAreEncodedOnceForAllPages(t *testing.T) {
	live := inventory.New(inventory.Options{})
	v := newViews(nil, desk.New(desk.Options{Inventory: live, Logger: hclog.NewNullLogger()}))
	first, changed := v.liveAlerts(live.Snapshot())
	second, _ := v.liveAlerts(live.Snapshot())
	if string(first) != `{"alerts":[],"total":0}` || &first[0] != &second[0] {
		t.Errorf("the first page is told %s, the second %s, encoded again", first, second)
	}
	select {
	case <-changed:
		t.Error("nothing has changed")
	default:
	}
}
