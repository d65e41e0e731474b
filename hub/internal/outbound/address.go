package outbound

import (
	"fmt"
	"net/netip"
)

// network is a range of addresses that does not lead to the Internet.
type network struct {
	prefix netip.Prefix
	what   string
	rank   rank
}

// rank says who may reach a network.
type rank int

const (
	// inner networks are reached by Private clients, and by Public ones that list them.
	inner rank = iota
	// own is the hub's machine: Private clients only.
	own
	// never is what nobody has to ask over HTTP.
	never
)

// networks returns the ranges of the registries for special purposes at IANA
// (https://www.iana.org/assignments/iana-ipv4-special-registry and
// https://www.iana.org/assignments/iana-ipv6-special-registry), and those of
// the metadata services of clouds. The narrower of two comes first.
func networks() []network {
	p := netip.MustParsePrefix
	return []network{
		{p("0.0.0.0/8"), "this machine", never},
		{p("169.254.0.0/16"), "link-local", never},
		{p("100.100.100.200/32"), "a metadata service", never},
		{p("224.0.0.0/4"), "multicast", never},
		{p("255.255.255.255/32"), "broadcast", never},
		{p("127.0.0.0/8"), "loopback", own},
		{p("10.0.0.0/8"), "private", inner},
		{p("172.16.0.0/12"), "private", inner},
		{p("192.168.0.0/16"), "private", inner},
		{p("100.64.0.0/10"), "shared with a provider", inner},
		{p("192.0.0.0/24"), "reserved for protocols", inner},
		{p("192.0.2.0/24"), "reserved for documentation", inner},
		{p("192.88.99.0/24"), "reserved for relays", inner},
		{p("198.18.0.0/15"), "reserved for benchmarks", inner},
		{p("198.51.100.0/24"), "reserved for documentation", inner},
		{p("203.0.113.0/24"), "reserved for documentation", inner},
		{p("240.0.0.0/4"), "reserved", inner},
		{p("::/128"), "this machine", never},
		{p("fe80::/10"), "link-local", never},
		{p("ff00::/8"), "multicast", never},
		{p("fd00:ec2::254/128"), "a metadata service", never},
		{p("::1/128"), "loopback", own},
		{p("::/96"), "reserved", never},
		{p("fc00::/7"), "private", inner},
		{p("fec0::/10"), "private", inner},
		{p("64:ff9b:1::/48"), "a translator's own", inner},
		{p("100::/64"), "discarded", inner},
		{p("2001::/23"), "reserved for protocols", inner},
		{p("2001:db8::/32"), "reserved for documentation", inner},
		{p("3fff::/20"), "reserved for documentation", inner},
		{p("5f00::/16"), "reserved for routers", inner},
	}
}

// checkAddress returns an error that wraps ErrRefused for an address that the
// client may not reach.
func (g *guard) checkAddress(addr netip.Addr) error {
	if !addr.IsValid() || addr.Zone() != "" {
		return fmt.Errorf("%w: the address has a zone", ErrRefused)
	}
	addr = addr.Unmap()
	for _, n := range networks() {
		if !n.prefix.Contains(addr) {
			continue
		}
		if g.admits(n.rank, addr) {
			return nil
		}
		return fmt.Errorf("%w: %s is %s", ErrRefused, addr, n.what)
	}
	if within, ok := embedded(addr); ok {
		return g.checkAddress(within)
	}
	return nil
}

func (g *guard) admits(r rank, addr netip.Addr) bool {
	switch {
	case r == never:
		return false
	case g.reach == Private:
		return true
	case r == own:
		return false
	}
	for _, prefix := range g.allow {
		if prefix.Contains(addr) {
			return true
		}
	}
	return false
}

// embedded returns the IPv4 address that packets to an IPv6 address end up at:
// NAT64 (RFC 6052) and 6to4 (RFC 3056).
func embedded(addr netip.Addr) (netip.Addr, bool) {
	if !addr.Is6() {
		return netip.Addr{}, false
	}
	bytes := addr.As16()
	switch {
	case netip.MustParsePrefix("64:ff9b::/96").Contains(addr):
		return netip.AddrFrom4([4]byte(bytes[12:16])), true
	case netip.MustParsePrefix("2002::/16").Contains(addr):
		return netip.AddrFrom4([4]byte(bytes[2:6])), true
	}
	return netip.Addr{}, false
}
