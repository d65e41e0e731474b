package config

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
)

// FileName is the name of the configuration file in the data folder. It is
// optional YAML: one level of the keys that help lists.
const FileName = "pulse.yaml"

// maxFile is the most that is read of a configuration file, in bytes.
const maxFile = 1 << 20

func (c *Config) applyFile(path string) error {
	file, err := os.Open(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("open configuration: %w", err)
	}
	defer file.Close()
	raw, err := io.ReadAll(io.LimitReader(file, maxFile))
	if err != nil {
		return fmt.Errorf("read configuration: %w", err)
	}
	if err := c.applyYAML(raw); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return nil
}

// applyYAML applies the settings of a file. A key that is not a setting is an error.
func (c *Config) applyYAML(raw []byte) error {
	var values map[string]any
	if err := yaml.Unmarshal(raw, &values); err != nil {
		// The library's own text quotes lines of the file, which may hold tokens.
		return errors.New("not a YAML mapping of settings")
	}
	table := settings()
	for _, key := range slices.Sorted(keys(values)) {
		i := slices.IndexFunc(table, func(s setting) bool { return s.key == key })
		if i < 0 || key == "data_dir" {
			return fmt.Errorf("%s is not a setting of the file", key)
		}
		value, err := scalar(values[key])
		if err != nil {
			return fmt.Errorf("%s: %w", key, err)
		}
		if err := table[i].set(c, value); err != nil {
			return fmt.Errorf("%s: %w", key, err)
		}
	}
	return nil
}

func keys(m map[string]any) func(func(string) bool) {
	return func(yield func(string) bool) {
		for key := range m {
			if !yield(key) {
				return
			}
		}
	}
}

// scalar writes a value of the file the way the environment would have it.
func scalar(value any) (string, error) {
	switch value := value.(type) {
	case string:
		return value, nil
	case bool, int64, uint64, float64:
		return fmt.Sprint(value), nil
	case []any:
		var items []string
		for _, item := range value {
			text, err := scalar(item)
			if err != nil {
				return "", err
			}
			items = append(items, text)
		}
		return strings.Join(items, ","), nil
	}
	return "", errors.New("neither text, number, boolean nor a list of those")
}

func environmentOf(environ []string) map[string]string {
	values := make(map[string]string, len(environ))
	for _, entry := range environ {
		if name, value, found := strings.Cut(entry, "="); found {
			values[name] = value
		}
	}
	return values
}

// applyEnvironment applies the variables that are set and not empty.
func (c *Config) applyEnvironment(values map[string]string) error {
	for _, s := range settings() {
		for _, name := range s.environment {
			value := strings.TrimSpace(values[name])
			if value == "" {
				continue
			}
			if err := s.set(c, value); err != nil {
				return fmt.Errorf("environment variable %s: %w", name, err)
			}
			break
		}
	}
	return nil
}

// parseFlags returns the flags that were given.
func parseFlags(source Source) (map[string]string, error) {
	given := map[string]string{}
	set := flag.NewFlagSet("pulse", flag.ContinueOnError)
	set.SetOutput(io.Discard) // errors are returned, and help is written below
	for _, s := range settings() {
		name := s.flag()
		take := func(value string) error { given[name] = value; return nil }
		if s.toggle {
			set.BoolFunc(name, s.help, take)
			continue
		}
		set.Func(name, s.help, take)
	}
	err := set.Parse(source.Args)
	if errors.Is(err, flag.ErrHelp) {
		writeHelp(source.Output)
		return nil, ErrHelp
	}
	if err != nil {
		return nil, fmt.Errorf("arguments: %w", err)
	}
	if set.NArg() > 0 {
		return nil, fmt.Errorf("arguments: %q is not a command; see pulse --help", set.Arg(0))
	}
	return given, nil
}

func (c *Config) applyFlags(given map[string]string) error {
	for _, s := range settings() {
		value, ok := given[s.flag()]
		if !ok {
			continue
		}
		if err := s.set(c, value); err != nil {
			return fmt.Errorf("flag --%s: %w", s.flag(), err)
		}
	}
	return nil
}

func writeHelp(out io.Writer) {
	var b strings.Builder
	b.WriteString("Usage: pulse [flags]     run the hub\n       pulse version     say which version this is\n\n")
	b.WriteString("A setting is taken from its flag, else from its environment variable, else from\n")
	b.WriteString("<data-dir>/" + FileName + ", where its key has underscores for dashes.\n\n")
	for _, s := range settings() {
		fmt.Fprintf(&b, "  --%-18s %s\n%22s%s\n", s.flag(), s.help, "", strings.Join(s.environment, ", "))
	}
	_, _ = io.WriteString(out, b.String()) // nobody to tell when even help cannot be written
}
