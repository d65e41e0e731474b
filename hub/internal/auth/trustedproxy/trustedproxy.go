// Package trustedproxy recognises people whom a reverse proxy in front of the
// hub has signed in.
package trustedproxy

import (
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"net/http"
	"net/netip"
	"slices"

	"github.com/pulse-hub/pulse/hub/internal/auth"
)

// Reasons why a proxy that showed its secret vouches for nobody.
var (
	// ErrNoUser: the header with the user's name is missing or empty.
	ErrNoUser = errors.New("proxy did not send the header with the name of the user")
	// ErrUser: the name is longer than MaxUser or has characters that are not shown.
	ErrUser = errors.New("name of the user that the proxy sent is not valid")
	// ErrRoles: the roles are longer than MaxRoles.
	ErrRoles = errors.New("list of roles that the proxy sent is too long")
	// ErrRepeated: the header of the user or of the roles is there more than once. A
	// proxy that adds its header to one of the client would let clients choose.
	ErrRepeated = errors.New("header of the proxy is repeated")
)

const (
	// SecretHeader is the header in which a proxy shows its secret.
	SecretHeader = "X-Proxy-Secret"
	// DefaultSeparator stands between roles where nothing else is configured.
	DefaultSeparator = "|"
	// MaxUser bounds the name of a user, in bytes.
	MaxUser = 128
	// MaxRoles bounds the header with the roles, in bytes.
	MaxRoles = 8 << 10
	// Unnamed is the user where no header for the name is configured. No account
	// can have this name.
	Unnamed = "proxy user"
)

// Options are what a Proxy is built from.
type Options struct {
	// Secret is what the proxy shows; empty: no proxy is trusted.
	Secret string
	// UserHeader names the header with the user's name; empty: users have no names.
	UserHeader string
	// RoleHeader names the header with the roles; empty: everybody is an administrator.
	RoleHeader string
	// Separator stands between roles; empty: DefaultSeparator.
	Separator string
	// AdminRole is the role that makes an administrator; empty: "admin". Where it
	// is another word, "admin" makes none.
	AdminRole string
	// LogoutURL is where the dashboard sends people who sign out.
	LogoutURL string
	// DefaultRole is for those whose header names no role there is; one without
	// name: auth.Operator. It is never one of administrators.
	DefaultRole auth.Role
	// Networks are where the proxy may call from; empty: anywhere.
	Networks []netip.Prefix
	// Roles finds a role by its name; nil: only built-in ones are known.
	Roles func(name string) (auth.Role, bool)
}

// Proxy recognises the users of one reverse proxy. It is immutable, and safe
// for concurrent use where Roles is.
type Proxy struct {
	options Options
	secret  [sha256.Size]byte
}

// New returns a Proxy.
func New(options Options) *Proxy {
	if options.Separator == "" {
		options.Separator = DefaultSeparator
	}
	if options.AdminRole == "" {
		options.AdminRole = auth.RoleAdmin
	}
	if options.DefaultRole.Name == "" || options.DefaultRole.IsAdmin() {
		options.DefaultRole = auth.Operator()
	}
	if options.Roles == nil {
		options.Roles = func(string) (auth.Role, bool) { return auth.Role{}, false }
	}
	options.Networks = slices.Clone(options.Networks)
	return &Proxy{options: options, secret: sha256.Sum256([]byte(options.Secret))}
}

// Configured reports whether a proxy is trusted at all.
func (p *Proxy) Configured() bool { return p.options.Secret != "" }

// Named reports whether the proxy sends the names of users.
func (p *Proxy) Named() bool { return p.options.UserHeader != "" }

// LogoutURL returns where people who sign out are sent; empty: nowhere.
func (p *Proxy) LogoutURL() string { return p.options.LogoutURL }

// Authenticate returns whom the proxy vouches for in a request from peer, the
// address of the other end of the connection. It returns nil and no error when
// the request is not from the proxy: the secret is missing or wrong, or the
// peer is outside of the networks. A proxy that is known and vouches for nobody
// gives ErrNoUser, ErrUser, ErrRoles or ErrRepeated; the texts hold nothing of
// the request.
func (p *Proxy) Authenticate(r *http.Request, peer netip.Addr) (*auth.Principal, error) {
	if !p.trusts(r.Header, peer) {
		return nil, nil
	}
	user, err := p.user(r.Header)
	if err != nil {
		return nil, err
	}
	role, err := p.role(r.Header)
	if err != nil {
		return nil, err
	}
	return auth.NewPerson(auth.MethodProxy, user, "", role), nil
}

// Strip removes the headers of the proxy from a request, so that nothing
// behind takes one that a stranger sent for the proxy's.
func (p *Proxy) Strip(r *http.Request) {
	r.Header.Del(SecretHeader)
	if p.options.UserHeader != "" {
		r.Header.Del(p.options.UserHeader)
	}
	if p.options.RoleHeader != "" {
		r.Header.Del(p.options.RoleHeader)
	}
}

func (p *Proxy) trusts(header http.Header, peer netip.Addr) bool {
	shown := header.Values(SecretHeader)
	if !p.Configured() || len(shown) != 1 {
		return false
	}
	// Hashes have one length, so that the time it takes says nothing about that of the secret.
	hash := sha256.Sum256([]byte(shown[0]))
	return subtle.ConstantTimeCompare(hash[:], p.secret[:]) == 1 && p.near(peer)
}

func (p *Proxy) near(peer netip.Addr) bool {
	peer = peer.Unmap().WithZone("") // a prefix contains no address with a zone
	return len(p.options.Networks) == 0 ||
		slices.ContainsFunc(p.options.Networks, func(network netip.Prefix) bool { return network.Contains(peer) })
}
