package api_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/hashicorp/go-hclog"

	"github.com/pulse-hub/pulse/hub/internal/api"
	"github.com/pulse-hub/pulse/hub/internal/api/route"
	"github.com/pulse-hub/pulse/hub/internal/config"
	"github.com/pulse-hub/pulse/hub/internal/download"
	"github.com/pulse-hub/pulse/hub/internal/inventory"
	"github.com/pulse-hub/pulse/hub/internal/nodes/nodestest"
	"github.com/pulse-hub/pulse/hub/internal/nodes/setuptoken"
)

const (
	// readAhead is what may be read of a body beyond the bound of its route: one buffer.
	readAhead = 64 << 10
	// maxPublicAnswer is longer than any script that is served to everybody.
	maxPublicAnswer = 1 << 20
)

// strangerHeaders are those of a request that the hub looks at before it knows who sends it.
func strangerHeaders() []string {
	return []string{
		"Cookie", "Authorization", "X-API-Token", "X-Setup-Token", "X-Recovery-Token", "X-CSRF-Token", "X-Proxy-Secret", "X-User", "X-Roles",
		"X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Host", "X-Real-IP", "Forwarded", "Origin", "Referer", "Content-Type", "Accept",
		"Accept-Encoding", "Range", "If-None-Match", "X-Request-ID", "Sec-Fetch-Site", "User-Agent",
	}
}

// guarded is a hub whose public routes are attacked.
type guarded struct {
	http.Handler
	public []route.Route
}

// newGuarded returns a hub that believes every address and every proxy.
func newGuarded(t testing.TB, signIn config.SignIn) guarded {
	t.Helper()
	signIn.Proxy = config.Proxy{Secret: "proxy-secret-of-the-test", UserHeader: "X-User", RoleHeader: "X-Roles"}
	around, inv := newWall(t, signIn, nil), inventory.New(inventory.Options{})
	parts := api.Parts{
		Build: api.Build{Version: "5.1.0", Deployment: "manual"}, Security: api.Security{DataDir: t.TempDir()}, Inventory: inv,
		Remote: newCrew(t, inv, around.Tokens, nil).remote, Nodes: nodestest.New(t, false), Programs: download.New([]string{t.TempDir()}),
		SetupTokens: setuptoken.NewDesk(nil), Broadcast: &broadcasts{}, Logger: hclog.NewNullLogger(),
	}
	around.AddTo(&parts)
	routes := api.New(parts).Routes()
	handler := route.New(route.Options{
		Routes: routes, Auth: around.Callers, Browsers: around.Browsers, Audit: around.Log, Logger: hclog.NewNullLogger(),
		Page: http.NotFoundHandler(), TrustedProxies: []netip.Prefix{netip.MustParsePrefix("0.0.0.0/0")},
	})
	public := slices.DeleteFunc(slices.Clone(routes), func(r route.Route) bool { return !r.Access.IsPublic() })
	return guarded{handler, public}
}

// endless gives what it has, then blanks without end, and counts what was taken.
type endless struct {
	text  string
	taken int64
}

// Read is part of io.Reader.
func (e *endless) Read(p []byte) (int, error) {
	n := copy(p, e.text)
	e.text = e.text[n:]
	for i := n; i < len(p); i++ {
		p[i] = ' '
	}
	e.taken += int64(len(p))
	return len(p), nil
}

// FuzzPublicRoutes sends arbitrary bytes to every route that needs no credentials, behind the real wall of a hub that
// nobody has set up and of one with an administrator.
func FuzzPublicRoutes(f *testing.F) {
	hubs := []guarded{newGuarded(f, config.SignIn{}), newGuarded(f, config.SignIn{User: "anna", Password: "correct horse battery"})}
	if len(hubs[0].public) < 20 {
		f.Fatalf("there are only %d public routes", len(hubs[0].public))
	}
	for i := range hubs[0].public {
		f.Add(i, "", "", "", false)
		f.Add(i, "token=x&returnTo=//x&type=pve&host=https://a:8006&auth_token=ff", "pulse_session=x; pulse_csrf=y\nBasic YTpi\nBearer x", `{"username":"anna","password":"x","token":"y"}`, false)
		f.Add(i, "state=a&code=b&SAMLResponse=PA==", "\n\n\n\n\n\nproxy-secret-of-the-test\nanna\nadmin|x\n10.0.0.1, ::1\nhttps\na\"b\n\nfor=\"[::1]:x\";proto", `{"action":"generate_token"`, false)
		f.Add(i, "%zz&arch=../../etc/passwd", strings.Repeat("a\n", 24), "logout_token=a.b.c&SAMLResponse=%3Csamlp%3E", true)
	}
	calls := 0
	f.Fuzz(func(t *testing.T, index int, query, headers, body string, tooLong bool) {
		calls++
		one := hubs[calls%len(hubs)]
		target := one.public[uint(index)%uint(len(one.public))]
		r := strangersRequest(target, query, headers, calls)
		source := &endless{text: body}
		r.Body = io.NopCloser(io.LimitReader(source, int64(len(body))))
		if r.ContentLength = int64(len(body)); tooLong {
			r.Body, r.ContentLength = io.NopCloser(source), -1
		}
		w := httptest.NewRecorder()
		one.ServeHTTP(w, r)
		// A provider that is not set up, or a first set-up that is over, is unavailable; everything else is a fault.
		if w.Code >= 500 && w.Code != http.StatusServiceUnavailable {
			t.Errorf("%s gives %d %.200s", r.URL.Path, w.Code, w.Body)
		}
		if source.taken > target.MaxBody+readAhead {
			t.Errorf("%s has read %d bytes of a body and may read %d", r.URL.Path, source.taken, target.MaxBody)
		}
		if w.Body.Len() > maxPublicAnswer {
			t.Errorf("%s answers with %d bytes", r.URL.Path, w.Body.Len())
		}
		for _, cookie := range w.Result().Cookies() {
			if cookie.Name == "pulse_session" && cookie.MaxAge >= 0 && cookie.Value != "" {
				t.Errorf("%s signs a stranger in", r.URL.Path)
			}
		}
	})
}

// strangersRequest is one that the server of the standard library would hand on, from an address of its own, so that
// limits do not hide what is behind them.
func strangersRequest(target route.Route, query, headers string, n int) *http.Request {
	method := http.MethodGet
	if len(target.Methods) > 0 {
		method = target.Methods[n%len(target.Methods)]
	}
	path := strings.NewReplacer("{id}", "x", "{id...}", "x", "{rest...}", "x", "{name}", "x").Replace(target.Path)
	r := httptest.NewRequest(method, path, nil)
	r.URL = &url.URL{Path: path, RawQuery: strings.Map(visible, query)}
	r.RemoteAddr = netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, byte(n >> 16), byte(n >> 8), byte(n)}), 4711).String()
	names := strangerHeaders()
	for i, value := range strings.SplitN(headers, "\n", len(names)) {
		if value = strings.Map(visible, value); value != "" {
			r.Header.Set(names[i], value)
		}
	}
	return r
}

// visible drops what the standard library refuses in a request's head.
func visible(c rune) rune {
	if unicode.IsControl(c) {
		return -1
	}
	return c
}
