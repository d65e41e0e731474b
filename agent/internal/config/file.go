package config

import (
	"errors"
	"fmt"
	"os"
	"slices"

	"github.com/goccy/go-yaml"
)

// file reads the configuration file: the one that flags or environment name, else the default one if there is one. It is
// YAML with the names of the flags as keys; a value is a text, a number, a truth value, or a list of those for what may be
// repeated.
func (l *loader) file(flags layer) (layer, error) {
	path, named := flags.last("config")
	if !named {
		path, named = l.source.LookupEnv("PULSE_AGENT_CONFIG")
		named = named && path != ""
	}
	if !named {
		path = DefaultFile
	}
	raw, err := l.source.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) && !named {
		return layer{}, nil
	}
	if err != nil {
		return layer{}, fmt.Errorf("--config: %w", err)
	}
	read, err := parseFile(l.settings(), raw)
	if err != nil {
		return layer{}, fmt.Errorf("configuration file: %w", err)
	}
	return read, nil
}

// notInFile are settings that make no sense in a file.
var notInFile = []string{"config", "version", "self-test"}

// parseFile reads the assignments of a configuration file.
func parseFile(settings []setting, raw []byte) (layer, error) {
	var content yaml.MapSlice
	if err := yaml.UnmarshalWithOptions(raw, &content, yaml.UseOrderedMap()); err != nil {
		return layer{}, whereBad(err)
	}
	var read layer
	for _, item := range content {
		key := fmt.Sprint(item.Key)
		at := slices.IndexFunc(settings, func(known setting) bool { return known.flag == key })
		if at < 0 || slices.Contains(notInFile, key) {
			return layer{}, fmt.Errorf("unknown key %q", printableKey(key))
		}
		values, ok := scalars(item.Value)
		if !ok {
			return layer{}, fmt.Errorf("%s: want a value or a list of values", key)
		}
		for _, value := range values {
			read = append(read, assignment{setting: settings[at], name: "configuration file: " + key, value: value})
		}
	}
	return read, nil
}

// scalars returns the texts of a value or of a list of values.
func scalars(value any) (list []string, ok bool) {
	switch value := value.(type) {
	case nil:
		return nil, true
	case []any:
		for _, each := range value {
			switch each.(type) {
			case nil, []any, yaml.MapSlice, map[string]any:
				return nil, false
			}
			list = append(list, fmt.Sprint(each))
		}
		return list, true
	case yaml.MapSlice, map[string]any:
		return nil, false
	}
	return []string{fmt.Sprint(value)}, true
}

// whereBad returns an error that names the line. The library's own quotes the file, which may hold a token.
func whereBad(err error) error {
	var at yaml.Error
	if errors.As(err, &at) && at.GetToken() != nil && at.GetToken().Position != nil {
		return fmt.Errorf("line %d cannot be read", at.GetToken().Position.Line)
	}
	return errors.New("want keys with values")
}

// printableKey returns a key if it looks like one, so that a token in its place is not shown.
func printableKey(key string) string {
	for _, char := range key {
		if (char < 'a' || char > 'z') && (char < 'A' || char > 'Z') && char != '-' && char != '_' {
			return "…"
		}
	}
	return key
}
