package language

import (
	"net/url"
	"strings"
	"text/template"
	"unicode"
	"unicode/utf8"
)

// Functions returns the functions of the language beyond those that
// text/template has. Values of any type may be given to them; they are printed first.
func Functions() template.FuncMap {
	return template.FuncMap{
		"title":      func(value any) string { return Title(textOf(value)) },
		"upper":      func(value any) string { return strings.ToUpper(textOf(value)) },
		"lower":      func(value any) string { return strings.ToLower(textOf(value)) },
		"urlquery":   escapeQuery,
		"urlencode":  escapeQuery,
		"urlpath":    escapePath,
		"pathescape": escapePath,
		"raw":        func(value any) Raw { return Raw(textOf(value)) },
		"json":       toJSON,
	}
}

// Title writes the first letter large and the others small.
func Title(text string) string {
	text = strings.ToLower(text)
	first, size := utf8.DecodeRuneInString(text)
	if size == 0 {
		return ""
	}
	return string(unicode.ToTitle(first)) + text[size:]
}

func escapeQuery(values ...any) Raw { return Raw(url.QueryEscape(join(values))) }

func escapePath(values ...any) Raw { return Raw(url.PathEscape(join(values))) }

func join(values []any) string {
	var text strings.Builder
	for _, value := range values {
		text.WriteString(textOf(value))
	}
	return text.String()
}

// toJSON writes a value as JSON, with quotes if it is a text.
func toJSON(value any) (Raw, error) {
	text, err := marshal(value)
	return Raw(text), err
}
