package api_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/go-hclog"

	"github.com/pulse-hub/pulse/hub/internal/api"
	"github.com/pulse-hub/pulse/hub/internal/api/route"
	"github.com/pulse-hub/pulse/hub/internal/audit"
	"github.com/pulse-hub/pulse/hub/internal/auth"
	"github.com/pulse-hub/pulse/hub/internal/transfer"
	"github.com/pulse-hub/pulse/hub/internal/transfer/bundle"
	"github.com/pulse-hub/pulse/hub/internal/transfer/transfertest"
)

// bearers lets tokens in, and one user of a role that may change settings and is no administrator.
type bearers struct{ *auth.Authenticator }

// Authenticate is part of route.Authenticator.
func (b bearers) Authenticate(r *http.Request, _ auth.Origin) (*auth.Principal, error) {
	if r.Header.Get("X-Editor") != "" {
		role := auth.Role{Name: "editor", Permissions: []auth.Permission{{Resource: auth.ResourceSettings, Action: auth.ActionWrite}}}
		return auth.NewPerson(auth.MethodBasic, "eve", "", role), nil
	}
	return b.Authenticator.Authenticate(r)
}

// notes remembers what was written down.
type notes struct{ events []audit.Event }

// Add is part of route.Audit.
func (n *notes) Add(_ context.Context, event audit.Event) error {
	n.events = append(n.events, event)
	return nil
}

// AddRepeated is part of route.Audit.
func (n *notes) AddRepeated(context.Context, string, audit.Event) error { return nil }

// movingHub is a hub whose configuration can be taken out and in.
type movingHub struct {
	http.Handler
	*transfertest.World
	notes *notes
	now   time.Time
}

func startMoving(t *testing.T) *movingHub {
	t.Helper()
	h := &movingHub{World: transfertest.New(t), notes: &notes{}, now: time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC)}
	answers := api.New(api.Parts{Nodes: h.Nodes, ChannelSettings: h.Channels, Alerts: h.Alerts})
	wanted := map[string]bool{
		"/api/config/nodes": true, "/api/notifications/email": true, "/api/notifications/apprise": true,
		"/api/notifications/webhooks": true, "/api/alerts/config": true,
	}
	routes := api.TransferRoutes(h.Desk)
	for _, r := range answers.Routes() {
		if wanted[r.Path] {
			routes = append(routes, r)
		}
	}
	h.Handler = route.New(route.Options{
		Routes: routes, Audit: h.notes, Logger: hclog.NewNullLogger(), Page: http.NotFoundHandler(), Now: func() time.Time { return h.now },
		Auth: bearers{auth.New(auth.Options{Configured: []auth.Token{
			{ID: "all", Hash: auth.HashToken("all"), Scopes: []auth.Scope{auth.ScopeAll}},
			{ID: "writes", Hash: auth.HashToken("writes"), Scopes: []auth.Scope{auth.ScopeSettingsWrite}},
			{ID: "reads", Hash: auth.HashToken("reads"), Scopes: []auth.Scope{auth.ScopeSettingsRead}},
		}})},
	})
	return h
}

func (h *movingHub) ask(method, path, token, body string, header ...string) *httptest.ResponseRecorder {
	h.now = h.now.Add(time.Minute) // within the limit of exports and imports
	return h.rush(method, path, token, body, header...)
}

// rush is ask without a pause before.
func (h *movingHub) rush(method, path, token, body string, header ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	if token != "" {
		r.Header.Set("X-API-Token", token)
	}
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

// importing is the body of an import.
func importing(t *testing.T, data string, dryRun bool) string {
	t.Helper()
	body, err := json.Marshal(api.ImportRequest{Data: data, Passphrase: transfertest.Passphrase, DryRun: dryRun})
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

// shown is everything that the API shows of a configuration.
func (h *movingHub) shown(t *testing.T) map[string]string {
	t.Helper()
	all := map[string]string{}
	for _, path := range []string{
		"/api/config/nodes", "/api/notifications/email", "/api/notifications/apprise", "/api/notifications/webhooks", "/api/alerts/config",
	} {
		w := h.ask("GET", path, "all", "")
		if w.Code != http.StatusOK {
			t.Fatalf("%s: %d %s", path, w.Code, w.Body)
		}
		all[path] = w.Body.String()
	}
	return all
}

func TestAConfigurationMovesByTheAPI(t *testing.T) {
	from, to := startMoving(t), startMoving(t)
	from.Fill(t)
	w := from.ask("POST", "/api/config/export", "all", `{"passphrase":"`+transfertest.Passphrase+`","unknown":1}`)
	var exported api.Exported
	if err := json.Unmarshal(w.Body.Bytes(), &exported); err != nil || w.Code != 200 || exported.Status != "success" || exported.Data == "" {
		t.Fatalf("export gave %d %s", w.Code, w.Body)
	}
	before := to.shown(t)
	dry := to.ask("POST", "/api/config/import", "all", importing(t, exported.Data, true))
	var preview api.ImportPreview
	if err := json.Unmarshal(dry.Body.Bytes(), &preview); err != nil || dry.Code != 200 || !preview.DryRun || len(preview.Added) < 10 {
		t.Fatalf("a dry run gave %d %s", dry.Code, dry.Body)
	}
	if diff := cmp.Diff(before, to.shown(t)); diff != "" || strings.Contains(dry.Body.String(), "hush") {
		t.Errorf("a dry run changed something, or shows a secret: %s", diff)
	}
	done := to.ask("POST", "/api/config/import", "all", importing(t, exported.Data, false))
	const want = `{"message":"Configuration imported successfully","status":"success"}`
	if done.Code != 200 || strings.TrimSpace(done.Body.String()) != want || done.Header().Get("Content-Type") != "text/plain; charset=utf-8" {
		t.Fatalf("import gave %d %s %v", done.Code, done.Body, done.Header())
	}
	if diff := cmp.Diff(from.shown(t), to.shown(t)); diff != "" {
		t.Error(diff)
	}
	var told []string
	for _, event := range append(from.notes.events, to.notes.events...) {
		told = append(told, event.Subject+" "+event.What)
	}
	if diff := cmp.Diff([]string{"configuration exported", "configuration import tried", "configuration imported"}, told); diff != "" {
		t.Error(diff)
	}
}

// TestTheVectorOfVersion5AnswersAsItSays compares what the API shows after an import with the text that was in the bundle.
func TestTheVectorOfVersion5AnswersAsItSays(t *testing.T) {
	text, err := os.ReadFile("../transfer/bundle/testdata/v5.json")
	if err != nil {
		t.Fatal(err)
	}
	var plain map[string]any
	if err := json.Unmarshal(text, &plain); err != nil {
		t.Fatal(err)
	}
	h := startMoving(t)
	if w := h.ask("POST", "/api/config/import", "all", importing(t, transfertest.Vector(t), false)); w.Code != 200 {
		t.Fatalf("import gave %d %s", w.Code, w.Body)
	}
	shown := h.shown(t)
	for part, path := range map[string]string{"email": "/api/notifications/email", "apprise": "/api/notifications/apprise", "webhooks": "/api/notifications/webhooks"} {
		var got any
		if err := json.Unmarshal([]byte(shown[path]), &got); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(plain[part], got); diff != "" {
			t.Errorf("%s: %s", part, diff)
		}
	}
	var alerts map[string]any
	if err := json.Unmarshal([]byte(shown["/api/alerts/config"]), &alerts); err != nil {
		t.Fatal(err)
	}
	if differs := missing("", plain["alerts"], alerts); len(differs) > 0 {
		t.Errorf("alerts differ: %v", differs)
	}
	var list []map[string]any
	if err := json.Unmarshal([]byte(shown["/api/config/nodes"]), &list); err != nil || len(list) != 2 {
		t.Fatalf("nodes are %s", shown["/api/config/nodes"])
	}
	for i, kind := range []string{"pveInstances", "pbsInstances"} {
		want := plain["nodes"].(map[string]any)[kind].([]any)[0].(map[string]any)
		if list[i]["name"] != want["Name"] || list[i]["host"] != want["Host"] || list[i]["tokenName"] != want["TokenName"] || list[i]["hasToken"] != true {
			t.Errorf("%s is %v", kind, list[i])
		}
	}
}

// missing returns the paths at which a configuration of alerts has another value than it was given. What was given as
// zero where zero means "as usual", or as nothing, is filled in.
func missing(path string, want, got any) []string {
	object, isObject := want.(map[string]any)
	if !isObject {
		if want == nil || want == 0.0 || want == "" || cmp.Equal(want, got) {
			return nil
		}
		return []string{fmt.Sprintf("%s: %v, not %v", path, got, want)}
	}
	var all []string
	have, _ := got.(map[string]any)
	for key, value := range object {
		all = append(all, missing(path+"/"+key, value, have[key])...)
	}
	return all
}

func TestExportsAndImportsThatAreRefused(t *testing.T) {
	h := startMoving(t)
	own := transfertest.Sealed(t, `{"format":"pulse configuration","version":99}`)
	tests := map[string]struct {
		path, token, body string
		status            int
		text              string
	}{
		"no passphrase":        {"export", "all", `{}`, 400, "Passphrase is required\n"},
		"short passphrase":     {"export", "all", `{"passphrase":"short"}`, 400, "Passphrase must be at least 12 characters long\n"},
		"no JSON":              {"export", "all", `{`, 400, "Invalid request body\n"},
		"too long":             {"export", "all", `{"passphrase":"` + strings.Repeat("x", 9<<10) + `"}`, 400, "Invalid request body\n"},
		"export by a stranger": {"export", "", `{}`, 401, "Authentication required"},
		"export by a reader":   {"export", "reads", `{}`, 403, `"requiredScope":"settings:write"`},
		"export by a writer":   {"export", "writes", `{}`, 403, `"requiredScope":"*"`},
		"no data":              {"import", "all", `{"passphrase":"x"}`, 400, "Import data is required\n"},
		"import without one":   {"import", "all", `{"data":"x"}`, 400, "Passphrase is required\n"},
		"wrong passphrase": {
			"import", "all", `{"passphrase":"wrong-passphrase-x","data":"` + strings.TrimSpace(transfertest.Vector(t)) + `"}`, 400,
			"Failed to import configuration: failed to decrypt import data: cipher: message authentication failed\n",
		},
		"no base64":          {"import", "all", `{"passphrase":"x","data":"?"}`, 400, "Failed to import configuration: import data is not base64\n"},
		"newer":              {"import", "all", importing(t, own, false), 400, "Failed to import configuration: a newer version of Pulse made the bundle"},
		"import by a writer": {"import", "writes", `{}`, 403, `"requiredScope":"*"`},
	}
	for name, tt := range tests {
		w := h.ask("POST", "/api/config/"+tt.path, tt.token, tt.body)
		if w.Code != tt.status || !strings.Contains(w.Body.String(), tt.text) {
			t.Errorf("%s: got %d %q, want %d %q", name, w.Code, w.Body, tt.status, tt.text)
		}
	}
	for _, path := range []string{"export", "import"} {
		if w := h.ask("POST", "/api/config/"+path, "", `{}`, "X-Editor", "yes"); w.Code != 403 || !strings.Contains(w.Body.String(), "Admin privileges required") {
			t.Errorf("%s by somebody who may change settings gave %d %s", path, w.Code, w.Body)
		}
		if w := h.ask("GET", "/api/config/"+path, "all", ""); w.Code != 405 {
			t.Errorf("GET %s gave %d", path, w.Code)
		}
	}
	if len(h.notes.events) > 0 {
		t.Errorf("written down was %+v", h.notes.events)
	}
}

func TestExportsAndImportsShareOneLimit(t *testing.T) {
	h := startMoving(t)
	for range 5 {
		if w := h.rush("POST", "/api/config/export", "all", `{}`); w.Code != 400 {
			t.Fatalf("got %d", w.Code)
		}
	}
	w := h.rush("POST", "/api/config/import", "all", `{}`)
	if w.Code != 429 || w.Header().Get("Retry-After") != "300" {
		t.Errorf("the sixth gave %d %v", w.Code, w.Header())
	}
}

// brokenTransfer fails with an error of its own.
type brokenTransfer struct{ err error }

func (b brokenTransfer) Export(context.Context, transfer.Export) (string, error) { return "", b.err }
func (b brokenTransfer) Import(context.Context, transfer.Import) (*transfer.Outcome, error) {
	return nil, b.err
}
func (b brokenTransfer) Preview(context.Context, transfer.Import) (*transfer.Outcome, error) {
	return nil, b.err
}

func TestFailuresOfTheHubAreNotToldAsTheCallers(t *testing.T) {
	for want, err := range map[int]error{
		500: errors.New("disk hush"), 409: fmt.Errorf("write configuration: %w", transfer.ErrChanged), 400: fmt.Errorf("x: %w", bundle.ErrHeader),
	} {
		handler := route.New(route.Options{
			Routes: api.TransferRoutes(brokenTransfer{err}), Logger: hclog.NewNullLogger(), Page: http.NotFoundHandler(),
			Auth: bearers{auth.New(auth.Options{Configured: []auth.Token{{ID: "all", Hash: auth.HashToken("all")}}})},
		})
		r := httptest.NewRequest(http.MethodPost, "/api/config/import", strings.NewReader(`{}`))
		r.Header.Set("X-API-Token", "all")
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		if w.Code != want || strings.Contains(w.Body.String(), "hush") {
			t.Errorf("%v gave %d %s", err, w.Code, w.Body)
		}
	}
}
