package allow

import "strings"

// Matches reports whether the pattern stands for a command line.
func (p Pattern) Matches(line string) bool {
	words, given := strings.Split(string(p), " "), strings.Split(line, " ")
	if len(words) != len(given) { // a * has no space in it
		return false
	}
	for i, word := range words {
		if !matches(split(word), given[i]) {
			return false
		}
	}
	return true
}

// split returns what stands before, between and behind the * of a word.
func split(word string) []string {
	var literals []string
	var literal strings.Builder
	for i := 0; i < len(word); i++ {
		switch {
		case strings.HasPrefix(word[i:], `\*`):
			literal.WriteByte('*')
			i++
		case word[i] == '*':
			literals = append(literals, literal.String())
			literal.Reset()
		default:
			literal.WriteByte(word[i])
		}
	}
	return append(literals, literal.String())
}

// matches reports whether a text is the literals in their order, with something plain between each two of them. Taking the
// first place of each literal is enough: one that has a character that is not plain has no other place, and one that has
// none may as well be a part of what the * behind it stands for.
func matches(literals []string, text string) bool {
	if len(literals) == 1 {
		return text == literals[0]
	}
	before := literals[0]
	rest, ok := strings.CutPrefix(text, before)
	if !ok || climbs(text) {
		return false
	}
	for i, literal := range literals[1:] {
		end := len(rest) - len(literal)
		if last := i == len(literals)-2; !last && len(rest) > 0 {
			end = 1 + strings.Index(rest[1:], literal)
		}
		if end < 1 || !plain(rest[:end], before) || !strings.HasPrefix(rest[end:], literal) {
			return false
		}
		before, rest = literal, rest[end+len(literal):]
	}
	return true
}

// climbs reports whether a text may leave the folder that its beginning names.
func climbs(text string) bool { return strings.Contains(text, "..") }

// plain reports whether a * may stand for a text behind another: no shell sees more in it than a part of one argument.
func plain(text, before string) bool {
	begins := before == "" || !isPlain(before[len(before)-1])
	if begins && strings.IndexByte(optionSigns, text[0]) >= 0 {
		return false
	}
	for i := range len(text) {
		if !isPlain(text[i]) {
			return false
		}
	}
	return true
}

func isPlain(char byte) bool {
	switch {
	case 'a' <= char && char <= 'z', 'A' <= char && char <= 'Z', '0' <= char && char <= '9':
		return true
	}
	return strings.IndexByte("_-./:@=,+", char) >= 0
}
