// Package markup writes plain text in the markup of chat services, so that
// every character is read as it was written and formats nothing.
//
// All functions take the greatest length of the result first, in UTF-16 code
// units, which no service counts more strictly than; what is longer is cut
// between characters and ends with "…". Control characters but line feeds, and
// characters that turn the direction of the text around them, are left out.
package markup

import (
	"strings"
	"unicode"
	"unicode/utf16"
)

// Plain leaves the characters as they are.
func Plain(limit int, text string) string {
	return write(limit, text, func(r rune, _ bool) string { return string(r) })
}

// Line leaves the characters as they are, on one line.
func Line(limit int, text string) string { return Plain(limit, OneLine(text)) }

// OneLine replaces line feeds and other spaces, and runs of them, by one space.
func OneLine(text string) string { return strings.Join(strings.Fields(text), " ") }

// paragraph separates paragraphs.
const paragraph = "\u2029"

// CommonMark is for services with CommonMark, of which some know HTML as well
// (https://spec.commonmark.org/0.31.2/#backslash-escapes).
func CommonMark(limit int, text string) string {
	text = strings.ReplaceAll(text, "\n\n", paragraph)
	return write(limit, text, func(r rune, lineStart bool) string {
		switch r {
		case '&':
			return "&amp;"
		case '<':
			return "&lt;"
		case '>':
			return "&gt;"
		case '\n':
			return "  \n" // or it would be a space
		case '\u2029':
			return "\n\n"
		}
		return backslash(r, strings.ContainsRune("\\`*_[]~|", r) || (lineStart && strings.ContainsRune("#+-=", r)))
	})
}

// Discord is for messages and embeds of Discord
// (https://support.discord.com/hc/en-us/articles/210298617).
func Discord(limit int, text string) string {
	last := ' '
	return write(limit, text, func(r rune, lineStart bool) string {
		pair := r == '|' && last == '|' // one alone is only a line
		last = r
		return backslash(r, pair || strings.ContainsRune("\\`*_[]~<>", r) || (lineStart && strings.ContainsRune("#-", r)))
	})
}

// Telegram is for the parse mode "Markdown", outside of entities
// (https://core.telegram.org/bots/api#markdown-style).
func Telegram(limit int, text string) string {
	return write(limit, text, func(r rune, _ bool) string {
		return backslash(r, strings.ContainsRune("_*`[", r))
	})
}

// Slack is for text objects of the type "mrkdwn"
// (https://docs.slack.dev/messaging/formatting-message-text). Characters that
// format have no escape there; where one could begin to, a character without
// width stands before it.
func Slack(limit int, text string) string {
	last := ' '
	return write(limit, text, func(r rune, _ bool) string {
		before := last
		last = r
		switch r {
		case '&':
			return "&amp;"
		case '<':
			return "&lt;"
		case '>':
			return "&gt;"
		case '*', '_', '~', '`':
			if !unicode.IsLetter(before) && !unicode.IsNumber(before) {
				return "\u200b" + string(r)
			}
		}
		return string(r)
	})
}

func backslash(r rune, special bool) string {
	if special {
		return `\` + string(r)
	}
	return string(r)
}

// write escapes rune by rune until the limit.
func write(limit int, text string, escape func(r rune, lineStart bool) string) string {
	var out strings.Builder
	length, fits, cut := 0, 0, false // fits: bytes after which "…" still has room
	lineStart := true
	for _, r := range text {
		if isHidden(r) {
			continue
		}
		piece := escape(r, lineStart)
		lineStart = r == '\n' || r == '\u2029' || (lineStart && r == ' ')
		length += units(piece)
		if length > limit {
			cut = true
			break
		}
		out.WriteString(piece)
		if length < limit {
			fits = out.Len()
		}
	}
	if cut && limit > 0 {
		return out.String()[:fits] + "…"
	}
	return out.String()
}

func units(text string) int {
	n := 0
	for _, r := range text {
		n += utf16.RuneLen(r)
	}
	return n
}

// isHidden tells whether a character has no place in a message: it controls
// something, or it turns the direction of what follows.
func isHidden(r rune) bool {
	switch {
	case r == '\n' || r == '\t':
		return false
	case r >= '\u202a' && r <= '\u202e', r >= '\u2066' && r <= '\u2069':
		return true
	}
	return unicode.IsControl(r)
}
