// Package session keeps who is signed in with a browser, and the tokens that
// protect those browsers against forged requests.
package session

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"time"

	"github.com/pulse-hub/pulse/hub/internal/auth"
)

// Reasons why a session is not opened, changed or ended. Test with errors.Is.
var (
	// ErrUnknown: no live session has the id.
	ErrUnknown = errors.New("no such session")
	// ErrDraft: a draft names no user, a name that is too long, or a method that is no browser's.
	ErrDraft = errors.New("draft of a session is not usable")
	// ErrUpstream: the tokens of the identity provider are longer than MaxUpstream together.
	ErrUpstream = errors.New("tokens of the identity provider are too long")
)

// How long sessions and their tokens last.
const (
	// maxAge ends every session, however much it is used.
	maxAge = 90 * 24 * time.Hour
	// csrfLength is how long a token against forged requests is valid.
	csrfLength = 4 * time.Hour
)

// The bounds of sessions.
const (
	// MaxUser is how many sessions a user has. When there are more, the one
	// that was not used for longest ends.
	MaxUser = 50
	// MaxSessions is how many sessions there are by default. When there are
	// more, the one that was not used for longest ends.
	MaxSessions = 20_000
	// MaxUpstream bounds the tokens of an identity provider, in bytes together.
	MaxUpstream = 32 << 10
	// maxName bounds the names of users and providers, in bytes.
	maxName = 256
)

// Length returns how long a session lasts that is not used: a day, or 30 days
// for those that are remembered. Every use starts the time anew.
func Length(remember bool) time.Duration {
	if remember {
		return 30 * 24 * time.Hour
	}
	return 24 * time.Hour
}

// Session is a browser that is signed in. Nothing in it is secret. Times are
// UTC, in whole milliseconds.
type Session struct {
	// ID is public, to list and end the session: 26 characters that sort by the time of sign-in.
	ID string
	// User is the sign-in name.
	User string
	// Method is auth.MethodSession, auth.MethodOIDC or auth.MethodSAML.
	Method auth.Method
	// Provider is the id of the identity provider, or what else has vouched for
	// the user; empty for a password.
	Provider string
	// Remember says that the session lasts for 30 days without use instead of one.
	Remember bool
	// Created is the time of sign-in, Seen that of the last use, and Expires when
	// the session ends if it is not used before.
	Created, Seen, Expires time.Time
	// Address is where the last use came from; empty: unknown.
	Address string
	// UserAgent is what the browser said of itself at the last use, at most 512 bytes.
	UserAgent string
}

// Draft is a session that is wanted.
type Draft struct {
	// User is the sign-in name, 1 to 256 bytes.
	User string
	// Method is auth.MethodSession, auth.MethodOIDC or auth.MethodSAML.
	Method auth.Method
	// Provider is the id of the identity provider, at most 256 bytes; may be empty.
	Provider string
	Remember bool
	Address  netip.Addr
	// UserAgent is what the browser says of itself. The session is bound to the
	// kind of browser and its operating system.
	UserAgent string
	// Upstream is the session at the identity provider; nil: there is none.
	Upstream *Upstream
}

// Upstream is the session at an identity provider that a session here hangs
// on. It is secret, and sealed on disk.
type Upstream struct {
	IDToken, AccessToken, RefreshToken string
	// Expires is when the access token ends; zero: the provider does not say.
	Expires time.Time
	// Issuer is the provider's URL.
	Issuer string
	// SessionID is the provider's name of the session ("sid"); may be empty.
	SessionID string
}

// Opened is a session that was just opened, with its secrets, which are told
// this once and kept only as hashes.
type Opened struct {
	Session
	// Secret has 64 lower-case hexadecimal digits: the browser's cookie.
	Secret string
	// CSRF is the token that changes have to carry: 44 characters of padded base64url.
	CSRF string
}

// Visitor is where a request comes from.
type Visitor struct {
	Address   netip.Addr
	UserAgent string
}

func (d *Draft) check() error {
	switch d.Method {
	case auth.MethodSession, auth.MethodOIDC, auth.MethodSAML:
	default:
		return fmt.Errorf("%w: method %.20q", ErrDraft, string(d.Method))
	}
	if d.User == "" || len(d.User) > maxName || len(d.Provider) > maxName {
		return fmt.Errorf("%w: name is missing or too long", ErrDraft)
	}
	if d.Upstream != nil {
		return d.Upstream.check()
	}
	return nil
}

func (u *Upstream) check() error {
	if len(u.IDToken)+len(u.AccessToken)+len(u.RefreshToken)+len(u.Issuer)+len(u.SessionID) > MaxUpstream {
		return ErrUpstream
	}
	return nil
}

// addressText returns an address as sessions tell it, without what depends on
// how it was reached.
func addressText(address netip.Addr) string {
	if !address.IsValid() {
		return ""
	}
	return address.String()
}

func plainAddress(address netip.Addr) netip.Addr { return address.Unmap().WithZone("") }

// foldUser returns the form of a user's name that names are compared in.
func foldUser(name string) string { return strings.ToLower(name) }
