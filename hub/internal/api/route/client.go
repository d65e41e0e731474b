package route

import (
	"fmt"
	"net/http"
	"net/netip"
	"strings"
)

// ParseProxies reads a list of addresses and CIDR prefixes, separated by commas.
func ParseProxies(list string) ([]netip.Prefix, error) {
	var prefixes []netip.Prefix
	for item := range strings.SplitSeq(list, ",") {
		item = strings.TrimSpace(item)
		if item == "" {
			continue
		}
		if address, err := netip.ParseAddr(item); err == nil {
			prefixes = append(prefixes, netip.PrefixFrom(address, address.BitLen()))
			continue
		}
		prefix, err := netip.ParsePrefix(item)
		if err != nil {
			return nil, fmt.Errorf("%q is neither an address nor a CIDR prefix", item)
		}
		prefixes = append(prefixes, prefix.Masked())
	}
	return prefixes, nil
}

// origin is where a request comes from.
type origin struct {
	client  netip.Addr
	direct  bool // no forwarding header
	trusted bool // the peer is a trusted proxy
}

// originOf finds the caller's address. What a trusted proxy says is believed;
// the list it forwards is read from the right, past trusted proxies, because
// its left end is whatever the caller wrote.
func originOf(r *http.Request, proxies []netip.Prefix) origin {
	forwarded, real := r.Header.Get("X-Forwarded-For"), r.Header.Get("X-Real-IP")
	o := origin{
		client: peer(r),
		direct: forwarded == "" && real == "" && r.Header.Get("Forwarded") == "" && r.Header.Get("X-Forwarded-Proto") == "",
	}
	if o.trusted = contains(proxies, o.client); !o.trusted {
		return o
	}
	hops := strings.Split(forwarded, ",")
	for i := len(hops) - 1; i >= 0; i-- {
		hop, err := netip.ParseAddr(strings.TrimSpace(hops[i]))
		if err != nil {
			break
		}
		o.client = hop.Unmap()
		if !contains(proxies, o.client) {
			return o
		}
	}
	if address, err := netip.ParseAddr(strings.TrimSpace(real)); err == nil && forwarded == "" {
		o.client = address.Unmap()
	}
	return o
}

func peer(r *http.Request) netip.Addr {
	endpoint, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return netip.Addr{}
	}
	return endpoint.Addr().Unmap()
}

func contains(prefixes []netip.Prefix, address netip.Addr) bool {
	for _, prefix := range prefixes {
		if prefix.Contains(address) {
			return true
		}
	}
	return false
}
