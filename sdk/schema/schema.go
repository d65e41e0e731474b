// Package schema is the subset of JSON Schema 2020-12 in which plugins
// describe their configuration: small enough that every schema renders as a
// form, and checked the same way by the hub and by the SDK.
//
// The specification is https://json-schema.org/draft/2020-12. A schema is an
// object with properties that are strings, integers, numbers, booleans,
// arrays of strings, or objects of these; deeper nesting, references and
// combinations are outside the subset. The standard keyword writeOnly marks a
// secret. Keywords that begin with "x-pulse-" are hints for the form.
package schema

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// The types of the subset.
const (
	TypeObject  = "object"
	TypeString  = "string"
	TypeInteger = "integer"
	TypeNumber  = "number"
	TypeBoolean = "boolean"
	TypeArray   = "array"
)

const (
	// MaxBytes bounds the JSON text of a schema and that of a configuration.
	MaxBytes = 256 << 10
	// MaxProperties bounds the properties of one object.
	MaxProperties = 200
	maxPattern    = 1000
)

// ErrOutsideSubset says that a schema uses something that Pulse cannot render.
var ErrOutsideSubset = errors.New("schema is outside the supported subset")

// Schema is one schema or the schema of one property. A Schema that Parse or
// Of returned may be used by many goroutines as long as nobody changes it.
type Schema struct {
	Dialect     string `json:"$schema,omitempty"`
	Type        string `json:"type,omitempty"`
	Title       string `json:"title,omitempty"`
	Description string `json:"description,omitempty"`
	Format      string `json:"format,omitempty"`
	// WriteOnly marks a secret: a string that is stored encrypted and never shown again.
	WriteOnly bool `json:"writeOnly,omitempty"`

	// Default, Const, Enum and Examples hold decoded JSON; numbers are json.Number.
	Default  any   `json:"default,omitempty"`
	Const    any   `json:"const,omitempty"`
	Enum     []any `json:"enum,omitempty"`
	Examples []any `json:"examples,omitempty"`

	Minimum   *float64 `json:"minimum,omitempty"`
	Maximum   *float64 `json:"maximum,omitempty"`
	MinLength *int     `json:"minLength,omitempty"` // characters
	MaxLength *int     `json:"maxLength,omitempty"` // characters
	MinItems  *int     `json:"minItems,omitempty"`
	MaxItems  *int     `json:"maxItems,omitempty"`
	Pattern   string   `json:"pattern,omitempty"` // RE2 syntax, not anchored

	Items                *Schema            `json:"items,omitempty"`
	Properties           map[string]*Schema `json:"properties,omitempty"`
	Required             []string           `json:"required,omitempty"`
	AdditionalProperties *bool              `json:"additionalProperties,omitempty"`

	// Order is the place among the properties of the form, from 1.
	Order int `json:"x-pulse-order,omitempty"`
	// Group names the section of the form.
	Group string `json:"x-pulse-group,omitempty"`
	// Widget asks for another control than the type's own.
	Widget string `json:"x-pulse-widget,omitempty"`
	// ShowIf hides the field unless a property of the same object has a value: "auth=token".
	// A property with ShowIf cannot be required.
	ShowIf string `json:"x-pulse-show-if,omitempty"`
	// Placeholder is shown in an empty field.
	Placeholder string `json:"x-pulse-placeholder,omitempty"`
	// Docs is the URL of a page about the field.
	Docs string `json:"x-pulse-docs,omitempty"`
}

// FieldError is one fault of a configuration.
type FieldError struct {
	// Path is the JSON pointer (RFC 6901) to the value, empty for the configuration as a whole.
	Path string `json:"path"`
	// Message is for people. It never repeats the value, which may be a secret.
	Message string `json:"message"`
}

// Error returns path and message.
func (e FieldError) Error() string {
	if e.Path == "" {
		return e.Message
	}
	return e.Path + ": " + e.Message
}

// Parse reads a schema and checks that it is within the subset. The error
// wraps ErrOutsideSubset if it is JSON at all.
func Parse(data []byte) (*Schema, error) {
	if len(data) > MaxBytes {
		return nil, fmt.Errorf("%w: longer than %d bytes", ErrOutsideSubset, MaxBytes)
	}
	if !json.Valid(data) {
		return nil, errors.New("schema is not valid JSON")
	}
	var s *Schema
	if err := decode(data, &s, true); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrOutsideSubset, err)
	}
	if err := s.Check(); err != nil {
		return nil, err
	}
	return s, nil
}

// decode reads exactly one JSON value, with numbers as json.Number.
func decode(data []byte, into any, strict bool) error {
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.UseNumber()
	if strict {
		decoder.DisallowUnknownFields()
	}
	if err := decoder.Decode(into); err != nil {
		return err
	}
	if _, err := decoder.Token(); err != io.EOF {
		return errors.New("more than one JSON value")
	}
	return nil
}

// SecretPaths returns the JSON pointers of all secrets, sorted.
func (s *Schema) SecretPaths() []string { return s.secretPaths("") }

func (s *Schema) secretPaths(path string) []string {
	var paths []string
	for _, name := range s.names() {
		property := s.Properties[name]
		at := join(path, name)
		if property.WriteOnly {
			paths = append(paths, at)
		}
		paths = append(paths, property.secretPaths(at)...)
	}
	return paths
}
