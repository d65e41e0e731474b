package check

import (
	"testing"
	"time"

	"github.com/pulse-hub/pulse/hub/internal/alert/policy"
	"github.com/pulse-hub/pulse/hub/internal/view/viewtest"
)

// BenchmarkAgents is a round over a hundred machines with an engine of ninety-eight containers each: 10,000 resources, of
// which hardly one is in a bad state.
func BenchmarkAgents(b *testing.B) {
	snap := viewtest.NewFleet(b, 100, 98).Inventory.Snapshot()
	config := policy.Default()
	config.DockerDefaults.CPU = policy.Threshold{Trigger: 100, Clear: 95} // what the fleet's processors do is random
	p, err := policy.New(config)
	if err != nil {
		b.Fatal(err)
	}
	checker, now := New(), viewtest.Epoch().Add(time.Second)
	for _, c := range []struct {
		name string
		open bool
	}{{"quiet", false}, {"all with alerts", true}} {
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				checker.All(NewWorld(snap, p, now, now.Add(-time.Hour), func(string) bool { return c.open }))
			}
			b.ReportMetric(float64(snap.Len()), "resources")
		})
	}
}
