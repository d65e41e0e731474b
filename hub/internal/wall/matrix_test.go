package wall_test

import (
	"cmp"
	"flag"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"

	"github.com/pulse-hub/pulse/hub/internal/api"
	"github.com/pulse-hub/pulse/hub/internal/api/route"
	"github.com/pulse-hub/pulse/hub/internal/auth"
	"github.com/pulse-hub/pulse/hub/internal/auth/account"
	"github.com/pulse-hub/pulse/hub/internal/auth/session"
	"github.com/pulse-hub/pulse/hub/internal/config"
	"github.com/pulse-hub/pulse/hub/internal/store"
	"github.com/pulse-hub/pulse/hub/internal/wall"
)

var update = flag.Bool("update", false, "write testdata anew")

// table is where it is written down, for people, who may call what.
const table = "testdata/permissions.txt"

// declared is one line of the table.
type declared struct {
	method, path string
	public       bool
	// scope and or are what a token needs; permission what a role needs, and orPermission what does instead.
	scope, or                auth.Scope
	permission, orPermission string
	unforged                 bool
}

func (d *declared) changes() bool { return d.method != http.MethodGet && d.method != http.MethodHead }

func (d *declared) line() string {
	who := "public"
	switch {
	case d.public:
	case d.permission == "":
		who = "signed-in"
	default:
		who = "scope=" + cmp.Or(string(d.scope), "none")
		if d.or != "" {
			who += "|" + string(d.or)
		}
		who += " role=" + d.permission
		if d.orPermission != "" && d.orPermission != d.permission {
			who += "|" + d.orPermission
		}
	}
	if d.unforged && d.changes() {
		who += " unforged"
	}
	return fmt.Sprintf("%-6s %-60s %s", d.method, d.path, who)
}

// parse reads a line of the table, so that what is expected comes from there and not from the routes.
func parse(t *testing.T, line string) declared {
	t.Helper()
	words := strings.Fields(line)
	d := declared{method: words[0], path: words[1]}
	for _, word := range words[2:] {
		key, value, _ := strings.Cut(word, "=")
		first, second, _ := strings.Cut(value, "|")
		switch key {
		case "public":
			d.public = true
		case "signed-in":
		case "unforged":
			d.unforged = true
		case "scope":
			if first != "none" {
				d.scope, d.or = auth.Scope(first), auth.Scope(second)
			}
		case "role":
			d.permission, d.orPermission = first, second
		default:
			t.Fatalf("unknown word %q in %q", word, line)
		}
	}
	return d
}

// fortress is a real wall around routes that do nothing but answer 204.
type fortress struct {
	*wall.Wall
	handler http.Handler
	now     time.Time
}

func build(t *testing.T) (*fortress, []string) {
	t.Helper()
	dir := t.TempDir()
	settings, err := store.Open(filepath.Join(dir, "pulse.db"), store.Options{KeyFile: filepath.Join(dir, "pulse.key")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = settings.Close() })
	f := &fortress{now: time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC)}
	f.Wall, err = wall.New(t.Context(), wall.Options{
		Settings: settings, DataDir: dir, Logger: hclog.NewNullLogger(), Now: func() time.Time { return f.now },
		SignIn: config.SignIn{Proxy: config.Proxy{Secret: "proxy-secret", UserHeader: "X-User", RoleHeader: "X-Roles"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	parts := api.Parts{Logger: hclog.NewNullLogger()}
	f.AddTo(&parts)
	routes := api.New(parts).Routes()
	var lines []string
	for i := range routes {
		r := &routes[i]
		r.Handle = func(*route.Call) (any, error) { return route.Nothing{}, nil }
		r.Limit = route.Unlimited()
		for method := range strings.FieldsSeq(cmp.Or(strings.Join(r.Methods, " "), http.MethodGet)) {
			lines = append(lines, describe(method, r))
		}
	}
	slices.SortFunc(lines, func(a, b string) int { return cmp.Or(cmp.Compare(a[7:], b[7:]), cmp.Compare(a, b)) })
	f.handler = route.New(route.Options{
		Routes: routes, Auth: f.Callers, Browsers: f.Browsers, Audit: f.Log, Logger: hclog.NewNullLogger(), Page: http.NotFoundHandler(),
	})
	return f, lines
}

func describe(method string, r *route.Route) string {
	d := declared{method: method, path: r.Path, public: r.Access.IsPublic(), scope: r.Access.Scope(), or: r.Access.Alternative(), unforged: r.Unforged}
	if permission, needed := r.Permission(); needed {
		d.permission = permission.String()
	}
	if d.or != "" {
		d.orPermission = auth.Permission{Resource: r.Resource, Action: d.or.Action()}.String()
	}
	return d.line()
}

// TestTableOfPermissions holds the routes to the table. A new route, and a
// change of who may call one, has to be written down there by somebody who means it.
func TestTableOfPermissions(t *testing.T) {
	_, lines := build(t)
	got := strings.Join(lines, "\n") + "\n"
	if *update {
		if err := os.WriteFile(table, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(table)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("routes are not those of %s; look at the difference, and run the test with -update if it is meant:\n%s", table, differing(string(want), got))
	}
}

func differing(want, got string) string {
	wanted, have := strings.Split(want, "\n"), strings.Split(got, "\n")
	var lines []string
	for _, line := range wanted {
		if !slices.Contains(have, line) {
			lines = append(lines, "- "+line)
		}
	}
	for _, line := range have {
		if !slices.Contains(wanted, line) {
			lines = append(lines, "+ "+line)
		}
	}
	return strings.Join(lines, "\n")
}

// caller is somebody who calls every route.
type caller struct {
	name  string
	adorn func(*http.Request)
	// known says that the hub recognises them; scopes are those of a token, nil for everybody else; role is what they may do.
	known  bool
	scopes []auth.Scope
	role   auth.Role
	// browser says that changes need the token against forged requests, and genuine that they have it.
	browser, genuine bool
}

// wants returns the status the table promises to a caller: 204, 401 or 403.
func (c *caller) wants(d *declared) int {
	switch {
	case d.public:
		return http.StatusNoContent
	case !c.known:
		return http.StatusUnauthorized
	case d.permission != "" && !c.may(d):
		return http.StatusForbidden
	case c.browser && !c.genuine && d.changes() && !d.unforged:
		return http.StatusForbidden
	}
	return http.StatusNoContent
}

func (c *caller) may(d *declared) bool {
	if c.scopes != nil && d.scope != "" && !slices.Contains(c.scopes, auth.ScopeAll) &&
		!slices.Contains(c.scopes, d.scope) && !slices.Contains(c.scopes, d.or) {
		return false
	}
	for _, wanted := range []string{d.permission, d.orPermission} {
		if wanted != "" && slices.ContainsFunc(c.role.Permissions, func(p auth.Permission) bool {
			resource, action, _ := strings.Cut(wanted, ":")
			return (p.Resource == "*" || string(p.Resource) == resource) && (p.Action == "*" || string(p.Action) == action)
		}) {
			return true
		}
	}
	return false
}

// browserAgent is what the browsers of the test say of themselves.
const browserAgent = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"

func (f *fortress) token(t *testing.T, by *auth.Principal, scopes ...auth.Scope) string {
	t.Helper()
	raw, _, err := f.Issuer.Create(t.Context(), auth.TokenDraft{Name: "t", Scopes: scopes}, by)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func withToken(raw string) func(*http.Request) {
	return func(r *http.Request) { r.Header.Set("X-API-Token", raw) }
}

func (f *fortress) user(t *testing.T, name, role string) {
	t.Helper()
	if _, err := f.Users.Create(t.Context(), account.Draft{Name: name, Password: "a long enough one for " + name, Role: role}); err != nil {
		t.Fatal(err)
	}
}

// browser signs a user in and returns the id of the session and what their browser sends, with the token against forged
// requests or without.
func (f *fortress) browser(t *testing.T, name string, genuine bool) (id string, adorn func(*http.Request)) {
	t.Helper()
	opened, err := f.Sessions.Open(t.Context(), session.Draft{
		User: name, Method: auth.MethodSession, Address: netip.MustParseAddr("192.0.2.1"), UserAgent: browserAgent,
	})
	if err != nil {
		t.Fatal(err)
	}
	return opened.ID, func(r *http.Request) {
		r.Header.Set("User-Agent", browserAgent)
		r.AddCookie(&http.Cookie{Name: "pulse_session", Value: opened.Secret})
		r.AddCookie(&http.Cookie{Name: "pulse_csrf", Value: opened.CSRF})
		if genuine {
			r.Header.Set("X-CSRF-Token", opened.CSRF)
		}
	}
}

// custom is a role that somebody has made.
func custom() auth.Role {
	return auth.Role{Name: "on-call", Permissions: []auth.Permission{
		{Resource: auth.ResourceAlerts, Action: auth.ActionAny}, {Resource: auth.ResourceNotifications, Action: auth.ActionRead},
		{Resource: auth.ResourceDocker, Action: auth.ActionManage},
	}}
}

func (f *fortress) callers(t *testing.T) []caller {
	t.Helper()
	nobody := func(*http.Request) {}
	callers := []caller{
		{name: "anonymous", adorn: nobody},
		{name: "wrong token", adorn: withToken("wrong")},
	}
	for _, scope := range auth.Scopes() {
		callers = append(callers, caller{
			name: "token " + string(scope), adorn: withToken(f.token(t, auth.Local(), scope)), known: true,
			scopes: []auth.Scope{scope}, role: auth.Administrator(),
		})
	}
	if err := f.Users.PutRole(t.Context(), custom()); err != nil {
		t.Fatal(err)
	}
	for _, role := range append(auth.BuiltInRoles(), custom()) {
		f.user(t, role.Name, role.Name)
		_, genuine := f.browser(t, role.Name, true)
		_, forged := f.browser(t, role.Name, false)
		callers = append(callers,
			caller{name: role.Name, adorn: genuine, known: true, role: role, browser: true, genuine: true},
			caller{name: role.Name + " without the token against forged requests", adorn: forged, known: true, role: role, browser: true})
	}
	callers = append(callers, f.gone(t)...)
	return append(callers, f.others(t)...)
}

// gone are those who could call once.
func (f *fortress) gone(t *testing.T) []caller {
	t.Helper()
	expired, _, err := f.Issuer.Create(t.Context(), auth.TokenDraft{Name: "t", Expires: f.now.Add(time.Minute)}, auth.Local())
	if err != nil {
		t.Fatal(err)
	}
	revoked, token, err := f.Issuer.Create(t.Context(), auth.TokenDraft{Name: "t"}, auth.Local())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.Issuer.Revoke(t.Context(), token.ID); err != nil {
		t.Fatal(err)
	}
	f.user(t, "disabled", auth.RoleAdmin)
	left := f.token(t, auth.NewPerson(auth.MethodSession, "disabled", "", auth.Administrator()), auth.ScopeAll)
	_, genuine := f.browser(t, "disabled", true)
	disabled := true
	if _, err := f.Users.Update(t.Context(), "disabled", account.Change{Disabled: &disabled}); err != nil {
		t.Fatal(err)
	}
	id, ended := f.browser(t, "admin", true)
	if err := f.Sessions.End(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	f.now = f.now.Add(time.Hour)
	return []caller{
		{name: "expired token", adorn: withToken(expired)}, {name: "revoked token", adorn: withToken(revoked)},
		{name: "browser of a disabled user", adorn: genuine}, {name: "token of a disabled user", adorn: withToken(left)},
		{name: "ended session", adorn: ended},
	}
}

// others are those who prove themselves in other ways.
func (f *fortress) others(t *testing.T) []caller {
	t.Helper()
	viewer := auth.NewPerson(auth.MethodSession, "viewer", "", auth.Viewer())
	proxied := func(roles string) func(*http.Request) {
		return func(r *http.Request) {
			r.Header.Set("X-Proxy-Secret", "proxy-secret")
			r.Header.Set("X-User", "patricia")
			if roles != "" {
				r.Header.Set("X-Roles", roles)
			}
		}
	}
	return []caller{
		{name: "token of a viewer", adorn: withToken(f.token(t, viewer, auth.ScopeMonitoringRead)), known: true, scopes: []auth.Scope{auth.ScopeMonitoringRead}, role: auth.Viewer()},
		{name: "basic", adorn: func(r *http.Request) { r.SetBasicAuth("operator", "a long enough one for operator") }, known: true, role: auth.Operator()},
		{name: "proxy, administrator", adorn: proxied("staff|admin"), known: true, role: auth.Administrator()},
		{name: "proxy, others", adorn: proxied("staff"), known: true, role: auth.Operator()},
		{name: "proxy without roles", adorn: proxied(""), known: true, role: auth.Operator()},
	}
}

// TestEveryRouteAnswersEveryCaller as the table says.
func TestEveryRouteAnswersEveryCaller(t *testing.T) {
	f, _ := build(t)
	raw, err := os.ReadFile(table)
	if err != nil {
		t.Fatal(err)
	}
	callers := f.callers(t)
	concrete := strings.NewReplacer("{id...}", "x", "{rest...}", "x", "{id}", "x", "{name}", "x", "{unknown}", "x", "{more}", "x", "{resource...}", "x")
	checked := 0
	for line := range strings.Lines(string(raw)) {
		d := parse(t, line)
		for i := range callers {
			c := &callers[i]
			r := httptest.NewRequest(d.method, concrete.Replace(d.path), nil)
			r.RemoteAddr = "192.0.2.1:5000"
			c.adorn(r)
			w := httptest.NewRecorder()
			f.handler.ServeHTTP(w, r)
			if want := c.wants(&d); w.Code != want {
				t.Errorf("%s gave %s %d %s, want %d", strings.TrimSpace(line), c.name, w.Code, strings.TrimSpace(w.Body.String()), want)
			}
			checked++
		}
	}
	t.Logf("%d calls by %d callers", checked, len(callers))
}

// TestUndeclaredRoutesAreNotServed: a route that does not say who may call it keeps the hub from starting.
func TestUndeclaredRoutesAreNotServed(t *testing.T) {
	for name, r := range map[string]route.Route{
		"no access":        {Path: "/api/x"},
		"about nothing":    {Path: "/api/x", Access: route.Admin(auth.ScopeSettingsRead)},
		"about no person":  {Path: "/api/x", Access: route.AdminOf()},
		"no access, bound": {Path: "/api/x", Resource: auth.ResourceAlerts},
	} {
		t.Run(name, func(t *testing.T) {
			defer func() {
				if recover() == nil {
					t.Error("the route is served")
				}
			}()
			r.Handle = func(*route.Call) (any, error) { return route.Nothing{}, nil }
			route.New(route.Options{Routes: []route.Route{r}, Logger: hclog.NewNullLogger()})
		})
	}
}
