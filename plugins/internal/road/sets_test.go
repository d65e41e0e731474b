package roadtest

import (
	"fmt"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pulse-hub/pulse/plugins/internal/proxmoxtest"
)

// sets are the recorded systems, by the name that the hub is told.
var sets = []struct {
	product
	name, folder string
	polls        string // the path that is asked for in every poll of the main dataset
}{
	{pve, "lab", lab3, "/cluster/resources"},
	{pve, "solo", solo, "/cluster/resources"},
	{pbs, "vault", vault, "/nodes/localhost/status"},
	{pmg, "mx", mx, "/config/cluster/status"},
}

// settling is how long it may take until everything of all sets has been seen.
const settling = 40 * time.Second

// watched is a hub that has seen everything of all sets.
type watched struct {
	*hub
	moment time.Time // at which the sets were given
	ports  []string  // that the systems listen at

	mu   sync.Mutex
	read map[string]any // documents by path
}

// watchSets starts a hub that watches all sets together.
func watchSets(t *testing.T) *watched {
	t.Helper()
	w := &watched{hub: startHub(t), moment: time.Now().Truncate(time.Second), read: map[string]any{}}
	systems := map[string]*proxmoxtest.Server{}
	for _, set := range sets {
		system := play(t, set.product, given(proxmoxtest.Load(t, set.folder), w.moment), 0)
		w.add(t, set.product, set.name, system)
		systems[set.name] = system
		w.ports = append(w.ports, system.URL("")[strings.LastIndex(system.URL(""), ":"):])
	}
	until(t, settling, func() string { return unpolled(w.get(t, "/api/monitoring/scheduler/health")) })
	// What slower datasets have learnt is shown by the next poll of the main one.
	before := map[string]int{}
	for _, set := range sets {
		before[set.name] = systems[set.name].Count(set.polls)
	}
	for _, set := range sets {
		if set.typ != pve.typ {
			continue
		}
		until(t, settling, func() string {
			if systems[set.name].Count(set.polls) > before[set.name] {
				return ""
			}
			return set.name + " is not polled again"
		})
	}
	until(t, settling, func() string { return unpolled(w.get(t, "/api/monitoring/scheduler/health")) })
	return w
}

// given returns a set as if it had been taken at a moment.
func given(set *proxmoxtest.Set, moment time.Time) proxmoxtest.Answers {
	return onTheHour{set.At(moment), set.At(set.Anchor.Add(moment.Truncate(time.Hour).Sub(set.Anchor.Truncate(time.Hour))))}
}

// onTheHour are answers whose statistics begin at full hours, wherever in the hour the moment is.
type onTheHour struct{ all, statistics *proxmoxtest.Set }

func (a onTheHour) Answer(path string, query url.Values) (proxmoxtest.Answer, bool) {
	if strings.HasPrefix(path, "/statistics/") {
		return a.statistics.Answer(path, query)
	}
	return a.all.Answer(path, query)
}

// dueSoon is more datasets than are due within the twelve seconds that the
// scheduler looks ahead, once all have been polled, and less than all.
const dueSoon = 8

// unpolled says what the scheduler still has to do; nothing once every dataset
// of every set waits for its next turn.
func unpolled(health any) string {
	const datasets = 9 + 9 + 4 + 2
	depth, due := number(at(health, "queue > depth")), number(at(health, "queue > dueWithinSeconds"))
	if depth == datasets && due < dueSoon {
		return ""
	}
	return fmt.Sprintf("%v of %d datasets wait, %v of them are due", depth, datasets, due)
}

// document reads a path of the API once.
func (w *watched) document(t *testing.T, path string) any {
	t.Helper()
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.read[path] == nil {
		w.read[path] = w.get(t, path)
	}
	return w.read[path]
}

// TestSets watches the recorded systems with a hub and plugins that run as
// they do at a user's.
func TestSets(t *testing.T) {
	if testing.Short() {
		t.Skip("builds and starts a hub")
	}
	t.Parallel()
	w := watchSets(t)
	t.Run("state", w.testState)
	t.Run("planted faults", w.testPlanted)
	t.Run("alerts", w.testAlerts)
	t.Run("ways to the same", w.testSameEverywhere)
}
