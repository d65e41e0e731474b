package sso

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/go-hclog"

	"github.com/pulse-hub/pulse/hub/internal/auth/sso/ssotest"
	"github.com/pulse-hub/pulse/hub/internal/store"
)

// bench is a desk with its provider and clock.
type bench struct {
	*Desk
	provider *ssotest.Provider
	records  store.Store
	now      time.Time
}

func openStore(t testing.TB) store.Store {
	t.Helper()
	dir := t.TempDir()
	db, err := store.Open(filepath.Join(dir, "hub.db"), store.Options{KeyFile: filepath.Join(dir, "key")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}

func newBench(t testing.TB) *bench {
	t.Helper()
	b := &bench{now: time.Now().Truncate(time.Second), records: openStore(t)}
	b.provider = ssotest.New(t, func() time.Time { return b.now })
	b.Desk = b.open(Options{})
	b.set(t, DefaultProvider, func(*Settings) {})
	return b
}

func (b *bench) open(options Options) *Desk {
	options.Records, options.Logger = b.records, hclog.NewNullLogger()
	options.Now = func() time.Time { return b.now }
	return New(options)
}

// set enables a provider with settings changed by edit.
func (b *bench) set(t testing.TB, id string, edit func(*Settings)) {
	t.Helper()
	secret := ssotest.ClientSecret
	settings := Settings{Enabled: true, IssuerURL: b.provider.URL, ClientID: ssotest.ClientID, GroupsClaim: "groups"}
	edit(&settings)
	if _, err := b.Set(t.Context(), id, Change{Settings: settings, ClientSecret: &secret}); err != nil {
		t.Fatal(err)
	}
}

func TestSettingsAreNormalizedAndKept(t *testing.T) {
	b := newBench(t)
	bundle := filepath.Join(t.TempDir(), "none.pem")
	secret := "one"
	got, err := b.Set(t.Context(), DefaultProvider, Change{ClientSecret: &secret, CABundle: &bundle, Settings: Settings{
		IssuerURL: " https://idp.example.com ", ClientID: "pulse", Scopes: []string{"profile", " ", "Profile"},
		Restrictions: Restrictions{AllowedEmails: []string{" a@b.c", "A@B.C"}},
		RoleMapping:  RoleMapping{Rules: []RoleRule{{" ops ", " viewer "}, {}}},
	}})
	if err != nil {
		t.Fatal(err)
	}
	want := Settings{
		ID: DefaultProvider, IssuerURL: "https://idp.example.com", ClientID: "pulse",
		Scopes: []string{"openid", "profile"}, UsernameClaim: "preferred_username", EmailClaim: "email", CABundle: bundle,
		ClientSecret: "one", Restrictions: Restrictions{[]string{}, []string{}, []string{"a@b.c"}},
		RoleMapping: RoleMapping{Rules: []RoleRule{{"ops", "viewer"}}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	again := b.open(Options{})
	if err := again.Load(t.Context()); err != nil {
		t.Fatal(err)
	}
	if kept, _ := again.Provider(DefaultProvider); !cmp.Equal(want, kept) {
		t.Error(cmp.Diff(want, kept))
	}
	// Without a word on them, the secret and the bundle stay; at another host the secret does not.
	same, err := b.Set(t.Context(), DefaultProvider, Change{Settings: Settings{IssuerURL: "https://idp.example.com/realm"}})
	if err != nil || same.ClientSecret != "one" || same.CABundle != bundle || len(same.AllowedEmails) != 0 {
		t.Errorf("got %+v, %v", same, err)
	}
	moved, err := b.Set(t.Context(), DefaultProvider, Change{Settings: Settings{IssuerURL: "https://other.example.com"}})
	if err != nil || moved.ClientSecret != "" {
		t.Errorf("the secret is given to another host: %+v, %v", moved, err)
	}
	if _, err := b.Set(t.Context(), DefaultProvider, Change{ClearClientSecret: true, ClientSecret: &secret}); err != nil {
		t.Fatal(err)
	}
	if cleared, _ := b.Provider(DefaultProvider); cleared.ClientSecret != "" {
		t.Error("the secret is still there")
	}
}

func TestSettingsThatMakeNoSenseAreRefused(t *testing.T) {
	good := Settings{Enabled: true, IssuerURL: "https://idp.example.com", ClientID: "pulse"}
	missing := filepath.Join(t.TempDir(), "missing.pem")
	empty := filepath.Join(t.TempDir(), "empty.pem")
	if err := os.WriteFile(empty, []byte("no certificate"), 0o600); err != nil {
		t.Fatal(err)
	}
	tests := map[string]struct {
		edit   func(*Settings)
		bundle *string
		want   string
	}{
		"no issuer":       {func(s *Settings) { s.IssuerURL = "" }, nil, "oidc issuer url is required when OIDC is enabled"},
		"no client":       {func(s *Settings) { s.ClientID = "" }, nil, "oidc client id is required when OIDC is enabled"},
		"issuer":          {func(s *Settings) { s.IssuerURL = "idp" }, nil, "oidc issuer url is not a valid URL"},
		"issuer's scheme": {func(s *Settings) { s.IssuerURL = "file:///etc" }, nil, "oidc issuer url is not a valid URL"},
		"redirect":        {func(s *Settings) { s.RedirectURL = "javascript:1" }, nil, "oidc redirect url is not a valid URL"},
		"logout":          {func(s *Settings) { s.LogoutURL = "javascript:1" }, nil, "oidc logout url is not a valid URL"},
		"long":            {func(s *Settings) { s.GroupsClaim = strings.Repeat("g", 2001) }, nil, "a value is too long"},
		"long list":       {func(s *Settings) { s.AllowedEmails = numbered(201) }, nil, "a list is too long"},
		"rule":            {func(s *Settings) { s.Rules = []RoleRule{{"ops", ""}} }, nil, "every role rule needs a group and a role"},
		"role":            {func(s *Settings) { s.Default = "king" }, nil, "there is no role of the name king"},
		"missing bundle":  {func(*Settings) {}, &missing, "oidc ca bundle: file cannot be opened"},
		"empty bundle":    {func(*Settings) {}, &empty, "oidc ca bundle: file holds no certificate"},
	}
	b := newBench(t)
	d := b.open(Options{RoleExists: func(role string) bool { return role == "viewer" }})
	for name, tt := range tests {
		settings := good
		tt.edit(&settings)
		_, err := d.Set(t.Context(), "second", Change{Settings: settings, CABundle: tt.bundle})
		var wrong *SettingsError
		if !errors.As(err, &wrong) || wrong.Text != tt.want {
			t.Errorf("%s: got %v, want %q", name, err, tt.want)
		}
	}
	for _, id := range []string{"", "Upper", "a/b", strings.Repeat("x", 41), "-a"} {
		if _, err := d.Set(t.Context(), id, Change{Settings: good}); !errors.Is(err, ErrProviderID) {
			t.Errorf("id %q: got %v", id, err)
		}
	}
	if got := len(d.Providers()); got != 1 {
		t.Errorf("%d providers after refusals", got)
	}
}

func numbered(n int) []string {
	list := make([]string, n)
	for i := range list {
		list[i] = strings.Repeat("n", i+1)
	}
	return list
}

func TestTheEnvironmentLocksTheDefaultProvider(t *testing.T) {
	b := newBench(t)
	b.set(t, "second", func(*Settings) {})
	d := b.open(Options{PublicURL: "https://pulse.example.com/", Environment: map[string]string{
		"OIDC_ENABLED": "true", "OIDC_ISSUER_URL": "https://env.example.com", "OIDC_CLIENT_ID": " env ",
		"OIDC_SCOPES": "openid, groups email", "OIDC_ALLOWED_DOMAINS": "a.com b.com", "OIDC_LOGOUT_URL": "",
	}})
	if err := d.Load(t.Context()); err != nil {
		t.Fatal(err)
	}
	got, _ := d.Provider(DefaultProvider)
	want, _ := b.Provider(DefaultProvider)
	want.IssuerURL, want.ClientID, want.Scopes = "https://env.example.com", "env", []string{"openid", "groups", "email"}
	want.AllowedDomains, want.RedirectURL = []string{"a.com", "b.com"}, "https://pulse.example.com/api/oidc/callback"
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	locked := map[string]bool{"enabled": true, "issuerUrl": true, "clientId": true, "scopes": true, "allowedDomains": true}
	if diff := cmp.Diff(locked, d.Locked()); diff != "" {
		t.Error(diff)
	}
	if _, err := d.Set(t.Context(), DefaultProvider, Change{}); !errors.Is(err, ErrLocked) {
		t.Errorf("Set gave %v", err)
	}
	if err := d.Delete(t.Context(), DefaultProvider); !errors.Is(err, ErrLocked) {
		t.Errorf("Delete gave %v", err)
	}
	if err := d.Delete(t.Context(), "second"); err != nil {
		t.Errorf("another provider is locked, too: %v", err)
	}
	if err := d.Delete(t.Context(), "second"); !errors.Is(err, ErrUnknownProvider) {
		t.Errorf("deleting twice gave %v", err)
	}
	var told strings.Builder
	broken := New(Options{
		Records: b.records, Logger: hclog.New(&hclog.LoggerOptions{Output: &told}),
		Environment: map[string]string{"OIDC_ENABLED": "1", "OIDC_ISSUER_URL": "idp"},
	})
	if err := broken.Load(t.Context()); err != nil || !strings.Contains(told.String(), "oidc issuer url is not a valid URL") {
		t.Errorf("an environment that makes no sense: %v, told %q", err, told.String())
	}
	if got := b.Locked(); got != nil {
		t.Errorf("without an environment %v is locked", got)
	}
}

func TestProvidersAreBounded(t *testing.T) {
	b := newBench(t)
	for i := range MaxProviders - 1 {
		b.set(t, "p"+strings.Repeat("x", i), func(*Settings) {})
	}
	_, err := b.Set(t.Context(), "one-more", Change{})
	if !errors.Is(err, ErrTooManyProviders) {
		t.Errorf("one more gave %v", err)
	}
	if err := b.Delete(t.Context(), "p"); err != nil {
		t.Fatal(err)
	}
	b.set(t, "one-more", func(*Settings) {})
	if got := len(b.Enabled()); got != MaxProviders {
		t.Errorf("%d providers, want %d", got, MaxProviders)
	}
}

func TestWhatTheStoreRefusesChangesNothing(t *testing.T) {
	b := newBench(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	b.saving <- struct{}{}
	_, err := b.Set(ctx, DefaultProvider, Change{})
	<-b.saving
	if s, _ := b.Provider(DefaultProvider); !errors.Is(err, context.Canceled) || !s.Enabled {
		t.Errorf("got %v, enabled %v", err, s.Enabled)
	}
}
