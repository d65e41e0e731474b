//go:build linux

package app_test

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"net/url"
	"strings"
	"testing"
)

// shortestForm is below which a form of a secret occurs by chance, in bytes.
const shortestForm = 10

// formsOf returns how a secret may be written down: as it is, as text of JSON, of a URL, in hexadecimal and in base64,
// where it may be in the middle of something longer.
func formsOf(secret string) map[string]string {
	escaped, err := json.Marshal(secret)
	if err != nil {
		panic(err) // a string has no such error
	}
	var plain bytes.Buffer
	encoder := json.NewEncoder(&plain)
	encoder.SetEscapeHTML(false)
	_ = encoder.Encode(secret) // neither has this
	forms := map[string]string{
		"as it is": secret, "JSON": string(escaped[1 : len(escaped)-1]), "plain JSON": strings.TrimSpace(plain.String()),
		"query": url.QueryEscape(secret), "path": url.PathEscape(secret), "hexadecimal": hex.EncodeToString([]byte(secret)),
		"upper hexadecimal": strings.ToUpper(hex.EncodeToString([]byte(secret))),
	}
	forms["plain JSON"] = strings.Trim(forms["plain JSON"], `"`)
	for name, encoding := range map[string]*base64.Encoding{"base64": base64.RawStdEncoding, "URL base64": base64.RawURLEncoding} {
		for before := range 3 {
			forms[name+string(rune('0'+before))] = inBase64(encoding, secret, before)
		}
	}
	for name, form := range forms {
		if len(form) < shortestForm {
			delete(forms, name)
		}
	}
	return forms
}

// inBase64 returns those characters that a secret gives with so many bytes before it, whatever these and those after
// it are.
func inBase64(encoding *base64.Encoding, secret string, before int) string {
	text := encoding.EncodeToString([]byte(strings.Repeat("\x00", before) + secret))
	first := (8*before + 5) / 6 // the first character that has no bit of what is before
	last := 8 * (before + len(secret)) / 6
	return text[first:last]
}

// find returns which of the forms occurs in a text; empty: none.
func find(text []byte, forms map[string]string) string {
	for name, form := range forms {
		if bytes.Contains(text, []byte(form)) {
			return name
		}
	}
	return ""
}

func TestEveryFormOfASecretIsFound(t *testing.T) {
	const secret = "Sesame <open> & 100% \"now\"/é"
	forms := formsOf(secret)
	quoted, _ := json.Marshal(map[string]string{"a": secret})
	for name, text := range map[string]string{
		"raw": "x" + secret + "y", "JSON": string(quoted), "query": "/?" + url.Values{"token": {secret}}.Encode(),
		"path": "/a/" + url.PathEscape(secret), "hex": hex.EncodeToString([]byte("ab" + secret)),
		"Basic":  base64.StdEncoding.EncodeToString([]byte("anna:" + secret)),
		"Basic1": base64.StdEncoding.EncodeToString([]byte("bob:" + secret + "!")),
		"Basic2": base64.URLEncoding.EncodeToString([]byte("eve42:" + secret + "!!")),
	} {
		if find([]byte(text), forms) == "" {
			t.Errorf("%s is not found in %s", name, text)
		}
	}
	if got := find([]byte("Sesame <open> & 100% \"now\"/e"), forms); got != "" {
		t.Errorf("something else is taken for the secret as %s", got)
	}
}
