package notifications_test

import (
	"testing"

	"github.com/pulse-hub/pulse/hub/internal/view/notifications"
)

func TestAddressesAreRefusedInKnownWords(t *testing.T) {
	const private = " - private networks are not allowed for security (configure allowlist in System Settings)"
	tests := map[string]struct{ url, said, want string }{
		"empty":            {" ", "is required", "webhook URL cannot be empty"},
		"scheme":           {"ftp://example.com/", "address is refused: the scheme must be http or https", "webhook URL must use http or https protocol"},
		"no scheme":        {"example.com", "must be a URL like https://host/path", "webhook URL must use http or https protocol"},
		"no host":          {"http:///x", "address is refused: there is no host", "webhook URL missing hostname"},
		"localhost":        {"http://LOCALHOST:80/", "address is refused: localhost is loopback", "webhook URLs pointing to localhost are not allowed for security reasons"},
		"loopback":         {"http://127.0.0.2/", "address is refused: 127.0.0.2 is loopback", "webhook URLs pointing to localhost are not allowed for security reasons"},
		"loopback mapped":  {"http://[::ffff:127.0.0.1]/", "address is refused: 127.0.0.1 is loopback", "webhook URLs pointing to localhost are not allowed for security reasons"},
		"link-local":       {"http://169.254.169.254/x", "address is refused: 169.254.169.254 is link-local", "webhook URLs pointing to link-local addresses are not allowed"},
		"private":          {"http://10.0.0.5/", "address is refused: 10.0.0.5 is private", "webhook URL resolves to private IP 10.0.0.5" + private},
		"private by name":  {"http://nas.example/", "address is refused: 192.168.1.2 is private", "webhook URL resolves to private IP 192.168.1.2" + private},
		"loopback by name": {"http://evil.example/", "address is refused: 127.0.0.1 is loopback", "webhook URL resolves to private IP 127.0.0.1" + private},
		"no such name": {"http://nosuch.invalid/", "resolve name: lookup nosuch.invalid: no such host",
			"failed to resolve webhook hostname nosuch.invalid: lookup nosuch.invalid: no such host (DNS resolution required for security)"},
		"this machine": {"http://0.0.0.0/", "address is refused: 0.0.0.0 is this machine", "address is refused: 0.0.0.0 is this machine"},
		"template":     {"http://localhost/{{", "is no valid template", "is no valid template"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			if got := notifications.URLRefusal(test.url, test.said); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}
