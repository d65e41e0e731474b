package session

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"

	"github.com/oklog/ulid/v2"

	"github.com/pulse-hub/pulse/hub/internal/store"
)

const (
	// secretBytes is how much chance is in a secret and in a token.
	secretBytes = 32
	// secretDigits and csrfDigits are how long they are as text.
	secretDigits = 2 * secretBytes
	csrfDigits   = (secretBytes + 2) / 3 * 4
)

// Open signs a browser in. It returns when the session is on disk; when the
// disk is full, the session is opened nevertheless, for somebody has to sign
// in to make room, and a crash ends it. The error is ErrDraft, ErrUpstream, or
// one of the store.
func (d *Desk) Open(ctx context.Context, draft Draft) (Opened, error) {
	if err := draft.check(); err != nil {
		return Opened{}, err
	}
	e, opened := d.begin(&draft)
	d.mu.Lock()
	ended := d.makeRoomLocked(e.User)
	d.table.add(e)
	d.mu.Unlock()
	err := d.write(ctx, append(ended, e.key))
	if err != nil && !errors.Is(err, store.ErrNoSpace) {
		d.mu.Lock()
		d.dropLocked(e)
		d.mu.Unlock()
		return Opened{}, fmt.Errorf("keep session: %w", err)
	}
	return opened, nil
}

// begin makes a session and its secrets.
func (d *Desk) begin(draft *Draft) (*entry, Opened) {
	secret, token := newSecret(), newToken()
	now := d.now()
	address := plainAddress(draft.Address)
	e := &entry{
		Session: Session{
			ID: ulid.Make().String(), User: draft.User, Method: draft.Method, Provider: draft.Provider, Remember: draft.Remember,
			Created: now, Seen: now, Expires: now.Add(Length(draft.Remember)),
			Address: addressText(address), UserAgent: cutUserAgent(draft.UserAgent),
		},
		key: digestOf(secret), address: address, browser: browserOf(draft.UserAgent),
		csrf: digestOf(token), csrfUntil: now.Add(csrfLength),
	}
	if draft.Upstream != nil {
		upstream := *draft.Upstream
		e.upstream = &upstream
	}
	return e, Opened{Session: e.Session, Secret: secret, CSRF: token}
}

func newSecret() string {
	var random [secretBytes]byte
	_, _ = rand.Read(random[:]) // never fails, says crypto/rand
	return hex.EncodeToString(random[:])
}

func newToken() string {
	var random [secretBytes]byte
	_, _ = rand.Read(random[:]) // never fails, says crypto/rand
	return base64.URLEncoding.EncodeToString(random[:])
}

// makeRoomLocked ends sessions until one more of the user is within the
// bounds. It returns those whose records have to go.
func (d *Desk) makeRoomLocked(user string) []digest {
	var ended []digest
	for e := d.table.excess(user, d.options.Limit); e != nil; e = d.table.excess(user, d.options.Limit) {
		d.endLocked(e, reasonTooMany)
		ended = append(ended, e.key)
	}
	return ended
}

// Find returns the session whose secret a browser presents, and false when
// there is none. The use starts the time of the session anew. A session that
// comes from another kind of browser, or from another operating system, than
// it was opened with has been carried away: it ends. Nothing is written to
// disk.
func (d *Desk) Find(secret string, from Visitor) (Session, bool) {
	if len(secret) != secretDigits {
		return Session{}, false
	}
	// Asked by hash, so that the time a look-up takes says nothing about a secret.
	key := digestOf(secret)
	now := d.now()
	d.mu.Lock()
	defer d.mu.Unlock()
	e, ok := d.table.entries[key]
	if !ok {
		return Session{}, false
	}
	if e.expired(now) {
		d.endLocked(e, reasonExpired)
		return Session{}, false
	}
	if !d.recogniseLocked(e, from) {
		d.endLocked(e, reasonBrowser)
		return Session{}, false
	}
	e.slide(now)
	return e.Session, true
}

// recogniseLocked reports whether a session is used by the browser it was
// opened with, and takes note of where that is now.
func (d *Desk) recogniseLocked(e *entry, from Visitor) bool {
	if from.UserAgent != e.UserAgent {
		if browserOf(from.UserAgent) != e.browser {
			return false
		}
		if cut := cutUserAgent(from.UserAgent); cut != e.UserAgent {
			e.UserAgent = cut
			d.unsaved[e.key] = struct{}{}
		}
	}
	if address := plainAddress(from.Address); address != e.address {
		e.address, e.Address = address, addressText(address)
		d.unsaved[e.key] = struct{}{}
	}
	return true
}

// CheckCSRF reports whether the token is the valid one of a live session.
func (d *Desk) CheckCSRF(id, token string) bool {
	if len(token) != csrfDigits {
		return false
	}
	presented := digestOf(token)
	now := d.now()
	d.mu.Lock()
	defer d.mu.Unlock()
	e, ok := d.table.ids[id]
	if !ok || e.expired(now) || !now.Before(e.csrfUntil) {
		return false
	}
	return subtle.ConstantTimeCompare(presented[:], e.csrf[:]) == 1
}

// NewCSRF makes another token against forged requests for a live session; the
// one before is void. It is valid for four hours. The error is ErrUnknown.
//
// That a token is kept over a restart is best effort, for whoever presents a
// void one is given another: a session's record is written at most once a
// minute for it.
func (d *Desk) NewCSRF(ctx context.Context, id string) (string, error) {
	token := newToken()
	now := d.now()
	d.mu.Lock()
	e, ok := d.table.ids[id]
	if !ok || e.expired(now) {
		d.mu.Unlock()
		return "", ErrUnknown
	}
	e.csrf, e.csrfUntil = digestOf(token), now.Add(csrfLength)
	d.unsaved[e.key] = struct{}{}
	key, due := e.key, now.Sub(e.written) >= flushInterval
	d.mu.Unlock()
	if due {
		_ = d.write(ctx, []digest{key}) // tried again, and told, by Run
	}
	return token, nil
}
