package manifest

import (
	"regexp"
	"strings"
	"testing"
)

// forms are the checks by hand and the expressions that say what they mean.
var forms = map[string]struct {
	check      func(string) bool
	expression *regexp.Regexp
}{
	"id":       {ValidID, regexp.MustCompile(`^[a-z][a-z0-9]{1,23}\.[a-z][a-z0-9-]{1,39}$`)},
	"type":     {isType, regexp.MustCompile(`^[a-z][a-z0-9-]{0,39}$`)},
	"kind":     {isKind, regexp.MustCompile(`^[a-z][a-z0-9-]{1,23}$`)},
	"platform": {isPlatform, regexp.MustCompile(`^([a-z0-9]+-[a-z0-9]+|any)$`)},
	"need":     {isNeed, regexp.MustCompile(`^[a-z][a-z0-9.-]*(:[A-Za-z0-9_./*-]+)?$`)},
	"version":  {isVersion, regexp.MustCompile(`^` + versionExpression + `$`)},
	"constraint": {
		func(text string) bool { _, _, ok := parseConstraint(text); return ok },
		regexp.MustCompile(`^(>=|<=|>|<|=)` + versionExpression + `$`),
	},
}

// versionExpression is that of https://semver.org version 2.0.0, with a bound for the numbers.
const versionExpression = `(0|[1-9]\d{0,9})\.(0|[1-9]\d{0,9})\.(0|[1-9]\d{0,9})` +
	`(?:-((?:0|[1-9]\d*|\d*[A-Za-z-][0-9A-Za-z-]*)(?:\.(?:0|[1-9]\d*|\d*[A-Za-z-][0-9A-Za-z-]*))*))?` +
	`(?:\+[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?`

func isVersion(text string) bool {
	_, ok := parseVersion(text)
	return ok
}

// samples are texts at both sides of each rule.
func samples() []string {
	return []string{
		"", "a", "A", "9", "-", ".", ":", "a-", "a1-b", "-a", "a_b", "é", "a\n", "any", "anyone",
		"acme.nas", "acme.n", "a.nas", "acme.nas.x", "acme.", ".nas", "ac-me.nas", "acme.n-s", "acme.9as",
		strings.Repeat("a", 24) + "." + strings.Repeat("b", 40), strings.Repeat("a", 25) + ".bb", "aa." + strings.Repeat("b", 41),
		strings.Repeat("a", 24), strings.Repeat("a", 25), strings.Repeat("a", 40), strings.Repeat("a", 41),
		"linux-amd64", "linux-", "-amd64", "linux-amd-64", "Linux-amd64", "linux/amd64",
		"kv", "tcp:443", "tcp:", "tcp:4:4", "tcp 443", "instance:url", "a.b-c:*/_.-Z", ":443", "tcp:é",
		"1.2.3", "0.0.0", "01.2.3", "1.2", "1.2.3.4", "1.2.", "1..3", "v1.2.3", "1.2.3 ", "1.2.3\n",
		"9999999999.0.0", "10000000000.0.0", "1.2.3-rc.1", "1.2.3-0", "1.2.3-00", "1.2.3-01", "1.2.3-01a", "1.2.3-", "1.2.3-a.", "1.2.3-a..b",
		"1.2.3--", "1.2.3-a-b", "1.2.3-a_b", "1.2.3+", "1.2.3+01", "1.2.3+a+b", "1.2.3+a.-", "1.2.3+a..b", "1.2.3-rc.1+b.7-x", "1.2.3+a-01", "-1.2.3",
		">=1.2.3", ">1.2.3", "=1.2.3", "==1.2.3", ">==1.2.3", ">=", ">", "~1.2.3", "<=1.2.3-rc.1+x", "< 1.2.3", "1.2.3>",
	}
}

func TestFormsAreTheirExpressions(t *testing.T) {
	for name, form := range forms {
		accepted := 0
		for _, text := range samples() {
			want := form.expression.MatchString(text)
			if got := form.check(text); got != want {
				t.Errorf("%s %q: got %v, want %v", name, text, got, want)
			}
			if want {
				accepted++
			}
		}
		if accepted == 0 {
			t.Errorf("%s: the samples have none", name)
		}
	}
}

func FuzzForms(f *testing.F) {
	for _, text := range samples() {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if len(text) > maxVersion { // only constraints would heed it
			t.Skip()
		}
		for name, form := range forms {
			if got, want := form.check(text), form.expression.MatchString(text); got != want {
				t.Errorf("%s %q: got %v, want %v", name, text, got, want)
			}
		}
	})
}
