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

// addressesOf returns the addresses of networks that hosts can have and that
// may be knocked on, each once, up to a bound, and whether there are more.
func addressesOf(networks []Network, settings *Settings) (addresses []netip.Addr, more bool) {
	seen := map[netip.Addr]bool{}
	for _, blocked := range settings.BlockedAddresses {
		seen[blocked.Unmap()] = true
	}
	for _, network := range networks {
		for _, part := range settings.allowedPartsOf(network.Prefix) {
			for address := first(part, network.Prefix); part.Contains(address); address = address.Next() {
				if blocked, ok := settings.blockerOf(address); ok {
					address = last(blocked) // a network can have more addresses than there is time for
					continue
				}
				if seen[address] || isBroadcast(network.Prefix, address) {
					continue
				}
				if len(addresses) == settings.MaxHosts {
					return addresses, true
				}
				seen[address] = true
				addresses = append(addresses, address)
			}
		}
	}
	return addresses, false
}

// allowedPartsOf returns what of a network may be looked through. Of two
// networks that have an address in common, one is a part of the other.
func (s *Settings) allowedPartsOf(network netip.Prefix) []netip.Prefix {
	if len(s.Allowed) == 0 {
		return []netip.Prefix{network}
	}
	var parts []netip.Prefix
	for _, allowed := range s.Allowed {
		switch {
		case !allowed.Overlaps(network):
		case allowed.Bits() <= network.Bits():
			return []netip.Prefix{network}
		default:
			parts = append(parts, allowed.Masked())
		}
	}
	return parts
}

// blockerOf returns the blocked network that an address is in.
func (s *Settings) blockerOf(address netip.Addr) (netip.Prefix, bool) {
	i := slices.IndexFunc(s.Blocked, func(blocked netip.Prefix) bool { return blocked.Contains(address) })
	if i < 0 {
		return netip.Prefix{}, false
	}
	return s.Blocked[i], true
}

// last returns the last address of a network.
func last(prefix netip.Prefix) netip.Addr {
	bytes := prefix.Masked().Addr().AsSlice()
	for bit := prefix.Bits(); bit < 8*len(bytes); bit++ {
		bytes[bit/8] |= 0x80 >> (bit % 8)
	}
	address, _ := netip.AddrFromSlice(bytes) // as long as before
	return address
}

// first returns the first address of a part of a network that a host can have:
// the one that an IPv4 network begins with names it, unless that has two
// addresses or one (RFC 3021).
func first(part, network netip.Prefix) netip.Addr {
	if network.Addr().Is4() && network.Bits() < 31 && part.Addr() == network.Addr() {
		return part.Addr().Next()
	}
	return part.Addr()
}

func isBroadcast(prefix netip.Prefix, address netip.Addr) bool {
	return address.Is4() && prefix.Bits() < 31 && !prefix.Contains(address.Next())
}

func lookupAddr(ctx context.Context, address string) ([]string, error) {
	return net.DefaultResolver.LookupAddr(ctx, address)
}
