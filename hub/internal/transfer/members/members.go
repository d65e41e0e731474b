// Package members finds members of JSON objects that a Go type has no field for, so that somebody can be told what is
// not taken over.
package members

import (
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
)

const (
	// most bounds how many members are named.
	most = 100
	// longest bounds the path of a member that is named, in bytes.
	longest = 200
)

// Unknown returns the paths of members of the JSON text that T has no field for, such as "nodes.pveInstances[0].Colour",
// in order. Keys are told apart as encoding/json does, without regard to case. At most a hundred are named. Text that is
// not JSON has none.
func Unknown[T any](text []byte) []string {
	f := &finder{}
	f.walk("", text, reflect.TypeFor[T]())
	return f.found
}

type finder struct{ found []string }

func (f *finder) walk(path string, text json.RawMessage, t reflect.Type) {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if len(f.found) >= most || reflect.PointerTo(t).Implements(reflect.TypeFor[json.Unmarshaler]()) {
		return // a type that decodes itself knows best
	}
	switch t.Kind() {
	case reflect.Struct:
		f.object(path, text, t)
	case reflect.Map:
		for key, value := range objectOf(text) {
			f.walk(join(path, key), value, t.Elem())
		}
	case reflect.Slice, reflect.Array:
		f.list(path, text, t.Elem())
	}
}

func (f *finder) list(path string, text json.RawMessage, element reflect.Type) {
	var items []json.RawMessage
	if json.Unmarshal(text, &items) != nil {
		return
	}
	for i, item := range items {
		f.walk(fmt.Sprintf("%s[%d]", path, i), item, element)
	}
}

func (f *finder) object(path string, text json.RawMessage, t reflect.Type) {
	fields := map[string]reflect.Type{}
	fieldsOf(t, fields)
	for key, value := range objectOf(text) {
		field, known := fields[strings.ToLower(key)]
		switch {
		case known:
			f.walk(join(path, key), value, field)
		case len(f.found) < most:
			f.found = append(f.found, shorten(join(path, key)))
		}
	}
}

// objectOf yields the members of a JSON object in the order of their keys.
func objectOf(text json.RawMessage) func(yield func(string, json.RawMessage) bool) {
	var object map[string]json.RawMessage
	_ = json.Unmarshal(text, &object) // what is no object has no members
	return func(yield func(string, json.RawMessage) bool) {
		for _, key := range slices.Sorted(maps.Keys(object)) {
			if !yield(key, object[key]) {
				return
			}
		}
	}
}

// fieldsOf gathers the fields of a struct by their key in lower case, those of embedded structs too.
func fieldsOf(t reflect.Type, into map[string]reflect.Type) {
	for field := range t.Fields() {
		name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		switch {
		case field.Anonymous && name == "" && field.Type.Kind() == reflect.Struct:
			fieldsOf(field.Type, into)
		case !field.IsExported() || name == "-":
		case name == "":
			into[strings.ToLower(field.Name)] = field.Type
		default:
			into[strings.ToLower(name)] = field.Type
		}
	}
}

func join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}

// shorten keeps a path within bounds and on one line: it is made of somebody else's keys.
func shorten(path string) string {
	if len(path) > longest {
		path = path[:longest] + "…"
	}
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(path, ""))
}
