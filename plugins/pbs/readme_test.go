package pbs

import (
	"testing"
	"time"

	"github.com/pulse-hub/pulse/plugins/internal/readmetest"
	"github.com/pulse-hub/pulse/sdk/manifest"
)

// TestTheReadmeSaysWhatThePluginDoes measures what the plugin asks a server
// for in the hours after the first.
func TestTheReadmeSaysWhatThePluginDoes(t *testing.T) {
	m, err := New().Manifest()
	if err != nil {
		t.Fatal(err)
	}
	component := &m.Components[0]
	what := map[string]string{
		datasetStatus:     "load of the server, its rates once a minute",
		datasetDatastores: "usage and state of the datastores, their namespaces every ten minutes",
		datasetJobs:       "garbage collection, verify, prune and sync jobs, tasks since the last look",
		datasetBackups:    "groups of each namespace; backups of groups that have changed, all of them every six hours and after a verification",
	}
	var rhythms []readmetest.Rhythm
	for _, dataset := range component.Datasets {
		rhythms = append(rhythms, readmetest.Rhythm{Dataset: dataset, PerMinute: requests(t, dataset), What: what[dataset.Name]})
	}
	readmetest.Check(t, map[string]string{
		"config": readmetest.ConfigTable(t, component), "datasets": readmetest.RhythmTable(rhythms),
	}, *update)
}

// requests returns how many requests per minute a dataset makes of a server
// with ten backup groups in four namespaces, one of which has an upload that goes on.
func requests(t *testing.T, dataset manifest.Dataset) float64 {
	t.Helper()
	w := watch(t, vault(t))
	w.source.tasks.since = w.now // the first look is over
	w.collect(t, datasetBackups)
	before, start := len(w.Asked()), w.now
	for w.now.Sub(start) < time.Hour {
		w.now = w.now.Add(time.Duration(dataset.Interval))
		w.collect(t, dataset.Name)
	}
	return float64(len(w.Asked())-before) / w.now.Sub(start).Minutes()
}
