package discover

import (
	"net/netip"
	"strings"
	"testing"
)

func prefixes(list string) []netip.Prefix {
	var out []netip.Prefix
	for _, text := range strings.Fields(list) {
		out = append(out, netip.MustParsePrefix(text))
	}
	return out
}

func TestOnlyAllowedAddressesAreKnockedOn(t *testing.T) {
	tests := []struct {
		name, network, allowed, blocked, addresses string
		want                                       string
	}{
		{"no limit", "127.0.0.0/30", "", "", "", "127.0.0.1 127.0.0.2"},
		{"allowed part", "127.0.0.0/24", "127.0.0.8/31 10.0.0.0/8", "", "", "127.0.0.8 127.0.0.9"},
		{"allowed part at the beginning", "127.0.0.0/24", "127.0.0.0/31", "", "", "127.0.0.1"},
		{"within what is allowed", "127.0.0.0/30", "127.0.0.0/8", "", "", "127.0.0.1 127.0.0.2"},
		{"nothing allowed", "127.0.0.0/30", "10.0.0.0/8", "", "", ""},
		{"blocked part", "127.0.0.0/29", "", "127.0.0.2/31 127.0.0.5/32", "", "127.0.0.1 127.0.0.4 127.0.0.6"},
		{"blocked addresses", "127.0.0.0/30", "", "", "127.0.0.1", "127.0.0.2"},
		{"blocked as a whole, and large", "10.0.0.0/8", "", "10.0.0.0/8", "", ""},
		{"blocked up to the last address there is", "255.255.255.252/30", "", "255.255.255.252/30", "", ""},
		{"large IPv6 network, almost blocked", "fd00::/32", "", "fd00::/33 fd00:0:8000::/34 fd00:0:c000::/35 fd00:0:e000::/35", "", ""},
		{"blocked wins", "127.0.0.0/30", "127.0.0.0/30", "127.0.0.0/31", "", "127.0.0.2"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			settings := Settings{MaxHosts: 100, Allowed: prefixes(tt.allowed), Blocked: prefixes(tt.blocked)}
			for _, text := range strings.Fields(tt.addresses) {
				settings.BlockedAddresses = append(settings.BlockedAddresses, netip.MustParseAddr(text))
			}
			found, more := addressesOf([]Network{{Prefix: netip.MustParsePrefix(tt.network)}}, &settings)
			var got []string
			for _, address := range found {
				got = append(got, address.String())
			}
			if strings.Join(got, " ") != tt.want || more {
				t.Errorf("addresses are %v (more: %v), want %s", got, more, tt.want)
			}
		})
	}
}
