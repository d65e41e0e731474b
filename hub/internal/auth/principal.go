// Package auth says who is calling the hub and what they may do.
package auth

import (
	"slices"

	"github.com/pulse-hub/pulse/sdk/resource"
)

// Method is how a caller has shown who they are.
type Method string

// The methods.
const (
	// MethodToken: an API token.
	MethodToken Method = "token"
	// MethodSession: a browser that signed in with a password or a passkey.
	MethodSession Method = "session"
	// MethodOIDC and MethodSAML: a browser that signed in at an identity provider.
	MethodOIDC Method = "oidc"
	MethodSAML Method = "saml"
	// MethodBasic: HTTP Basic with the name and password of a user.
	MethodBasic Method = "basic"
	// MethodProxy: a reverse proxy that vouches for the user with its secret.
	MethodProxy Method = "proxy"
	// MethodLocal: whoever may open the socket for administrators of this machine.
	MethodLocal Method = "local"
	// MethodRecovery: a caller on this machine while recovery mode is on.
	MethodRecovery Method = "recovery"
	// MethodDevelopment: anybody, while the development bypass is on.
	MethodDevelopment Method = "development"
)

// Principal is an authenticated caller. It is immutable.
type Principal struct {
	// Method is how the caller was recognised.
	Method Method
	// User is the sign-in name; empty for tokens of the configuration.
	User string
	// Session is the public id of the session, for browsers that are signed in.
	Session string
	// Token names the API token the call came with.
	Token resource.TokenRef
	// Role is what the user, or the maker of the token, may do.
	Role Role

	scopes []Scope // of a token; nil for everybody else
}

// NewPerson returns the principal of a user who is no token.
func NewPerson(method Method, user, session string, role Role) *Principal {
	return &Principal{Method: method, User: user, Session: session, Role: role}
}

// Local returns the principal for administrators of the machine the hub runs
// on, who may do everything.
func Local() *Principal {
	return &Principal{
		Method: MethodLocal, User: "local administrator", Role: Administrator(),
		Token: resource.TokenRef{ID: "local", Name: "local administrator"},
	}
}

// IsAdmin reports whether the caller may do everything that a person may do.
func (p *Principal) IsAdmin() bool { return p.Role.IsAdmin() }

// IsBrowser reports whether the caller is a browser that sends its credential
// by itself, so that changes need a token against forged requests.
func (p *Principal) IsBrowser() bool {
	return p.Method == MethodSession || p.Method == MethodOIDC || p.Method == MethodSAML
}

// Has reports whether the scope is among those of the token. Scopes bind
// tokens only: everybody else is bound by their role alone.
func (p *Principal) Has(scope Scope) bool {
	return p.Method != MethodToken || slices.Contains(p.scopes, ScopeAll) || slices.Contains(p.scopes, scope)
}

// May reports whether the role of the caller grants a permission.
func (p *Principal) May(permission Permission) bool { return p.Role.Grants(permission) }

// MayGrant reports whether the caller may give a scope to a token: those they
// have themselves.
func (p *Principal) MayGrant(scope Scope) bool {
	return p.Has(scope) && (p.IsAdmin() || slices.Contains(p.Role.Scopes(), scope))
}

// Credential names what the caller presented, for counting and never for display of a secret.
func (p *Principal) Credential() string {
	switch {
	case p.Method == MethodToken:
		return "token:" + p.Token.ID
	case p.Session != "":
		return "session:" + p.Session
	}
	return string(p.Method) + ":" + p.User
}

// Name names the caller for records of what was changed.
func (p *Principal) Name() string {
	switch {
	case p.Method != MethodToken:
		return p.User
	case p.Token.Name != "":
		return p.Token.Name
	}
	return p.Token.ID
}
