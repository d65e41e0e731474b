package schema

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"time"

	"github.com/pulse-hub/pulse/sdk/secret"
)

// Of returns the schema of a configuration struct.
//
// Property names are those of encoding/json. Further tags: title,
// description, default, required:"true", format, enum and examples (values
// separated by commas), min and max (of a number, of the characters of a
// string, of the items of a list), pattern, and the hints x-pulse-group,
// x-pulse-widget, x-pulse-show-if, x-pulse-placeholder and x-pulse-docs; the
// order of the form is that of the fields. Fields may be strings, secrets
// (secret.Text, which becomes writeOnly), booleans, numbers, time.Duration (a
// string of format duration), lists of strings, pointers to these, and
// structs of these. Fields with json:"-" are left out.
func Of[C any]() (*Schema, error) {
	s, err := objectOf(reflect.TypeFor[C]())
	if err != nil {
		return nil, err
	}
	if err := s.Check(); err != nil {
		return nil, err
	}
	return s, nil
}

func objectOf(t reflect.Type) (*Schema, error) {
	if t.Kind() != reflect.Struct {
		return nil, fmt.Errorf("configuration type %s is not a struct", t)
	}
	closed := false
	s := &Schema{Type: TypeObject, Properties: map[string]*Schema{}, AdditionalProperties: &closed}
	for field, name := range fieldsOf(t) {
		property, err := propertyOf(field)
		if err != nil {
			return nil, fmt.Errorf("field %s of %s: %w", field.Name, t, err)
		}
		if s.Properties[name] != nil {
			return nil, fmt.Errorf("%s has two fields named %q", t, name)
		}
		property.Order = len(s.Properties) + 1
		s.Properties[name] = property
		if field.Tag.Get("required") == "true" {
			s.Required = append(s.Required, name)
		}
	}
	return s, nil
}

// fieldsOf yields the fields of a struct that are configuration, with their
// JSON names. Embedded structs count as part of the outer one.
func fieldsOf(t reflect.Type) func(yield func(reflect.StructField, string) bool) {
	return func(yield func(reflect.StructField, string) bool) {
		for _, field := range reflect.VisibleFields(t) {
			if !field.IsExported() || viaNamed(t, field) {
				continue
			}
			name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
			if name == "-" || (field.Anonymous && name == "" && field.Type.Kind() == reflect.Struct) {
				continue
			}
			if name == "" {
				name = field.Name
			}
			if !yield(field, name) {
				return
			}
		}
	}
}

// viaNamed tells whether a field is promoted from an embedded struct that is
// left out or has a name of its own.
func viaNamed(t reflect.Type, field reflect.StructField) bool {
	for depth := 1; depth < len(field.Index); depth++ {
		if outer := t.FieldByIndex(field.Index[:depth]); outer.Tag.Get("json") != "" {
			return true
		}
	}
	return false
}

func propertyOf(field reflect.StructField) (*Schema, error) {
	t := field.Type
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	s, err := typeOf(t)
	if err != nil {
		return nil, err
	}
	tag := field.Tag
	s.Title, s.Description = tag.Get("title"), tag.Get("description")
	s.Group, s.Widget, s.ShowIf = tag.Get("x-pulse-group"), tag.Get("x-pulse-widget"), tag.Get("x-pulse-show-if")
	s.Placeholder, s.Docs = tag.Get("x-pulse-placeholder"), tag.Get("x-pulse-docs")
	if format := tag.Get("format"); format != "" {
		s.inner().Format = format
	}
	s.inner().Pattern = tag.Get("pattern")
	if err := s.setValues(tag); err != nil {
		return nil, err
	}
	return s, s.setBounds(tag)
}

// inner is the schema that describes the text of a property: a list's items, or the property.
func (s *Schema) inner() *Schema {
	if s.Items != nil {
		return s.Items
	}
	return s
}

func typeOf(t reflect.Type) (*Schema, error) {
	switch t {
	case reflect.TypeFor[secret.Text]():
		return &Schema{Type: TypeString, WriteOnly: true}, nil
	case reflect.TypeFor[time.Duration]():
		return &Schema{Type: TypeString, Format: FormatDuration}, nil
	}
	switch t.Kind() {
	case reflect.String:
		return &Schema{Type: TypeString}, nil
	case reflect.Bool:
		return &Schema{Type: TypeBoolean}, nil
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return &Schema{Type: TypeInteger}, nil
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return &Schema{Type: TypeInteger, Minimum: new(float64)}, nil
	case reflect.Float32, reflect.Float64:
		return &Schema{Type: TypeNumber}, nil
	case reflect.Struct:
		return objectOf(t)
	case reflect.Slice:
		if t.Elem().Kind() == reflect.String {
			return &Schema{Type: TypeArray, Items: &Schema{Type: TypeString}}, nil
		}
	}
	return nil, fmt.Errorf("type %s has no place in a form", t)
}

func (s *Schema) setValues(tag reflect.StructTag) error {
	if text, ok := tag.Lookup("default"); ok {
		if s.Type == TypeArray {
			s.Default = texts(text)
		} else {
			value, err := s.parse(text)
			if err != nil {
				return fmt.Errorf("default: %w", err)
			}
			s.Default = value
		}
	}
	for _, list := range []struct {
		key  string
		into *[]any
	}{{"enum", &s.inner().Enum}, {"examples", &s.inner().Examples}} {
		text, ok := tag.Lookup(list.key)
		if !ok {
			continue
		}
		for _, one := range strings.Split(text, ",") {
			value, err := s.inner().parse(strings.TrimSpace(one))
			if err != nil {
				return fmt.Errorf("%s: %w", list.key, err)
			}
			*list.into = append(*list.into, value)
		}
	}
	return nil
}

func texts(list string) []any {
	var values []any
	for _, one := range strings.Split(list, ",") {
		values = append(values, strings.TrimSpace(one))
	}
	return values
}

// parse reads a value of the schema's type from a tag.
func (s *Schema) parse(text string) (any, error) {
	switch s.Type {
	case TypeString:
		return text, nil
	case TypeBoolean:
		return strconv.ParseBool(text)
	case TypeInteger, TypeNumber:
		if _, err := strconv.ParseFloat(text, 64); err != nil {
			return nil, fmt.Errorf("%q is not a number", text)
		}
		return json.Number(text), nil
	}
	return nil, fmt.Errorf("type %s takes no such tag", s.Type)
}

func (s *Schema) setBounds(tag reflect.StructTag) error {
	for _, bound := range []struct {
		key           string
		number        **float64
		length, items **int
	}{
		{"min", &s.Minimum, &s.MinLength, &s.MinItems},
		{"max", &s.Maximum, &s.MaxLength, &s.MaxItems},
	} {
		text, ok := tag.Lookup(bound.key)
		if !ok {
			continue
		}
		number, err := strconv.ParseFloat(text, 64)
		if err != nil {
			return fmt.Errorf("%s: %q is not a number", bound.key, text)
		}
		count := int(number)
		switch s.Type {
		case TypeInteger, TypeNumber:
			*bound.number = &number
		case TypeString:
			*bound.length = &count
		case TypeArray:
			*bound.items = &count
		default:
			return fmt.Errorf("%s does not go with type %s", bound.key, s.Type)
		}
	}
	return nil
}
