// Package sso signs people in at OpenID Connect providers.
//
// A browser leaves by [Desk.Begin] and comes back through [Desk.Complete],
// which says who it is. Sessions are opened by the caller; [Renewer] keeps them
// in step with the provider and [Desk.VerifyLogout] hears of their end.
package sso

import (
	"time"

	"github.com/pulse-hub/pulse/hub/internal/auth"
)

// Identity is who an identity provider says has signed in.
type Identity struct {
	// Method is auth.MethodOIDC or auth.MethodSAML.
	Method auth.Method
	// Provider is the id of the provider in the settings.
	Provider string
	// Subject is the provider's own name for the person, which never changes.
	Subject string
	// Name is what the person is called here. Providers may let people choose
	// it: two subjects of one name are two people.
	Name string
	// Email may be empty.
	Email string
	// DisplayName is for people; may be empty.
	DisplayName string
	// Groups are those the provider names. The slice is the caller's.
	Groups []string
	// Role is the name of the role that the settings give.
	Role string
	// Upstream is what is needed to renew and end the session at the provider;
	// its zero value for SAML.
	Upstream Upstream
}

// Upstream is the session at the provider that a session here hangs on. It is
// secret, and belongs in a sealed record.
type Upstream struct {
	IDToken, AccessToken, RefreshToken string
	// Expires is when the access token ends; zero: the provider does not say.
	Expires time.Time
	// Issuer is the provider's URL.
	Issuer string
	// SessionID is the provider's name of the session ("sid"); may be empty.
	SessionID string
}

// The codes of failures, as the sign-in page knows them. Besides them a code
// can be what the provider itself answered, such as "access_denied".
const (
	CodeDisabled         = "oidc_disabled"
	CodeInitFailed       = "oidc_init_failed"
	CodeMissingState     = "missing_state"
	CodeInvalidState     = "invalid_state"
	CodeMissingCode      = "missing_code"
	CodeExchangeFailed   = "exchange_failed"
	CodeMissingIDToken   = "missing_id_token"
	CodeInvalidIDToken   = "invalid_id_token"
	CodeInvalidAlgorithm = "invalid_signature_alg"
	CodeInvalidClaims    = "invalid_claims"
	CodeInvalidNonce     = "invalid_nonce"
	CodeEmailRestricted  = "email_restricted"
	CodeDomainRestricted = "domain_restricted"
	CodeGroupRestricted  = "group_restricted"
	CodeSessionFailed    = "session_failed"
)

// Failure says why somebody was not signed in.
type Failure struct {
	// Code is a word for programs, safe to show to anybody.
	Code string
	// Provider is the id of the provider, as far as it is known.
	Provider string
	// Err says more for the log, without secrets; nil where the code says it all.
	Err error
}
