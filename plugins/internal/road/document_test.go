package roadtest

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

// at follows a path into a document: names of members, and for lists a
// condition such as "node=lab1, devPath=/dev/sda" that picks the first item that
// fulfils it, or "*" for the number of items. It returns nil if there is nothing.
func at(document any, path string) any {
	for step := range strings.SplitSeq(path, " > ") {
		switch value := document.(type) {
		case map[string]any:
			document = value[step]
		case []any:
			if step == "*" {
				return json.Number(fmt.Sprint(len(value)))
			}
			document = pick(value, step)
		default:
			return nil
		}
	}
	return document
}

func pick(list []any, condition string) any {
	for _, item := range list {
		if fulfils(item, condition) {
			return item
		}
	}
	return nil
}

func fulfils(item any, condition string) bool {
	for part := range strings.SplitSeq(condition, ", ") {
		name, want, _ := strings.Cut(part, "=")
		if text(at(item, name)) != want {
			return false
		}
	}
	return true
}

// text writes a value as JSON, texts without quotes.
func text(value any) string {
	if s, ok := value.(string); ok {
		return s
	}
	encoded, err := json.Marshal(value)
	if err != nil {
		return err.Error() // there is no such value in a document
	}
	return string(encoded)
}

// number returns a figure, 0 for what is none.
func number(value any) float64 {
	n, ok := value.(json.Number)
	if !ok {
		return 0
	}
	f, err := n.Float64()
	if err != nil {
		return 0
	}
	return f
}

func TestPathsIntoDocuments(t *testing.T) {
	document := map[string]any{"nodes": []any{
		map[string]any{"name": "a", "disks": []any{}},
		map[string]any{"name": "b", "online": true, "load": []any{json.Number("0.5")}, "size": map[string]any{"total": json.Number("7")}},
	}}
	for path, want := range map[string]string{
		"nodes > *":                           "2",
		"nodes > name=b > size > total":       "7",
		"nodes > name=b, online=true > load":  "[0.5]",
		"nodes > name=a > online":             "null",
		"nodes > name=c > name":               "null",
		"nodes > name=a > disks > *":          "0",
		"nodes > name=a > disks > x=y > name": "null",
		"nodes > name=a > name > name":        "null",
	} {
		if got := text(at(document, path)); got != want {
			t.Errorf("%s: got %s, want %s", path, got, want)
		}
	}
}
