package check

import (
	"strconv"
	"testing"
	"time"

	"github.com/pulse-hub/pulse/hub/internal/view/viewtest"
	"github.com/pulse-hub/pulse/sdk/resource"
)

// One that takes the place of another does not show in how many there are.
func TestWhatIsReplacedIsForgottenInTheEnd(t *testing.T) {
	inv, checker := viewtest.Inventory(), New()
	for i := range 2 * forgetEvery {
		r := app(func(r *resource.Resource, _ *resource.AppContainer) { r.ID = "h1/" + strconv.Itoa(i) })
		at := viewtest.Epoch().Add(time.Duration(i)*time.Second - time.Hour)
		viewtest.ApplyAt(t, inv, engineSource(), at, dockerHost(), r)
		checker.All(scene{}.look(t, inv))
	}
	if n := len(checker.memory.counts); n > forgetEvery {
		t.Errorf("%d containers are remembered", n)
	}
}

func TestWhatIsGoneIsForgotten(t *testing.T) {
	inv, checker := viewtest.Inventory(), New()
	s := scene{resources: []resource.Resource{machine(withArrays(resource.RAIDArray{Device: "/dev/md0", State: "clean, degraded"}))}}
	s.fill(t, inv)
	engine := scene{source: clusterSource(), resources: []resource.Resource{dockerHost(), app(nil)}}
	engine.source.ID = "engine"
	engine.fill(t, inv)
	checker.All(s.look(t, inv))
	if len(checker.memory.bad) != 1 || len(checker.memory.counts) != 1 {
		t.Fatalf("remembered %d and %d", len(checker.memory.bad), len(checker.memory.counts))
	}
	for _, id := range []string{agentSource, "engine"} {
		if err := inv.Forget(t.Context(), id); err != nil {
			t.Fatal(err)
		}
	}
	checker.All(s.look(t, inv))
	if len(checker.memory.bad) != 0 || len(checker.memory.counts) != 0 {
		t.Errorf("still remembered: %v, %v", checker.memory.bad, checker.memory.counts)
	}
}
