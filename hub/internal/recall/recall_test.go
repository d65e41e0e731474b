package recall

import (
	"context"
	"errors"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/hashicorp/go-hclog"

	"github.com/pulse-hub/pulse/hub/internal/inventory"
	"github.com/pulse-hub/pulse/hub/internal/store"
	"github.com/pulse-hub/pulse/sdk/resource"
)

func open(t *testing.T, dir string) *store.DB {
	t.Helper()
	db, err := store.Open(filepath.Join(dir, "pulse.db"), store.Options{KeyFile: filepath.Join(dir, "key"), Logger: hclog.NewNullLogger()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

func observe(t *testing.T, inv *inventory.Inventory, observation inventory.Observation) {
	t.Helper()
	if _, err := inv.Apply(t.Context(), observation); err != nil {
		t.Fatal(err)
	}
}

// known is what a snapshot shows of each resource, its freshness aside.
func known(inv *inventory.Inventory) map[string]resource.Resource {
	all := map[string]resource.Resource{}
	for entry := range inv.Snapshot().All() {
		all[entry.Key] = *entry.Resource
	}
	return all
}

func TestPresentSurvivesARestart(t *testing.T) {
	cpu := 0.25
	at := time.Date(2026, 11, 1, 8, 0, 0, 0, time.UTC)
	lab := inventory.SourceRef{ID: "lab", Type: "pve", Name: "lab", Plugin: "pulse.proxmox", Address: "https://192.0.2.1:8006"}
	before := inventory.New(inventory.Options{})
	observe(t, before, inventory.Observation{Source: lab, Dataset: "status", At: at, Resources: []resource.Resource{
		{ID: "node/a", Kind: resource.KindNode, Name: "a", Usage: resource.Usage{CPU: &cpu}, Detail: &resource.Node{Version: "9.0.3"}},
		{ID: "qemu/100", Kind: resource.KindVM, Name: "web", ParentID: "node/a", Tags: []string{"prod"}, Detail: &resource.Guest{VMID: 100}},
	}})
	observe(t, before, inventory.Observation{Source: lab, Dataset: "backups", At: at, Resources: []resource.Resource{{ID: "b", Kind: resource.KindBackup, Detail: &resource.Backup{VMID: 100, At: at}}}})
	observe(t, before, inventory.Observation{Source: inventory.SourceRef{ID: "gone"}, At: at, Resources: []resource.Resource{{ID: "x", Kind: "vm"}}})

	dir := t.TempDir()
	db := open(t, dir)
	memory := New(db, before, hclog.NewNullLogger())
	if err := memory.save(t.Context(), 0); err != nil {
		t.Fatal(err)
	}
	if err := before.Forget(t.Context(), "gone"); err != nil {
		t.Fatal(err)
	}
	if err := memory.save(t.Context(), time.Hour); err != nil {
		t.Fatal(err)
	}
	db.Close()

	after := inventory.New(inventory.Options{})
	if err := New(open(t, dir), after, hclog.NewNullLogger()).Restore(t.Context()); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(known(before), known(after), cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("remembered (-before +after):\n%s", diff)
	}
	for entry := range after.Snapshot().All() {
		if !entry.Stale || !entry.SeenAt.Equal(at) {
			t.Errorf("%s: stale %v, seen at %v", entry.Key, entry.Stale, entry.SeenAt)
		}
	}
	source, _ := after.Snapshot().Source("lab")
	if source.SourceRef != lab || source.Health != inventory.HealthStarting {
		t.Errorf("source %+v is %v", source.SourceRef, source.Health)
	}
}

func TestRunWritesWhatIsNewSoonAndWhatIsKnownSeldom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		inv := inventory.New(inventory.Options{})
		memory := New(open(t, t.TempDir()), inv, hclog.NewNullLogger())
		ref := inventory.SourceRef{ID: "host:a"}
		observe(t, inv, inventory.Observation{Source: ref, Resources: []resource.Resource{{ID: "a", Kind: "host"}}})
		done := make(chan error, 1)
		ctx, cancel := context.WithCancel(t.Context())
		go func() { done <- memory.Run(ctx) }()

		time.Sleep(lookInterval + time.Second) // the bubble's clock
		first := written(t, memory)
		if first.IsZero() {
			t.Fatal("a new dataset was not written down")
		}
		observe(t, inv, inventory.Observation{Source: ref, Resources: []resource.Resource{{ID: "a", Kind: "host"}}})
		time.Sleep(refreshInterval / 2)
		if got := written(t, memory); !got.Equal(first) {
			t.Errorf("written again after half the interval: %v", got)
		}
		cancel()
		if err := <-done; err != nil {
			t.Fatal(err)
		}
		if got := written(t, memory); !got.After(first) {
			t.Error("the end of the hub did not write the newest down")
		}
	})
}

// written returns the time of the one dataset in the store, zero if there is none.
func written(t *testing.T, memory *Memory) time.Time {
	t.Helper()
	records, err := memory.store.List(t.Context(), store.Inventory, "")
	if err != nil {
		t.Fatal(err)
	}
	if len(records) == 0 {
		return time.Time{}
	}
	observation, err := decode(records[0].Value)
	if err != nil {
		t.Fatal(err)
	}
	return observation.At
}

func TestUnreadableRecordIsLeftOut(t *testing.T) {
	db := open(t, t.TempDir())
	for key, value := range map[string]string{"a/": "no header", "b/": "{\"format\":9}\nx", "c/": "{\"format\":1,\"source\":{\"ID\":\"c\"}}\nnot packed"} {
		if err := db.Put(t.Context(), store.Inventory, key, []byte(value)); err != nil {
			t.Fatal(err)
		}
	}
	inv := inventory.New(inventory.Options{})
	if err := New(db, inv, hclog.NewNullLogger()).Restore(t.Context()); err != nil {
		t.Errorf("restore: %v", err)
	}
	if inv.Snapshot().Len() != 0 {
		t.Error("an unreadable record was restored")
	}
}

func FuzzDecode(f *testing.F) {
	inv := inventory.New(inventory.Options{})
	_, err := inv.Apply(f.Context(), inventory.Observation{Source: inventory.SourceRef{ID: "s"}, Resources: []resource.Resource{{ID: "a", Kind: "vm", Detail: &resource.Guest{VMID: 1}}}})
	if err != nil {
		f.Fatal(err)
	}
	source, _ := inv.Snapshot().Source("s")
	seed, err := encode(inv.Snapshot(), dataset{key: "s/", source: source, at: source.LastSeen})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(seed)
	f.Add([]byte("{}\n"))
	f.Fuzz(func(t *testing.T, record []byte) {
		if _, err := decode(record); err != nil && !errors.Is(err, ErrRecord) {
			t.Errorf("error %v is not ErrRecord", err)
		}
	})
}
