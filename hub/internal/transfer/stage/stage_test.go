package stage_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pulse-hub/pulse/hub/internal/store"
	"github.com/pulse-hub/pulse/hub/internal/transfer/stage"
)

// TestAStageBehavesAsTheStore runs the same steps on a stage and on the real thing.
func TestAStageBehavesAsTheStore(t *testing.T) {
	dir := t.TempDir()
	db, err := store.Open(filepath.Join(dir, "pulse.db"), store.Options{KeyFile: filepath.Join(dir, "pulse.key")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	failure := errors.New("no")
	steps := []func(tx store.Tx) error{
		func(tx store.Tx) error { return tx.Put(t.Context(), store.Settings, "a/1", []byte("one")) },
		func(tx store.Tx) error { return tx.Put(t.Context(), store.Settings, "a/2", []byte("two")) },
		func(tx store.Tx) error { return tx.Put(t.Context(), store.Secrets, "a/1", []byte("secret")) },
		func(tx store.Tx) error {
			return errors.Join(tx.Delete(t.Context(), store.Settings, "a/1"), tx.Put(t.Context(), store.Settings, "b", nil), failure)
		},
		func(tx store.Tx) error { return tx.Put(t.Context(), store.Settings, "b", []byte("three")) },
		func(tx store.Tx) error { return tx.Delete(t.Context(), store.Settings, "a/2") },
		func(tx store.Tx) error { return tx.Delete(t.Context(), store.Settings, "never") },
		func(tx store.Tx) error { return tx.Put(t.Context(), store.Settings, "", nil) },
		func(tx store.Tx) error {
			return tx.Put(t.Context(), store.Settings, strings.Repeat("k", store.MaxKeyBytes+1), nil)
		},
	}
	staged := stage.New()
	for i, step := range steps {
		want, got := db.Update(t.Context(), step), staged.Update(t.Context(), step)
		if (want == nil) != (got == nil) || errors.Is(want, store.ErrBadKey) != errors.Is(got, store.ErrBadKey) {
			t.Errorf("step %d: got %v, want %v", i, got, want)
		}
		if diff := cmp.Diff(look(t, db.View), look(t, staged.View)); diff != "" {
			t.Errorf("step %d: %s", i, diff)
		}
	}
}

// look lists what there is.
func look(t *testing.T, view viewFunc) []string {
	t.Helper()
	var seen []string
	err := view(t.Context(), func(r store.Reader) error {
		for _, prefix := range []string{"", "a/"} {
			for _, bucket := range []store.Bucket{store.Settings, store.Secrets, store.Tokens} {
				list, err := r.List(t.Context(), bucket, prefix)
				if err != nil {
					return err
				}
				for _, one := range list {
					got, err := r.Get(t.Context(), bucket, one.Key)
					seen = append(seen, fmt.Sprintf("%s %s=%s %s %v", bucket, one.Key, one.Value, got, err))
				}
			}
		}
		_, err := r.Get(t.Context(), store.Settings, "never")
		seen = append(seen, fmt.Sprint(errors.Is(err, store.ErrNotFound)))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return seen
}

type viewFunc = func(ctx context.Context, fn func(store.Reader) error) error
