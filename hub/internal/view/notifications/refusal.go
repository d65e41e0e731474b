package notifications

import (
	"fmt"
	"net/netip"
	"net/url"
	"strings"
)

// UnresolvedName is what a reason begins with when a host has no address.
const UnresolvedName = "resolve name: "

const (
	// refusedAddress is what the words of the webhook plugin begin with when an address may not be reached.
	refusedAddress = "address is refused"

	localhostTarget = "webhook URLs pointing to localhost are not allowed for security reasons"
	linkLocalTarget = "webhook URLs pointing to link-local addresses are not allowed"
)

// URLRefusal says why messages do not go to an address, in the words that clients know as far as there are such, and else
// in those of the plugin.
func URLRefusal(raw, said string) string {
	if strings.TrimSpace(raw) == "" {
		return "webhook URL cannot be empty"
	}
	u, err := url.Parse(hostOf(splitURL(strings.TrimSpace(raw))))
	switch {
	case err != nil:
		return said
	case u.Scheme != "http" && u.Scheme != "https":
		return "webhook URL must use http or https protocol"
	case u.Hostname() == "":
		return "webhook URL missing hostname"
	}
	if reason, ok := strings.CutPrefix(said, UnresolvedName); ok {
		return fmt.Sprintf("failed to resolve webhook hostname %s: %s (DNS resolution required for security)", u.Hostname(), reason)
	}
	if !strings.HasPrefix(said, refusedAddress) {
		return said
	}
	return refusal(strings.ToLower(u.Hostname()), said)
}

// refusal is about an address that may not be reached.
func refusal(host, said string) string {
	if host == "localhost" {
		return localhostTarget
	}
	if addr, err := netip.ParseAddr(host); err == nil {
		switch addr = addr.Unmap(); {
		case addr.IsLoopback():
			return localhostTarget
		case addr.IsLinkLocalUnicast():
			return linkLocalTarget
		}
	}
	for word := range strings.FieldsSeq(said) {
		if addr, err := netip.ParseAddr(word); err == nil && (addr.IsPrivate() || addr.IsLoopback() || addr.IsLinkLocalUnicast()) {
			return fmt.Sprintf("webhook URL resolves to private IP %s - private networks are not allowed for security (configure allowlist in System Settings)", addr)
		}
	}
	return said
}
