package notifications

import (
	"errors"
	"fmt"
	"strings"
)

// Redacted stands in answers for a secret that is stored.
const Redacted = "***REDACTED***"

// ErrMasked says that a masked value came back for which nothing is stored.
var ErrMasked = errors.New("a masked value can only keep what is stored")

func masked(field string) error { return fmt.Errorf("%s: %w", field, ErrMasked) }

func mask(secret string) string {
	if secret == "" {
		return ""
	}
	return Redacted
}

func maskValues(values map[string]string) map[string]string {
	if len(values) == 0 {
		return nil
	}
	out := make(map[string]string, len(values))
	for name := range values {
		out[name] = Redacted
	}
	return out
}

func restoreValues(field string, given, stored map[string]string) (map[string]string, error) {
	if given == nil {
		return nil, nil
	}
	out := make(map[string]string, len(given))
	for name, value := range given {
		if value == Redacted {
			kept, known := stored[name]
			if !known {
				return nil, masked(field + " " + name)
			}
			value = kept
		}
		out[name] = value
	}
	return out, nil
}

// MaskURL returns the address of a webhook without what looks like a secret: who signs in, the fragment, the values of
// the query, and what in the path is no plain word. Template actions stay. For services whose paths are secrets of any
// look, such as the topics of ntfy, the whole path is masked.
func MaskURL(raw, service string) string {
	parts := splitURL(raw)
	var out strings.Builder
	for i := range parts {
		if p := &parts[i]; p.secret(service) {
			out.WriteString(Redacted)
		} else {
			out.WriteString(p.text)
		}
	}
	return out.String()
}

// restoreURL puts stored values in the places of those that are masked. The host must be that of the stored address:
// a secret is not to be sent to somebody else.
func restoreURL(given, stored string) (string, error) {
	if !strings.Contains(given, Redacted) {
		return given, nil
	}
	mine, theirs := splitURL(given), splitURL(stored)
	if !strings.EqualFold(hostOf(mine), hostOf(theirs)) {
		return "", masked("url")
	}
	byPlace := make(map[string]string, len(theirs))
	for _, p := range theirs {
		byPlace[p.place] = p.text
	}
	var out strings.Builder
	for _, p := range mine {
		text := p.text
		if text == Redacted {
			kept, known := byPlace[p.place]
			if !known || p.place == "" {
				return "", masked("url")
			}
			text = kept
		}
		out.WriteString(text)
	}
	if strings.Contains(out.String(), Redacted) {
		return "", masked("url")
	}
	return out.String(), nil
}

// piece is a part of an address. The texts of all pieces make up the address.
type piece struct {
	text string
	// place says where a piece is that may be a secret: "path 2", "query token 0"; empty for others.
	place string
}

func hostOf(pieces []piece) string {
	var host strings.Builder
	for _, p := range pieces {
		if p.place == placeHost {
			host.WriteString(p.text)
		}
	}
	return host.String()
}

// The places of which there is one.
const (
	placeHost     = "host" // with the scheme
	placeUser     = "user"
	placeFragment = "fragment"
)

// splitURL takes an address apart. It is lenient: what is stored may have template actions anywhere behind the host.
func splitURL(raw string) []piece {
	scheme, rest, found := strings.Cut(raw, "://")
	if !found {
		return []piece{{raw, placeHost}}
	}
	pieces := []piece{{scheme + "://", placeHost}}
	authority, rest := cutAny(rest, "/?#")
	if at := strings.LastIndexByte(authority, '@'); at >= 0 {
		pieces = append(pieces, piece{authority[:at], placeUser}, piece{"@", ""})
		authority = authority[at+1:]
	}
	pieces = append(pieces, piece{authority, placeHost})
	path, rest := cutAny(rest, "?#")
	pieces = append(pieces, splitList(path, "/", func(at int, segment string) []piece {
		return []piece{{segment, fmt.Sprintf("path %d", at)}}
	})...)
	query, fragment := cutAny(rest, "#")
	seen := map[string]int{}
	if query != "" {
		pieces = append(pieces, piece{"?", ""})
		pieces = append(pieces, splitList(query[1:], "&", func(_ int, pair string) []piece {
			key, value, found := strings.Cut(pair, "=")
			if !found {
				return []piece{{pair, ""}}
			}
			seen[key]++
			return []piece{{key + "=", ""}, {value, fmt.Sprintf("query %s %d", key, seen[key])}}
		})...)
	}
	if fragment != "" {
		pieces = append(pieces, piece{"#", ""}, piece{fragment[1:], placeFragment})
	}
	return pieces
}

// splitList takes a list apart at a separator outside of template actions.
func splitList(list, separator string, each func(at int, item string) []piece) []piece {
	var pieces []piece
	for at := 0; ; at++ {
		item, rest := cutAny(list, separator)
		pieces = append(pieces, each(at, item)...)
		if rest == "" {
			return pieces
		}
		pieces = append(pieces, piece{separator, ""})
		list = rest[len(separator):]
	}
}

// cutAny cuts a text before the first of some bytes that is outside of template actions.
func cutAny(text, stops string) (before, rest string) {
	inside := false
	for i := 0; i < len(text); i++ {
		switch {
		case strings.HasPrefix(text[i:], "{{"):
			inside = true
		case strings.HasPrefix(text[i:], "}}"):
			inside = false
		case !inside && strings.IndexByte(stops, text[i]) >= 0:
			return text[:i], text[i:]
		}
	}
	return text, ""
}

// secret says whether a piece is to be masked.
func (p *piece) secret(service string) bool {
	switch {
	case p.text == "" || p.place == "" || p.place == placeHost || strings.Contains(p.text, "{{"):
		return false
	case p.place == placeUser || p.place == placeFragment:
		return true
	case strings.HasPrefix(p.place, "path "):
		return service == "ntfy" || !plainWord(p.text)
	}
	key := strings.Fields(p.place)[1]
	return key != "chat_id" && key != "message_thread_id" && key != "wait"
}

// longestWord is how long a word in a path may be that is no secret.
const longestWord = 20

// plainWord says whether a segment of a path is made for people: words of letters, a small number, or a version.
func plainWord(segment string) bool {
	if len(segment) > longestWord {
		return false
	}
	digits := strings.TrimLeft(segment, "v")
	if digits != "" && len(segment)-len(digits) <= 1 && len(digits) <= 4 && strings.Trim(digits, "0123456789") == "" {
		return true
	}
	return strings.Trim(strings.ToLower(segment), "abcdefghijklmnopqrstuvwxyz-_.") == ""
}

// LoggedURL is MaskURL in the words of the log of deliveries.
func LoggedURL(raw, service string) string {
	return strings.ReplaceAll(MaskURL(raw, service), Redacted, "REDACTED")
}
