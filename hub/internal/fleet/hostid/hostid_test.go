package hostid

import (
	"context"
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/go-hclog"

	"github.com/pulse-hub/pulse/hub/internal/store"
)

func open(t *testing.T, maxBytes int) *store.DB {
	t.Helper()
	dir := t.TempDir()
	db, err := store.Open(filepath.Join(dir, "pulse.db"), store.Options{
		KeyFile: filepath.Join(dir, "pulse.key"), MaxBytes: maxBytes, Logger: hclog.NewNullLogger(),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}

func TestIDs(t *testing.T) {
	db := open(t, 0)
	registry := New(db)
	id := func(token, hostname, hostID string) string {
		t.Helper()
		id, err := registry.ID(t.Context(), token, hostname, Suggest(hostID, hostname))
		if err != nil {
			t.Fatal(err)
		}
		return id
	}
	first := id("t1", "web", "Same_ID")
	if first != "same-id" {
		t.Errorf("id is %q, want same-id", first)
	}
	if again := id("t1", "WEB", "another"); again != first {
		t.Errorf("the same machine got %q, want %q", again, first)
	}
	clone := id("t1", "web2", "Same_ID")
	if !strings.HasPrefix(clone, "same-id-") || len(clone) != len("same-id-")+8 {
		t.Errorf("another machine with the same id got %q", clone)
	}
	if odd := id("t1", "日本", ""); !strings.HasPrefix(odd, "host-") || len(odd) != 17 {
		t.Errorf("a name without letters got %q", odd)
	}
	// After a restart the saved ids hold.
	registry = New(db)
	if err := registry.Load(t.Context()); err != nil {
		t.Fatal(err)
	}
	if after := id("t1", "web2", "Same_ID"); after != clone {
		t.Errorf("after a restart the id is %q, want %q", after, clone)
	}
	if token, known := registry.Token(clone); !known || token != "t1" || registry.Users("t1") != 3 || registry.Users("t2") != 0 {
		t.Errorf("holder is %q, %d machines report with the token", token, registry.Users("t1"))
	}
	// One that is released frees its id, for good.
	if err := registry.Release(t.Context(), first); err != nil {
		t.Fatal(err)
	}
	if again := id("t2", "web", "Same_ID"); again != first {
		t.Errorf("a machine with a new token got %q, want %q", again, first)
	}
	registry = New(db)
	if err := registry.Load(t.Context()); err != nil {
		t.Fatal(err)
	}
	if token, _ := registry.Token(first); token != "t2" {
		t.Errorf("after a restart the holder is %q", token)
	}
}

func TestSuggestions(t *testing.T) {
	got := []string{Suggest("", "__", "Web.Example"), Suggest("a--B!!"), Suggest(strings.Repeat("x", 60)), Suggest("日", "本")}
	want := []string{"web-example", "a-b", strings.Repeat("x", 48), "host-" + digest("本", 12)}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestUnsavedIDIsNotGiven(t *testing.T) {
	registry := New(open(t, 1<<20))
	name := strings.Repeat("x", 100_000)
	for n := range 100 {
		_, err := registry.ID(t.Context(), "token", name+string(rune('a'+n)), Suggest("host", name))
		if err == nil {
			continue
		}
		if !errors.Is(err, store.ErrNoSpace) {
			t.Errorf("a full store gives %v", err)
		}
		if registry.Users("token") != n {
			t.Errorf("%d machines are known, want %d", registry.Users("token"), n)
		}
		return
	}
	t.Error("the store took everything")
}

func TestReleaseThatFailsKeepsTheID(t *testing.T) {
	db := open(t, 0)
	registry := New(db)
	if _, err := registry.ID(t.Context(), "t", "h", "h"); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := registry.Release(ctx, "h"); err == nil {
		t.Skip("the store does not mind a context that has ended")
	}
	if _, known := registry.Token("h"); !known {
		t.Error("a machine is forgotten although its record is not deleted")
	}
}
