package route

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/go-hclog"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"

	"github.com/pulse-hub/pulse/hub/internal/auth"
)

// byToken recognises callers by their token and by nothing else.
type byToken struct{ tokens *auth.Authenticator }

// Authenticate is part of Authenticator.
func (b byToken) Authenticate(r *http.Request, _ auth.Origin) (*auth.Principal, error) {
	return b.tokens.Authenticate(r)
}

// callers recognises two tokens by their name.
func callers(t *testing.T) Authenticator {
	t.Helper()
	return byToken{auth.New(auth.Options{Configured: []auth.Token{
		{ID: "all", Hash: auth.HashToken("all")},
		{ID: "reader", Hash: auth.HashToken("reader"), Scopes: []auth.Scope{auth.ScopeMonitoringRead}},
	}})}
}

func handler(t *testing.T, options Options) http.Handler {
	t.Helper()
	options.Auth, options.Logger = callers(t), hclog.NewNullLogger()
	if options.Page == nil {
		options.Page = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, "page "+r.URL.Path) })
	}
	return New(options)
}

func call(h http.Handler, method, target string, header ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, target, nil)
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func text(s string) Handler { return func(*Call) (any, error) { return s, nil } }

func samples() []Route {
	return []Route{
		{Path: "/api/open", Access: Public(), Methods: []string{"GET", "HEAD"}, Handle: text("open")},
		{Path: "/api/any", Access: Authenticated(), Handle: text("any")},
		{Path: "/api/read", Access: Scoped(auth.ScopeMonitoringRead), Resource: auth.ResourceMonitoring, Handle: text("read")},
		{Path: "/api/admin", Access: Admin(auth.ScopeSettingsRead), Resource: auth.ResourceSettings, Handle: text("admin")},
		{Path: "/api/things", Access: Public(), Handle: text("list")},
		{Path: "/api/things/stats", Access: Public(), Handle: text("stats")},
		{Path: "/api/things/{id...}", Access: Public(), Handle: func(c *Call) (any, error) { return "thing " + c.PathValue("id"), nil }},
		{Path: "/api/things/{id...}", Access: Public(), Methods: []string{"DELETE"}, Handle: func(c *Call) (any, error) { return "deleted " + c.PathValue("id"), nil }},
		{Path: "/api/one/{id}/part", Access: Public(), Handle: func(c *Call) (any, error) { return "part of " + c.PathValue("id"), nil }},
		{Path: "/api/panic", Access: Public(), Handle: func(*Call) (any, error) { panic("secret") }},
		{Path: "/api/error", Access: Public(), Handle: func(*Call) (any, error) { return nil, errors.New("secret") }},
		{Path: "/api/post", Access: Public(), Methods: []string{"POST"}, MaxBody: 4, Handle: func(c *Call) (any, error) {
			body, err := io.ReadAll(c.Request.Body)
			if err != nil {
				return nil, BadRequestText("too large")
			}
			return string(body), nil
		}},
	}
}

func TestAnswers(t *testing.T) {
	h := handler(t, Options{Routes: samples()})
	all, reader := []string{"X-API-Token", "all"}, []string{"X-API-Token", "reader"}
	tests := []struct {
		name, method, target string
		header               []string
		status               int
		body                 string
	}{
		{"public", "GET", "/api/open", nil, 200, `"open"`},
		{"public with a bad token", "GET", "/api/open", []string{"X-API-Token", "no"}, 200, `"open"`},
		{"head", "HEAD", "/api/open", nil, 200, ""},
		{"no method declared", "POST", "/api/open", nil, 405, `"code":"method_not_allowed"`},
		{"stranger and wrong method", "POST", "/api/any", nil, 401, "Authentication required"},
		{"caller and wrong method", "POST", "/api/any", all, 405, `"status_code":405`},
		{"method nobody has", "BREW", "/api/any", all, 404, "404 page not found"},
		{"stranger", "GET", "/api/any", nil, 401, `"error":"Authentication required"`},
		{"caller", "GET", "/api/any", reader, 200, `"any"`},
		{"scope", "GET", "/api/read", reader, 200, `"read"`},
		{"scope missing", "GET", "/api/admin", reader, 403, `"error":"missing_scope"`},
		{"scope named", "GET", "/api/admin", reader, 403, `"requiredScope":"settings:read"`},
		{"admin", "GET", "/api/admin", all, 200, `"admin"`},
		{"undeclared to strangers", "GET", "/api/nope", nil, 401, "Authentication required"},
		{"undeclared to callers", "GET", "/api/nope", all, 404, "404 page not found\n"},
		{"the bare prefix", "GET", "/api", nil, 401, "Authentication required"},
		{"static file below api", "GET", "/api/x.js", nil, 401, "Authentication required"},
		{"page", "GET", "/hosts/a", nil, 200, "page /hosts/a"},
		{"beside the rest", "GET", "/api/things", nil, 200, `"list"`},
		{"declared beneath the rest", "GET", "/api/things/stats", nil, 200, `"stats"`},
		{"method that only the rest has", "DELETE", "/api/things/stats", nil, 200, `"deleted stats"`},
		{"method that nothing there has", "PUT", "/api/things/stats", nil, 405, `"code":"method_not_allowed"`},
		{"rest with slashes", "GET", "/api/things/a/b%2Fc", nil, 200, `"thing a/b/c"`},
		{"empty rest", "GET", "/api/things/", nil, 200, `"thing "`},
		{"segment", "GET", "/api/one/x/part", nil, 200, `"part of x"`},
		{"dots below api", "GET", "/api/../x", nil, 401, "Unauthorized\n"},
		{"encoded dots", "GET", "/api/%2e%2e/x", nil, 401, "Unauthorized\n"},
		{"dots elsewhere", "GET", "/a/../x", nil, 400, "Invalid path\n"},
		{"options", "OPTIONS", "/api/any", nil, 200, ""},
		{"options nowhere", "OPTIONS", "/x", nil, 200, ""},
		{"panic", "GET", "/api/panic", nil, 500, `"code":"internal_error"`},
		{"error", "GET", "/api/error", nil, 500, "An unexpected error occurred"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := call(h, tt.method, tt.target, tt.header...)
			if w.Code != tt.status || !strings.Contains(w.Body.String(), tt.body) {
				t.Errorf("%s %s gave %d %q, want %d %q", tt.method, tt.target, w.Code, w.Body, tt.status, tt.body)
			}
			if strings.Contains(w.Body.String(), "secret") {
				t.Error("answer tells what went wrong inside")
			}
			if w.Header().Get("X-Frame-Options") != "DENY" || w.Header().Get("X-Request-ID") == "" {
				t.Errorf("headers are missing: %v", w.Header())
			}
			if w.Header().Get("WWW-Authenticate") != "" {
				t.Error("a browser would ask for a password")
			}
		})
	}
	if allow := call(h, "POST", "/api/open").Header().Get("Allow"); allow != "GET, HEAD" {
		t.Errorf("Allow is %q", allow)
	}
}

func TestErrorBodyHasOldAndNewMembers(t *testing.T) {
	now := time.Unix(1795411917, 0)
	failure := &Error{
		Status: 400, Code: "invalid_report", Message: "no hostname", Details: map[string]string{"a": "b"},
		Fields: []Field{{"host.hostname", "is missing"}},
	}
	w := httptest.NewRecorder()
	failure.write(w, now)
	want := `{"type":"about:blank","title":"Bad Request","status":400,"detail":"no hostname",` +
		`"errors":[{"field":"host.hostname","message":"is missing"}],"error":"no hostname","code":"invalid_report",` +
		`"status_code":400,"timestamp":1795411917,"details":{"a":"b"}}`
	if diff := cmp.Diff(want, w.Body.String()); diff != "" {
		t.Error(diff)
	}
}

func TestBodyIsBounded(t *testing.T) {
	h := handler(t, Options{Routes: samples()})
	for body, want := range map[string]int{"1234": 200, "12345": 400} {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest(http.MethodPost, "/api/post", strings.NewReader(body)))
		if w.Code != want {
			t.Errorf("%d bytes gave %d, want %d", len(body), w.Code, want)
		}
	}
}

func TestReadOnlyRefusesWriting(t *testing.T) {
	h := handler(t, Options{Routes: samples(), ReadOnly: true})
	w := call(h, "POST", "/api/post")
	if w.Code != 403 || !strings.Contains(w.Body.String(), `"error":"Demo mode enabled"`) || w.Header().Get("X-Demo-Mode") != "true" {
		t.Errorf("gave %d %s", w.Code, w.Body)
	}
	if w := call(h, "GET", "/api/open"); w.Code != 200 {
		t.Errorf("reading gave %d", w.Code)
	}
}

func TestOriginHeaders(t *testing.T) {
	for origins, credentials := range map[string]string{"": "", "*": "", "https://a.example": "true"} {
		header := call(handler(t, Options{Routes: samples(), AllowedOrigins: origins}), "OPTIONS", "/api/any").Header()
		if header.Get("Access-Control-Allow-Origin") != origins || header.Get("Access-Control-Allow-Credentials") != credentials {
			t.Errorf("origins %q gave %v", origins, header)
		}
	}
}

func TestLimitCountsByCredential(t *testing.T) {
	now := time.Unix(1_800_000_000, 0)
	routes := []Route{{Path: "/api/x", Access: Authenticated(), Limit: Limit{Name: "x", Requests: 3, Window: time.Minute}, Handle: text("x")}}
	h := handler(t, Options{Routes: routes, Now: func() time.Time { return now }})
	for i, want := range []int{200, 200, 200, 429} {
		if w := call(h, "GET", "/api/x", "X-API-Token", "all"); w.Code != want {
			t.Fatalf("request %d gave %d, want %d", i, w.Code, want)
		} else if want == 429 && (w.Header().Get("Retry-After") != "60" || w.Header().Get("X-RateLimit-Limit") != "3") {
			t.Errorf("headers are %v", w.Header())
		}
	}
	if w := call(h, "GET", "/api/x", "X-API-Token", "reader"); w.Code != 200 {
		t.Errorf("another caller behind the same address gave %d", w.Code)
	}
	now = now.Add(time.Minute + 30*time.Second)
	if w := call(h, "GET", "/api/x", "X-API-Token", "all"); w.Code != 200 {
		t.Errorf("half a window later gave %d", w.Code)
	}
}

func TestLimiterMemoryIsBounded(t *testing.T) {
	l, now := newLimiter(), time.Unix(1_800_000_000, 0)
	for i := range maxCallers + 5000 {
		l.allow(General(), string(rune(i))+"x", now)
	}
	if len(l.windows) > maxCallers+1 {
		t.Errorf("%d callers are counted", len(l.windows))
	}
	l.allow(General(), "later", now.Add(5*time.Minute))
	if len(l.windows) > 2 {
		t.Errorf("%d callers are counted after all have gone", len(l.windows))
	}
}

func TestDocument(t *testing.T) {
	body, builds := strings.Repeat(`{"a":1},`, 1000), 0
	documents := NewDocuments(DocumentsOptions{Nonce: "n", Limit: 2})
	revision := uint64(1)
	h := handler(t, Options{Routes: []Route{{Path: "/api/doc", Access: Public(), Handle: func(*Call) (any, error) {
		return documents.Get("doc", Version{Revision: revision}, func() ([]byte, error) { builds++; return []byte(body), nil })
	}}}})
	unpack := map[string]func(io.Reader) (io.Reader, error){
		"":     func(r io.Reader) (io.Reader, error) { return r, nil },
		"gzip": func(r io.Reader) (io.Reader, error) { return gzip.NewReader(r) },
		"zstd": func(r io.Reader) (io.Reader, error) { return zstd.NewReader(r) },
	}
	for accepted, want := range map[string]string{"": "", "gzip, deflate": "gzip", "gzip, zstd;q=0.5": "zstd", "zstd;q=0, gzip": "gzip", "br": ""} {
		w := call(h, "GET", "/api/doc", "Accept-Encoding", accepted)
		if got := w.Header().Get("Content-Encoding"); got != want {
			t.Errorf("accepting %q gave %q, want %q", accepted, got, want)
			continue
		}
		plain, err := unpack[want](w.Body)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := io.ReadAll(plain); err != nil || string(got) != body {
			t.Errorf("body in %q is another one: %v", want, err)
		}
	}
	tag := call(h, "GET", "/api/doc").Header().Get("ETag")
	if w := call(h, "GET", "/api/doc", "If-None-Match", `"x", `+tag); w.Code != 304 || w.Body.Len() > 0 {
		t.Errorf("known tag gave %d with %d bytes", w.Code, w.Body.Len())
	}
	if builds != 1 {
		t.Errorf("built %d times for one revision", builds)
	}
	revision++
	if w := call(h, "GET", "/api/doc", "If-None-Match", tag); w.Code != 200 || builds != 2 {
		t.Errorf("new revision gave %d after %d builds", w.Code, builds)
	}
}

func TestDocumentsAreBounded(t *testing.T) {
	documents := NewDocuments(DocumentsOptions{Limit: 2})
	for _, key := range []string{"a", "b", "a", "c"} {
		if _, err := documents.Get(key, Version{}, func() ([]byte, error) { return []byte("{}"), nil }); err != nil {
			t.Fatal(err)
		}
	}
	if _, kept := documents.slots["b"]; kept || len(documents.slots) != 2 {
		t.Errorf("kept %d, with b %v: want the one asked for the longest ago to go", len(documents.slots), kept)
	}
}

func TestClientAddress(t *testing.T) {
	proxies, err := ParseProxies("10.0.0.0/8, 192.0.2.1")
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct{ name, peer, forwarded, real, want string }{
		{"direct", "198.51.100.7:1", "", "", "198.51.100.7"},
		{"stranger claims", "198.51.100.7:1", "203.0.113.9", "", "198.51.100.7"},
		{"proxy", "10.1.1.1:1", "203.0.113.9", "", "203.0.113.9"},
		{"client writes the left end", "10.1.1.1:1", "1.2.3.4, 203.0.113.9, 10.2.2.2", "", "203.0.113.9"},
		{"real ip", "192.0.2.1:1", "", "203.0.113.9", "203.0.113.9"},
		{"mapped", "[::ffff:10.1.1.1]:1", "203.0.113.9", "", "203.0.113.9"},
	}
	for _, tt := range tests {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.RemoteAddr = tt.peer
		if tt.forwarded != "" {
			r.Header.Set("X-Forwarded-For", tt.forwarded)
		}
		if tt.real != "" {
			r.Header.Set("X-Real-IP", tt.real)
		}
		if got := originOf(r, proxies).Client.String(); got != tt.want {
			t.Errorf("%s: client is %s, want %s", tt.name, got, tt.want)
		}
	}
}

func TestRoutesMustNotCollide(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("two routes of one method and path were taken")
		}
	}()
	endpoints([]Route{{Path: "/a"}, {Path: "/a"}})
}

func TestFieldNamesOfProblems(t *testing.T) {
	raw, err := json.Marshal(Problem{})
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"type", "title", "status", "detail", "error", "status_code", "timestamp"} {
		if !strings.Contains(string(raw), `"`+name+`"`) {
			t.Errorf("problem lacks %s", name)
		}
	}
}
