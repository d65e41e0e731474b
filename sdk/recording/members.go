package recording

import (
	"encoding/json"
	"iter"
	"strings"
)

// literals yields the places of the strings of a JSON text, quotes included.
// What has no end is none.
func literals(text string) iter.Seq2[int, int] {
	return func(yield func(start, end int) bool) {
		for at := 0; ; {
			start := strings.IndexByte(text[at:], '"')
			if start < 0 {
				return
			}
			start += at
			end := endOfLiteral(text, start+1)
			if end < 0 || !yield(start, end) {
				return
			}
			at = end
		}
	}
}

// endOfLiteral returns the place after the quote that ends a string, -1 if there is none.
func endOfLiteral(text string, at int) int {
	for {
		next := strings.IndexAny(text[at:], `"\`)
		switch {
		case next < 0:
			return -1
		case text[at+next] == '"':
			return at + next + 1
		}
		at += next + 2 // past what is escaped
		if at > len(text) {
			return -1
		}
	}
}

// members gives every member of a JSON text whose name is that of a secret and
// whose value is a string to replace, and returns the text with what it
// returns. It goes by the colon in "name": "value" and by nothing before it, so
// that it finds JSON in the middle of something else, too.
func members(text string, replace func(name, value string) string) string {
	var out strings.Builder
	done := 0
	for at, before := 0, 0; ; {
		next := strings.IndexByte(text[at:], '"')
		if next < 0 {
			break
		}
		at += next + 1
		start, end := valueAfter(text, at)
		if name := text[before : at-1]; end > 0 && len(name) < longestName && named(name) {
			var value string
			if json.Unmarshal([]byte(text[start:end]), &value) == nil {
				out.WriteString(text[done:start])
				out.WriteString(quote(replace(name, value)))
				done, at = end, end
			}
		}
		before = at
	}
	return out.String() + text[done:]
}

// longestName bounds the name of a secret, in bytes.
const longestName = 100

// valueAfter returns the place of the string that is the value of a member
// whose name ends at a place; the end is 0 if there is none.
func valueAfter(text string, at int) (start, end int) {
	rest := strings.TrimLeft(text[at:], " \t\r\n")
	if !strings.HasPrefix(rest, ":") {
		return 0, 0
	}
	rest = strings.TrimLeft(rest[1:], " \t\r\n")
	if !strings.HasPrefix(rest, `"`) {
		return 0, 0
	}
	start = len(text) - len(rest)
	return start, max(endOfLiteral(text, start+1), 0)
}

// inLiterals returns the text with its strings replaced, quotes included.
func inLiterals(text string, replace func(string) string) string {
	var out strings.Builder
	out.Grow(len(text))
	done := 0
	for start, end := range literals(text) {
		out.WriteString(text[done:start])
		out.WriteString(replace(text[start:end]))
		done = end
	}
	out.WriteString(text[done:])
	return out.String()
}
