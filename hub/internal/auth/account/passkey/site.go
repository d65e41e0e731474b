package passkey

import (
	"fmt"
	"net/url"
	"strings"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"

	"github.com/pulse-hub/pulse/hub/internal/auth/account"
)

// party returns the relying party for an origin, such as
// "https://pulse.example.com:7655", at which a browser has opened the hub.
// Passkeys are bound to its host name. It returns account.ErrSite where browsers offer
// none: at addresses without a name, over plain HTTP except on the same
// machine, and at another origin than that of the public URL when there is one.
func party(origin, publicURL string) (*webauthn.WebAuthn, error) {
	at, err := siteOf(origin)
	if err != nil {
		return nil, err
	}
	if publicURL != "" {
		public, err := siteOf(publicURL)
		if err != nil || public != at {
			return nil, fmt.Errorf("%w: it is not the public one", account.ErrSite)
		}
	}
	library, err := webauthn.New(&webauthn.Config{
		RPID: at.host, RPDisplayName: "Pulse", RPOrigins: []string{at.origin()},
		AttestationPreference: protocol.PreferNoAttestation,
		AuthenticatorSelection: protocol.AuthenticatorSelection{
			ResidentKey: protocol.ResidentKeyRequirementRequired, RequireResidentKey: protocol.ResidentKeyRequired(),
			UserVerification: protocol.VerificationRequired,
		},
		Timeouts: webauthn.TimeoutsConfig{
			Login:        webauthn.TimeoutConfig{Timeout: lifetime},
			Registration: webauthn.TimeoutConfig{Timeout: lifetime},
		},
		// Some password managers answer what nobody asked for. It is not used.
		ExtensionsUnsolicitedOutputPolicy: protocol.UnsolicitedOutputPolicyIgnore,
	})
	if err != nil {
		return nil, fmt.Errorf("%w: %w", account.ErrSite, err)
	}
	return library, nil
}

// site is a scheme, host name and port in their one form.
type site struct{ scheme, host, port string }

func siteOf(address string) (site, error) {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" {
		return site{}, account.ErrSite
	}
	s := site{scheme: strings.ToLower(u.Scheme), host: strings.ToLower(u.Hostname()), port: u.Port()}
	if s.scheme == "https" && s.port == "443" || s.scheme == "http" && s.port == "80" {
		s.port = ""
	}
	local := s.host == "localhost" || strings.HasSuffix(s.host, ".localhost")
	if s.scheme != "https" && (s.scheme != "http" || !local) {
		return site{}, fmt.Errorf("%w: it is not encrypted", account.ErrSite)
	}
	if err := protocol.ValidateRPID(s.host); err != nil {
		return site{}, fmt.Errorf("%w: %w", account.ErrSite, err)
	}
	return s, nil
}

func (s site) origin() string {
	if s.port == "" {
		return s.scheme + "://" + s.host
	}
	return s.scheme + "://" + s.host + ":" + s.port
}
