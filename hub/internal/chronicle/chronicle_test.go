package chronicle_test

import (
	"fmt"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/pulse-hub/pulse/hub/internal/chronicle"
	"github.com/pulse-hub/pulse/hub/internal/store"
)

func open(t *testing.T, dir string) *store.DB {
	t.Helper()
	db, err := store.Open(filepath.Join(dir, "pulse.db"), store.Options{KeyFile: filepath.Join(dir, "pulse.key")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

func TestEventsOfOneThingComeNewestFirst(t *testing.T) {
	written := chronicle.New(open(t, t.TempDir()))
	for i := range 5 {
		for _, subject := range []string{"acme.nas", "acme.ups"} {
			event := chronicle.Event{Actor: "anna", Kind: "plugin", Subject: subject, What: fmt.Sprint(i)}
			if err := written.Add(t.Context(), event); err != nil {
				t.Fatal(err)
			}
		}
	}
	got, err := written.About(t.Context(), "plugin", "acme.nas", 2)
	if err != nil {
		t.Fatal(err)
	}
	want := []chronicle.Event{
		{Actor: "anna", Kind: "plugin", Subject: "acme.nas", What: "4"},
		{Actor: "anna", Kind: "plugin", Subject: "acme.nas", What: "3"},
	}
	if diff := cmp.Diff(want, got, cmpopts.IgnoreFields(chronicle.Event{}, "At")); diff != "" {
		t.Error(diff)
	}
	if got[0].At.IsZero() {
		t.Error("an event has no time")
	}
}

func TestOldEventsGo(t *testing.T) {
	written := chronicle.New(open(t, t.TempDir()))
	for i := range 2010 {
		if err := written.Add(t.Context(), chronicle.Event{Kind: "k", Subject: "s", What: fmt.Sprint(i)}); err != nil {
			t.Fatal(err)
		}
	}
	got, err := written.About(t.Context(), "k", "s", 5000)
	if err != nil {
		t.Fatal(err)
	}
	if len(got) != 2000 || got[len(got)-1].What != "10" {
		t.Errorf("%d events, the oldest %q, want 2000 and 10", len(got), got[len(got)-1].What)
	}
}
