package discover

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"slices"
)

// widest is the shortest prefix of an own network that is looked through as a
// whole; of wider ones only the part around the machine's own address is.
const widest = 24

// ownNetworks returns the addresses of the machine with the length of their network.
func ownNetworks() ([]netip.Prefix, error) {
	addresses, err := net.InterfaceAddrs()
	if err != nil {
		return nil, fmt.Errorf("list addresses of interfaces: %w", err)
	}
	var prefixes []netip.Prefix
	for _, address := range addresses {
		if prefix, err := netip.ParsePrefix(address.String()); err == nil {
			prefixes = append(prefixes, prefix)
		}
	}
	return prefixes, nil
}

// ownPrivate returns the private IPv4 networks that the machine is in. Those
// of IPv6 are too large to knock on every door.
func (s *Scanner) ownPrivate() ([]Network, error) {
	prefixes, err := s.Interfaces()
	if err != nil {
		return nil, err
	}
	var networks []Network
	for _, prefix := range prefixes {
		address := prefix.Addr().Unmap()
		if !address.Is4() || !address.IsPrivate() {
			continue
		}
		own := Network{Prefix: netip.PrefixFrom(address, max(prefix.Bits(), widest)).Masked(), Own: true}
		if !slices.Contains(networks, own) && len(networks) < maxNetworks {
			networks = append(networks, own)
		}
	}
	return networks, nil
}

// addressesOf returns the addresses of networks that hosts can have, each
// once, up to a bound, and whether there are more.
func addressesOf(networks []Network, bound int) (addresses []netip.Addr, more bool) {
	seen := map[netip.Addr]bool{}
	for _, network := range networks {
		for address := first(network.Prefix); network.Prefix.Contains(address); address = address.Next() {
			if seen[address] || isBroadcast(network.Prefix, address) {
				continue
			}
			if len(addresses) == bound {
				return addresses, true
			}
			seen[address] = true
			addresses = append(addresses, address)
		}
	}
	return addresses, false
}

// first returns the first address that a host can have: the one before it
// names an IPv4 network, unless that has two addresses or one (RFC 3021).
func first(prefix netip.Prefix) netip.Addr {
	if prefix.Addr().Is4() && prefix.Bits() < 31 {
		return prefix.Addr().Next()
	}
	return prefix.Addr()
}

func isBroadcast(prefix netip.Prefix, address netip.Addr) bool {
	return address.Is4() && prefix.Bits() < 31 && !prefix.Contains(address.Next())
}

func lookupAddr(ctx context.Context, address string) ([]string, error) {
	return net.DefaultResolver.LookupAddr(ctx, address)
}
