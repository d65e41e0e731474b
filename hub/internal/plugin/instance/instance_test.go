package instance_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/go-hclog"

	"github.com/pulse-hub/pulse/hub/internal/plugin/instance"
	"github.com/pulse-hub/pulse/hub/internal/store"
)

func one(id string) instance.Instance {
	return instance.Instance{
		ID: id, Plugin: "pulse.proxmox", Component: "source/pve", Name: "lab " + id, Config: []byte(`{"url":"https://10.0.0.1"}`),
		Secrets: map[string]string{"/token": "very-secret-" + id}, Enabled: true,
	}
}

func TestRepository(t *testing.T) {
	dir := t.TempDir()
	records, err := store.Open(filepath.Join(dir, "pulse.db"), store.Options{KeyFile: filepath.Join(dir, "key"), Logger: hclog.NewNullLogger()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { records.Close() })
	repository := instance.NewRepository(records)
	ctx := t.Context()

	for _, id := range []string{"b", "a"} {
		if _, err := repository.Put(ctx, one(id)); err != nil {
			t.Fatal(err)
		}
	}
	again := one("a")
	again.Secrets = nil
	stored, err := repository.Put(ctx, again)
	if err != nil || stored.Revision != 2 {
		t.Fatalf("put again: revision %d, error %v", stored.Revision, err)
	}
	wantA, wantB := again, one("b")
	wantA.Revision, wantB.Revision = 2, 1
	got, err := repository.List(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]instance.Instance{wantA, wantB}, got); diff != "" {
		t.Errorf("list (-want +got):\n%s", diff)
	}
	if got, err := repository.Get(ctx, "b"); err != nil || !cmp.Equal(wantB, got) {
		t.Errorf("get: %+v, %v", got, err)
	}

	content, err := os.ReadFile(filepath.Join(dir, "pulse.db"))
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(content, []byte("very-secret")) {
		t.Error("a secret can be read in the file")
	}

	for range 2 {
		if err := repository.Delete(ctx, "b"); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := repository.Get(ctx, "b"); !errors.Is(err, instance.ErrNotFound) {
		t.Errorf("get after delete: %v", err)
	}
}

func TestInvalidInstancesAreRefused(t *testing.T) {
	tests := map[string]func(*instance.Instance){
		"no id":         func(i *instance.Instance) { i.ID = "" },
		"slash in id":   func(i *instance.Instance) { i.ID = "a/b" },
		"no plugin":     func(i *instance.Instance) { i.Plugin = "" },
		"no component":  func(i *instance.Instance) { i.Component = "pve" },
		"broken config": func(i *instance.Instance) { i.Config = []byte("{") },
	}
	for name, spoil := range tests {
		t.Run(name, func(t *testing.T) {
			bad := one("a")
			spoil(&bad)
			if _, err := instance.NewRepository(nil).Put(t.Context(), bad); !errors.Is(err, instance.ErrInvalid) {
				t.Errorf("got %v, want %v", err, instance.ErrInvalid)
			}
		})
	}
}
