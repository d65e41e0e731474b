package cli

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/pulse-hub/pulse/hub/internal/audit"
	"github.com/pulse-hub/pulse/hub/internal/cli/client"
	"github.com/pulse-hub/pulse/hub/internal/store"
)

// auditedHub serves a real audit log with so many events, and returns its address and its store.
func auditedHub(t *testing.T, n int) (string, *store.DB) {
	t.Helper()
	dir := t.TempDir()
	db, err := store.Open(filepath.Join(dir, "pulse.db"), store.Options{KeyFile: filepath.Join(dir, "pulse.key")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	log := audit.New(audit.Options{Records: db})
	for i := range n {
		event := audit.Event{Actor: "anna\x1b[2J", Via: "session", From: "192.0.2.1", Kind: "user", Subject: "bob", What: "changed", Detail: strconv.Itoa(i)}
		if i == 0 {
			event.Outcome = audit.Failure
		}
		if err := log.Add(t.Context(), event); err != nil {
			t.Fatal(err)
		}
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /api/audit", func(w http.ResponseWriter, r *http.Request) {
		answerAudit(t, log, w, r)
	})
	mux.HandleFunc("GET /api/audit/verify", func(w http.ResponseWriter, r *http.Request) {
		report, err := log.Verify(r.Context())
		if err != nil {
			t.Error(err)
		}
		writeJSON(w, report)
	})
	mux.HandleFunc("GET /api/audit/export", func(w http.ResponseWriter, r *http.Request) {
		if err := log.Export(r.Context(), w, audit.Filter{Actor: r.FormValue("actor")}, r.FormValue("format")); err != nil {
			refuse(w, &client.Problem{Status: http.StatusBadRequest, Detail: err.Error()})
		}
	})
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	return server.URL, db
}

func writeJSON(w http.ResponseWriter, value any) { json.NewEncoder(w).Encode(value) }

func answerAudit(t *testing.T, log *audit.Log, w http.ResponseWriter, r *http.Request) {
	limit, err := strconv.Atoi(r.FormValue("limit"))
	if err != nil || limit > audit.MaxLimit {
		t.Errorf("limit %q", r.FormValue("limit"))
	}
	before, _ := strconv.ParseUint(r.FormValue("before"), 10, 64)
	events, err := log.Query(r.Context(), audit.Filter{Limit: limit, Before: before, Kind: r.FormValue("kind")})
	if err != nil {
		t.Error(err)
	}
	page := client.AuditPage{Events: events}
	if len(events) == limit {
		page.Next = events[limit-1].Seq
	}
	writeJSON(w, page)
}

func TestAuditList(t *testing.T) {
	address, _ := auditedHub(t, 1010)
	got := run(t, "audit", "list", "--url", address, "--limit", "1005", "--kind", "user", "--since", "36h").must(t).out
	lines := strings.Split(strings.TrimSpace(got), "\n")
	if len(lines) != 1006 || !strings.HasPrefix(lines[0], "NO ") || !strings.HasPrefix(lines[1005], "6 ") || strings.Contains(got, "\x1b") {
		t.Errorf("%d lines, the last %q", len(lines), lines[len(lines)-1])
	}
	if got := run(t, "audit", "ls", "--url", address, "--limit", "2000").must(t).out; !strings.Contains(got, "changed (failure)  0") {
		t.Errorf("no failure in the last of\n%s", got[len(got)-300:])
	}
	if got := run(t, "audit", "list", "--url", address, "--limit", "2", "--json").must(t).out; !strings.HasPrefix(got, `{"seq":1010,`) || strings.Count(got, "\n") != 2 {
		t.Error(got)
	}
	if got := run(t, "audit", "list", "--url", address, "--kind", "none").must(t).out; strings.Count(got, "\n") != 1 {
		t.Error(got)
	}
	for _, bad := range [][]string{{"--since", "soon"}, {"--limit", "0"}} {
		if got := run(t, append([]string{"audit", "list", "--url", address}, bad...)...); got.code != ExitUsage {
			t.Errorf("%v: %+v", bad, got)
		}
	}
}

func TestAuditIsExportedAndVerified(t *testing.T) {
	address, db := auditedHub(t, 5)
	if got := run(t, "audit", "verify", "--url", address).must(t).out; !strings.HasPrefix(got, "5 events, 1 to 5, are as they were written.\nNewest: 5 ") {
		t.Error(got)
	}
	file := filepath.Join(t.TempDir(), "audit.ndjson")
	run(t, "audit", "export", file, "--url", address).must(t)
	if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info, err)
	}
	if got := run(t, "audit", "verify", "--file", file).must(t).out; !strings.HasPrefix(got, "5 events") {
		t.Error(got)
	}
	if got := run(t, "audit", "export", file, "--url", address); got.code != ExitFailed {
		t.Errorf("a file was replaced: %+v", got)
	}
	some := run(t, "audit", "export", "--url", address, "--actor", "nobody").must(t).out
	if got := (&typed{input: some}).run(t, "audit", "verify", "--file", "-").must(t).out; got != "There are no events.\n" {
		t.Error(got)
	}
	if got := run(t, "audit", "export", "--url", address, "--format", "csv").must(t).out; !strings.HasPrefix(got, "seq,at,actor") {
		t.Error(got)
	}
	bad := filepath.Join(t.TempDir(), "bad")
	if got := run(t, "audit", "export", bad, "--url", address, "--format", "xml"); got.code != ExitFailed {
		t.Errorf("%+v", got)
	}
	if _, err := os.Stat(bad); err == nil {
		t.Error("half a file is left")
	}
	if err := db.Delete(t.Context(), store.Audit, "0000000000000003"); err != nil {
		t.Fatal(err)
	}
	if got := run(t, "audit", "verify", "--url", address); got.code != ExitFailed || got.out != "Event 3: the event is missing\n" {
		t.Errorf("%+v", got)
	}
}
