package session

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestBrowsersAreToldApart(t *testing.T) {
	const webkit = " AppleWebKit/537.36 (KHTML, like Gecko) "
	tests := map[string]browser{
		firefox: {"firefox", "linux"},
		"Mozilla/5.0 (Android 15; Mobile; rv:143.0) Gecko/143.0 Firefox/143.0":                                                                       {"firefox", "android"},
		"Mozilla/5.0 (Windows NT 10.0; Win64; x64)" + webkit + "Chrome/141.0.0.0 Safari/537.36":                                                      {"chrome", "windows"},
		"Mozilla/5.0 (Windows NT 10.0; Win64; x64)" + webkit + "Chrome/141.0.0.0 Safari/537.36 Edg/141.0.0.0":                                        {"edge", "windows"},
		"Mozilla/5.0 (Windows NT 10.0; Win64; x64)" + webkit + "Chrome/141.0.0.0 Safari/537.36 OPR/122.0.0.0":                                        {"opera", "windows"},
		"Mozilla/5.0 (Linux; Android 14; SM-S921B)" + webkit + "SamsungBrowser/28.0 Chrome/130.0.0.0 Mobile Safari/537.36":                           {"samsung", "android"},
		"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Safari/605.1.15":                      {"safari", "macos"},
		"Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1":    {"safari", "ios"},
		"Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/141.0.0.0 Mobile/15E148 Safari/604.1": {"chrome", "ios"},
		"Mozilla/5.0 (X11; CrOS x86_64 16181.61.0)" + webkit + "Chrome/141.0.0.0 Safari/537.36":                                                      {"chrome", "chromeos"},
		"Mozilla/5.0 (X11; Linux x86_64)" + webkit + "HeadlessChrome/141.0.0.0 Safari/537.36":                                                        {"chrome", "linux"},
		"Microsoft-Thing/1.0": {"microsoft-thing", ""},
		"curl/8.9.1":          {"curl", ""},
		"":                    {"", ""},
		"  ":                  {"", ""},
	}
	for userAgent, want := range tests {
		if got := browserOf(userAgent); got != want {
			t.Errorf("%q is %+v, want %+v", userAgent, got, want)
		}
	}
}

func FuzzBrowserOf(f *testing.F) {
	for _, seed := range []string{firefox, chrome, "curl/8.9.1", "", "\xff/\xfe", strings.Repeat("é", 300)} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, userAgent string) {
		cut := cutUserAgent(userAgent)
		if len(cut) > maxUserAgent || !utf8.ValidString(cut) || cutUserAgent(cut) != cut {
			t.Errorf("%q is cut to %q", userAgent, cut)
		}
		got := browserOf(userAgent)
		if got != browserOf(cut) {
			t.Errorf("%q is %+v, and when cut %+v", userAgent, got, browserOf(cut))
		}
		if len(got.product) > maxProduct || !utf8.ValidString(got.product) {
			t.Errorf("%q is of the product %q", userAgent, got.product)
		}
	})
}
