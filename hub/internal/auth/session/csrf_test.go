package session

import (
	"errors"
	"strings"
	"testing"
	"time"
)

func TestATokenAgainstForgedRequestsIsOfOneSession(t *testing.T) {
	b := newBench(t, 0)
	anna, ben := b.open(t, "anna"), b.open(t, "anna")
	tests := map[string]struct {
		id, token string
		want      bool
	}{
		"its own":           {anna.ID, anna.CSRF, true},
		"another session's": {anna.ID, ben.CSRF, false},
		"without padding":   {anna.ID, strings.TrimRight(anna.CSRF, "="), false},
		"none":              {anna.ID, "", false},
		"the secret":        {anna.ID, anna.Secret, false},
		"no session":        {"", anna.CSRF, false},
	}
	for name, tt := range tests {
		if got := b.CheckCSRF(tt.id, tt.token); got != tt.want {
			t.Errorf("%s: got %v", name, got)
		}
	}
}

func TestANewTokenTakesThePlaceOfTheOneBefore(t *testing.T) {
	b := newBench(t, 0)
	opened := b.openDraft(t, Draft{User: "anna", Remember: true})
	b.now = b.now.Add(csrfLength - time.Millisecond)
	if !b.CheckCSRF(opened.ID, opened.CSRF) {
		t.Error("the first token is void before its time")
	}
	b.now = b.now.Add(time.Millisecond)
	if b.CheckCSRF(opened.ID, opened.CSRF) || !b.live(opened.Secret) {
		t.Error("after four hours the token is not void, or the session is")
	}
	next, err := b.NewCSRF(t.Context(), opened.ID)
	if err != nil || !b.CheckCSRF(opened.ID, next) || b.CheckCSRF(opened.ID, opened.CSRF) {
		t.Errorf("the next token: %v", err)
	}
	b.restart(t, 0)
	if !b.CheckCSRF(opened.ID, next) {
		t.Error("the token did not survive a restart")
	}
	last, err := b.NewCSRF(t.Context(), opened.ID)
	if err != nil || !b.CheckCSRF(opened.ID, last) || b.CheckCSRF(opened.ID, next) {
		t.Errorf("two tokens are valid, or none: %v", err)
	}
}

// TestStrangersGetNoTokens: nobody without a session makes the hub remember or write anything.
func TestStrangersGetNoTokens(t *testing.T) {
	b := newBench(t, 0)
	ended, expired := b.open(t, "anna"), b.open(t, "ben")
	if err := b.End(t.Context(), ended.ID); err != nil {
		t.Fatal(err)
	}
	b.now = b.now.Add(25 * time.Hour)
	writes := b.disk.count()
	for _, id := range []string{"", "nobody's", ended.ID, expired.ID, ended.Secret, strings.Repeat("x", 1<<16)} {
		if token, err := b.NewCSRF(t.Context(), id); !errors.Is(err, ErrUnknown) || token != "" {
			t.Errorf("%.70q was given %q, %v", id, token, err)
		}
	}
	if b.CheckCSRF(ended.ID, ended.CSRF) || b.CheckCSRF(expired.ID, expired.CSRF) {
		t.Error("tokens outlive their session")
	}
	if b.disk.count() != writes || len(b.unsaved) != 0 {
		t.Errorf("%d writes, and %d to come", b.disk.count()-writes, len(b.unsaved))
	}
}

// TestManyTokensAreFewWrites: whoever is signed in cannot wear the disk either.
func TestManyTokensAreFewWrites(t *testing.T) {
	b := newBench(t, 0)
	opened := b.open(t, "anna")
	writes := b.disk.count()
	for range 600 { // ten minutes
		b.now = b.now.Add(time.Second)
		if _, err := b.NewCSRF(t.Context(), opened.ID); err != nil {
			t.Fatal(err)
		}
	}
	if n := b.disk.count() - writes; n > 10 {
		t.Errorf("%d writes in ten minutes", n)
	}
}
