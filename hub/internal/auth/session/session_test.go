package session

import (
	"errors"
	"fmt"
	"net/netip"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pulse-hub/pulse/hub/internal/auth"
)

func TestASessionIsFoundByItsSecretAlone(t *testing.T) {
	b := newBench(t, 0)
	opened := b.openDraft(t, Draft{User: "Anna", Method: auth.MethodOIDC, Provider: "default", Remember: true})
	for text, shape := range map[string]string{
		opened.Secret: `^[0-9a-f]{64}$`, opened.CSRF: `^[0-9A-Za-z_-]{43}=$`, opened.ID: `^[0-9A-HJKMNP-TV-Z]{26}$`,
	} {
		if !regexp.MustCompile(shape).MatchString(text) {
			t.Errorf("%q is not of the shape %s", text, shape)
		}
	}
	b.now = b.now.Add(time.Hour)
	got, ok := b.Find(opened.Secret, Visitor{netip.MustParseAddr("::ffff:192.0.2.8"), firefoxNew})
	want := Session{
		ID: opened.ID, User: "Anna", Method: auth.MethodOIDC, Provider: "default", Remember: true,
		Created: b.now.Add(-time.Hour), Seen: b.now, Expires: b.now.Add(30 * 24 * time.Hour), Address: "192.0.2.8", UserAgent: firefoxNew,
	}
	if diff := cmp.Diff(want, got); !ok || diff != "" {
		t.Errorf("found %v: %s", ok, diff)
	}
	other := b.open(t, "ben")
	if other.Secret == opened.Secret || other.CSRF == opened.CSRF || other.ID == opened.ID {
		t.Error("two sessions have something in common")
	}
	for _, wrong := range []string{
		"", opened.ID, opened.Secret[1:], opened.Secret + "0", strings.ToUpper(opened.Secret), keyText(digestOf(opened.Secret)),
		strings.Repeat("0", 64), strings.Repeat("x", 1<<20),
	} {
		if b.live(wrong) {
			t.Errorf("%.80q is a secret", wrong)
		}
	}
}

func TestDraftsThatMakeNoSenseAreRefused(t *testing.T) {
	tests := map[string]struct {
		draft Draft
		want  error
	}{
		"no user":       {Draft{Method: auth.MethodSession}, ErrDraft},
		"long user":     {Draft{Method: auth.MethodSession, User: strings.Repeat("u", 257)}, ErrDraft},
		"long provider": {Draft{Method: auth.MethodOIDC, User: "u", Provider: strings.Repeat("p", 257)}, ErrDraft},
		"a token":       {Draft{Method: auth.MethodToken, User: "u"}, ErrDraft},
		"this machine":  {Draft{Method: auth.MethodLocal, User: "u"}, ErrDraft},
		"no method":     {Draft{User: "u"}, ErrDraft},
		"long upstream": {Draft{Method: auth.MethodOIDC, User: "u", Upstream: &Upstream{IDToken: strings.Repeat("t", MaxUpstream+1)}}, ErrUpstream},
	}
	b := newBench(t, 0)
	for name, tt := range tests {
		if _, err := b.Open(t.Context(), tt.draft); !errors.Is(err, tt.want) {
			t.Errorf("%s: got %v, want %v", name, err, tt.want)
		}
	}
	if b.disk.count() != 0 || len(b.List("")) != 0 {
		t.Error("a session that was refused is there")
	}
}

func TestUseKeepsASessionOpenButNotForEver(t *testing.T) {
	const day = 24 * time.Hour
	tests := map[string]struct {
		remember bool
		every    time.Duration // between uses
		want     time.Duration // at the last use that worked
	}{
		"just in time":               {false, day - time.Millisecond, 90 * (day - time.Millisecond)},
		"too late":                   {false, day, 0},
		"every hour, for 90 days":    {false, time.Hour, 90*day - time.Hour},
		"remembered, just in time":   {true, 30*day - time.Millisecond, 3 * (30*day - time.Millisecond)},
		"remembered, too late":       {true, 30 * day, 0},
		"remembered, once a fortnig": {true, 14 * day, 84 * day},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			b := newBench(t, 0)
			opened := b.openDraft(t, Draft{User: "anna", Remember: tt.remember})
			var last time.Duration
			for used := tt.every; used < 100*day; used += tt.every {
				b.now = opened.Created.Add(used)
				if !b.live(opened.Secret) {
					break
				}
				last = used
			}
			if last != tt.want {
				t.Errorf("the last use was after %v, want %v", last, tt.want)
			}
			b.now = opened.Created.Add(max(last+tt.every, 90*day))
			if len(b.List("")) != 0 {
				t.Error("the session is listed although it has expired")
			}
		})
	}
}

func TestAClockThatIsSetBackShortensNothing(t *testing.T) {
	b := newBench(t, 0)
	opened := b.open(t, "anna")
	b.now = b.now.Add(-time.Hour)
	found, ok := b.Find(opened.Secret, here())
	if !ok || !found.Expires.Equal(opened.Expires) || !found.Seen.Equal(opened.Seen) {
		t.Errorf("found %v, seen %v, expires %v; opened %v", ok, found.Seen, found.Expires, opened.Expires)
	}
}

func TestASessionIsBoundToItsBrowser(t *testing.T) {
	const (
		firefoxOnWindows = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:143.0) Gecko/20100101 Firefox/143.0"
		edge             = chrome + " Edg/141.0.0.0"
	)
	tests := map[string]struct {
		opened, used string
		want         bool
	}{
		"the same":             {firefox, firefox, true},
		"another version":      {firefox, firefoxNew, true},
		"another product":      {firefox, chrome, false},
		"a product of the kin": {chrome, edge, false},
		"another system":       {firefox, firefoxOnWindows, false},
		"a program":            {firefox, "curl/8.9.1", false},
		"nothing":              {firefox, "", false},
		"nothing as before":    {"", "", true},
		"something at last":    {"", firefox, false},
		"a newer program":      {"curl/8.9.1", "curl/8.10.0", true},
		"very long":            {strings.Repeat("a", 2000), strings.Repeat("a", 3000), true},
		"broken text":          {"a\xff/1", "a\xff/2", true},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			b := newBench(t, 0)
			opened, err := b.Open(t.Context(), Draft{User: "anna", Method: auth.MethodSession, UserAgent: tt.opened})
			if err != nil {
				t.Fatal(err)
			}
			if _, ok := b.Find(opened.Secret, Visitor{UserAgent: tt.used}); ok != tt.want {
				t.Fatalf("found: %v, want %v", ok, tt.want)
			}
			if _, ok := b.Find(opened.Secret, Visitor{UserAgent: tt.opened}); ok != tt.want {
				t.Errorf("found by its own browser afterwards: %v, want %v", ok, tt.want)
			}
			b.restart(t, 0) // before the end was written: its browser alone goes on
			if _, ok := b.Find(opened.Secret, Visitor{UserAgent: tt.used}); ok != tt.want {
				t.Errorf("found after a restart: %v, want %v", ok, tt.want)
			}
		})
	}
}

func TestSessionsGiveWayWhenThereAreTooMany(t *testing.T) {
	b := newBench(t, 120)
	first := b.open(t, "Anna")
	b.now = b.now.Add(time.Second)
	second := b.open(t, "anna")
	ben := b.open(t, "ben")
	for range MaxUser - 1 {
		b.now = b.now.Add(time.Second)
		if !b.live(first.Secret) {
			t.Fatal("a session that is used gave way")
		}
		b.open(t, "ANNA")
	}
	if b.live(second.Secret) || !b.live(ben.Secret) || len(b.List("anna")) != MaxUser {
		t.Errorf("of 51 sessions not just the one that was unused for longest gave way; %d are left", len(b.List("anna")))
	}
	for i := range 120 {
		b.now = b.now.Add(time.Second)
		b.open(t, fmt.Sprint("user ", i))
	}
	if n := len(b.List("")); n != 120 || len(b.disk.records) != 120 || b.live(ben.Secret) {
		t.Errorf("%d sessions, %d records, ben's is one of them: %v", n, len(b.disk.records), b.live(ben.Secret))
	}
	if len(b.table.ids) != 120 || len(b.table.users) != 120 {
		t.Errorf("%d ids and %d users are kept", len(b.table.ids), len(b.table.users))
	}
}

func TestSessionsAreListedAndEnded(t *testing.T) {
	b := newBench(t, 0)
	var anna []Opened
	for range 3 {
		b.now = b.now.Add(time.Second)
		anna = append(anna, b.open(t, "anna"))
	}
	ben := b.open(t, "ben")
	ids := func(user string) (ids []string) {
		for _, one := range b.List(user) {
			ids = append(ids, one.ID)
		}
		return ids
	}
	if diff := cmp.Diff([]string{anna[2].ID, anna[1].ID, anna[0].ID}, ids("Anna")); diff != "" {
		t.Errorf("sessions of anna, the last one first: %s", diff)
	}
	if err := b.End(t.Context(), anna[0].ID); err != nil || b.live(anna[0].Secret) || !b.live(anna[1].Secret) {
		t.Errorf("ending one gave %v, or ended another", err)
	}
	for _, id := range []string{anna[0].ID, "", "nobody's", anna[1].Secret} {
		if err := b.End(t.Context(), id); !errors.Is(err, ErrUnknown) {
			t.Errorf("ending %q gave %v", id, err)
		}
	}
	if n, err := b.EndUser(t.Context(), "ANNA", anna[2].ID); n != 1 || err != nil || b.live(anna[1].Secret) || !b.live(anna[2].Secret) {
		t.Errorf("ending all but one ended %d, %v", n, err)
	}
	if n, err := b.EndUser(t.Context(), "", ""); n != 0 || err != nil {
		t.Errorf("nobody had %d sessions, %v", n, err)
	}
	b.restart(t, 0)
	if diff := cmp.Diff([]string{ben.ID, anna[2].ID}, ids("")); diff != "" {
		t.Errorf("after a restart: %s", diff)
	}
}

// TestAChangedPasswordEndsSessionsOfBeforeARestart: what the user was is not forgotten.
func TestAChangedPasswordEndsSessionsOfBeforeARestart(t *testing.T) {
	b := newBench(t, 0)
	opened := b.open(t, "anna")
	b.restart(t, 0)
	if n, err := b.EndUser(t.Context(), "anna", ""); n != 1 || err != nil || b.live(opened.Secret) {
		t.Errorf("%d sessions ended, %v", n, err)
	}
	if len(b.disk.records) != 0 {
		t.Error("the record is still there")
	}
}

func TestSessionsOfAProviderEnd(t *testing.T) {
	b := newBench(t, 0)
	at := func(provider, sid string) Opened {
		draft := Draft{User: "anna", Method: auth.MethodOIDC, Provider: provider}
		if sid != "" {
			draft.Upstream = &Upstream{SessionID: sid}
		}
		return b.openDraft(t, draft)
	}
	one, two, none, other := at("default", "1"), at("default", "2"), at("default", ""), at("other", "1")
	local := b.open(t, "anna")
	n, err := b.EndProvider(t.Context(), "default", func(u Upstream) bool { return u.SessionID == "1" })
	if n != 1 || err != nil || b.live(one.Secret) || !b.live(two.Secret) || !b.live(other.Secret) {
		t.Errorf("signing out at the provider ended %d, %v", n, err)
	}
	n, err = b.EndProvider(t.Context(), "default", nil)
	if n != 2 || err != nil || b.live(two.Secret) || b.live(none.Secret) || !b.live(other.Secret) || !b.live(local.Secret) {
		t.Errorf("removing the provider ended %d, %v", n, err)
	}
	if n, _ := b.EndProvider(t.Context(), "", nil); n != 0 || !b.live(local.Secret) {
		t.Errorf("no provider ended %d", n)
	}
}

func TestTokensOfTheProviderAreKeptAndReplaced(t *testing.T) {
	b := newBench(t, 0)
	before := Upstream{IDToken: "i", AccessToken: "a", RefreshToken: "r", Expires: b.now.Add(time.Hour), Issuer: "https://idp.example", SessionID: "s"}
	opened := b.openDraft(t, Draft{User: "anna", Method: auth.MethodOIDC, Provider: "default", Upstream: &before})
	after := before
	after.RefreshToken = "r2"
	for _, want := range []Upstream{before, after} {
		if err := b.SetUpstream(t.Context(), opened.ID, want); err != nil {
			t.Fatal(err)
		}
		b.restart(t, 0)
		if got, ok := b.Upstream(opened.ID); !ok || got != want {
			t.Errorf("got %+v, %v, want %+v", got, ok, want)
		}
	}
	if err := b.SetUpstream(t.Context(), opened.ID, Upstream{IDToken: strings.Repeat("t", MaxUpstream+1)}); !errors.Is(err, ErrUpstream) {
		t.Errorf("long tokens gave %v", err)
	}
	local := b.open(t, "ben")
	if _, ok := b.Upstream(local.ID); ok {
		t.Error("a local session has a provider")
	}
	b.now = b.now.Add(25 * time.Hour)
	if err := b.SetUpstream(t.Context(), opened.ID, after); !errors.Is(err, ErrUnknown) {
		t.Errorf("a session that has expired gave %v", err)
	}
	if _, ok := b.Upstream(opened.ID); ok {
		t.Error("a session that has expired has tokens")
	}
}
