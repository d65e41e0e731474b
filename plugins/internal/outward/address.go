package outward

import (
	"fmt"
	"net/netip"
)

// network is a range of addresses that does not lead outwards.
type network struct {
	prefix netip.Prefix
	what   string
	never  bool // not even where a list allows it
}

// inward returns the ranges of the registries for special purposes at IANA
// (https://www.iana.org/assignments/iana-ipv4-special-registry and
// https://www.iana.org/assignments/iana-ipv6-special-registry) that nobody on
// the Internet answers from. The narrower of two comes first.
func inward() []network {
	p := netip.MustParsePrefix
	return []network{
		{p("0.0.0.0/8"), "this machine", true},
		{p("169.254.0.0/16"), "link-local", true},
		{p("224.0.0.0/4"), "multicast", true},
		{p("255.255.255.255/32"), "broadcast", true},
		{p("127.0.0.0/8"), "loopback", false},
		{p("10.0.0.0/8"), "private", false},
		{p("172.16.0.0/12"), "private", false},
		{p("192.168.0.0/16"), "private", false},
		{p("100.100.100.200/32"), "a metadata service", true},
		{p("100.64.0.0/10"), "shared with a provider", false},
		{p("192.0.0.0/24"), "reserved for protocols", false},
		{p("192.0.2.0/24"), "reserved for documentation", false},
		{p("192.88.99.0/24"), "reserved for relays", false},
		{p("198.18.0.0/15"), "reserved for benchmarks", false},
		{p("198.51.100.0/24"), "reserved for documentation", false},
		{p("203.0.113.0/24"), "reserved for documentation", false},
		{p("240.0.0.0/4"), "reserved", false},
		{p("::/128"), "this machine", true},
		{p("fe80::/10"), "link-local", true},
		{p("ff00::/8"), "multicast", true},
		{p("fd00:ec2::254/128"), "a metadata service", true},
		{p("::1/128"), "loopback", false},
		{p("::/96"), "reserved", false},
		{p("fc00::/7"), "private", false},
		{p("fec0::/10"), "private", false},
		{p("64:ff9b:1::/48"), "a translator's own", false},
		{p("100::/64"), "discarded", false},
		{p("2001::/23"), "reserved for protocols", false},
		{p("2001:db8::/32"), "reserved for documentation", false},
		{p("3fff::/20"), "reserved for documentation", false},
		{p("5f00::/16"), "reserved for routers", false},
	}
}

// checkAddress returns an error that wraps ErrRefused for an address that does
// not lead outwards and is not on the list.
func (g *Guard) checkAddress(addr netip.Addr) error {
	if !addr.IsValid() || addr.Zone() != "" {
		return fmt.Errorf("%w: the address has a zone", ErrRefused)
	}
	addr = addr.Unmap()
	for _, n := range g.inward {
		if !n.prefix.Contains(addr) {
			continue
		}
		if !n.never && g.allows(addr) {
			return nil
		}
		return fmt.Errorf("%w: %s is %s", ErrRefused, addr, n.what)
	}
	if inner, ok := embedded(addr); ok {
		return g.checkAddress(inner)
	}
	return nil
}

// allows tells whether an address is on the list. Who lists 127.0.0.1 means
// the own machine, however it is called.
func (g *Guard) allows(addr netip.Addr) bool {
	return g.allow.contains(addr) || (addr == netip.IPv6Loopback() && g.allow.loopback())
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
