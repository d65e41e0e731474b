package outbound

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"strings"
	"syscall"
)

// guard checks addresses. It is immutable.
type guard struct {
	reach    Reach
	allow    []netip.Prefix
	resolver *net.Resolver
}

// checkURL checks a URL as it is written, without asking anybody. The error
// wraps ErrRefused and holds of the URL at most the host.
func (g *guard) checkURL(u *url.URL) error {
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
	switch host {
	case "metadata", "metadata.goog", "metadata.google.internal", "instance-data":
		return fmt.Errorf("%w: %s is a metadata service", ErrRefused, host)
	}
	if g.reach == Public && (host == "localhost" || strings.HasSuffix(host, ".localhost")) {
		return fmt.Errorf("%w: %s is loopback", ErrRefused, host)
	}
	return nil
}

// hostOf returns the host in the form in which it is compared.
func hostOf(u *url.URL) string { return strings.ToLower(strings.TrimSuffix(u.Hostname(), ".")) }

// Dial returns what connects as a client of that reach does, for those who
// need a transport of their own and bound answers and redirects themselves.
func Dial(reach Reach) func(ctx context.Context, network, address string) (net.Conn, error) {
	return (&guard{reach: reach}).dial
}

// dial connects to addresses that are not refused only.
func (g *guard) dial(ctx context.Context, network, address string) (net.Conn, error) {
	dialer := net.Dialer{Timeout: dialTimeout, Resolver: g.resolver, Control: g.control}
	return dialer.DialContext(ctx, network, address)
}

// control sees the address that the socket is about to connect to.
func (g *guard) control(_, address string, _ syscall.RawConn) error {
	target, err := netip.ParseAddrPort(address)
	if err != nil {
		return fmt.Errorf("%w: it is no IP address", ErrRefused)
	}
	return g.checkAddress(target.Addr())
}
