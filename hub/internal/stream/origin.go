package stream

import (
	"context"
	"net/http"
	"net/netip"
	"net/url"
	"strings"

	"github.com/pulse-hub/pulse/hub/internal/auth"
)

// WithCaller returns the request with what was found out about its caller,
// for ServeHTTP. Of a request without it, ServeHTTP believes as little as of
// one whose browser has sent its credential by itself.
func WithCaller(r *http.Request, from auth.Origin, principal *auth.Principal) *http.Request {
	return r.WithContext(context.WithValue(r.Context(), callerKey{}, caller{from, principal}))
}

type callerKey struct{}

type caller struct {
	from      auth.Origin
	principal *auth.Principal
}

func callerOf(r *http.Request) caller {
	if c, ok := r.Context().Value(callerKey{}).(caller); ok {
		return c
	}
	return caller{from: auth.Origin{Secure: r.TLS != nil}}
}

// deliberate reports whether the caller has shown a credential that no browser
// adds by itself to what a page asks for, as it does with cookies, passwords of
// HTTP Basic, and what a proxy in between adds.
func (c caller) deliberate() bool {
	return c.principal != nil && (c.principal.Method == auth.MethodToken || c.principal.Method == auth.MethodLocal)
}

// originAllowed reports whether a browser page from where the request says may
// connect. Programs send no origin and are not asked. The hub's own page may
// always, as may origins that are listed. What else is allowed is so only for
// callers with a token: every page if "*" is listed, and pages of the local
// network if nothing is. Such a page must not be able to use the cookie of
// whoever looks at it, for a websocket is not bound to its origin by the browser.
func originAllowed(r *http.Request, allowed string) bool {
	text := r.Header.Get("Origin")
	if text == "" {
		return true
	}
	origin, err := url.Parse(text)
	if err != nil || origin.Host == "" {
		return false
	}
	caller := callerOf(r)
	if sameOrigin(r, origin, caller.from) {
		return true
	}
	if strings.TrimSpace(allowed) == "" {
		return caller.deliberate() && isLocal(origin.Hostname())
	}
	for entry := range strings.SplitSeq(allowed, ",") {
		entry = strings.TrimSuffix(strings.TrimSpace(entry), "/")
		if strings.EqualFold(entry, text) || entry == "*" && caller.deliberate() {
			return true
		}
	}
	return false
}

// sameOrigin reports whether a page was served by the hub: it has its host and
// port. Forwarded names are those of trusted proxies only. A page that was
// served without encryption may not connect with it; the other way round it
// may, for a proxy that is not known as trusted may have taken it off.
func sameOrigin(r *http.Request, origin *url.URL, from auth.Origin) bool {
	host, encrypted := r.Host, from.Secure
	if from.Trusted {
		if forwarded := first(r.Header, "X-Forwarded-Host"); forwarded != "" {
			host = forwarded
		}
		encrypted = encrypted || secureScheme(first(r.Header, "X-Forwarded-Proto", "X-Forwarded-Scheme"))
	}
	return strings.EqualFold(host, origin.Host) && (!encrypted || secureScheme(origin.Scheme))
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
