package device_test

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/pulse-hub/pulse/hub/internal/auth/device"
	"github.com/pulse-hub/pulse/hub/internal/store"
)

func open(t testing.TB, dir string) (*device.Marks, *store.DB) {
	t.Helper()
	db, err := store.Open(filepath.Join(dir, "pulse.db"), store.Options{KeyFile: filepath.Join(dir, "pulse.key")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	marks, err := device.Open(t.Context(), db)
	if err != nil {
		t.Fatal(err)
	}
	return marks, db
}

func TestMarksAreOfOneUser(t *testing.T) {
	dir := t.TempDir()
	marks, db := open(t, dir)
	mark := marks.Mark("Anna")
	if !marks.Knows(mark, "anna") || marks.Knows(mark, "ben") || marks.Mark("Anna") == mark {
		t.Error("a mark is not of its user alone")
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if again, _ := open(t, dir); !again.Knows(mark, "Anna") {
		t.Error("after a start the browser is a stranger's")
	}
	if other, _ := open(t, t.TempDir()); other.Knows(mark, "Anna") {
		t.Error("another hub's mark counts")
	}
}

func FuzzKnows(f *testing.F) {
	marks, _ := open(f, f.TempDir())
	f.Add("", "anna")
	f.Add(strings.Repeat("A", 64), "anna")
	f.Add(marks.Mark("ben"), "anna")
	f.Fuzz(func(t *testing.T, mark, user string) {
		if !strings.EqualFold(user, "ben") && marks.Knows(mark, user) {
			t.Errorf("%q is taken for a browser of %q", mark, user)
		}
	})
}
