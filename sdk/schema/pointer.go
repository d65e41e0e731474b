package schema

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// escape and unescape follow RFC 6901, section 3 and 4.
func escape(name string) string {
	return strings.ReplaceAll(strings.ReplaceAll(name, "~", "~0"), "/", "~1")
}

func unescape(name string) string {
	return strings.ReplaceAll(strings.ReplaceAll(name, "~1", "/"), "~0", "~")
}

func join(path, name string) string { return path + "/" + escape(name) }

// names returns the names of the properties, sorted.
func (s *Schema) names() []string { return slices.Sorted(maps.Keys(s.Properties)) }

// ErrNoSecret says that a pointer does not name a secret of the schema.
var ErrNoSecret = errors.New("no such secret in the schema")

// WithSecrets returns a copy of the configuration with plain secrets, given
// by JSON pointer, put into their places. Objects on the way are made if they
// are missing.
func (s *Schema) WithSecrets(config map[string]any, secrets map[string]string) (map[string]any, error) {
	merged := clone(config)
	for pointer, plain := range secrets {
		if !slices.Contains(s.SecretPaths(), pointer) {
			return nil, fmt.Errorf("%w: %q", ErrNoSecret, pointer)
		}
		names := strings.Split(strings.TrimPrefix(pointer, "/"), "/")
		object := merged
		for _, name := range names[:len(names)-1] {
			name = unescape(name)
			if object[name] == nil {
				object[name] = map[string]any{}
			}
			next, ok := object[name].(map[string]any)
			if !ok {
				return nil, FieldError{Path: pointer, Message: "must be inside an object"}
			}
			object = next
		}
		object[unescape(names[len(names)-1])] = plain
	}
	return merged, nil
}

// WithDefaults returns a copy of the configuration in which every property
// that is missing has its default. An object that is missing is made if one of
// its properties has a default.
func (s *Schema) WithDefaults(config map[string]any) map[string]any {
	filled := clone(config)
	for name, property := range s.Properties {
		nested, isObject := filled[name].(map[string]any)
		value, present := filled[name]
		switch {
		case property.Type == TypeObject && (isObject || !present):
			if completed := property.WithDefaults(nested); present || len(completed) > 0 {
				filled[name] = completed
			}
		case property.Default != nil && (!present || value == nil):
			filled[name] = property.Default
		}
	}
	return filled
}

// clone copies a configuration down to the objects that may be written to.
func clone(config map[string]any) map[string]any {
	copied := make(map[string]any, len(config))
	for name, value := range config {
		if object, ok := value.(map[string]any); ok {
			value = clone(object)
		}
		copied[name] = value
	}
	return copied
}
