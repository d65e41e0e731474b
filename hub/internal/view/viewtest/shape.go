package viewtest

import (
	"encoding/json"
	"os"
	"slices"
	"testing"
)

// CheckShape compares a JSON document with a shape file: an object of field
// paths and JSON types, where "[]" stands for the items of a list and "*" for
// the members of an object whose names are data. Every path of the file must
// be there with its type; more may be. Paths in except are left out.
func CheckShape(tb testing.TB, file string, document []byte, except ...string) {
	tb.Helper()
	raw, err := os.ReadFile(file)
	if err != nil {
		tb.Fatal(err)
	}
	var want map[string]string
	if err := json.Unmarshal(raw, &want); err != nil {
		tb.Fatalf("%s: %v", file, err)
	}
	var value any
	if err := json.Unmarshal(document, &value); err != nil {
		tb.Fatalf("document is not JSON: %v", err)
	}
	got := map[string]string{}
	collect(got, want, "", value)
	for path, kind := range want {
		if got[path] != kind && !slices.Contains(except, path) {
			tb.Errorf("%s: got %q, want %s", path, got[path], kind)
		}
	}
}

// collect files the type of every path below path. Where the wanted shape has
// a star, the names of members are data.
func collect(into, want map[string]string, path string, value any) {
	if path != "" {
		if kind := kindOf(value); into[path] == "" || into[path] == "null" {
			into[path] = kind
		}
	}
	switch value := value.(type) {
	case map[string]any:
		for name, member := range value {
			prefix := path + "."
			if path == "" {
				prefix = ""
			}
			if want[prefix+"*"] != "" {
				name = "*"
			}
			collect(into, want, prefix+name, member)
		}
	case []any:
		for _, item := range value {
			collect(into, want, path+"[]", item)
		}
	}
}

func kindOf(value any) string {
	switch value.(type) {
	case map[string]any:
		return "object"
	case []any:
		return "list"
	case string:
		return "string"
	case float64:
		return "number"
	case bool:
		return "boolean"
	}
	return "null"
}
