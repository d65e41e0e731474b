package route

import (
	"fmt"
	"net/http"
	"net/netip"
	"strings"

	"github.com/pulse-hub/pulse/hub/internal/auth"
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

// originOf finds where a request comes from. What a trusted proxy says is believed;
// the list it forwards is read from the right, past trusted proxies, because
// its left end is whatever the caller wrote.
func originOf(r *http.Request, proxies []netip.Prefix) auth.Origin {
	forwarded, real := r.Header.Get("X-Forwarded-For"), r.Header.Get("X-Real-IP")
	o := auth.Origin{
		Peer:   peer(r),
		Direct: forwarded == "" && real == "" && r.Header.Get("Forwarded") == "" && r.Header.Get("X-Forwarded-Proto") == "",
	}
	o.Client, o.Trusted = o.Peer, contains(proxies, o.Peer)
	o.Secure = secure(r, o.Trusted)
	if !o.Trusted {
		return o
	}
	hops := strings.Split(forwarded, ",")
	for i := len(hops) - 1; i >= 0; i-- {
		hop, err := netip.ParseAddr(strings.TrimSpace(hops[i]))
		if err != nil {
			break
		}
		o.Client = hop.Unmap()
		if !contains(proxies, o.Client) {
			return o
		}
	}
	if address, err := netip.ParseAddr(strings.TrimSpace(real)); err == nil && forwarded == "" {
		o.Client = address.Unmap()
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
