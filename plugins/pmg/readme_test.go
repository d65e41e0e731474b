package pmg

import (
	"testing"
	"time"

	"github.com/pulse-hub/pulse/plugins/internal/readmetest"
	"github.com/pulse-hub/pulse/sdk/manifest"
)

// TestTheReadmeSaysWhatThePluginDoes measures what the plugin asks a gateway
// for in the hours after the first.
func TestTheReadmeSaysWhatThePluginDoes(t *testing.T) {
	m, err := New().Manifest()
	if err != nil {
		t.Fatal(err)
	}
	component := &m.Components[0]
	what := map[string]string{
		datasetStatus:  "nodes and their queues, counters of the day; hours, scores, quarantine and services every five minutes",
		datasetBackups: "backups of the configuration on each node",
	}
	var rhythms []readmetest.Rhythm
	for _, dataset := range component.Datasets {
		rhythms = append(rhythms, readmetest.Rhythm{Dataset: dataset, PerMinute: requests(t, dataset), What: what[dataset.Name]})
	}
	readmetest.Check(t, map[string]string{
		"config": readmetest.ConfigTable(t, component), "datasets": readmetest.RhythmTable(rhythms),
	}, *update)
}

// requests returns how many requests per minute a dataset makes of a cluster of two.
func requests(t *testing.T, dataset manifest.Dataset) float64 {
	t.Helper()
	w := watch(t, mx(t))
	w.collect(t, dataset.Name)
	before, start := len(w.Asked()), w.now
	for w.now.Sub(start) < 2*time.Hour {
		w.now = w.now.Add(time.Duration(dataset.Interval))
		w.collect(t, dataset.Name)
	}
	return float64(len(w.Asked())-before) / w.now.Sub(start).Minutes()
}
