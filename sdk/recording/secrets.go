package recording

import (
	"cmp"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strings"
)

const (
	// shortestConfigured and shortestFound are the lengths from which a secret
	// is replaced wherever it stands, in bytes. Shorter ones are replaced where
	// they are a whole JSON string or the value of a field, parameter or header.
	shortestConfigured = 4
	shortestFound      = 8
)

// secrets knows the secrets of a recording and gives each a placeholder: the
// same one wherever it stands.
type secrets struct {
	placeholders map[string]string // by plain value
	numbers      map[string]int    // of placeholders, by label
	everywhere   map[string]bool   // plain values to be replaced wherever they stand
}

func newSecrets() *secrets {
	return &secrets{placeholders: map[string]string{}, numbers: map[string]int{}, everywhere: map[string]bool{}}
}

// learn takes note of a secret and returns its placeholder. The label says
// what it is called.
func (s *secrets) learn(label, value string, shortest int) string {
	if value == "" || slices.Contains([]string{"null", "true", "false"}, value) {
		return value
	}
	if len(value) >= shortest {
		s.everywhere[value] = true
	}
	if known, ok := s.placeholders[value]; ok {
		return known
	}
	word := labelCharacters.ReplaceAllString(strings.ToLower(label), "")
	s.numbers[word]++
	placeholder := fmt.Sprintf("redacted-%s-%d", cmp.Or(word, "secret"), s.numbers[word])
	s.placeholders[value] = placeholder
	return placeholder
}

var labelCharacters = regexp.MustCompile(`[^a-z0-9]+`)

// found is learn for a secret that went by one of the names of secrets. What
// is a placeholder already stays as it is.
func (s *secrets) found(name, value string) string {
	if placeholderText.MatchString(value) {
		return value
	}
	return s.learn(name, value, shortestFound)
}

var placeholderText = regexp.MustCompile(`^redacted-[a-z0-9]+-[0-9]+$`)

// replacer replaces all that is known by now, however it is written, and the
// given texts besides.
func (s *secrets) replacer(others map[string]string) *strings.Replacer {
	written := map[string]string{}
	maps.Copy(written, others)
	for value, placeholder := range s.placeholders {
		if !s.everywhere[value] {
			written[quote(value)] = quote(placeholder)
			continue
		}
		for _, form := range forms(value) {
			written[form] = placeholder
		}
	}
	// The longest first, so that a secret within another one does not tear it apart.
	longest := slices.SortedFunc(maps.Keys(written), func(a, b string) int {
		return cmp.Or(len(b)-len(a), strings.Compare(a, b))
	})
	var pairs []string
	for _, form := range longest {
		pairs = append(pairs, form, written[form])
	}
	return strings.NewReplacer(pairs...)
}

// forms are the ways in which a text is written in messages.
func forms(text string) []string {
	inJSON := unquoted(quote(text))
	escaped, _ := json.Marshal(text) // a string can always be written
	data := []byte(text)
	return []string{
		text, url.QueryEscape(text), url.PathEscape(text), inJSON, unquoted(string(escaped)), unquoted(quote(inJSON)),
		base64.StdEncoding.EncodeToString(data), base64.URLEncoding.EncodeToString(data),
		base64.RawStdEncoding.EncodeToString(data), base64.RawURLEncoding.EncodeToString(data),
	}
}

// quote writes a JSON string with as few escapes as can be.
func quote(text string) string {
	var quoted strings.Builder
	encoder := json.NewEncoder(&quoted)
	encoder.SetEscapeHTML(false)
	_ = encoder.Encode(text) // a string can always be written
	return strings.TrimSuffix(quoted.String(), "\n")
}

func unquoted(literal string) string { return literal[1 : len(literal)-1] }

// named tells whether a header, field or parameter of this name holds a secret.
func named(name string) bool {
	word := labelCharacters.ReplaceAllString(strings.ToLower(name), "")
	if strings.Contains(word, "csrf") || strings.Contains(word, "xsrf") {
		return true
	}
	return slices.ContainsFunc(secretNames(), func(ending string) bool { return strings.HasSuffix(word, ending) })
}

// secretNames are how names of secrets end, in lower-case letters.
func secretNames() []string {
	return []string{"token", "ticket", "password", "passwd", "passphrase", "secret", "apikey", "privatekey", "accesskey",
		"sessionid", "authorization", "cookie", "credential", "credentials"}
}

// parameters does the same for a query or a form.
func parameters(text string, replace func(name, value string) string) string {
	parts := strings.Split(text, "&")
	for i, part := range parts {
		name, value, _ := strings.Cut(part, "=")
		plainName, err := url.QueryUnescape(name)
		if err != nil || !named(plainName) {
			continue
		}
		plainValue, err := url.QueryUnescape(value)
		if err != nil {
			plainValue = value
		}
		parts[i] = name + "=" + url.QueryEscape(replace(plainName, plainValue))
	}
	return strings.Join(parts, "&")
}
