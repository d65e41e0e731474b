package api_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"
	"github.com/pquerna/otp/totp"

	"github.com/pulse-hub/pulse/hub/internal/api"
	"github.com/pulse-hub/pulse/hub/internal/api/route"
	"github.com/pulse-hub/pulse/hub/internal/audit"
	"github.com/pulse-hub/pulse/hub/internal/auth"
	"github.com/pulse-hub/pulse/hub/internal/auth/account"
	"github.com/pulse-hub/pulse/hub/internal/config"
	"github.com/pulse-hub/pulse/hub/internal/store"
	"github.com/pulse-hub/pulse/hub/internal/wall"
)

const (
	ownerPassword = "violet tractor 9 lamps"
	otherPassword = "amber tractor 10 lamps"
	// here is the hub's own machine, home where its owner sits, away where strangers do.
	here, home, away = "127.0.0.1", "192.168.1.9", "203.0.113.7"
	firefox          = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
)

// clock is a clock that tests move.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

// fortress is a hub's API behind its real wall, and everything that it writes down.
type fortress struct {
	http.Handler
	*wall.Wall
	t        *testing.T
	plan     plan
	dir      string
	clock    *clock
	settings *store.DB
	logs     *bytes.Buffer
	routes   []route.Route
}

// plan is how a fortress is built.
type plan struct {
	signIn config.SignIn
	// tokens are API tokens of the configuration.
	tokens []string
	// proxies are believed about the address of the caller.
	proxies string
	origins string
	// routes changes what is served; nil: nothing.
	routes func([]route.Route) []route.Route
}

// build builds a hub that nobody has set up, but for the plan.
func build(t *testing.T, plan plan) *fortress {
	t.Helper()
	f := &fortress{t: t, plan: plan, dir: t.TempDir(), logs: &bytes.Buffer{}, clock: &clock{at: time.Now().UTC().Truncate(time.Second)}}
	t.Cleanup(func() { _ = f.settings.Close() })
	f.start()
	return f
}

// start starts the hub over what is kept in its folder.
func (f *fortress) start() {
	f.t.Helper()
	var err error
	f.settings, err = store.Open(filepath.Join(f.dir, "pulse.db"), store.Options{KeyFile: filepath.Join(f.dir, "pulse.key")})
	if err != nil {
		f.t.Fatal(err)
	}
	logger := hclog.New(&hclog.LoggerOptions{Output: f.logs, Level: hclog.Trace})
	f.Wall, err = wall.New(f.t.Context(), wall.Options{
		Settings: f.settings, DataDir: f.dir, Tokens: f.plan.tokens, SignIn: f.plan.signIn, Logger: logger, Now: f.clock.Now,
	})
	if err != nil {
		f.t.Fatal(err)
	}
	parts := api.Parts{
		Build: api.Build{Version: "5.1.0", Deployment: "manual", Started: f.clock.Now()}, Security: api.Security{DataDir: f.dir},
		Broadcast: &broadcasts{}, Logger: logger, Now: f.clock.Now,
	}
	f.AddTo(&parts)
	f.routes = api.New(parts).Routes()
	if f.plan.routes != nil {
		f.routes = f.plan.routes(f.routes)
	}
	proxies, err := route.ParseProxies(f.plan.proxies)
	if err != nil {
		f.t.Fatal(err)
	}
	f.Handler = route.New(route.Options{
		Routes: f.routes, Auth: f.Callers, Browsers: f.Browsers, Audit: f.Log, Logger: logger, Page: http.NotFoundHandler(),
		TrustedProxies: proxies, AllowedOrigins: f.plan.origins, Now: f.clock.Now,
	})
}

// restart ends the hub and starts it again.
func (f *fortress) restart() {
	f.t.Helper()
	if err := f.settings.Close(); err != nil {
		f.t.Fatal(err)
	}
	f.start()
}

// owned builds a hub with an administrator "owner".
func owned(t *testing.T, plan plan) *fortress {
	t.Helper()
	f := build(t, plan)
	f.add("owner", auth.RoleAdmin)
	if err := f.Bootstrap.Finish(); err != nil {
		t.Fatal(err)
	}
	return f
}

// add adds a user with ownerPassword.
func (f *fortress) add(name, role string) {
	f.t.Helper()
	if _, err := f.Users.Create(f.t.Context(), account.Draft{Name: name, Password: ownerPassword, Role: role}); err != nil {
		f.t.Fatal(err)
	}
}

// mint makes an API token for the scopes; none: for everything.
func (f *fortress) mint(name string, scopes ...auth.Scope) string {
	f.t.Helper()
	raw, _, err := f.Issuer.Create(f.t.Context(), auth.TokenDraft{Name: name, Scopes: scopes}, auth.Local())
	if err != nil {
		f.t.Fatal(err)
	}
	return raw
}

// with changes a request before it is sent.
type with func(*http.Request)

func from(address string) with {
	return func(r *http.Request) { r.RemoteAddr = netip.AddrPortFrom(netip.MustParseAddr(address), 40000).String() }
}

func header(name, value string) with {
	return func(r *http.Request) { r.Header.Set(name, value) }
}

func token(raw string) with { return header("X-API-Token", raw) }

func basic(name, password string) with {
	return func(r *http.Request) { r.SetBasicAuth(name, password) }
}

// call sends a request from away, unless it says something else, and checks that the answer is one document.
func (f *fortress) call(method, target, body string, how ...with) *httptest.ResponseRecorder {
	f.t.Helper()
	r := httptest.NewRequestWithContext(f.t.Context(), method, target, strings.NewReader(body))
	r.Header.Set("User-Agent", firefox)
	from(away)(r)
	for _, change := range how {
		change(r)
	}
	w := httptest.NewRecorder()
	f.ServeHTTP(w, r)
	if w.Header().Get("Content-Type") == "application/json" && w.Body.Len() > 0 && !json.Valid(w.Body.Bytes()) {
		f.t.Errorf("%s %s is answered with what is not one JSON document: %s", method, target, w.Body) // contract 0.1
	}
	if w.Header().Get("WWW-Authenticate") != "" {
		f.t.Errorf("%s %s: browsers would ask for a password by themselves", method, target) // contract 0.1
	}
	return w
}

// want is call, which has to end with a status.
func (f *fortress) want(status int, method, target, body string, how ...with) *httptest.ResponseRecorder {
	f.t.Helper()
	w := f.call(method, target, body, how...)
	if w.Code != status {
		f.t.Fatalf("%s %s: got %d %s, want %d", method, target, w.Code, w.Body, status)
	}
	return w
}

// browser is one that may be signed in.
type browser struct{ session, csrf string }

// send has a request come from the browser: it sends the cookies by itself, and the page the token against forgery.
func (b browser) send(r *http.Request) {
	b.cookies(r)
	r.Header.Set("X-CSRF-Token", b.csrf)
}

// cookies has another page make the browser send a request.
func (b browser) cookies(r *http.Request) {
	r.AddCookie(&http.Cookie{Name: "pulse_session", Value: b.session})
	r.AddCookie(&http.Cookie{Name: "pulse_csrf", Value: b.csrf})
}

func cookie(w *httptest.ResponseRecorder, name string) string {
	value := ""
	for _, one := range w.Result().Cookies() {
		if one.Name == name {
			value = one.Value
		}
	}
	return value
}

func login(name, password string) string {
	return fmt.Sprintf(`{"username":%q,"password":%q}`, name, password)
}

// enter signs somebody in from home.
func (f *fortress) enter(name, password string) browser {
	f.t.Helper()
	w := f.want(http.StatusOK, "POST", "/api/login", login(name, password), from(home))
	return browser{cookie(w, "pulse_session"), cookie(w, "pulse_csrf")}
}

// events returns what the audit log holds since the number, the oldest first.
func (f *fortress) events(since uint64) []audit.Event {
	f.t.Helper()
	page, err := f.Log.Query(f.t.Context(), audit.Filter{Limit: audit.MaxLimit})
	if err != nil {
		f.t.Fatal(err)
	}
	page = slices.DeleteFunc(page, func(e audit.Event) bool { return e.Seq <= since })
	slices.Reverse(page)
	return page
}

// newest is the number of the last event.
func (f *fortress) newest() uint64 {
	events := f.events(0)
	if len(events) == 0 {
		return 0
	}
	return events[len(events)-1].Seq
}

func members(t *testing.T, text []byte) map[string]any {
	t.Helper()
	object := map[string]any{}
	if err := json.Unmarshal(text, &object); err != nil {
		t.Fatalf("%s is no object: %v", text, err)
	}
	return object
}

func securityCapture(t *testing.T, name string) map[string]any {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", "security", name+".json"))
	if err != nil {
		t.Fatal(err)
	}
	return members(t, text)
}

// like fails unless a body has all members of a recorded one, each of its kind, and the same value where it is named.
func like(t *testing.T, name string, body []byte, same ...string) {
	t.Helper()
	want, got := securityCapture(t, name), members(t, body)
	if difference := unlike(want, got); difference != "" {
		t.Errorf("%s: %s in %s", name, difference, body)
	}
	for _, member := range same {
		if want[member] != got[member] {
			t.Errorf("%s: %s is %v, want %v", name, member, got[member], want[member])
		}
	}
}

// unlike says what a value lacks of a recorded one.
func unlike(want, got any) string {
	if fmt.Sprintf("%T", want) != fmt.Sprintf("%T", got) {
		return fmt.Sprintf("%v (%T) in the place of %v (%T)", got, got, want, want)
	}
	switch want := want.(type) {
	case map[string]any:
		for _, member := range slices.Sorted(maps.Keys(want)) {
			if difference := unlike(want[member], got.(map[string]any)[member]); difference != "" {
				return member + ": " + difference
			}
		}
	case []any:
		if list := got.([]any); len(list) > 0 && len(want) > 0 {
			return unlike(want[0], list[0])
		}
	}
	return ""
}

// secondFactor turns on a second factor, and returns its secret.
func (f *fortress) secondFactor(name string) string {
	f.t.Helper()
	setup, err := f.Users.BeginTOTP(f.t.Context(), name)
	if err != nil {
		f.t.Fatal(err)
	}
	code, err := totp.GenerateCode(setup.Secret, f.clock.Now())
	if err != nil {
		f.t.Fatal(err)
	}
	if _, err := f.Users.ConfirmTOTP(f.t.Context(), name, code); err != nil {
		f.t.Fatal(err)
	}
	return setup.Secret
}

// client is an address as the hub sees it.
func (f *fortress) client(address string) netip.Addr { return netip.MustParseAddr(address) }

// disable disables a user, or lets them in again.
func (f *fortress) disable(name string, disabled bool) {
	f.t.Helper()
	if _, err := f.Users.Update(f.t.Context(), name, account.Change{Disabled: &disabled}); err != nil {
		f.t.Fatal(err)
	}
}
