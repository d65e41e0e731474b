package sso

import (
	"encoding/json"
	"net/netip"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/pulse-hub/pulse/hub/internal/auth"
	"github.com/pulse-hub/pulse/hub/internal/auth/sso/ssotest"
)

const base = "https://pulse.example.com"

func (b *bench) begin(t testing.TB, start Start) Departure {
	t.Helper()
	start.Base, start.From = base, netip.MustParseAddr("192.0.2.7")
	departure, failure := b.Begin(t.Context(), start)
	if failure != nil {
		t.Fatalf("Begin gave %s: %v", failure.Code, failure.Err)
	}
	return departure
}

// signIn goes to the provider and back.
func (b *bench) signIn(t testing.TB, returnTo string) (Identity, string, *Failure) {
	t.Helper()
	departure := b.begin(t, Start{ReturnTo: returnTo})
	back := b.provider.Visit(t, departure.URL)
	return b.Complete(t.Context(), Callback{Query: back.Query(), Browser: departure.Browser})
}

func TestSomebodySignsIn(t *testing.T) {
	b := newBench(t)
	b.provider.Behave(ssotest.Behaviour{Refresh: true, Claims: map[string]any{"groups": []any{"ops", "dev", 7}}})
	got, returnTo, failure := b.signIn(t, "/alerts?x=1")
	if failure != nil {
		t.Fatalf("%s: %v", failure.Code, failure.Err)
	}
	want := Identity{
		Method: auth.MethodOIDC, Provider: DefaultProvider, Subject: "subject-1", Name: "anna", Email: "anna@example.com",
		DisplayName: "Anna Example", Groups: []string{"ops", "dev"}, Role: auth.RoleAdmin,
		Upstream: Upstream{Issuer: b.provider.URL, SessionID: "sid-1"},
	}
	secrets := cmpopts.IgnoreFields(Upstream{}, "IDToken", "AccessToken", "RefreshToken", "Expires")
	if diff := cmp.Diff(want, got, secrets); diff != "" || returnTo != "/alerts?x=1" {
		t.Errorf("returns to %s: %s", returnTo, diff)
	}
	up := got.Upstream
	if up.IDToken == "" || !strings.HasPrefix(up.AccessToken, "access-") || !strings.HasPrefix(up.RefreshToken, "refresh-") || up.Expires.IsZero() {
		t.Errorf("upstream is %+v", up)
	}
}

func TestTheProviderIsAskedTheRightThing(t *testing.T) {
	b := newBench(t)
	first, second := b.begin(t, Start{}), b.begin(t, Start{})
	u, err := url.Parse(first.URL)
	if err != nil {
		t.Fatal(err)
	}
	q := u.Query()
	for name, want := range map[string]string{
		"client_id": "pulse", "code_challenge_method": "S256", "response_type": "code", "scope": "openid profile email",
		"redirect_uri": base + "/api/oidc/callback",
	} {
		if q.Get(name) != want {
			t.Errorf("%s is %q, want %q", name, q.Get(name), want)
		}
	}
	for _, name := range []string{"state", "nonce", "code_challenge"} {
		if len(q.Get(name)) != 43 || strings.Contains(second.URL, q.Get(name)) {
			t.Errorf("%s %q is short or used twice", name, q.Get(name))
		}
	}
	if b.provider.Calls("/.well-known/openid-configuration") != 1 {
		t.Error("the provider is asked for its endpoints each time")
	}
	b.set(t, DefaultProvider, func(s *Settings) { s.RedirectURL = "https://other.example.com/api/oidc/callback" })
	if changed := b.begin(t, Start{}); !strings.Contains(changed.URL, "redirect_uri=https%3A%2F%2Fother.example.com") {
		t.Errorf("the redirect URL of the settings is not used: %s", changed.URL)
	}
	if b.provider.Calls("/.well-known/openid-configuration") != 2 {
		t.Error("what was discovered outlives a change of the settings")
	}
	if again := b.begin(t, Start{Browser: first.Browser}); again.Browser != first.Browser {
		t.Error("a browser that signs in twice at a time gets another secret")
	}
	if odd := b.begin(t, Start{Browser: "chosen"}); odd.Browser == "chosen" {
		t.Error("a secret is taken that the hub has not made")
	}
}

func TestTamperingIsRefused(t *testing.T) {
	tests := map[string]struct {
		behave ssotest.Behaviour
		edit   func(*Settings)
		tamper func(b *bench, c *Callback)
		want   string
	}{
		"denied":            {tamper: func(_ *bench, c *Callback) { c.Query = url.Values{"error": {"access_denied"}} }, want: "access_denied"},
		"strange denial":    {tamper: func(_ *bench, c *Callback) { c.Query.Set("error", "<script>") }, want: "server_error"},
		"no state":          {tamper: func(_ *bench, c *Callback) { c.Query.Del("state") }, want: CodeMissingState},
		"foreign state":     {tamper: func(_ *bench, c *Callback) { c.Query.Set("state", "guessed") }, want: CodeInvalidState},
		"other browser":     {tamper: func(b *bench, c *Callback) { c.Browser = strings.Repeat("A", 43) }, want: CodeInvalidState},
		"no cookie":         {tamper: func(_ *bench, c *Callback) { c.Browser = "" }, want: CodeInvalidState},
		"late":              {tamper: func(b *bench, _ *Callback) { b.now = b.now.Add(StateLife) }, want: CodeInvalidState},
		"no code":           {tamper: func(_ *bench, c *Callback) { c.Query.Del("code") }, want: CodeMissingCode},
		"wrong code":        {tamper: func(_ *bench, c *Callback) { c.Query.Set("code", "bad") }, want: CodeExchangeFailed},
		"long code":         {tamper: func(_ *bench, c *Callback) { c.Query.Set("code", strings.Repeat("c", 5000)) }, want: CodeExchangeFailed},
		"other provider":    {tamper: func(_ *bench, c *Callback) { c.Query.Set("iss", "https://evil.example.com") }, want: CodeInvalidState},
		"unnamed provider":  {behave: ssotest.Behaviour{Metadata: map[string]any{"authorization_response_iss_parameter_supported": true}}, want: CodeInvalidState},
		"token endpoint":    {behave: ssotest.Behaviour{TokenStatus: 500}, want: CodeExchangeFailed},
		"no id token":       {behave: ssotest.Behaviour{Answer: map[string]any{"id_token": nil}}, want: CodeMissingIDToken},
		"not a token":       {behave: ssotest.Behaviour{Answer: map[string]any{"id_token": "junk"}}, want: CodeInvalidIDToken},
		"foreign key":       {behave: ssotest.Behaviour{Algorithm: "foreign"}, want: CodeInvalidIDToken},
		"symmetric":         {behave: ssotest.Behaviour{Algorithm: "HS256"}, want: CodeInvalidAlgorithm},
		"unsigned":          {behave: ssotest.Behaviour{Algorithm: "none"}, want: CodeInvalidAlgorithm},
		"nonce":             {behave: claiming("nonce", "of another"), want: CodeInvalidNonce},
		"no nonce":          {behave: claiming("nonce", nil), want: CodeInvalidNonce},
		"audience":          {behave: claiming("aud", "somebody"), want: CodeInvalidIDToken},
		"two audiences":     {behave: claiming("aud", []any{"pulse", "evil"}), want: CodeInvalidIDToken},
		"authorized party":  {behave: claiming("azp", "evil"), want: CodeInvalidIDToken},
		"issuer":            {behave: claiming("iss", "https://evil.example.com"), want: CodeInvalidIDToken},
		"expired":           {behave: claiming("exp", 1), want: CodeInvalidIDToken},
		"from the future":   {behave: claiming("iat", 1<<40), want: CodeInvalidIDToken},
		"not yet":           {behave: claiming("nbf", 1<<40), want: CodeInvalidIDToken},
		"no subject":        {behave: claiming("sub", nil), want: CodeInvalidIDToken},
		"long subject":      {behave: claiming("sub", strings.Repeat("s", 300)), want: CodeInvalidClaims},
		"access token":      {behave: claiming("at_hash", "of another"), want: CodeInvalidIDToken},
		"email":             {edit: func(s *Settings) { s.AllowedEmails = []string{"ben@example.com"} }, want: CodeEmailRestricted},
		"domain":            {edit: func(s *Settings) { s.AllowedDomains = []string{"ample.com"} }, want: CodeDomainRestricted},
		"group":             {edit: func(s *Settings) { s.AllowedGroups = []string{"ops"} }, want: CodeGroupRestricted},
		"unverified email":  {behave: claiming("email_verified", false), edit: func(s *Settings) { s.AllowedEmails = []string{"anna@example.com"} }, want: CodeEmailRestricted},
		"unverified domain": {behave: claiming("email_verified", "false"), edit: func(s *Settings) { s.AllowedDomains = []string{"example.com"} }, want: CodeDomainRestricted},
		"no role":           {edit: func(s *Settings) { s.Rules = []RoleRule{{"ops", "admin"}} }, want: CodeGroupRestricted},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			b.provider.Behave(tt.behave)
			if tt.edit != nil {
				b.set(t, DefaultProvider, tt.edit)
			}
			departure := b.begin(t, Start{ReturnTo: "/settings"})
			callback := Callback{Query: b.provider.Visit(t, departure.URL).Query(), Browser: departure.Browser}
			if tt.tamper != nil {
				tt.tamper(b, &callback)
			}
			who, returnTo, failure := b.Complete(t.Context(), callback)
			if failure == nil || failure.Code != tt.want {
				t.Fatalf("got %+v, %+v; want %s", who, failure, tt.want)
			}
			knows := failure.Provider != ""
			if (returnTo == "/settings") != knows {
				t.Errorf("returns to %q", returnTo)
			}
			if failure.Err != nil && strings.Contains(failure.Err.Error(), ssotest.ClientSecret) {
				t.Errorf("the reason holds the secret: %v", failure.Err)
			}
		})
	}
}

func claiming(name string, value any) ssotest.Behaviour {
	return ssotest.Behaviour{Claims: map[string]any{name: value}}
}

func TestACallbackCountsOnce(t *testing.T) {
	b := newBench(t)
	departure := b.begin(t, Start{})
	callback := Callback{Query: b.provider.Visit(t, departure.URL).Query(), Browser: departure.Browser}
	if _, _, failure := b.Complete(t.Context(), callback); failure != nil {
		t.Fatalf("%s: %v", failure.Code, failure.Err)
	}
	if _, _, failure := b.Complete(t.Context(), callback); failure == nil || failure.Code != CodeInvalidState {
		t.Errorf("the second time gave %+v", failure)
	}
}

func TestRestrictionsAreMet(t *testing.T) {
	tests := map[string]struct {
		claims map[string]any
		edit   func(*Settings)
		role   string
	}{
		"email":             {nil, func(s *Settings) { s.AllowedEmails = []string{"ANNA@example.com"} }, "admin"},
		"domain":            {nil, func(s *Settings) { s.AllowedDomains = []string{"@Example.com"} }, "admin"},
		"group in a text":   {map[string]any{"groups": "dev, Ops"}, func(s *Settings) { s.AllowedGroups = []string{"ops"} }, "admin"},
		"group deep":        {map[string]any{"realm": map[string]any{"roles": []any{"ops"}}}, func(s *Settings) { s.GroupsClaim, s.AllowedGroups = "realm.roles", []string{"ops"} }, "admin"},
		"strongest role":    {map[string]any{"groups": []any{"a", "b"}}, func(s *Settings) { s.Rules = []RoleRule{{"x", "admin"}, {"a", "viewer"}, {"b", "operator"}} }, "operator"},
		"role of its own":   {map[string]any{"groups": []any{"b"}}, func(s *Settings) { s.Rules = []RoleRule{{"a", "admin"}, {"b", "night-shift"}} }, "night-shift"},
		"default role":      {nil, func(s *Settings) { s.Rules, s.Default = []RoleRule{{"a", "admin"}}, "viewer" }, "viewer"},
		"default role only": {nil, func(s *Settings) { s.Default = "viewer" }, "viewer"},
	}
	for name, tt := range tests {
		b := newBench(t)
		b.provider.Behave(ssotest.Behaviour{Claims: tt.claims})
		b.set(t, DefaultProvider, tt.edit)
		if who, _, failure := b.signIn(t, ""); failure != nil || who.Role != tt.role {
			t.Errorf("%s: got %q, %+v", name, who.Role, failure)
		}
	}
}

func TestTheNameIsTheFirstThatIsThere(t *testing.T) {
	without := func(names ...string) map[string]any {
		claims := map[string]any{}
		for _, name := range names {
			claims[name] = nil
		}
		return claims
	}
	tests := map[string]map[string]any{
		"anna":             nil,
		"anna@example.com": without("preferred_username"),
		"Anna Example":     without("preferred_username", "email"),
		"subject-1":        without("preferred_username", "email", "name"),
	}
	for want, claims := range tests {
		b := newBench(t)
		b.provider.Behave(ssotest.Behaviour{Claims: claims})
		if who, _, failure := b.signIn(t, ""); failure != nil || who.Name != want {
			t.Errorf("got %q, %+v; want %q", who.Name, failure, want)
		}
	}
	b := newBench(t)
	b.provider.Behave(ssotest.Behaviour{Claims: map[string]any{"preferred_username": nil, "email_verified": false}})
	if who, _, _ := b.signIn(t, ""); who.Name != "Anna Example" {
		t.Errorf("an address that is not verified names %q", who.Name)
	}
}

func TestClaimsAreAskedForWhereTheTokenLacksThem(t *testing.T) {
	thin := map[string]any{"preferred_username": nil, "email": nil, "email_verified": nil, "name": nil}
	info := map[string]any{"sub": "subject-1", "preferred_username": "anna", "email": "anna@example.com", "groups": []any{"ops"}}
	b := newBench(t)
	b.set(t, DefaultProvider, func(s *Settings) { s.AllowedGroups = []string{"ops"} })
	b.provider.Behave(ssotest.Behaviour{Claims: thin, UserInfo: info})
	if who, _, failure := b.signIn(t, ""); failure != nil || who.Name != "anna" || who.Email != "anna@example.com" {
		t.Errorf("got %+v, %+v", who, failure)
	}
	info["sub"] = "subject-2"
	if _, _, failure := b.signIn(t, ""); failure == nil || failure.Code != CodeGroupRestricted {
		t.Errorf("claims of somebody else count: %+v", failure)
	}
	// What is said of the address of the token is not taken from elsewhere.
	b.set(t, DefaultProvider, func(s *Settings) { s.AllowedDomains = []string{"example.com"} })
	b.provider.Behave(ssotest.Behaviour{
		Claims:   map[string]any{"preferred_username": nil, "email_verified": false},
		UserInfo: map[string]any{"sub": "subject-1", "email_verified": true},
	})
	if _, _, failure := b.signIn(t, ""); failure == nil || failure.Code != CodeDomainRestricted {
		t.Errorf("got %+v", failure)
	}
}

func TestProvidersThatCannotBeUsed(t *testing.T) {
	b := newBench(t)
	for name, metadata := range map[string]map[string]any{
		"issuer":   {"issuer": "https://evil.example.com"},
		"endpoint": {"authorization_endpoint": "javascript:alert(1)"},
		"keys":     {"jwks_uri": nil},
		"size":     {"extra": strings.Repeat("x", maxAnswer)},
	} {
		b.provider.Behave(ssotest.Behaviour{Metadata: metadata})
		b.set(t, DefaultProvider, func(s *Settings) { s.Label = name })
		_, failure := b.Begin(t.Context(), Start{Base: base})
		if failure == nil || failure.Code != CodeInitFailed || len(failure.Err.Error()) > 2*maxReason {
			t.Errorf("%s: got %+v", name, failure)
		}
	}
	asked := b.provider.Calls("/.well-known/openid-configuration")
	b.provider.Behave(ssotest.Behaviour{})
	if _, failure := b.Begin(t.Context(), Start{Base: base}); failure == nil || b.provider.Calls("/.well-known/openid-configuration") != asked {
		t.Error("a provider that failed is asked again at once")
	}
	b.now = b.now.Add(discoveryPause)
	if _, failure := b.Begin(t.Context(), Start{Base: base}); failure != nil {
		t.Errorf("after a pause: %+v", failure)
	}
	for _, id := range []string{"unknown", "off"} {
		b.set(t, "off", func(s *Settings) { s.Enabled = false })
		if _, failure := b.Begin(t.Context(), Start{Provider: id, Base: base}); failure == nil || failure.Code != CodeDisabled {
			t.Errorf("%s: got %+v", id, failure)
		}
	}
}

func TestOneOfSeveralProviders(t *testing.T) {
	b := newBench(t)
	b.set(t, "second", func(s *Settings) { s.Default = "viewer" })
	departure := b.begin(t, Start{Provider: "second"})
	callback := Callback{Query: b.provider.Visit(t, departure.URL).Query(), Browser: departure.Browser}
	if who, _, failure := b.Complete(t.Context(), callback); failure != nil || who.Provider != "second" || who.Role != "viewer" {
		t.Errorf("got %+v, %+v", who, failure)
	}
	b.set(t, DefaultProvider, func(s *Settings) { s.Enabled = false })
	departure = b.begin(t, Start{})
	b.set(t, "second", func(s *Settings) { s.Enabled = false })
	callback = Callback{Query: b.provider.Visit(t, departure.URL).Query(), Browser: departure.Browser}
	if _, _, failure := b.Complete(t.Context(), callback); failure == nil || failure.Code != CodeDisabled {
		t.Errorf("a provider that was turned off meanwhile gave %+v", failure)
	}
}

func TestReturnTo(t *testing.T) {
	tests := map[string]string{
		"/": "/", "/alerts?b=2&a=1": "/alerts?b=2&a=1", "/a%20b": "/a%20b", "/x#frag": "/x",
		"": "/", "alerts": "/", "//evil.com": "/", `/\evil.com`: "/", "/\t/evil.com": "/", "https://evil.com": "/",
		"/api/state": "/", "/api": "/", "/apis": "/apis", "/%2Fevil.com": "/%2Fevil.com", "/%zz": "/", "/a\n": "/",
		"/" + strings.Repeat("x", 3000): "/", "/?q=//evil.com": "/?q=//evil.com",
	}
	for said, want := range tests {
		if got := ReturnTo(said); got != want {
			t.Errorf("ReturnTo(%.40q) is %q, want %q", said, got, want)
		}
	}
	if got := Refused("oidc", "/settings?x=1&oidc=success", "exchange_failed"); got != "/settings?oidc=error&oidc_error=exchange_failed&x=1" {
		t.Errorf("Refused gave %q", got)
	}
	if got := Succeeded("oidc", "/settings?oidc_error=old"); got != "/settings?oidc=success" {
		t.Errorf("Succeeded gave %q", got)
	}
}

func FuzzReturnTo(f *testing.F) {
	for _, seed := range []string{"/", "//x", `/\x`, "/a?b=c#d", "/%2f%2fx", "/.//x", "/api/x", "http:/x", "/\u2028x"} {
		f.Add(seed)
	}
	hub, err := url.Parse("https://pulse.example.com/api/oidc/callback?x=1")
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, said string) {
		for _, page := range []string{ReturnTo(said), Refused("oidc", said, "code")} {
			u, err := url.Parse(page)
			if err != nil {
				t.Fatalf("%q gives %q: %v", said, page, err)
			}
			if to := hub.ResolveReference(u); to.Host != hub.Host || to.Scheme != hub.Scheme || strings.ContainsAny(page, "\\\t\r\n") || strings.HasPrefix(page, "//") {
				t.Fatalf("%q leads to %q", said, page)
			}
		}
	})
}

func FuzzClaims(f *testing.F) {
	for _, seed := range []string{
		`{"groups":["a","b"]}`, `{"groups":"a,b c"}`, `{"groups":7}`, `{"groups":{"a":["b"]}}`, `{"sub":null,"email":[]}`, `null`,
		`{"sub":"s","email":"a@b@c","email_verified":"FALSE"}`,
	} {
		f.Add([]byte(seed), "groups")
	}
	f.Fuzz(func(t *testing.T, payload []byte, name string) {
		var said claims
		if json.Unmarshal(payload, &said) != nil {
			return
		}
		groups := said.groups(name)
		if len(groups) > maxGroups {
			t.Fatalf("%d groups", len(groups))
		}
		for _, group := range groups {
			if group == "" || len(group) > maxName {
				t.Fatalf("group %q", group)
			}
		}
		settings := Defaults(DefaultProvider)
		settings.AllowedDomains = []string{"example.com"}
		who, failure := settings.identify(said)
		if failure == nil && (who.Subject == "" || who.Name == "" || !strings.HasSuffix(strings.ToLower(who.Email), "@example.com")) {
			t.Fatalf("%s lets %+v in", payload, who)
		}
	})
}

func BenchmarkBegin(bench *testing.B) {
	b := newBench(bench)
	start := Start{Base: base, From: netip.MustParseAddr("192.0.2.7")}
	bench.ReportAllocs()
	for bench.Loop() {
		if _, failure := b.Begin(bench.Context(), start); failure != nil {
			bench.Fatal(failure.Code)
		}
	}
}
