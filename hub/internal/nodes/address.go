package nodes

import (
	"net/netip"
	"net/url"
	"strconv"
	"strings"
)

// address is where a server is.
type address struct {
	scheme string
	host   string // lower case; an IPv6 address in brackets
	port   string // empty: the product's own
}

// parseAddress reads what people type: a name or an IP address, with or
// without a scheme, a port, a path. The type of node matters only where the
// contract of the API wants names judged by it.
func parseAddress(text, typ string) (address, error) {
	rest := strings.TrimSpace(text)
	if rest == "" {
		return address{}, ErrNoHost
	}
	a := address{scheme: "https"}
	if scheme, after, found := strings.Cut(rest, "://"); found {
		a.scheme, rest = strings.ToLower(scheme), after
	}
	if end := strings.IndexAny(rest, "/?#"); end >= 0 {
		rest = rest[:end]
	}
	if a.scheme != "https" && a.scheme != "http" || rest == "" || strings.ContainsAny(rest, "@ \t\r\n\\\"'<>`") {
		return address{}, ErrHost
	}
	host, port, hasPort, err := splitPort(strings.ToLower(rest))
	if err != nil {
		return address{}, err
	}
	if err := checkName(host, typ); err != nil {
		return address{}, err
	}
	if n, err := strconv.ParseUint(port, 10, 16); hasPort && (err != nil || n == 0) {
		return address{}, ErrPort
	}
	a.host, a.port = host, port
	return a, nil
}

// splitPort parts host and port, and puts brackets around an IPv6 address.
func splitPort(text string) (host, port string, hasPort bool, err error) {
	if inner, found := strings.CutPrefix(text, "["); found {
		inner, after, closed := strings.Cut(inner, "]")
		if !closed || !isIPv6(inner) {
			return "", "", false, ErrIPv6
		}
		port, hasPort = strings.CutPrefix(after, ":")
		if after != "" && !hasPort {
			return "", "", false, ErrHost
		}
		return "[" + inner + "]", port, hasPort, nil
	}
	if strings.Count(text, ":") > 1 {
		if !isIPv6(text) {
			return "", "", false, ErrIPv6
		}
		return "[" + text + "]", "", false, nil
	}
	host, port, hasPort = strings.Cut(text, ":")
	return host, port, hasPort, nil
}

func isIPv6(text string) bool {
	parsed, err := netip.ParseAddr(text)
	return err == nil && parsed.Is6() && parsed.Zone() == ""
}

// checkName judges a host that is not an IPv6 address.
func checkName(host, typ string) error {
	switch {
	case host == "":
		return ErrHost
	case host[0] == '[':
		return nil
	case host[0] >= '0' && host[0] <= '9':
		if parsed, err := netip.ParseAddr(host); err != nil || !parsed.Is4() {
			return ErrIPv4
		}
	case typ == "pbs" && !isHostname(host):
		return ErrHostname
	}
	return nil
}

// isHostname says whether DNS can have the name (RFC 1123, section 2.1).
func isHostname(name string) bool {
	if len(name) > 253 {
		return false
	}
	for label := range strings.SplitSeq(strings.TrimSuffix(name, "."), ".") {
		if label == "" || len(label) > 63 || label[0] == '-' || label[len(label)-1] == '-' {
			return false
		}
		for _, c := range label {
			if (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-' {
				return false
			}
		}
	}
	return true
}

// url is the address as a URL with a port.
func (a address) url(p product) string {
	port := a.port
	if port == "" {
		port = p.port
	}
	return a.scheme + "://" + a.host + ":" + port
}

// normalize returns what is typed as a URL with a port.
func (p product) normalize(text string) (string, error) {
	a, err := parseAddress(text, p.typ)
	if err != nil {
		return "", err
	}
	return a.url(p), nil
}

// hostOf returns the host of a URL without its port; what is no URL comes back as it is.
func hostOf(text string) string {
	if u, err := url.Parse(text); err == nil && u.Hostname() != "" {
		return u.Hostname()
	}
	return text
}
