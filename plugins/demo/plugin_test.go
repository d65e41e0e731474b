package demo

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/pulse-hub/pulse/sdk"
	"github.com/pulse-hub/pulse/sdk/manifest"
)

// clock stands still at noon of an ordinary Monday.
func clock() time.Time { return time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC) }

func newDemo(now func() time.Time) *demo { return &demo{now: now, worlds: &worlds{}} }

// usual is the size that the defaults of the schema give.
func usual() Size {
	return Size{
		Seed: 1, ClusterNodes: 3, VMsPerNode: 5, LXCsPerNode: 8, Hosts: 6, DockerHosts: 3, ContainersPerHost: 12,
		Clusters: 2, ClusterK8sNodes: 4, PodsPerCluster: 30, Deployments: 12, Stopped: 0.2, Scale: 1,
	}
}

func instance(t *testing.T, d *demo, config any) *source {
	t.Helper()
	var s *source
	var err error
	switch c := config.(type) {
	case pveConfig:
		s, err = d.pve(c)
	case pbsConfig:
		s, err = d.pbs(c)
	case pmgConfig:
		s, err = d.pmg(c)
	case agentsConfig:
		s, err = d.agents(c)
	}
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func collect(t *testing.T, s *source, dataset string) *sdk.Snapshot {
	t.Helper()
	out := sdk.NewChanges(dataset)
	if err := s.CollectDataset(t.Context(), dataset, out); err != nil {
		t.Fatal(err)
	}
	return out
}

func describe(t *testing.T) *manifest.Manifest {
	t.Helper()
	m, err := New().Manifest()
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestManifestDeclaresEveryMadeUpInstance(t *testing.T) {
	got := map[string][]string{}
	for _, c := range describe(t).Components {
		for _, p := range c.Presets {
			got[c.Key()] = append(got[c.Key()], p.Name)
		}
		for _, d := range c.Datasets {
			got[c.Key()] = append(got[c.Key()], d.Name+" "+time.Duration(d.Interval).String())
		}
	}
	want := map[string][]string{
		"source/pve":    {"demo-cluster", "standalone1", "standalone2", "status 10s", "storage 1m0s", "backups 5m0s", "replication 1m0s"},
		"source/pbs":    {"pbs-main", "pbs-offsite", "status 1m0s", "backups 5m0s"},
		"source/pmg":    {"pmg-main", "pmg-edge", "status 1m0s"},
		"source/agents": {"demo-agents", "hosts 10s", "containers 10s", "kubernetes 15s"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestInstancesOfOneSizeShareAWorld(t *testing.T) {
	w := &worlds{}
	first, err := w.of(usual())
	if err != nil {
		t.Fatal(err)
	}
	if again, _ := w.of(usual()); again != first {
		t.Error("the same size gives another world")
	}
	for seed := range uint32(10) {
		size := usual()
		size.Seed = 100 + seed
		if other, _ := w.of(size); other == first {
			t.Errorf("seed %d gives the first world", size.Seed)
		}
	}
	if len(w.built) != maxWorlds {
		t.Errorf("%d worlds are kept, want %d", len(w.built), maxWorlds)
	}
}

func TestWorldsThatAreTooLargeAreRefused(t *testing.T) {
	size := usual()
	size.Scale = 1000
	_, err := newDemo(clock).agents(agentsConfig{Size: size})
	var fault sdk.FieldError
	if !errors.As(err, &fault) || fault.Path != "/scale" {
		t.Errorf("got %v, want an error at /scale", err)
	}
}

func TestDatasetsOwnDisjointResources(t *testing.T) {
	d := newDemo(clock)
	for name, config := range map[string]any{
		"pve": pveConfig{Site: "demo-cluster", Size: usual()}, "pbs": pbsConfig{Server: "pbs-main", Size: usual()},
		"pmg": pmgConfig{Gateway: "pmg-edge", Size: usual()}, "agents": agentsConfig{Size: usual()},
	} {
		s := instance(t, d, config)
		owner := map[string]string{}
		for dataset := range s.datasets {
			for _, r := range collect(t, s, dataset).Resources() {
				if other := owner[r.ID]; other != "" {
					t.Errorf("%s: %s is in %s and in %s", name, r.ID, other, dataset)
				}
				owner[r.ID] = dataset
			}
		}
	}
}

func TestCollectObeysItsContextAndKnowsItsDatasets(t *testing.T) {
	s := instance(t, newDemo(clock), pmgConfig{Gateway: "pmg-main", Size: usual()})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := s.CollectDataset(ctx, "status", sdk.NewChanges("status")); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: got %v", err)
	}
	if err := s.CollectDataset(t.Context(), "guests", sdk.NewChanges("guests")); err == nil {
		t.Error("an unknown dataset is collected")
	}
}

func TestEventsAreToldOnceByAnInstance(t *testing.T) {
	now := clock()
	s := instance(t, newDemo(func() time.Time { return now }), agentsConfig{Size: usual()})
	var told []string
	for range 24 * 60 {
		for _, e := range s.news(now) {
			told = append(told, e.ID)
		}
		now = now.Add(time.Minute)
	}
	slices.Sort(told)
	if n := len(told); n < 6 || len(slices.Compact(told)) != n {
		t.Errorf("%d events in a day, some of them twice or none: %v", n, told)
	}
}

func BenchmarkCollect(b *testing.B) {
	d := newDemo(clock)
	size := usual()
	size.Scale = 22
	s, err := d.pve(pveConfig{Site: "demo-cluster", Size: size})
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		for dataset := range s.datasets {
			if err := s.CollectDataset(context.Background(), dataset, sdk.NewChanges(dataset)); err != nil {
				b.Fatal(err)
			}
		}
	}
}
