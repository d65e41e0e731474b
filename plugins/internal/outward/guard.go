// Package outward makes HTTP requests to addresses that people typed in, and
// keeps them from leading inwards: to the machine itself, to its network, or
// to the metadata service of a cloud.
//
// An address is checked three times: as it is written (CheckURL), when a name
// is resolved (Resolve), and, what counts, when a connection is made, because
// a name may resolve to something else a moment later.
package outward

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"syscall"
	"time"
)

var (
	// ErrRefused says that an address is none that may be reached. Trying again does not help.
	ErrRefused = errors.New("address is refused")
	// ErrRedirects says that an answer leads on and on, or to nowhere.
	ErrRedirects = errors.New("redirect is not followed")
)

// dialTimeout bounds how long a connection may take to be made.
const dialTimeout = 10 * time.Second

// Guard checks addresses. It is immutable and safe for concurrent use.
type Guard struct {
	allow    Allow
	inward   []network
	resolver *net.Resolver
}

// NewGuard returns a guard. A nil resolver is that of the system.
func NewGuard(allow Allow, resolver *net.Resolver) *Guard {
	if resolver == nil {
		resolver = net.DefaultResolver
	}
	return &Guard{allow: allow, inward: inward(), resolver: resolver}
}

// CheckURL checks a URL as it is written, without asking anybody. The error
// wraps ErrRefused, says why for people, and holds of the URL at most the host.
func (g *Guard) CheckURL(u *url.URL) error {
	if u.Scheme != "http" && u.Scheme != "https" {
		return fmt.Errorf("%w: the scheme must be http or https", ErrRefused)
	}
	host := hostOf(u)
	if host == "" {
		return fmt.Errorf("%w: there is no host", ErrRefused)
	}
	if addr, err := netip.ParseAddr(host); err == nil {
		return g.checkAddress(addr)
	}
	return g.checkName(host)
}

// hostOf returns the host in the form in which it is compared.
func hostOf(u *url.URL) string {
	return strings.ToLower(strings.TrimSuffix(u.Hostname(), "."))
}

func (g *Guard) checkName(host string) error {
	switch {
	case slices.Contains([]string{"metadata", "metadata.goog", "metadata.google.internal", "instance-data"}, host):
		return fmt.Errorf("%w: %s is a metadata service", ErrRefused, host)
	case (host == "localhost" || strings.HasSuffix(host, ".localhost")) && !g.allow.loopback():
		return fmt.Errorf("%w: %s is loopback", ErrRefused, host)
	}
	return nil
}

// Resolve checks a URL and every address that its host resolves to now. An
// error that does not wrap ErrRefused means that the name did not resolve.
func (g *Guard) Resolve(ctx context.Context, u *url.URL) error {
	if err := g.CheckURL(u); err != nil {
		return err
	}
	host := hostOf(u)
	if _, err := netip.ParseAddr(host); err == nil {
		return nil
	}
	ctx, cancel := context.WithTimeoutCause(ctx, dialTimeout, errors.New("resolving the name took too long"))
	defer cancel()
	addrs, err := g.resolver.LookupNetIP(ctx, "ip", host)
	if err != nil {
		return fmt.Errorf("resolve name: %w", err)
	}
	for _, addr := range addrs {
		if err := g.checkAddress(addr); err != nil {
			return err
		}
	}
	return nil
}

// DialContext connects as net.Dialer does, to addresses that are not refused
// only. It suits channels that speak something else than HTTP as well.
func (g *Guard) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	dialer := net.Dialer{Timeout: dialTimeout, Resolver: g.resolver, Control: g.control}
	return dialer.DialContext(ctx, network, address)
}

// control sees the address that the socket is about to connect to.
func (g *Guard) control(_, address string, _ syscall.RawConn) error {
	target, err := netip.ParseAddrPort(address)
	if err != nil {
		return fmt.Errorf("%w: it is no IP address", ErrRefused)
	}
	return g.checkAddress(target.Addr())
}
