package markup_test

import (
	"strings"
	"testing"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/pulse-hub/pulse/plugins/webhook/internal/markup"
)

func TestMarkup(t *testing.T) {
	for _, tt := range []struct {
		name       string
		write      func(int, string) string
		text, want string
	}{
		{"ordinary names stay", markup.CommonMark, "web-g1 (node 2): 91.2% of 8 GB!", "web-g1 (node 2): 91.2% of 8 GB!"},
		{"commonmark", markup.CommonMark, "*a* _b_ `c` [d](e) <f> g & h", "\\*a\\* \\_b\\_ \\`c\\` \\[d\\](e) &lt;f&gt; g &amp; h"},
		{"commonmark, begin of a line", markup.CommonMark, "# a\n - b\nc - d", "\\# a  \n \\- b  \nc - d"},
		{"commonmark, paragraphs", markup.CommonMark, "a\n\n# b\nc", "a\n\n\\# b  \nc"},
		{"discord", markup.Discord, "**a** ||b|| <@1> | c\n# d", "\\*\\*a\\*\\* |\\|b|\\| \\<@1\\> | c\n\\# d"},
		{"telegram", markup.Telegram, "web_01 *a* `b` [c](d)", "web\\_01 \\*a\\* \\`b\\` \\[c](d)"},
		{"slack", markup.Slack, "web_01 <!channel> a&b", "web_01 &lt;!channel&gt; a&amp;b"},
		{"slack, format", markup.Slack, "*a* _b", "\u200b*a* \u200b_b"},
		{"control characters", markup.Plain, "a\x00b\x1b[1m\u202ec\u2066d\r\ne\tf", "ab[1mcd\ne\tf"},
		{"what is no UTF-8", markup.Plain, "a\xff", "a\ufffd"},
		{"one line", markup.Line, " a\n\n b\tc ", "a b c"},
		{"right to left stays", markup.Line, "שלום عالم", "שלום عالم"},
	} {
		if got := tt.write(1000, tt.text); got != tt.want {
			t.Errorf("%s: got %q, want %q", tt.name, got, tt.want)
		}
	}
}

func TestCuts(t *testing.T) {
	for _, tt := range []struct {
		limit      int
		text, want string
	}{
		{0, "abc", ""}, {1, "abc", "…"}, {2, "abc", "a…"}, {3, "abc", "abc"}, {3, "abcd", "ab…"}, {4, "a_b", `a\_b`},
		{3, "a_b", "a…"}, {2, "😀", "😀"}, {2, "😀😀", "…"}, {3, "😀😀", "😀…"},
	} {
		if got := markup.Telegram(tt.limit, tt.text); got != tt.want {
			t.Errorf("%d of %q: got %q, want %q", tt.limit, tt.text, got, tt.want)
		}
	}
}

func FuzzMarkup(f *testing.F) {
	f.Add("a_b*c\n# d||e||<f>", 7)
	f.Add("\u202e😀\xff", 2)
	f.Fuzz(func(t *testing.T, text string, limit int) {
		limit = max(0, min(limit, 5000))
		for _, write := range []func(int, string) string{
			markup.Plain, markup.Line, markup.CommonMark, markup.Discord, markup.Telegram, markup.Slack,
		} {
			got := write(limit, text)
			if length := len(utf16.Encode([]rune(got))); length > limit || !utf8.ValidString(got) || strings.ContainsAny(got, "\x00\u202e") {
				t.Errorf("%q of at most %d becomes %q (%d)", text, limit, got, length)
			}
		}
	})
}
