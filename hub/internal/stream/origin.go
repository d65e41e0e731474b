package stream

import (
	"net/http"
	"net/netip"
	"net/url"
	"strings"
)

// originAllowed reports whether a browser page from where the request says may
// connect. Programs send no origin and are not asked. Where no origin is
// configured, pages of the local network may connect.
func originAllowed(r *http.Request, allowed string) bool {
	text := r.Header.Get("Origin")
	if text == "" {
		return true
	}
	origin, err := url.Parse(text)
	if err != nil || origin.Host == "" {
		return false
	}
	if sameOrigin(r, origin) {
		return true
	}
	if strings.TrimSpace(allowed) == "" {
		return isLocal(origin.Hostname())
	}
	for entry := range strings.SplitSeq(allowed, ",") {
		entry = strings.TrimSuffix(strings.TrimSpace(entry), "/")
		if entry == "*" || strings.EqualFold(entry, text) {
			return true
		}
	}
	return false
}

func sameOrigin(r *http.Request, origin *url.URL) bool {
	scheme := "http"
	if r.TLS != nil {
		scheme = "https"
	}
	if forwarded := first(r.Header, "X-Forwarded-Proto", "X-Forwarded-Scheme"); forwarded != "" {
		scheme = forwarded
	}
	host := r.Host
	if forwarded := first(r.Header, "X-Forwarded-Host"); forwarded != "" {
		host = forwarded
	}
	return secureScheme(scheme) == secureScheme(origin.Scheme) && strings.EqualFold(host, origin.Host)
}

func secureScheme(scheme string) bool {
	return strings.EqualFold(scheme, "https") || strings.EqualFold(scheme, "wss")
}

func first(header http.Header, names ...string) string {
	for _, name := range names {
		value, _, _ := strings.Cut(header.Get(name), ",")
		if value = strings.TrimSpace(value); value != "" {
			return value
		}
	}
	return ""
}

func isLocal(host string) bool {
	if host == "localhost" {
		return true
	}
	if address, err := netip.ParseAddr(host); err == nil {
		return address.IsLoopback() || address.IsPrivate()
	}
	labels := strings.Split(strings.ToLower(host), ".")
	last := labels[len(labels)-1]
	return len(labels) >= 2 && len(labels) <= 3 && (last == "local" || last == "lan")
}
