package queryrule

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/prometheus/prometheus/model/labels"

	"github.com/pulse-hub/pulse/hub/internal/alert"
	"github.com/pulse-hub/pulse/hub/internal/alert/policy"
)

func TestLongSentencesAreShortened(t *testing.T) {
	one := &point{labels: labels.FromStrings("mount", strings.Repeat("ä", 4000)), value: 1.5}
	for _, message := range []string{"", "full: {{mount}}", "x{{mount}}", "xx{{mount}}"} {
		r := &rule{QueryRule: policy.QueryRule{ID: "a", Message: message}}
		got := r.sentence(&alert.Subject{Name: strings.Repeat("ö", 4000)}, one)
		if len(got) > maxSentence || len(got) < maxSentence-4 || !utf8.ValidString(got) || !strings.HasSuffix(got, "…") {
			t.Errorf("%q gave %d bytes, …%q", message, len(got), got[max(0, len(got)-10):])
		}
	}
	if got := listed(one.labels); len(got) > maxListed || !utf8.ValidString(got) {
		t.Errorf("listed is %q", got)
	}
}

// FuzzFill: text without placeholders stays as it is, and what takes the place of one is not looked at again.
func FuzzFill(f *testing.F) {
	for _, text := range []string{"", "plain", "{{value}}", "a {{ name }} b {{", "}}{{}}", "{{{{value}}}}", "{{a}}{{b}}"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		const filler = "<{{value}}>"
		asked := 0
		got := fill(text, func(string) string { asked++; return filler })
		if asked == 0 && got != text {
			t.Errorf("%q became %q", text, got)
		}
		if strings.Count(got, filler) < asked {
			t.Errorf("%q became %q with %d placeholders", text, got, asked)
		}
		if again := fill(text, func(string) string { return "" }); asked > strings.Count(text, "{{") || len(again) > len(text) {
			t.Errorf("%q became %q, and %q without placeholders", text, got, again)
		}
	})
}
