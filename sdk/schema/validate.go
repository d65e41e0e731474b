package schema

import (
	"encoding/json"
	"fmt"
	"math"
	"reflect"
	"regexp"
	"slices"
	"unicode/utf8"
)

// maxErrors bounds the answer to a configuration that is wrong everywhere.
const maxErrors = 100

// ValidateJSON decodes one JSON object and validates it. The object is nil if
// it could not be decoded; the errors then say why.
func (s *Schema) ValidateJSON(data []byte) (map[string]any, []FieldError) {
	if len(data) > MaxBytes {
		return nil, []FieldError{{Message: fmt.Sprintf("must be at most %d bytes", MaxBytes)}}
	}
	config, err := DecodeObject(data)
	if err != nil {
		return nil, []FieldError{{Message: "must be a JSON object"}}
	}
	return config, s.Validate(config)
}

// DecodeObject reads one JSON object, with numbers as json.Number. No text at all is an empty object.
func DecodeObject(data []byte) (map[string]any, error) {
	config := map[string]any{}
	if len(data) == 0 {
		return config, nil
	}
	if err := decode(data, &config, false); err != nil {
		return nil, err
	}
	if config == nil {
		return nil, fmt.Errorf("null is not an object")
	}
	return config, nil
}

// Validate returns what is wrong with a configuration, by path; nothing if it
// fits. An empty string or null for a property that is not required counts as
// a property that is not there, because that is what an empty form field is.
func (s *Schema) Validate(config map[string]any) []FieldError {
	errs := s.validateObject("", config)
	return errs[:min(len(errs), maxErrors)]
}

func (s *Schema) validateObject(path string, object map[string]any) []FieldError {
	var errs []FieldError
	for _, name := range s.names() {
		value, present := object[name]
		required := slices.Contains(s.Required, name)
		switch {
		case unset(value) && required:
			errs = append(errs, FieldError{join(path, name), "is required"})
		case present && !unset(value):
			errs = append(errs, s.Properties[name].validate(join(path, name), value)...)
		}
	}
	if s.AdditionalProperties != nil && !*s.AdditionalProperties {
		errs = append(errs, s.unknown(path, object)...)
	}
	return errs
}

func unset(value any) bool { return value == nil || value == "" }

func (s *Schema) unknown(path string, object map[string]any) []FieldError {
	var errs []FieldError
	for name := range object {
		if s.Properties[name] == nil {
			errs = append(errs, FieldError{join(path, name), "is not a known setting"})
		}
	}
	slices.SortFunc(errs, func(a, b FieldError) int {
		if a.Path < b.Path {
			return -1
		}
		return 1
	})
	return errs
}

func (s *Schema) validate(path string, value any) []FieldError {
	if problem := s.problem(value); problem != "" {
		return []FieldError{{path, problem}}
	}
	switch v := value.(type) {
	case map[string]any:
		return s.validateObject(path, v)
	case []any:
		return s.validateItems(path, v)
	}
	return nil
}

// problem checks the value itself, not what is inside it.
func (s *Schema) problem(value any) string {
	var problem string
	switch s.Type {
	case TypeObject:
		problem = mustBe[map[string]any](value, "an object")
	case TypeBoolean:
		problem = mustBe[bool](value, "true or false")
	case TypeString:
		problem = s.stringProblem(value)
	case TypeArray:
		problem = s.arrayProblem(value)
	case TypeInteger, TypeNumber:
		problem = s.numberProblem(value)
	}
	if problem != "" {
		return problem
	}
	if s.Const != nil && !equal(s.Const, value) {
		return "must be the one allowed value"
	}
	if s.Enum != nil && !slices.ContainsFunc(s.Enum, func(allowed any) bool { return equal(allowed, value) }) {
		return "must be one of the allowed values"
	}
	return ""
}

func mustBe[T any](value any, what string) string {
	if _, ok := value.(T); !ok {
		return "must be " + what
	}
	return ""
}

func (s *Schema) stringProblem(value any) string {
	text, ok := value.(string)
	if !ok {
		return "must be text"
	}
	length := utf8.RuneCountInString(text)
	if s.MinLength != nil && length < *s.MinLength {
		return fmt.Sprintf("must have at least %d characters", *s.MinLength)
	}
	if s.MaxLength != nil && length > *s.MaxLength {
		return fmt.Sprintf("must have at most %d characters", *s.MaxLength)
	}
	if s.Pattern != "" {
		if pattern, err := regexp.Compile(s.Pattern); err != nil || !pattern.MatchString(text) {
			return "must match the pattern " + s.Pattern
		}
	}
	return formatProblem(s.Format, text)
}

func (s *Schema) arrayProblem(value any) string {
	list, ok := value.([]any)
	if !ok {
		return "must be a list"
	}
	if s.MinItems != nil && len(list) < *s.MinItems {
		return fmt.Sprintf("must have at least %d items", *s.MinItems)
	}
	if s.MaxItems != nil && len(list) > *s.MaxItems {
		return fmt.Sprintf("must have at most %d items", *s.MaxItems)
	}
	return ""
}

func (s *Schema) validateItems(path string, list []any) []FieldError {
	var errs []FieldError
	for i, item := range list {
		if len(errs) >= maxErrors {
			break
		}
		if s.Items != nil {
			errs = append(errs, s.Items.validate(fmt.Sprintf("%s/%d", path, i), item)...)
		}
	}
	return errs
}

func (s *Schema) numberProblem(value any) string {
	number, ok := toFloat(value)
	if !ok {
		return "must be a number"
	}
	if s.Type == TypeInteger && (number != math.Trunc(number) || math.Abs(number) > 1<<53) {
		return "must be a whole number"
	}
	if s.Minimum != nil && number < *s.Minimum {
		return fmt.Sprintf("must be at least %v", *s.Minimum)
	}
	if s.Maximum != nil && number > *s.Maximum {
		return fmt.Sprintf("must be at most %v", *s.Maximum)
	}
	return ""
}

func toFloat(value any) (float64, bool) {
	switch v := value.(type) {
	case json.Number:
		number, err := v.Float64()
		return number, err == nil
	case float64:
		return v, !math.IsNaN(v) && !math.IsInf(v, 0)
	case int:
		return float64(v), true
	}
	return 0, false
}

// equal compares decoded JSON values; 1, 1.0 and 1e0 are the same number.
func equal(a, b any) bool {
	left, leftOK := toFloat(a)
	right, rightOK := toFloat(b)
	if leftOK && rightOK {
		return left == right
	}
	return reflect.DeepEqual(a, b)
}
