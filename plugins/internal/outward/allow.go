package outward

import (
	"fmt"
	"net/netip"
	"strings"
)

// Allow lists the private networks that may be reached all the same. The zero
// value lists none. It is immutable.
type Allow struct{ prefixes []netip.Prefix }

// maxAllowed bounds the entries of a list.
const maxAllowed = 200

// ParseAllow reads a list of networks and addresses that are separated by
// commas: "10.0.0.0/8, 192.168.1.20, fd00::/8". An empty list is allowed. The
// error names the first entry that is neither.
func ParseAllow(list string) (Allow, error) {
	var allow Allow
	for entry := range strings.SplitSeq(list, ",") {
		entry = strings.TrimSpace(entry)
		if entry == "" {
			continue
		}
		prefix, err := parsePrefix(entry)
		if err != nil {
			return Allow{}, err
		}
		if len(allow.prefixes) == maxAllowed {
			return Allow{}, fmt.Errorf("more than %d networks", maxAllowed)
		}
		allow.prefixes = append(allow.prefixes, prefix)
	}
	return allow, nil
}

// parsePrefix reads a network or an address. IPv4 written as IPv6 becomes
// IPv4, because that is how addresses are compared.
func parsePrefix(entry string) (netip.Prefix, error) {
	if addr, err := netip.ParseAddr(entry); err == nil && addr.Zone() == "" {
		addr = addr.Unmap()
		return netip.PrefixFrom(addr, addr.BitLen()), nil
	}
	prefix, err := netip.ParsePrefix(entry)
	if err != nil {
		return netip.Prefix{}, fmt.Errorf("%.60q is neither a network nor an address", entry)
	}
	if prefix.Addr().Is4In6() {
		if prefix.Bits() < 96 {
			return netip.Prefix{}, fmt.Errorf("%.60q is neither a network nor an address", entry)
		}
		prefix = netip.PrefixFrom(prefix.Addr().Unmap(), prefix.Bits()-96)
	}
	return prefix.Masked(), nil
}

// contains tells whether a network of the list holds the address, which is
// not IPv4 in the form of IPv6.
func (a Allow) contains(addr netip.Addr) bool {
	for _, prefix := range a.prefixes {
		if prefix.Contains(addr) {
			return true
		}
	}
	return false
}

// loopback tells whether the own machine is listed.
func (a Allow) loopback() bool { return a.contains(netip.AddrFrom4([4]byte{127, 0, 0, 1})) }
