package manifest

import "strings"

// The forms of the names in a manifest are checked by hand: regular expressions
// would cost every plugin process memory and time before it does anything.

const (
	lower  = "abcdefghijklmnopqrstuvwxyz"
	upper  = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	digits = "0123456789"
)

// madeOf tells whether a text has no other bytes than these.
func madeOf(text, bytes string) bool {
	for i := range len(text) {
		if strings.IndexByte(bytes, text[i]) < 0 {
			return false
		}
	}
	return true
}

// isWord tells whether a text begins with a lower-case letter, goes on with
// these bytes and has a length within the bounds. The least is 1 or more.
func isWord(text, bytes string, least, most int) bool {
	return len(text) >= least && len(text) <= most && madeOf(text[:1], lower) && madeOf(text[1:], bytes)
}

// isType tells whether a text may be the type of a component or the name of a dataset.
func isType(text string) bool { return isWord(text, lower+digits+"-", 1, 40) }

func isKind(text string) bool { return isWord(text, lower+digits+"-", 2, 24) }

// isPlatform tells whether a text looks like "linux-amd64" or is "any".
func isPlatform(text string) bool {
	system, machine, ok := strings.Cut(text, "-")
	return text == "any" || ok && system != "" && machine != "" && madeOf(system+machine, lower+digits)
}

// isNeed tells whether a text looks like "kv" or "tcp:443".
func isNeed(text string) bool {
	name, value, qualified := strings.Cut(text, ":")
	if !isWord(name, lower+digits+".-", 1, len(text)) {
		return false
	}
	return !qualified || value != "" && madeOf(value, lower+upper+digits+"_./*-")
}
