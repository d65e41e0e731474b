package api_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pulse-hub/pulse/hub/internal/auth"
)

// cookieLines are the cookies that an answer sets, with their values left out.
func cookieLines(w *httptest.ResponseRecorder) []string {
	lines := []string{}
	for _, line := range w.Result().Header.Values("Set-Cookie") {
		pair, attributes, _ := strings.Cut(line, ";")
		name, value, _ := strings.Cut(pair, "=")
		lines = append(lines, fmt.Sprintf("%s(%d);%s", name, len(value), attributes))
	}
	return lines
}

// TestCookiesHaveTheirAttributes: those that are recorded, and the mark of a browser that somebody has signed in with.
func TestCookiesHaveTheirAttributes(t *testing.T) {
	f := owned(t, plan{proxies: "10.0.0.1"}) // contract 4.2, 4.3; recorded in headers.json
	secure := func(r *http.Request) {
		from("10.0.0.1")(r)
		r.Header.Set("X-Forwarded-For", home)
		r.Header.Set("X-Forwarded-Proto", "https")
	}
	remember := strings.Replace(login("owner", ownerPassword), "}", `,"rememberMe":true}`, 1)
	page := f.enter("owner", ownerPassword)
	for _, tt := range []struct {
		name, path, body string
		how              with
		status           int
		want             []string
	}{
		{"a day", "/api/login", login("owner", ownerPassword), from(home), 200, []string{
			"pulse_session(64); Path=/; Max-Age=86400; HttpOnly; SameSite=Lax", "pulse_csrf(44); Path=/; Max-Age=86400; SameSite=Lax",
			"pulse_device(64); Path=/api/login; Max-Age=34560000; HttpOnly; SameSite=Strict"}},
		{"a month", "/api/login", remember, from(home), 200, []string{
			"pulse_session(64); Path=/; Max-Age=2592000; HttpOnly; SameSite=Lax", "pulse_csrf(44); Path=/; Max-Age=2592000; SameSite=Lax",
			"pulse_device(64); Path=/api/login; Max-Age=34560000; HttpOnly; SameSite=Strict"}},
		// Not SameSite=None, as it is recorded: that is for embedded pages only.
		{"behind a proxy", "/api/login", login("owner", ownerPassword), secure, 200, []string{
			"pulse_session(64); Path=/; Max-Age=86400; HttpOnly; Secure; SameSite=Lax", "pulse_csrf(44); Path=/; Max-Age=86400; Secure; SameSite=Lax",
			"pulse_device(64); Path=/api/login; Max-Age=34560000; HttpOnly; Secure; SameSite=Strict"}},
		{"no proxy, but it says so", "/api/login", login("owner", ownerPassword), func(r *http.Request) { secure(r); from(home)(r) }, 200, []string{
			"pulse_session(64); Path=/; Max-Age=86400; HttpOnly; SameSite=Lax", "pulse_csrf(44); Path=/; Max-Age=86400; SameSite=Lax",
			"pulse_device(64); Path=/api/login; Max-Age=34560000; HttpOnly; SameSite=Strict"}},
		{"forged", "/api/logout", "", browser{session: page.session}.cookies, 403, []string{
			"pulse_csrf(0); Path=/; Max-Age=0; SameSite=Lax", "pulse_csrf(44); Path=/; Max-Age=86400; SameSite=Lax"}},
	} {
		w := f.want(tt.status, "POST", tt.path, tt.body, tt.how)
		if diff := cmp.Diff(tt.want, cookieLines(w)); diff != "" {
			t.Errorf("%s: %s", tt.name, diff)
		}
		if tt.status == 403 {
			page.csrf = w.Header().Get("X-CSRF-Token")
		}
	}
	w := f.want(200, "POST", "/api/logout", "", page.send)
	if diff := cmp.Diff([]string{"pulse_session(0); Path=/; Max-Age=0; HttpOnly; SameSite=Lax"}, cookieLines(w)); diff != "" {
		t.Errorf("signed out: %s", diff)
	}
	for name, want := range map[string]string{
		"X-Frame-Options": "DENY", "X-Content-Type-Options": "nosniff", "X-Xss-Protection": "1; mode=block",
		"Referrer-Policy": "strict-origin-when-cross-origin", "Permissions-Policy": "geolocation=(), microphone=(), camera=()",
	} {
		if got := w.Header().Get(name); got != want {
			t.Errorf("%s is %q", name, got)
		}
	}
}

func TestForgedChangesAreRefusedAndRetriedOnce(t *testing.T) {
	f := owned(t, plan{routes: echo}) // contract 4.3
	page := f.enter("owner", ownerPassword)
	f.want(200, "POST", "/api/echo", "", page.send)
	f.want(200, "POST", "/api/echo", "csrf_token="+strings.NewReplacer("=", "%3D", "+", "%2B").Replace(page.csrf), browser{session: page.session}.cookies, header("Content-Type", "application/x-www-form-urlencoded"), func(r *http.Request) { r.Header.Del("X-CSRF-Token") })
	f.want(403, "POST", "/api/echo", "", browser{session: page.session, csrf: "c3RhbGU="}.send)
	w := f.want(403, "POST", "/api/echo", "", browser{session: page.session}.cookies)
	fresh := w.Header().Get("X-CSRF-Token")
	if fresh == "" || cookie(w, "pulse_csrf") != fresh || fresh == page.csrf {
		t.Fatalf("the other token is %q", fresh)
	}
	f.want(200, "POST", "/api/echo", "", browser{page.session, fresh}.send)
	f.clock.pass(4*time.Hour + time.Minute)
	w = f.want(403, "POST", "/api/echo", "", browser{page.session, fresh}.send) // is too old
	f.want(200, "POST", "/api/echo", "", browser{page.session, w.Header().Get("X-CSRF-Token")}.send)
}

func TestWhatRecognisedTheCallerDecidesAboutForgery(t *testing.T) {
	f := owned(t, plan{routes: echo}) // contract 4.3
	page := f.enter("owner", ownerPassword)
	raw := f.mint("all")
	for name, invalid := range map[string]with{
		"Bearer": header("Authorization", "Bearer wrong"), "Basic": basic("owner", "wrong"), "another scheme": header("Authorization", "Negotiate x"),
		"token": token("wrong"), "proxy": header("X-Proxy-Secret", "wrong"),
	} {
		if w := f.call("POST", "/api/echo", "", browser{session: page.session}.cookies, invalid); w.Code != 403 || !strings.HasPrefix(w.Body.String(), "CSRF token") {
			t.Errorf("an invalid %s with a cookie gave %d %s", name, w.Code, w.Body)
		}
	}
	f.want(200, "POST", "/api/echo", "", browser{session: page.session}.cookies, token(raw))
	// The token of one session is none of another.
	other := f.enter("owner", ownerPassword)
	f.want(403, "POST", "/api/echo", "", browser{other.session, f.enter("owner", ownerPassword).csrf}.send)
}

func TestForgeryTokensAreForLiveSessionsOnly(t *testing.T) {
	f := owned(t, plan{}) // contract 4.3
	page := f.enter("owner", ownerPassword)
	for name, secret := range map[string]string{"invented": strings.Repeat("ab", 32), "short": "x", "long": strings.Repeat("a", 5000)} {
		for _, path := range []string{"/api/health", "/api/security/status", "/api/version"} {
			if w := f.want(200, "GET", path, "", browser{session: secret}.only); w.Header()["Set-Cookie"] != nil || w.Header().Get("X-CSRF-Token") != "" {
				t.Errorf("a session that is %s is given %v", name, w.Header())
			}
		}
	}
	w := f.want(200, "GET", "/api/health", "", browser{session: page.session}.only)
	if got := cookie(w, "pulse_csrf"); len(got) != 44 {
		t.Errorf("a live session is given %q", got)
	}
	if w := f.want(200, "GET", "/api/health", "", page.cookies); w.Header()["Set-Cookie"] != nil {
		t.Error("one that has a token is given another")
	}
	if count := len(f.Sessions.List("")); count != 1 {
		t.Errorf("there are %d sessions", count)
	}
}

// only has the request carry the cookie of the session and no other.
func (b browser) only(r *http.Request) {
	r.AddCookie(&http.Cookie{Name: "pulse_session", Value: b.session})
}

func TestSessionsKeepTheirUserOverARestart(t *testing.T) {
	f := owned(t, plan{routes: echo}) // contract 4.2
	page := f.enter("owner", ownerPassword)
	f.restart()
	if got := members(t, f.want(200, "GET", "/api/echo", "", page.send).Body.Bytes()); got["user"] != "owner" || got["method"] != "session" {
		t.Errorf("after a restart: %v", got)
	}
	f.clock.pass(61e9)
	later := f.enter("owner", ownerPassword)
	f.want(200, "POST", "/api/security/change-password", `{"currentPassword":"`+ownerPassword+`","newPassword":"`+otherPassword+`"}`, later.send)
	f.want(401, "GET", "/api/echo", "", page.send)
	f.want(401, "GET", "/api/echo", "", later.send)
	f.restart()
	f.want(401, "GET", "/api/echo", "", page.send)
}

func TestSessionsSlideAndEnd(t *testing.T) {
	f := owned(t, plan{routes: echo}) // contract 4.2
	page := f.enter("owner", ownerPassword)
	for range 3 {
		f.clock.pass(23 * time.Hour)
		f.want(200, "GET", "/api/echo", "", page.send)
	}
	f.clock.pass(24*time.Hour + time.Minute)
	f.want(401, "GET", "/api/echo", "", page.send)
}

func TestStrangersCannotLockTheOwnerOut(t *testing.T) {
	f := owned(t, plan{}) // contract 3.5
	f.enter("owner", ownerPassword)
	for i := range 60 {
		f.clock.pass(100 * time.Millisecond)
		f.call("POST", "/api/login", login("owner", "wrong"), from(fmt.Sprintf("203.0.113.%d", i)))
	}
	f.enter("owner", ownerPassword)
	f.want(403, "POST", "/api/login", login("owner", ownerPassword), from("198.51.100.1")) // not known there: one attempt a second
	f.clock.pass(time.Second)
	f.want(200, "POST", "/api/login", login("owner", ownerPassword), from("198.51.100.1"))
	f.clock.pass(61e9)
	// Somebody at the owner's own address who tries another name locks that name alone.
	for range 5 {
		f.want(401, "POST", "/api/login", login("other", "wrong"), from(home))
	}
	f.enter("owner", ownerPassword)
}

func TestOwnerIsKnownAtHomeAfterARestart(t *testing.T) {
	f := owned(t, plan{}) // contract 3.5
	f.enter("owner", ownerPassword)
	f.restart()
	if !f.Attempts.Knows("owner", f.client(home)) || f.Attempts.Knows("owner", f.client(away)) {
		t.Error("where somebody is signed in is not known after a restart")
	}
}

func TestCountersExpire(t *testing.T) {
	f := owned(t, plan{}) // contract 3.5
	for range 5 {
		f.want(401, "POST", "/api/login", login("owner", "wrong"))
	}
	f.want(403, "POST", "/api/login", login("owner", ownerPassword))
	f.clock.pass(15*time.Minute + time.Second)
	got := members(t, f.want(401, "POST", "/api/login", login("owner", "wrong")).Body.Bytes())
	if got["attempts"] != 1.0 || got["remaining"] != 4.0 {
		t.Errorf("after the lock ran out one more wrong attempt gave %v", got)
	}
	f.want(200, "POST", "/api/login", login("owner", ownerPassword))
}

func TestWrongPasswordsAreCountedWhereverTheyAreAsked(t *testing.T) {
	for name, one := range map[string][2]string{ // contract 3.5
		"change of the password": {"/api/security/change-password", `{"currentPassword":"wrong","newPassword":"` + otherPassword + `"}`},
		"second factor off":      {"/api/security/totp/disable", `{"password":"wrong"}`},
		"other recovery codes":   {"/api/security/totp/recovery-codes", `{"password":"wrong"}`},
	} {
		f := owned(t, plan{})
		page := f.enter("owner", ownerPassword)
		for range 5 {
			f.want(401, "POST", one[0], one[1], page.send)
		}
		if w := f.call("POST", one[0], strings.Replace(one[1], "wrong", ownerPassword, 1), page.send); w.Code != 403 || !strings.Contains(w.Body.String(), "account_locked") {
			t.Errorf("%s: %d %s", name, w.Code, w.Body)
		}
	}
}

func TestLongPasswordsWorkWhole(t *testing.T) {
	f := owned(t, plan{}) // contract 4.5
	page := f.enter("owner", ownerPassword)
	long := strings.Repeat("tractor lamp 7 ", 10)
	f.want(200, "POST", "/api/security/change-password", `{"currentPassword":"`+ownerPassword+`","newPassword":"`+long+`"}`, page.send)
	f.want(401, "POST", "/api/login", login("owner", long[:72]), from(home))
	f.want(401, "POST", "/api/login", login("owner", long[:len(long)-1]), from(home))
	page = f.enter("owner", long)
	got := members(t, f.want(400, "POST", "/api/security/change-password", `{"currentPassword":"`+long+`","newPassword":"`+strings.Repeat("tractor", 200)+`"}`, page.send).Body.Bytes())
	if got["code"] != "invalid_password" || got["error"] == "" {
		t.Errorf("one that is too long gave %v", got)
	}
}

func TestUnknownUsersCostAsMuch(t *testing.T) {
	f := owned(t, plan{}) // contract 4.1
	f.add("disabled", auth.RoleViewer)
	f.disable("disabled", true)
	took := func(name string) time.Duration {
		var best time.Duration
		for i := range 3 { // the least of several is what it takes without what else goes on
			start := time.Now()
			f.want(401, "POST", "/api/login", login(name, "wrong"), from(fmt.Sprintf("198.51.100.%d", i)))
			if one := time.Since(start); best == 0 || one < best {
				best = one
			}
		}
		f.clock.pass(61e9)
		return best
	}
	known := took("owner")
	for _, name := range []string{"nobody", "disabled", strings.Repeat("x", 500)} {
		if got := took(name); got < known/4 {
			t.Errorf("%.20q takes %v, and somebody who exists %v", name, got, known)
		}
	}
}

func TestSecondFactorIsAskedForOnlyAfterThePassword(t *testing.T) {
	f := owned(t, plan{})
	f.secondFactor("owner")
	w := f.want(401, "POST", "/api/login", login("owner", ownerPassword))
	if got := members(t, w.Body.Bytes()); got["error"] != "second_factor_required" || w.Header()["Set-Cookie"] != nil {
		t.Errorf("got %v, %v", got, w.Header())
	}
	if got := members(t, f.want(401, "POST", "/api/login", login("owner", "wrong")).Body.Bytes()); got["error"] != "invalid_credentials" {
		t.Errorf("a wrong password gave %v", got)
	}
}

func TestSessionsAreOnesOwn(t *testing.T) {
	f := owned(t, plan{routes: echo})
	f.add("viewer", auth.RoleViewer)
	owner, viewer := f.enter("owner", ownerPassword), f.enter("viewer", ownerPassword)
	id := func(user string) string { return f.Sessions.List(user)[0].ID }
	f.want(403, "DELETE", "/api/security/sessions/"+id("owner"), "", viewer.send)
	f.want(403, "GET", "/api/security/sessions?all=true", "", viewer.send)
	if got := f.want(200, "GET", "/api/security/sessions", "", viewer.send).Body.String(); !strings.Contains(got, id("viewer")) || strings.Contains(got, id("owner")) {
		t.Errorf("the viewer is told %s", got)
	}
	if got := f.want(200, "GET", "/api/security/sessions", "", token(f.mint("agent", auth.ScopeHostReport))).Body.String(); strings.Contains(got, "viewer") || strings.Contains(got, "owner") {
		t.Errorf("an agent is told %s", got)
	}
	f.want(204, "DELETE", "/api/security/sessions/"+id("viewer"), "", owner.send)
	f.want(401, "GET", "/api/echo", "", viewer.send)
	w := f.want(204, "DELETE", "/api/security/sessions/"+id("owner"), "", owner.send)
	if !slices.Contains(cookieLines(w), "pulse_session(0); Path=/; Max-Age=0; HttpOnly; SameSite=Lax") {
		t.Errorf("the cookie of the ended session stays: %v", cookieLines(w))
	}
	f.want(404, "DELETE", "/api/security/sessions/none", "", token(f.mint("all")))
}
