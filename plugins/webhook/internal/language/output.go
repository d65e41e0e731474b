package language

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
)

// Raw is text that is written as it is.
type Raw string

// output takes what a template writes, and knows from it in what a value is
// about to be put. It belongs to one execution.
type output struct {
	mode     Mode
	text     []byte
	steps    int
	inString bool // JSON: within a string
	escaped  bool // JSON: behind a backslash
	inQuery  bool // URL: behind the question mark
}

// Write takes the next part.
func (o *output) Write(part []byte) (int, error) {
	if len(o.text)+len(part) > MaxOutput {
		return 0, fmt.Errorf("%w: it makes more than %d bytes", ErrTooLong, MaxOutput)
	}
	switch o.mode {
	case JSON:
		o.watchStrings(part)
	case URL:
		o.inQuery = o.inQuery || bytes.IndexByte(part, '?') >= 0
	}
	o.text = append(o.text, part...)
	return len(part), nil
}

func (o *output) watchStrings(part []byte) {
	for _, c := range part {
		switch {
		case o.escaped:
			o.escaped = false
		case c == '\\' && o.inString:
			o.escaped = true
		case c == '"':
			o.inString = !o.inString
		}
	}
}

// step fails when there have been too many.
func (o *output) step() (string, error) {
	o.steps++
	if o.steps > maxSteps {
		return "", ErrEndless
	}
	return "", nil
}

// escape makes of a value what can be written at this place.
func (o *output) escape(value any) (string, error) {
	if raw, ok := value.(Raw); ok {
		return string(raw), nil
	}
	switch o.mode {
	case JSON:
		return o.escapeJSON(value)
	case URL:
		if o.inQuery {
			return url.QueryEscape(textOf(value)), nil
		}
		return url.PathEscape(textOf(value)), nil
	}
	return textOf(value), nil
}

func (o *output) escapeJSON(value any) (string, error) {
	if o.inString {
		quoted, err := marshal(textOf(value))
		return strings.TrimSuffix(strings.TrimPrefix(quoted, `"`), `"`), err
	}
	if text, ok := value.(string); ok && isScalar(text) {
		return text, nil
	}
	return marshal(value)
}

// isScalar tells whether a text is a JSON value without an inside, such as
// what printf has made of a number. A text with an inside is not trusted: it
// could be somebody's name.
func isScalar(text string) bool {
	trimmed := strings.TrimSpace(text)
	return json.Valid([]byte(trimmed)) && !strings.ContainsAny(trimmed[:1], "{[")
}

// textOf prints a value as text/template does, but nothing for what is missing.
func textOf(value any) string {
	switch v := value.(type) {
	case nil:
		return ""
	case string:
		return v
	case Raw:
		return string(v)
	}
	return fmt.Sprint(value)
}

// marshal writes a value as JSON without escaping for HTML.
func marshal(value any) (string, error) {
	var text strings.Builder
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		return "", fmt.Errorf("write value as json: %w", err)
	}
	return strings.TrimSuffix(text.String(), "\n"), nil
}
