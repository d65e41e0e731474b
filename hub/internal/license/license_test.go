package license_test

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"errors"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pulse-hub/pulse/hub/internal/license"
	"github.com/pulse-hub/pulse/hub/internal/store"
)

var start = time.Date(2026, 11, 23, 5, 29, 18, 0, time.UTC)

// keys returns a pair that is always the same.
func keys() (ed25519.PublicKey, ed25519.PrivateKey) {
	private := ed25519.NewKeyFromSeed(bytes.Repeat([]byte{7}, ed25519.SeedSize))
	return private.Public().(ed25519.PublicKey), private
}

func open(t *testing.T, dir string) *store.DB {
	t.Helper()
	db, err := store.Open(filepath.Join(dir, "pulse.db"), store.Options{KeyFile: filepath.Join(dir, "pulse.key")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

// newDesk returns a desk at the time that the clock shows.
func newDesk(t *testing.T, clock *time.Time, db *store.DB) *license.Desk {
	t.Helper()
	public, _ := keys()
	desk := license.New(license.Options{Records: db, PublicKey: public, Now: func() time.Time { return *clock }})
	if err := desk.Load(t.Context()); err != nil {
		t.Fatal(err)
	}
	return desk
}

func issue(t testing.TB, claims license.Claims) string {
	t.Helper()
	_, private := keys()
	key, err := license.Issue(private, claims)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func claims(tier license.Tier, expires time.Time) license.Claims {
	c := license.Claims{ID: "l1", Email: "owner@example.com", Tier: tier, Issued: start.Unix()}
	if !expires.IsZero() {
		c.Expires = expires.Unix()
	}
	return c
}

func asJSON(t *testing.T, value any) string {
	t.Helper()
	text, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

const five = `"ai_patrol","ai_alerts","ai_autofix","kubernetes_ai","update_alerts"`

// The statuses have the members and values of the recorded ones.
func TestStatus(t *testing.T) {
	enterprise := claims(license.Enterprise, start.Add(10*24*time.Hour-time.Second))
	enterprise.MaxNodes = 50
	odd := claims("odd", time.Time{})
	odd.Features = []license.Feature{"ai_patrol", "x", "ai_patrol"}
	odd.MaxGuests = 3
	tests := []struct {
		name   string
		claims license.Claims
		want   string
	}{
		{
			"annual", claims(license.ProAnnual, start.Add(90*24*time.Hour-time.Second)),
			`{"valid":true,"tier":"pro_annual","email":"owner@example.com","expires_at":"2027-02-21T05:29:17Z","is_lifetime":false,"days_remaining":89,"features":[` + five + `]}`,
		},
		{
			"whole days", claims(license.Pro, start.Add(24*time.Hour)),
			`{"valid":true,"tier":"pro","email":"owner@example.com","expires_at":"2026-11-24T05:29:18Z","is_lifetime":false,"days_remaining":1,"features":[` + five + `]}`,
		},
		{
			"grace", claims(license.ProAnnual, start.Add(-24*time.Hour-time.Second)),
			`{"valid":true,"tier":"pro_annual","email":"owner@example.com","expires_at":"2026-11-22T05:29:17Z","is_lifetime":false,"days_remaining":0,"features":[` + five + `],"in_grace_period":true,"grace_period_end":"2026-11-29T05:29:17Z"}`,
		},
		{
			"lifetime", claims(license.Lifetime, time.Time{}),
			`{"valid":true,"tier":"lifetime","email":"owner@example.com","is_lifetime":true,"days_remaining":-1,"features":[` + five + `]}`,
		},
		{
			"enterprise", enterprise,
			`{"valid":true,"tier":"enterprise","email":"owner@example.com","expires_at":"2026-12-03T05:29:17Z","is_lifetime":false,"days_remaining":9,"features":[` + five + `,"unlimited","multi_user","white_label","multi_tenant"],"max_nodes":50}`,
		},
		{
			"unknown tier", odd,
			`{"valid":true,"tier":"odd","email":"owner@example.com","is_lifetime":true,"days_remaining":-1,"features":["ai_patrol","x"],"max_guests":3}`,
		},
		{
			"far away", claims(license.MSP, time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)),
			`{"valid":true,"tier":"msp","email":"owner@example.com","expires_at":"9999-01-01T00:00:00Z","is_lifetime":false,"days_remaining":2911751,"features":[` + five + `,"unlimited"]}`,
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			clock := start
			desk := newDesk(t, &clock, open(t, t.TempDir()))
			got, err := desk.Activate(t.Context(), "  "+issue(t, tt.claims)+"\n")
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, asJSON(t, got)); diff != "" {
				t.Error(diff)
			}
			if diff := cmp.Diff(asJSON(t, got), asJSON(t, desk.Status())); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestLifeOfALicense(t *testing.T) {
	dir, clock := t.TempDir(), start
	db := open(t, dir)
	desk := newDesk(t, &clock, db)
	check := func(at string, desk *license.Desk, want string, has, valid bool) {
		t.Helper()
		if got := desk.Features(); got.LicenseStatus != want || got.Features[license.Patrol] != has || len(got.Features) != 5 || got.UpgradeURL != "https://pulserelay.pro" {
			t.Errorf("%s: %+v", at, got)
		}
		if desk.Has(license.Patrol) != has || desk.Has(license.MultiUser) || (desk.Gate(license.Patrol) == nil) != has || desk.Status().Valid != valid {
			t.Errorf("%s: has %v, status %+v", at, desk.Has(license.Patrol), desk.Status())
		}
	}
	const free = `{"valid":false,"tier":"free","is_lifetime":false,"days_remaining":0,"features":null}`
	check("without", desk, "none", false, false)
	if diff := cmp.Diff(free, asJSON(t, desk.Status())); diff != "" {
		t.Error(diff)
	}
	expires := start.Add(30 * 24 * time.Hour)
	if _, err := desk.Activate(t.Context(), issue(t, claims(license.Pro, expires))); err != nil {
		t.Fatal(err)
	}
	check("active", desk, "active", true, true)
	clock = expires.Add(-time.Nanosecond)
	check("until the last moment", desk, "active", true, true)
	clock = expires
	check("from then on", desk, "grace_period", true, true)
	clock = expires.Add(license.Grace)
	check("after the grace", desk, "expired", false, false)
	again := newDesk(t, &clock, db)
	check("after the grace and a restart", again, "expired", false, false)
	if got := again.Status(); got.Tier != license.Pro || len(got.Features) != 5 || got.InGracePeriod || got.DaysRemaining != 0 {
		t.Errorf("%+v", got)
	}
	for range 2 {
		if err := again.Clear(t.Context()); err != nil {
			t.Fatal(err)
		}
		check("cleared", again, "none", false, false)
	}
	check("cleared and a restart", newDesk(t, &clock, db), "none", false, false)
}

func TestKeyIsStoredSealed(t *testing.T) {
	clock, dir := start, t.TempDir()
	db := open(t, dir)
	key := issue(t, claims(license.Pro, time.Time{}))
	if _, err := newDesk(t, &clock, db).Activate(t.Context(), key); err != nil {
		t.Fatal(err)
	}
	public, _ := keys()
	other := bytes.Clone(public)
	other[0] ^= 1
	stranger := license.New(license.Options{Records: db, PublicKey: other})
	if err := stranger.Load(t.Context()); err != nil || stranger.Status().Valid {
		t.Errorf("a key of somebody else is in force: %v, %+v", err, stranger.Status())
	}
	if !newDesk(t, &clock, db).Has(license.Patrol) {
		t.Error("the key is gone")
	}
}

// raw makes a key of three texts, with a true signature.
func raw(header, payload string) string {
	_, private := keys()
	encode := base64.RawURLEncoding.EncodeToString
	signed := encode([]byte(header)) + "." + encode([]byte(payload))
	return signed + "." + encode(ed25519.Sign(private, []byte(signed)))
}

func TestKeysThatAreRefused(t *testing.T) {
	const good = `{"alg":"EdDSA","typ":"JWT"}`
	valid := issue(t, claims(license.Pro, time.Time{}))
	parts := strings.Split(valid, ".")
	long := claims(license.Pro, time.Time{})
	long.Features = []license.Feature{license.Feature(strings.Repeat("x", 300))}
	tests := []struct {
		name, key string
		is        error
		want      string
	}{
		{"empty", " \n", license.ErrNoKey, "license key is missing"},
		{"garbage", "garbage", license.ErrMalformed, "malformed license key"},
		{"two parts", "a.b", license.ErrMalformed, "malformed license key"},
		{"four parts", "a.b.c.d", license.ErrMalformed, "malformed license key"},
		{"too long", strings.Repeat("a", license.MaxKey+1), license.ErrMalformed, "malformed license key"},
		{"header", "!." + parts[1] + "." + parts[2], license.ErrMalformed, "malformed license key: invalid header encoding"},
		{"payload", parts[0] + ".!." + parts[2], license.ErrMalformed, "malformed license key: invalid payload encoding"},
		{"signature", parts[0] + "." + parts[1] + ".!", license.ErrMalformed, "malformed license key: invalid signature encoding"},
		{"padding", parts[0] + "." + parts[1] + "." + parts[2] + "==", license.ErrMalformed, "malformed license key: invalid signature encoding"},
		{"line break", parts[0] + ".\n" + parts[1] + "." + parts[2], license.ErrMalformed, "malformed license key: invalid payload encoding"},
		{"other payload", parts[0] + "." + base64.RawURLEncoding.EncodeToString([]byte(`{"lid":"l1","email":"e","tier":"enterprise"}`)) + "." + parts[2], license.ErrSignature, "license signature invalid"},
		{"short signature", parts[0] + "." + parts[1] + ".AA", license.ErrSignature, "license signature invalid"},
		{"no algorithm", raw(`{"alg":"none"}`, `{"lid":"l","email":"e","tier":"pro"}`), license.ErrSignature, "license signature invalid"},
		{"other algorithm", raw(`{"alg":"HS256"}`, `{"lid":"l","email":"e","tier":"pro"}`), license.ErrSignature, "license signature invalid"},
		{"header is no JSON", raw(`x`, `{"lid":"l","email":"e","tier":"pro"}`), license.ErrSignature, "license signature invalid"},
		{"extension", raw(`{"alg":"EdDSA","crit":["b64"]}`, `{"lid":"l","email":"e","tier":"pro"}`), license.ErrSignature, "license signature invalid"},
		{"claims", raw(good, `[]`), license.ErrMalformed, "malformed license key: invalid claims JSON"},
		{"claims of other types", raw(good, `{"lid":1}`), license.ErrMalformed, "malformed license key: invalid claims JSON"},
		{"no id", raw(good, `{"email":"e","tier":"pro"}`), license.ErrMalformed, "malformed license key: missing license ID"},
		{"no email", raw(good, `{"lid":"l","tier":"pro"}`), license.ErrMalformed, "malformed license key: missing email"},
		{"no tier", raw(good, `{"lid":"l","email":"e"}`), license.ErrMalformed, "malformed license key: missing tier"},
		{"before all times", raw(good, `{"lid":"l","email":"e","tier":"pro","exp":-1}`), license.ErrMalformed, "malformed license key: time out of range"},
		{"after all times", raw(good, `{"lid":"l","email":"e","tier":"pro","exp":253402300800}`), license.ErrMalformed, "malformed license key: time out of range"},
		{"negative", raw(good, `{"lid":"l","email":"e","tier":"pro","max_nodes":-1}`), license.ErrMalformed, "malformed license key: negative limit"},
		{"nameless feature", raw(good, `{"lid":"l","email":"e","tier":"pro","features":[""]}`), license.ErrMalformed, "malformed license key: feature without a usable name"},
		{
			"expired", issue(t, claims(license.Pro, time.Date(2026, 10, 24, 12, 0, 0, 0, time.UTC))), license.ErrExpired,
			"license has expired: expired on 2026-10-24 (grace period ended 2026-10-31)",
		},
	}
	clock := start
	desk := newDesk(t, &clock, open(t, t.TempDir()))
	if _, err := desk.Activate(t.Context(), issue(t, long)); err != nil {
		t.Fatal(err)
	}
	before := desk.Status()
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := desk.Activate(t.Context(), tt.key)
			if !errors.Is(err, tt.is) || err.Error() != tt.want {
				t.Errorf("got %v, want %q", err, tt.want)
			}
			if diff := cmp.Diff(before, desk.Status()); diff != "" {
				t.Errorf("the license before is not in force any more: %s", diff)
			}
		})
	}
}

func TestWithoutAPublicKey(t *testing.T) {
	key := issue(t, claims(license.Pro, time.Time{}))
	desk := license.New(license.Options{Records: open(t, t.TempDir())})
	if _, err := desk.Activate(t.Context(), key); !errors.Is(err, license.ErrNoPublicKey) {
		t.Errorf("got %v, want %v", err, license.ErrNoPublicKey)
	}
	development := license.New(license.Options{Records: open(t, t.TempDir()), Development: true})
	if _, err := development.Activate(t.Context(), key[:len(key)-86]+strings.Repeat("A", 86)); err != nil {
		t.Errorf("development takes any signature, got %v", err)
	}
	if _, err := development.Activate(t.Context(), raw(`{"alg":"none"}`, `{"lid":"l","email":"e","tier":"pro"}`)); err == nil {
		t.Error("a key without an algorithm was taken")
	}
	public, _ := keys()
	other := bytes.Clone(public)
	other[0] ^= 1
	checked := license.New(license.Options{Records: open(t, t.TempDir()), Development: true, PublicKey: other})
	if _, err := checked.Activate(t.Context(), key); !errors.Is(err, license.ErrSignature) {
		t.Errorf("got %v, want %v", err, license.ErrSignature)
	}
}

func TestMadeUpDataHasEveryFeature(t *testing.T) {
	desk := license.New(license.Options{Records: open(t, t.TempDir()), Mock: true})
	if desk.Status().Tier != license.Free || desk.Features().LicenseStatus != "none" {
		t.Errorf("%+v", desk.Status())
	}
	for feature, has := range desk.Features().Features {
		if !has || desk.Gate(feature) != nil {
			t.Errorf("%s is missing", feature)
		}
	}
}

func TestGateSaysWhatIsMissing(t *testing.T) {
	desk := license.New(license.Options{Records: open(t, t.TempDir()), UpgradeURL: "https://example.com"})
	for feature, want := range map[license.Feature]string{
		license.Patrol:        "AI Patrol (Background Health Checks)",
		license.AlertAnalysis: "AI Alert Analysis",
		license.AutoFix:       "AI Auto-Fix",
		license.KubernetesAI:  "Kubernetes AI Analysis",
		license.UpdateAlerts:  "Update Alerts (Container/Package Updates)",
		"other":               "other",
	} {
		var required *license.Required
		if err := desk.Gate(feature); !errors.As(err, &required) {
			t.Fatalf("got %v", err)
		}
		wanted := license.Required{
			Feature: feature, Message: "feature not included in license: " + want + " requires Pulse Pro", UpgradeURL: "https://example.com",
		}
		if diff := cmp.Diff(wanted, *required); diff != "" {
			t.Error(diff)
		}
	}
}

// TestStoreAndMemoryTellTheSame changes a license from many sides at once.
func TestStoreAndMemoryTellTheSame(t *testing.T) {
	clock, db := start, open(t, t.TempDir())
	desk := newDesk(t, &clock, db)
	var changes sync.WaitGroup
	for i := range 20 {
		changes.Go(func() {
			tier := []license.Tier{license.Pro, license.MSP, license.Enterprise}[i%3]
			if _, err := desk.Activate(t.Context(), issue(t, claims(tier, time.Time{}))); err != nil {
				t.Error(err)
			}
			if i%5 == 0 {
				if err := desk.Clear(t.Context()); err != nil {
					t.Error(err)
				}
			}
			desk.Has(license.Patrol)
		})
	}
	changes.Wait()
	if diff := cmp.Diff(desk.Status(), newDesk(t, &clock, db).Status()); diff != "" {
		t.Error(diff)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := desk.Clear(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want %v", err, context.Canceled)
	}
}

func TestPublicKeys(t *testing.T) {
	public, _ := keys()
	for text, want := range map[string]bool{
		base64.StdEncoding.EncodeToString(public): true, base64.RawURLEncoding.EncodeToString(public) + "\n": true,
		"AAAA": false, "!": false,
	} {
		got, err := license.ParsePublicKey(text)
		if want != (err == nil) || want && !got.Equal(public) || !want && !errors.Is(err, license.ErrPublicKey) {
			t.Errorf("%q: %v, %v", text, got, err)
		}
	}
	if got, err := license.ParsePublicKey(""); got != nil || err != nil {
		t.Errorf("%v, %v", got, err)
	}
}

func FuzzParse(f *testing.F) {
	f.Add(issue(f, claims(license.Pro, start)))
	f.Add(raw(`{"alg":"none"}`, `{}`))
	f.Add("a.b.c")
	f.Add("..")
	public, private := keys()
	f.Fuzz(func(t *testing.T, key string) {
		got, err := license.Parse(key, public)
		if err != nil {
			if !errors.Is(err, license.ErrMalformed) && !errors.Is(err, license.ErrSignature) {
				t.Errorf("%q: %v", key, err)
			}
			return
		}
		again, err := license.Issue(private, got)
		if err != nil {
			t.Fatal(err)
		}
		if back, err := license.Parse(again, public); err != nil || !cmp.Equal(got, back) {
			t.Errorf("%+v became %+v, %v", got, back, err)
		}
	})
}

// FuzzClaims signs whatever comes, which gets past the signature.
func FuzzClaims(f *testing.F) {
	f.Add(`{"alg":"EdDSA"}`, `{"lid":"l","email":"e","tier":"pro","exp":1,"features":["x"],"max_nodes":3}`)
	f.Add(`{}`, `[]`)
	public, _ := keys()
	f.Fuzz(func(t *testing.T, header, payload string) {
		claims, err := license.Parse(raw(header, payload), public)
		if err == nil && (claims.ID == "" || claims.Email == "" || claims.Tier == "" || claims.Expires < 0 || claims.MaxNodes < 0) {
			t.Errorf("%q was taken: %+v", payload, claims)
		}
	})
}
