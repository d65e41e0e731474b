package notifications_test

import (
	"net/netip"
	"testing"

	"github.com/pulse-hub/pulse/hub/internal/view/notifications"
)

func TestHostsOfAddresses(t *testing.T) {
	four, six := netip.MustParseAddr("10.0.0.5"), netip.MustParseAddr("fd00::5")
	for raw, want := range map[string]struct{ host, four, six string }{
		"https://example.com/a?b=1#c":  {"example.com", "https://10.0.0.5/a?b=1#c", "https://[fd00::5]/a?b=1#c"},
		"http://u:p@example.com:81/":   {"example.com", "http://u:p@10.0.0.5:81/", "http://u:p@[fd00::5]:81/"},
		"https://example.com/{{.ID}}/": {"example.com", "https://10.0.0.5/{{.ID}}/", "https://[fd00::5]/{{.ID}}/"},
		"https://[::1]:8/":             {"::1", "https://10.0.0.5:8/", "https://[fd00::5]:8/"},
		"example.com":                  {"", "example.com", "example.com"},
		"https:///":                    {"", "https:///", "https:///"},
		"https://a b/":                 {"", "https://a b/", "https://a b/"},
	} {
		if host := notifications.HostOf(raw); host != want.host {
			t.Errorf("the host of %s is %q", raw, host)
		}
		if got := notifications.WithHost(raw, four); got != want.four {
			t.Errorf("%s became %s", raw, got)
		}
		if got := notifications.WithHost(raw, six); got != want.six {
			t.Errorf("%s became %s", raw, got)
		}
	}
}
