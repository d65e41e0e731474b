package schema

import (
	"encoding/json"
	"fmt"
	"math"
	"reflect"
	"time"
)

// Bind fills a configuration struct from a valid configuration. It differs
// from encoding/json in that a time.Duration is read from a string, a whole
// number may be written as 1e3, and an empty string is no value but for
// strings. The target must be a pointer to the struct the schema was made of.
func Bind(config map[string]any, target any) error {
	converted, err := convert(clone(config), reflect.TypeOf(target).Elem())
	if err != nil {
		return err
	}
	data, err := json.Marshal(converted)
	if err != nil {
		return fmt.Errorf("marshal configuration: %w", err)
	}
	if err := json.Unmarshal(data, target); err != nil {
		return fmt.Errorf("decode configuration: %w", err)
	}
	return nil
}

// convert changes the configuration to what encoding/json takes for the type.
func convert(config map[string]any, t reflect.Type) (map[string]any, error) {
	for field, name := range fieldsOf(t) {
		fieldType := field.Type
		if fieldType.Kind() == reflect.Pointer {
			fieldType = fieldType.Elem()
		}
		value, present := config[name]
		if present && unset(value) {
			delete(config, name)
			continue
		}
		converted, err := convertValue(value, fieldType)
		if err != nil {
			return nil, fmt.Errorf("property %s: %w", name, err)
		}
		if present {
			config[name] = converted
		}
	}
	return config, nil
}

func convertValue(value any, t reflect.Type) (any, error) {
	switch v := value.(type) {
	case string:
		if t == reflect.TypeFor[time.Duration]() {
			d, err := time.ParseDuration(v)
			return int64(d), err
		}
	case json.Number:
		if number, ok := toFloat(v); ok && number == math.Trunc(number) && math.Abs(number) <= 1<<53 {
			return int64(number), nil
		}
	case map[string]any:
		if t.Kind() == reflect.Struct {
			return convert(v, t)
		}
	}
	return value, nil
}
