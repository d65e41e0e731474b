package schema

import (
	"regexp"
	"strings"
	"testing"
)

// hostnameExpression says what isHostname means.
var hostnameExpression = regexp.MustCompile(
	`^([A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?\.)*[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?\.?$`)

func FuzzHostname(f *testing.F) {
	long := strings.Repeat("a", 63)
	for _, text := range []string{
		"", ".", "..", "a", "a.", "a..", ".a", "a..b", "A-9_z.b", "-a", "a-", "a.-b", "a-.b", "a--b", "_srv._tcp.example.org",
		"_", "-", "é", "a b", "a\n", "a:1", long, long + ".", long + "a", "x." + long, "x." + long + "a",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if got, want := isHostname(text), hostnameExpression.MatchString(text); got != want {
			t.Errorf("%q: got %v, want %v", text, got, want)
		}
	})
}
