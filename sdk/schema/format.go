package schema

import (
	"encoding/hex"
	"net"
	"net/mail"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// The formats of the subset. Password and multiline say how a field looks and check nothing.
const (
	FormatURI         = "uri"         // absolute URL with a host
	FormatHostname    = "hostname"    // host name or IP address
	FormatHostPort    = "host-port"   // host name or IP address, colon, port; IPv6 in brackets
	FormatEmail       = "email"       // one address without a name
	FormatDuration    = "duration"    // Go duration, not negative: "1m30s"
	FormatFingerprint = "fingerprint" // SHA-256 in hexadecimal, with or without colons
	FormatPassword    = "password"
	FormatMultiline   = "multiline"
)

// Formats returns the formats of the subset.
func Formats() []string {
	return []string{FormatURI, FormatHostname, FormatHostPort, FormatEmail, FormatDuration, FormatFingerprint,
		FormatPassword, FormatMultiline}
}

// formatProblem returns what is wrong with a value, or nothing.
func formatProblem(format, value string) string {
	switch format {
	case FormatURI:
		if u, err := url.Parse(value); err != nil || u.Scheme == "" || u.Host == "" {
			return "must be a URL like https://host"
		}
	case FormatHostname:
		if !isHost(value) {
			return "must be a host name or an IP address"
		}
	case FormatHostPort:
		if !isHostPort(value) {
			return "must be a host and a port like host:443"
		}
	case FormatEmail:
		if address, err := mail.ParseAddress(value); err != nil || address.Address != value {
			return "must be an email address"
		}
	case FormatDuration:
		if d, err := time.ParseDuration(value); err != nil || d < 0 {
			return "must be a duration like 30s or 5m"
		}
	case FormatFingerprint:
		if sum, err := hex.DecodeString(strings.ReplaceAll(value, ":", "")); err != nil || len(sum) != 32 {
			return "must be a SHA-256 fingerprint in hexadecimal"
		}
	}
	return ""
}

func isHost(value string) bool {
	return len(value) <= 254 && (net.ParseIP(value) != nil || isHostname(value))
}

// isHostname is RFC 1123 with the underscores that internal DNS often has. A
// regular expression would cost every process its memory and time at the start.
func isHostname(value string) bool {
	for label := range strings.SplitSeq(strings.TrimSuffix(value, "."), ".") {
		if !isLabel(label) {
			return false
		}
	}
	return true
}

func isLabel(label string) bool {
	if label == "" || len(label) > 63 || label[0] == '-' || label[len(label)-1] == '-' {
		return false
	}
	for i := range len(label) {
		if !isHostCharacter(label[i]) {
			return false
		}
	}
	return true
}

func isHostCharacter(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_' || c == '-'
}

func isHostPort(value string) bool {
	host, port, err := net.SplitHostPort(value)
	if err != nil || !isHost(host) {
		return false
	}
	number, err := strconv.ParseUint(port, 10, 16)
	return err == nil && number > 0
}
