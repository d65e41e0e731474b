package api_test

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pulse-hub/pulse/hub/internal/api/route"
	"github.com/pulse-hub/pulse/hub/internal/audit"
	"github.com/pulse-hub/pulse/hub/internal/auth"
	"github.com/pulse-hub/pulse/hub/internal/store"
)

func TestFirstSetUpIsNotGuessed(t *testing.T) {
	f := build(t, plan{}) // contract 3.1
	for i := range 12 {
		path := []string{"/api/security/validate-bootstrap-token", "/api/security/quick-setup", "/api/login"}[i%3]
		w := f.call("POST", path, setupNow, header("X-Setup-Token", strings.Repeat("0", 48)), from(here))
		if limited := w.Code == http.StatusTooManyRequests; limited != (i >= 10) {
			t.Errorf("request %d: %d", i, w.Code)
		}
		if i < 10 {
			continue
		}
		if w.Header().Get("Retry-After") != "60" || w.Header().Get("X-RateLimit-Limit") != "10" || w.Header().Get("X-RateLimit-Remaining") != "0" || w.Header().Get("X-RateLimit-Reset") == "" ||
			w.Body.String() != "Rate limit exceeded. Please try again later.\n" {
			t.Errorf("beyond the limit: %v %s", w.Header(), w.Body)
		}
	}
	f.want(204, "POST", "/api/security/validate-bootstrap-token", "", header("X-Setup-Token", f.setupToken()), from(home))
}

func TestFirstUserEndsTheFirstRun(t *testing.T) {
	for name, make := range map[string]func(f *fortress){ // contract 3.1
		"set-up": func(f *fortress) {
			f.want(200, "POST", "/api/security/quick-setup", setupNow, header("X-Setup-Token", f.setupToken()))
		},
		"an administrator of the machine": func(f *fortress) {
			f.want(201, "POST", "/api/users", `{"name":"owner","password":"`+ownerPassword+`","role":"admin"}`, token(f.mint("all")))
		},
	} {
		f := build(t, plan{})
		make(f)
		if _, err := os.Stat(filepath.Join(f.dir, ".bootstrap_token")); err == nil || f.Bootstrap.Pending() {
			t.Errorf("%s: the token for the first set-up is still there", name)
		}
		f.want(409, "POST", "/api/security/validate-bootstrap-token", `{"token":"x"}`)
	}
}

func TestForcedSetUpKeepsEverythingElse(t *testing.T) {
	f := owned(t, plan{routes: echo}) // contract 3.2
	old, page := f.mint("old"), f.enter("owner", ownerPassword)
	kept := map[string]string{"alerts": "thresholds", "discovery": "subnets"}
	for key, value := range kept {
		if err := store.PutJSON(t.Context(), f.settings, store.Settings, key, value); err != nil {
			t.Fatal(err)
		}
	}
	f.add("viewer", auth.RoleViewer)
	viewer := f.enter("viewer", ownerPassword)
	force := `{"username":"owner","password":"` + otherPassword + `","apiToken":"` + primary + `","force":true}`
	f.want(403, "POST", "/api/security/quick-setup", force, browser{session: page.session}.cookies) // forged
	page = f.enter("owner", ownerPassword)
	f.want(403, "POST", "/api/security/quick-setup", force, viewer.send)
	f.clock.pass(61e9)
	f.want(200, "POST", "/api/security/quick-setup", force, page.send)
	for key, value := range kept {
		if got, err := store.GetJSON[string](t.Context(), f.settings, store.Settings, key); err != nil || got != value {
			t.Errorf("%s: %q, %v", key, got, err)
		}
	}
	f.want(401, "GET", "/api/echo", "", token(old))
	f.want(401, "GET", "/api/echo", "", page.send)
	f.want(200, "GET", "/api/echo", "", token(primary))
	f.want(200, "GET", "/api/echo", "", viewer.send)
	f.enter("owner", otherPassword)
	// Nothing is written where others could read it, or that a start would take tokens from.
	files, err := os.ReadDir(f.dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		if info, err := file.Info(); err != nil || file.Name() == ".env" || info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s is %v", file.Name(), info.Mode())
		}
	}
}

// lockOut has the owner fail until nobody is let in from here.
func lockOut(f *fortress, where string) {
	for range 5 {
		f.want(401, "POST", "/api/login", login("owner", "wrong"), from(where))
	}
	f.want(403, "POST", "/api/login", login("owner", ownerPassword), from(where))
}

func TestLockedOutOwnersGetBackIn(t *testing.T) {
	f := owned(t, plan{routes: echo}) // contract 3.4 a
	lockOut(f, here)
	f.want(200, "GET", "/api/security/recovery", "", from(here))
	raw := members(t, f.want(200, "POST", "/api/security/recovery", `{"action":"generate_token"}`, from(here)).Body.Bytes())["token"].(string)
	lockOut(f, away)
	// One address may try three times in ten minutes.
	for name, bad := range map[string]string{"none": "", "a wrong one": strings.Repeat("a", 64)} {
		w := f.want(403, "GET", "/api/security/recovery", "", header("X-Recovery-Token", bad))
		if w.Body.String() != "Recovery endpoint requires localhost access or valid recovery token\n" {
			t.Errorf("%s: %s", name, w.Body)
		}
	}
	f.want(200, "GET", "/api/security/recovery", "", header("X-Recovery-Token", raw)) // looking uses nothing up
	f.want(429, "GET", "/api/security/recovery", "", header("X-Recovery-Token", raw))
	for i, step := range []struct {
		action string
		status int
	}{
		{"generate_token", 403}, {"bogus", 200}, {"enable_auth", 200}, // of which nothing was done
		{"disable_auth", 200}, {"enable_auth", 403}, {"disable_auth", 403}, // used up
	} {
		f.want(step.status, "POST", "/api/security/recovery", `{"action":"`+step.action+`"}`,
			header("X-Recovery-Token", raw), from("198.51.100."+string(rune('1'+i))))
	}
	f.want(200, "GET", "/api/echo", "", from(here))
}

func TestRecoveryTokensSetTheHubUpAnewOnce(t *testing.T) {
	f := owned(t, plan{routes: echo}) // contract 3.2, point 3
	raw, _, err := f.Recovery.NewToken(t.Context(), 15)
	if err != nil {
		t.Fatal(err)
	}
	held := header("X-Recovery-Token", raw)
	force := `{"username":"owner","password":"` + otherPassword + `","apiToken":"` + primary + `","force":true}`
	f.want(400, "POST", "/api/security/quick-setup", strings.Replace(force, otherPassword, "short", 1), held) // did nothing: still valid
	f.want(200, "POST", "/api/security/quick-setup", strings.Replace(force, `"force":true`, `"force":false`, 1), held)
	since := f.newest()
	f.want(200, "POST", "/api/security/quick-setup", force, held)
	f.want(401, "POST", "/api/security/quick-setup", force, held)
	f.enter("owner", otherPassword)
	told := map[string]audit.Event{}
	for _, e := range f.events(since) {
		told[e.What] = e
	}
	for _, what := range []string{"set up", "used"} {
		if told[what].Actor != "recovery token" || told[what].Via != "recovery" {
			t.Errorf("%s is told as %+v", what, told[what])
		}
	}
}

func TestRecoveryTokenActsOnceForManyAtOnce(t *testing.T) {
	f := owned(t, plan{})
	raw, _, err := f.Recovery.NewToken(t.Context(), 15)
	if err != nil {
		t.Fatal(err)
	}
	var wait sync.WaitGroup
	codes := make(chan int, 8)
	for i := range cap(codes) {
		wait.Go(func() {
			r := httptest.NewRequestWithContext(t.Context(), "POST", "/api/security/quick-setup", strings.NewReader(
				`{"username":"owner`+string(rune('a'+i))+`","password":"`+otherPassword+`","apiToken":"`+primary+`","force":true}`))
			r.Header.Set("X-Recovery-Token", raw)
			w := httptest.NewRecorder()
			f.ServeHTTP(w, r)
			codes <- w.Code
		})
	}
	wait.Wait()
	close(codes)
	succeeded := 0
	for code := range codes {
		if code == 200 {
			succeeded++
		}
	}
	if succeeded != 1 || f.Users.Count() != 2 {
		t.Errorf("%d set-ups by one token, %d users", succeeded, f.Users.Count())
	}
}

func TestRecoveryModeOpensEveryRouteToThisMachineAlone(t *testing.T) {
	f := owned(t, plan{routes: func(all []route.Route) []route.Route { // contract 3.4 b
		all = echo(all)
		for i := range all {
			all[i].Handle = func(*route.Call) (any, error) { return route.Nothing{}, nil }
		}
		return all
	}})
	if err := f.Recovery.TurnOn(t.Context()); err != nil {
		t.Fatal(err)
	}
	for i := range f.routes {
		r := &f.routes[i]
		for _, method := range methods(r) {
			w := f.call(method, concrete(r.Path), "", from(here))
			if w.Code != 204 && w.Code != 429 {
				t.Errorf("%s %s: %d %s", method, r.Path, w.Code, w.Body)
			}
			if !r.Access.IsPublic() && w.Header().Get("X-Auth-Recovery") != "true" {
				t.Errorf("%s %s does not say that recovery mode is on", method, r.Path)
			}
		}
	}
	for name, elsewhere := range map[string]with{
		"another machine": from(home), "a proxy that says whom for": func(r *http.Request) { from(here)(r); header("X-Forwarded-For", away)(r) },
		"a proxy that says so": func(r *http.Request) { from(here)(r); header("X-Real-IP", here)(r) }, "a proxy, standardised": func(r *http.Request) { from(here)(r); header("Forwarded", "for=x")(r) },
	} {
		if w := f.call("GET", "/api/echo", "", elsewhere); w.Code != 401 || w.Header().Get("X-Auth-Recovery") != "" {
			t.Errorf("%s: %d", name, w.Code)
		}
	}
}

func TestRecoveryModeEndsAndIsWrittenDown(t *testing.T) {
	f := owned(t, plan{routes: echo}) // contract 3.4
	f.want(200, "POST", "/api/security/recovery", `{"action":"disable_auth"}`, from(here))
	f.want(200, "GET", "/api/echo", "", from(here))
	f.clock.pass(59 * time.Minute)
	f.restart()
	f.want(200, "GET", "/api/echo", "", from(here)) // a restart makes it neither longer nor shorter
	f.clock.pass(time.Minute)
	f.want(401, "GET", "/api/echo", "", from(here))
	f.restart()
	f.want(401, "GET", "/api/echo", "", from(here))
	f.want(200, "POST", "/api/security/recovery", `{"action":"generate_token"}`, from(here))
	var told []string
	for _, e := range f.events(0) {
		if e.Kind == "recovery" {
			told = append(told, e.Actor+": "+strings.Fields(e.Subject)[0]+" "+e.What)
		}
	}
	got := strings.Join(told, "; ")
	for _, want := range []string{"somebody on this machine: mode enabled", "hub: mode ended", "somebody on this machine: token created"} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is not told: %s", want, got)
		}
	}
}

func TestRestartLeavesRecoveryModeOff(t *testing.T) {
	f := owned(t, plan{}) // contract 4.6
	f.want(200, "POST", "/api/security/apply-restart", "", token(f.mint("all")))
	if _, err := os.Stat(filepath.Join(f.dir, ".auth_recovery")); err == nil || f.Recovery.On() {
		t.Error("recovery mode is on")
	}
}
