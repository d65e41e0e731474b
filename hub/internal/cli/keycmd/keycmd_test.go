package keycmd

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pulse-hub/pulse/hub/internal/cli/terminal"
	"github.com/pulse-hub/pulse/hub/internal/cli/usage"
	"github.com/pulse-hub/pulse/hub/internal/store"
)

// run runs the command and returns what it wrote.
func run(t *testing.T, args ...string) (string, error) {
	t.Helper()
	var out bytes.Buffer
	command := Command(Options{
		Terminal:  &terminal.Terminal{In: strings.NewReader(""), Out: &out, Err: &out},
		LookupEnv: func(string) (string, bool) { return "", false },
	})
	command.SilenceErrors, command.SilenceUsage = true, true
	command.SetArgs(args)
	err := command.ExecuteContext(t.Context())
	return out.String(), err
}

func TestKeyOfARunningHub(t *testing.T) {
	const key = `{"id":"1a2b3c4d","source":"file","since":"2026-01-02T03:04:05Z","sealed":3,"others":0,"formerKept":true}`
	mux := http.NewServeMux()
	mux.HandleFunc("GET /api/security/key", func(w http.ResponseWriter, _ *http.Request) { w.Write([]byte(key)) })
	mux.HandleFunc("POST /api/security/rotate-key", func(w http.ResponseWriter, _ *http.Request) {
		w.Write([]byte(`{"key":` + key + `,"resealed":3,"unreadable":1}`))
	})
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	if got, err := run(t, "info", "--url", server.URL); err != nil || !strings.Contains(got, "1a2b3c4d") || !strings.Contains(got, "until the hub starts") {
		t.Errorf("%s %v", got, err)
	}
	got, err := run(t, "rotate", "--url", server.URL)
	if err != nil || !strings.Contains(got, "The key is 1a2b3c4d now. Sealed anew: 3 records.\nNot opened, and left as they were: 1 records.\n") {
		t.Errorf("%s %v", got, err)
	}
	if _, err := run(t, "rotate", "--url", server.URL, "--key-file", "x"); !usage.Is(err) {
		t.Errorf("a key file without a new one: %v", err)
	}
}

func TestKeyOfAStoppedHub(t *testing.T) {
	dir := t.TempDir()
	next := filepath.Join(t.TempDir(), "new.key")
	if _, err := run(t, "rotate", "--new-key-file", next); !usage.Is(err) {
		t.Errorf("without a folder: %v", err)
	}
	if _, err := run(t, "rotate", "--data-dir", dir, "--new-key-file", next); !usage.Is(err) {
		t.Errorf("in an empty folder: %v", err)
	}
	if entries, err := os.ReadDir(dir); err != nil || len(entries) != 0 {
		t.Errorf("a hub was made in an empty folder: %v, %v", entries, err)
	}
	database, file := filepath.Join(dir, "pulse.db"), filepath.Join(dir, "pulse.key")
	db, err := store.Open(database, store.Options{KeyFile: file})
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Put(t.Context(), store.Secrets, "k", []byte("value")); err != nil {
		t.Fatal(err)
	}
	if _, err := run(t, "rotate", "--data-dir", dir, "--new-key-file", next); err == nil || !strings.Contains(err.Error(), "stop the hub first") {
		t.Errorf("while the hub runs: %v", err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	// As a credential: the key is not in the folder.
	elsewhere := filepath.Join(t.TempDir(), "old.key")
	if err := os.Rename(file, elsewhere); err != nil {
		t.Fatal(err)
	}
	got, err := run(t, "rotate", "--data-dir", dir, "--key-file", elsewhere, "--new-key-file", next)
	if err != nil || !strings.Contains(got, "Sealed anew: 1 records.") || !strings.Contains(got, next) {
		t.Fatalf("%s %v", got, err)
	}
	db, err = store.Open(database, store.Options{KeyFile: next})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if got, err := db.Get(t.Context(), store.Secrets, "k"); err != nil || string(got) != "value" {
		t.Errorf("the record is %q, %v", got, err)
	}
}
