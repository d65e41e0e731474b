package schema

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// dialect is the only value of $schema that is understood.
const dialect = "https://json-schema.org/draft/2020-12/schema"

// Check tells whether the schema is within the subset. The error wraps
// ErrOutsideSubset and names the place. Schemas from Parse and Of are checked.
func (s *Schema) Check() error {
	if s == nil || s.Type != TypeObject {
		return outside("", "the schema must be of type object")
	}
	if s.Dialect != "" && s.Dialect != dialect {
		return outside("", "$schema must be "+dialect)
	}
	return s.checkObject("", 0)
}

func outside(path, problem string) error {
	if path == "" {
		return fmt.Errorf("%w: %s", ErrOutsideSubset, problem)
	}
	return fmt.Errorf("%w: %s: %s", ErrOutsideSubset, path, problem)
}

func (s *Schema) checkObject(path string, depth int) error {
	if depth > 1 {
		return outside(path, "objects may be nested one level deep")
	}
	if len(s.Properties) > MaxProperties {
		return outside(path, fmt.Sprintf("more than %d properties", MaxProperties))
	}
	if s.hasScalarKeywords() || s.hasArrayKeywords() || s.WriteOnly || s.Default != nil || s.Format != "" {
		return outside(path, "keyword does not go with type object")
	}
	for _, name := range s.Required {
		property := s.Properties[name]
		if property == nil {
			return outside(join(path, name), "required but not a property")
		}
		if property.ShowIf != "" {
			return outside(join(path, name), "a property with x-pulse-show-if cannot be required")
		}
	}
	for _, name := range s.names() {
		if err := s.checkProperty(name, join(path, name), depth); err != nil {
			return err
		}
	}
	return nil
}

func (s *Schema) checkProperty(name, path string, depth int) error {
	property := s.Properties[name]
	switch {
	case name == "" || property == nil:
		return outside(path, "empty name or schema")
	case property.Dialect != "":
		return outside(path, "$schema belongs to the root")
	case property.Type == TypeObject:
		return property.checkObject(path, depth+1)
	}
	if err := s.checkShowIf(property, path); err != nil {
		return err
	}
	return property.checkField(path)
}

func (s *Schema) checkShowIf(property *Schema, path string) error {
	if property.ShowIf == "" {
		return nil
	}
	other, _, ok := strings.Cut(property.ShowIf, "=")
	if !ok || s.Properties[other] == nil {
		return outside(path, "x-pulse-show-if must be <property>=<value>")
	}
	return nil
}

func (s *Schema) checkField(path string) error {
	if s.Properties != nil || s.Required != nil || s.AdditionalProperties != nil {
		return outside(path, "keyword goes with type object only")
	}
	if s.WriteOnly && (s.Type != TypeString || s.Default != nil || s.Examples != nil || s.Const != nil || s.Enum != nil) {
		return outside(path, "a secret must be a string without default, examples, const and enum")
	}
	if err := s.checkType(path); err != nil {
		return err
	}
	return s.checkValues(path)
}

func (s *Schema) checkType(path string) error {
	switch s.Type {
	case TypeString:
		return s.checkString(path)
	case TypeInteger, TypeNumber:
		if s.hasStringKeywords() || s.hasArrayKeywords() {
			return outside(path, "keyword does not go with a number")
		}
	case TypeBoolean:
		if s.hasStringKeywords() || s.hasArrayKeywords() || s.Minimum != nil || s.Maximum != nil || s.Enum != nil {
			return outside(path, "keyword does not go with type boolean")
		}
	case TypeArray:
		return s.checkArray(path)
	default:
		return outside(path, fmt.Sprintf("type %q is not supported", s.Type))
	}
	return nil
}

func (s *Schema) checkString(path string) error {
	if s.Minimum != nil || s.Maximum != nil || s.hasArrayKeywords() {
		return outside(path, "keyword does not go with type string")
	}
	if s.Format != "" && !slices.Contains(Formats(), s.Format) {
		return outside(path, fmt.Sprintf("format %q is not supported", s.Format))
	}
	if len(s.Pattern) > maxPattern {
		return outside(path, "pattern is too long")
	}
	if err := checkPattern(s.Pattern); err != nil {
		return outside(path, "pattern: "+err.Error())
	}
	return nil
}

// checkPattern compiles only what is there: most fields have no pattern.
func checkPattern(pattern string) error {
	if pattern == "" {
		return nil
	}
	_, err := regexp.Compile(pattern)
	return err
}

func (s *Schema) checkArray(path string) error {
	if s.hasScalarKeywords() || s.Format != "" {
		return outside(path, "keyword does not go with type array")
	}
	if s.Items == nil || s.Items.Type != TypeString || s.Items.WriteOnly || s.Items.Default != nil {
		return outside(path, "an array must have items of type string")
	}
	return s.Items.checkField(path + "/items")
}

// checkValues sees to it that default, const, enum and examples fit the property's own schema.
func (s *Schema) checkValues(path string) error {
	bare := *s
	bare.Enum, bare.Const = nil, nil
	for _, value := range append(slices.Clone(s.Enum), s.Examples...) {
		if len(bare.validate(path, value)) > 0 {
			return outside(path, "enum or examples do not fit the property")
		}
	}
	if s.Const != nil && len(bare.validate(path, s.Const)) > 0 {
		return outside(path, "const does not fit the property")
	}
	if s.Default != nil && len(s.validate(path, s.Default)) > 0 {
		return outside(path, "default does not fit the property")
	}
	return nil
}

func (s *Schema) hasStringKeywords() bool {
	return s.MinLength != nil || s.MaxLength != nil || s.Pattern != "" || s.Format != ""
}

func (s *Schema) hasScalarKeywords() bool {
	return s.MinLength != nil || s.MaxLength != nil || s.Pattern != "" || s.Minimum != nil || s.Maximum != nil ||
		s.Enum != nil || s.Const != nil
}

func (s *Schema) hasArrayKeywords() bool {
	return s.Items != nil || s.MinItems != nil || s.MaxItems != nil
}
