package audit

import (
	"bytes"
	"encoding/json"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"unicode"
)

// Masked stands where a secret was.
const Masked = "•••"

// Mask returns a value as JSON with its secrets replaced by Masked: the members whose names look like those of
// secrets, whatever lies in them, headers given as a name and a value, and within texts the credentials of URLs and
// of authorization headers, and private keys. Empty texts, booleans and null stay: they say that nothing is set. A
// value that cannot be written as JSON is masked whole.
func Mask(v any) json.RawMessage {
	text, err := json.Marshal(v)
	if err != nil {
		return json.RawMessage(`"` + Masked + `"`)
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	var tree any
	if err := decoder.Decode(&tree); err != nil {
		return json.RawMessage(`"` + Masked + `"`)
	}
	masked, err := json.Marshal(maskTree(tree))
	if err != nil { // what was decoded encodes
		panic(err)
	}
	return masked
}

func maskTree(tree any) any {
	switch tree := tree.(type) {
	case map[string]any:
		pair := isSecretPair(tree)
		for name, value := range tree {
			if isSecretName(name) || pair && strings.EqualFold(name, "value") {
				tree[name] = hide(value)
				continue
			}
			tree[name] = maskTree(value)
		}
	case []any:
		for i, value := range tree {
			tree[i] = maskTree(value)
		}
	case string:
		return maskText(tree)
	}
	return tree
}

// hide masks a whole value, unless it says that there is none.
func hide(value any) any {
	switch value := value.(type) {
	case nil, bool:
		return value
	case string:
		if value == "" {
			return value
		}
	}
	return Masked
}

// isSecretPair reports whether an object is a pair of a name and a value, and the name that of a secret.
func isSecretPair(members map[string]any) bool {
	for name, value := range members {
		text, isText := value.(string)
		switch strings.ToLower(name) {
		case "name", "key", "header", "field":
			if isText && isSecretName(text) {
				return true
			}
		}
	}
	return false
}

// secretWords are the words that names of secrets hold, in lower case.
func secretWords() []string {
	return []string{
		"password", "passwd", "passwort", "passphrase", "passcode", "secret", "token", "hash", "authorization", "cookie",
		"credential", "privatekey", "apikey", "accesskey", "bearer", "signature", "recoverycode",
	}
}

// isSecretName reports whether a member of the name looks like a secret: "apiKey", "API_KEY", "x-auth-token".
func isSecretName(name string) bool {
	words := wordsOf(name)
	if len(words) == 0 {
		return false
	}
	// The id and the name of a token or key are public.
	if last := words[len(words)-1]; last == "id" || last == "name" {
		rest := strings.Join(words[:len(words)-1], "")
		if rest == "token" || rest == "key" || rest == "apitoken" || rest == "apikey" {
			return false
		}
	}
	for _, word := range words {
		switch word {
		case "key", "keys", "pass", "pwd", "auth", "pin", "otp", "totp", "salt", "seed", "jwt":
			return true
		}
	}
	squashed := strings.Join(words, "")
	return slices.ContainsFunc(secretWords(), func(word string) bool { return strings.Contains(squashed, word) })
}

// wordsOf parts a name at its separators and capitals, in lower case.
func wordsOf(name string) []string {
	var words []string
	var word []rune
	end := func() {
		if len(word) > 0 {
			words = append(words, strings.ToLower(string(word)))
			word = nil
		}
	}
	wasLower := false
	for _, r := range name {
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) {
			end()
			wasLower = false
			continue
		}
		if unicode.IsUpper(r) && wasLower {
			end()
		}
		wasLower = !unicode.IsUpper(r)
		word = append(word, r)
	}
	end()
	return words
}

// patterns find secrets within texts.
var (
	urlPattern    = regexp.MustCompile(`[A-Za-z][A-Za-z0-9+.-]*://[^\s"'<>]+`)
	schemePattern = regexp.MustCompile(`(?i)\b(bearer|basic|digest|apikey|token)\s+[A-Za-z0-9._~+/=:-]{8,}`)
	keyPattern    = regexp.MustCompile(`(?s)-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----.*?(-----END [A-Z0-9 ]*PRIVATE KEY-----|$)`)
)

func maskText(text string) string {
	text = keyPattern.ReplaceAllString(text, Masked)
	text = urlPattern.ReplaceAllStringFunc(text, maskURL)
	return schemePattern.ReplaceAllString(text, "$1 "+Masked)
}

// maskURL masks who signs in with a URL, the values of parameters with names of secrets, and parts of the path that
// look random, as webhooks have them.
func maskURL(text string) string {
	scheme, rest, _ := strings.Cut(text, "://")
	end := strings.IndexAny(rest, "/?#")
	if end < 0 {
		end = len(rest)
	}
	authority, tail := rest[:end], rest[end:]
	if at := strings.LastIndexByte(authority, '@'); at >= 0 {
		authority = Masked + authority[at:]
	}
	address, fragment, hasFragment := strings.Cut(tail, "#")
	path, query, hasQuery := strings.Cut(address, "?")
	masked := scheme + "://" + authority + maskPath(path)
	if hasQuery {
		masked += "?" + maskQuery(query)
	}
	if hasFragment {
		masked += "#" + maskQuery(fragment) // identity providers answer there
	}
	return masked
}

// minRandom is from how many signs on a part of a path with letters and digits counts as random.
const minRandom = 20

func maskPath(path string) string {
	parts := strings.Split(path, "/")
	for i, part := range parts {
		if len(part) >= minRandom && strings.ContainsFunc(part, unicode.IsDigit) && strings.ContainsFunc(part, unicode.IsLetter) {
			parts[i] = Masked
		}
	}
	return strings.Join(parts, "/")
}

func maskQuery(query string) string {
	parameters := strings.Split(query, "&")
	for i, parameter := range parameters {
		name, value, _ := strings.Cut(parameter, "=")
		plain, err := url.QueryUnescape(name)
		if value != "" && (err != nil || isSecretName(plain)) {
			parameters[i] = name + "=" + Masked
		}
	}
	return strings.Join(parameters, "&")
}
