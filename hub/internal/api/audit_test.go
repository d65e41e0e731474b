package api_test

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/go-hclog"

	"github.com/pulse-hub/pulse/hub/internal/api"
	"github.com/pulse-hub/pulse/hub/internal/api/route"
	"github.com/pulse-hub/pulse/hub/internal/audit"
	"github.com/pulse-hub/pulse/hub/internal/auth"
	"github.com/pulse-hub/pulse/hub/internal/store"
)

func openStore(t *testing.T) *store.DB {
	t.Helper()
	dir := t.TempDir()
	db, err := store.Open(filepath.Join(dir, "pulse.db"), store.Options{KeyFile: filepath.Join(dir, "pulse.key")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

// byToken recognises callers by their token and by nothing else.
type byToken struct{ tokens *auth.Authenticator }

func (b byToken) Authenticate(r *http.Request, _ auth.Origin) (*auth.Principal, error) {
	raw := r.Header.Get("X-API-Token")
	if raw == "" {
		return nil, auth.ErrNoCredentials
	}
	return b.tokens.Recognize(raw)
}

// serveRoutes serves routes to the tokens "all", "reads" (settings) and "agent".
func serveRoutes(routes []route.Route, log *audit.Log) http.Handler {
	return route.New(route.Options{
		Routes: routes, Audit: log, Logger: hclog.NewNullLogger(), Page: http.NotFoundHandler(),
		Auth: byToken{auth.New(auth.Options{Configured: []auth.Token{
			{ID: "all", Name: "all", Hash: auth.HashToken("all")},
			{ID: "reads", Hash: auth.HashToken("reads"), Scopes: []auth.Scope{auth.ScopeSettingsRead}},
			{ID: "agent", Hash: auth.HashToken("agent"), Scopes: []auth.Scope{auth.ScopeHostReport}},
		}})},
	})
}

func ask(t *testing.T, handler http.Handler, method, target, token, body string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), method, target, strings.NewReader(body))
	if token != "" {
		r.Header.Set("X-API-Token", token)
	}
	w := httptest.NewRecorder()
	handler.ServeHTTP(w, r)
	return w
}

func TestAuditIsReadInPages(t *testing.T) {
	log := audit.New(audit.Options{Records: openStore(t)})
	for i := range 7 {
		event := audit.Event{Actor: "anna", Kind: "user", Subject: fmt.Sprint("u", i%2), What: "changed", Detail: "<b>", Outcome: []string{"success", "failure"}[i/6]}
		if err := log.Add(t.Context(), event); err != nil {
			t.Fatal(err)
		}
	}
	handler := serveRoutes(api.AuditRoutes(log), log)
	var got [][]uint64
	for target := "/api/audit?limit=3"; ; {
		w := ask(t, handler, "GET", target, "reads", "")
		var page api.AuditList
		if err := json.Unmarshal(w.Body.Bytes(), &page); err != nil || w.Code != http.StatusOK {
			t.Fatalf("%d %s", w.Code, w.Body)
		}
		numbers := []uint64{}
		for _, event := range page.Events {
			numbers = append(numbers, event.Seq)
		}
		got = append(got, numbers)
		if page.Next == 0 {
			break
		}
		target = fmt.Sprint("/api/audit?limit=3&before=", page.Next)
	}
	if diff := cmp.Diff([][]uint64{{7, 6, 5}, {4, 3, 2}, {1}}, got); diff != "" {
		t.Error(diff)
	}
	for query, want := range map[string]int{
		"kind=user&subject=u1": 3, "actor=bob": 0, "outcome=failure": 1, "text=CHANGED": 7, "since=2100-01-01T00:00:00Z": 0, "until=2100-01-01T00:00:00%2b02:00": 7,
	} {
		var page api.AuditList
		w := ask(t, handler, "GET", "/api/audit?"+query, "all", "")
		if err := json.Unmarshal(w.Body.Bytes(), &page); err != nil || len(page.Events) != want || page.Next != 0 {
			t.Errorf("%s: %d events, want %d: %s", query, len(page.Events), want, w.Body)
		}
	}
	for _, query := range []string{"limit=0", "limit=x", "before=0", "before=-1", "since=yesterday", "outcome=maybe"} {
		if w := ask(t, handler, "GET", "/api/audit?"+query, "all", ""); w.Code != http.StatusBadRequest {
			t.Errorf("%s: %d %s", query, w.Code, w.Body)
		}
	}
	for token, want := range map[string]int{"agent": http.StatusForbidden, "": http.StatusUnauthorized} {
		for _, path := range []string{"/api/audit", "/api/audit/export", "/api/audit/verify"} {
			if w := ask(t, handler, "GET", path, token, ""); w.Code != want {
				t.Errorf("%s as %q: %d, want %d", path, token, w.Code, want)
			}
		}
	}
}

func TestAuditIsExportedAndVerified(t *testing.T) {
	log := audit.New(audit.Options{Records: openStore(t)})
	for range 300 {
		if err := log.Add(t.Context(), audit.Event{Actor: "anna", Kind: "user", Subject: "u", What: "changed"}); err != nil {
			t.Fatal(err)
		}
	}
	handler := serveRoutes(api.AuditRoutes(log), log)
	w := ask(t, handler, "GET", "/api/audit/export", "reads", "")
	report, err := audit.VerifyFile(w.Body)
	if err != nil || report.Problem != "" || report.Checked != 300 || w.Header().Get("Content-Type") != "application/x-ndjson" {
		t.Errorf("%d %+v, %v, %v", w.Code, report, err, w.Header())
	}
	if got := w.Header().Get("Content-Disposition"); got != `attachment; filename="pulse-audit.ndjson"` {
		t.Error(got)
	}
	w = ask(t, handler, "GET", "/api/audit/export?format=csv&actor=anna", "reads", "")
	if rows, err := csv.NewReader(w.Body).ReadAll(); err != nil || len(rows) != 301 {
		t.Errorf("%d rows, %v", len(rows), err)
	}
	if w = ask(t, handler, "GET", "/api/audit/export?format=xml", "reads", ""); w.Code != http.StatusBadRequest {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	w = ask(t, handler, "GET", "/api/audit/verify", "reads", "")
	var told audit.Report
	if err := json.Unmarshal(w.Body.Bytes(), &told); err != nil || told != report {
		t.Errorf("%+v, want %+v", told, report)
	}
}

func TestExportThatBreaksOffIsNoWholeFile(t *testing.T) {
	db := openStore(t)
	log := audit.New(audit.Options{Records: db})
	for range 600 {
		if err := log.Add(t.Context(), audit.Event{Actor: "anna", Kind: "user", Subject: "u", What: "changed"}); err != nil {
			t.Fatal(err)
		}
	}
	err := db.Update(t.Context(), func(tx store.Tx) error {
		for seq := 512; seq < 600; seq++ {
			if err := tx.Delete(t.Context(), store.Audit, fmt.Sprintf("%016x", seq)); err != nil {
				return err
			}
		}
		return tx.Delete(t.Context(), store.Audit, fmt.Sprintf("%016x", 600))
	})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(serveRoutes(api.AuditRoutes(log), log))
	t.Cleanup(server.Close)
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL+"/api/audit/export", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("X-API-Token", "all")
	response, err := server.Client().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if _, err := csv.NewReader(response.Body).ReadAll(); err == nil {
		t.Error("the file ended as if it were whole")
	}
}
