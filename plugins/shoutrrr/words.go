package shoutrrr

import (
	"strings"
	"unicode"
)

// Titles and texts are cut to so many characters.
const (
	maxTitle = 250
	maxText  = 16_000
)

// clean returns a text without control characters, but for line breaks where
// they are wanted, cut to a number of characters.
func clean(text string, limit int, lines bool) string {
	var b strings.Builder
	for _, r := range strings.ToValidUTF8(text, "\uFFFD") {
		if unicode.IsControl(r) && (!lines || r != '\n') {
			r = ' '
		}
		if limit--; limit < 0 {
			b.WriteRune('…')
			break
		}
		b.WriteRune(r)
	}
	return strings.TrimSpace(b.String())
}
