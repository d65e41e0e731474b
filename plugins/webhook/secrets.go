package webhook

import (
	"net/url"
	"strings"
)

// secretsOf returns what must not appear in what is told of a delivery.
func secretsOf(address string, s *settings) []string {
	secrets := []string{address}
	for _, values := range []map[string]string{s.headers, s.customFields} {
		for _, value := range values {
			secrets = append(secrets, value)
			if _, credentials, ok := strings.Cut(value, " "); ok {
				secrets = append(secrets, credentials) // "Bearer token"
			}
		}
	}
	u, err := url.Parse(address)
	if err != nil { // of a template, whose parts are not known
		return secrets
	}
	if password, ok := u.User.Password(); ok {
		secrets = append(secrets, password)
	}
	for part := range strings.SplitSeq(u.EscapedPath(), "/") {
		if len(part) >= longPart {
			secrets = append(secrets, part)
		}
	}
	for _, values := range u.Query() {
		secrets = append(secrets, values...)
	}
	return secrets
}

// longPart is the length from which a part of a path is rather a token than a word.
const longPart = 16
