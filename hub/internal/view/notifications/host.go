package notifications

import (
	"net"
	"net/netip"
	"net/url"
	"strings"
)

// HostOf returns the host that the address of a webhook leads to, without a port; empty if there is none.
func HostOf(raw string) string {
	u, err := url.Parse(hostOf(splitURL(raw)))
	if err != nil {
		return ""
	}
	return u.Hostname()
}

// WithHost returns the address of a webhook with another host and the same port.
func WithHost(raw string, host netip.Addr) string {
	u, err := url.Parse(hostOf(splitURL(raw)))
	if err != nil || u.Host == "" {
		return raw
	}
	authority := host.String()
	switch {
	case u.Port() != "":
		authority = net.JoinHostPort(authority, u.Port())
	case host.Is6():
		authority = "[" + authority + "]"
	}
	var out strings.Builder
	for i, p := range splitURL(raw) {
		if p.place == placeHost && i > 0 {
			p.text = authority
		}
		out.WriteString(p.text)
	}
	return out.String()
}
