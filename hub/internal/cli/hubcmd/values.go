package hubcmd

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/pulse-hub/pulse/hub/internal/cli/terminal"
	"github.com/pulse-hub/pulse/hub/internal/cli/usage"
)

// maxConfig bounds a configuration file, in bytes.
const maxConfig = 1 << 20

// values are the settings that flags name.
type values struct {
	terminal  *terminal.Terminal
	file      string
	set, text []string
	ask       []string
}

// newValues adds the flags of settings to a command.
func newValues(out *terminal.Terminal, command *cobra.Command) *values {
	v := &values{terminal: out}
	flags := command.Flags()
	flags.StringVar(&v.file, "config", "", `JSON file with the settings, secrets among them; "-" is standard input`)
	flags.StringArrayVar(&v.set, "set", nil, "one setting: port=443, verify=true, tls.fingerprint=AB:CD; JSON or else text")
	flags.StringArrayVar(&v.text, "set-text", nil, "one setting that is text whatever it looks like")
	flags.StringArrayVar(&v.ask, "ask", nil, "ask for this setting without showing it: for secrets")
	return v
}

// apply returns the configuration with the settings of the flags. A file takes
// the place of what there was.
func (v *values) apply(ctx context.Context, config json.RawMessage) (json.RawMessage, error) {
	if v.file != "" {
		text, err := v.read()
		if err != nil {
			return nil, err
		}
		config = text
	}
	object := map[string]any{}
	if len(config) > 0 {
		if err := decode(string(config), &object); err != nil || object == nil {
			return nil, usage.Errorf("the configuration is not a JSON object")
		}
	}
	for _, pair := range v.set {
		if err := put(object, pair, guess); err != nil {
			return nil, err
		}
	}
	for _, pair := range v.text {
		if err := put(object, pair, func(text string) any { return text }); err != nil {
			return nil, err
		}
	}
	for _, name := range v.ask {
		secret, err := v.terminal.Secret(ctx, name)
		if err != nil {
			return nil, fmt.Errorf("ask for %s: %w", name, err)
		}
		if err := put(object, name+"="+secret, func(text string) any { return text }); err != nil {
			return nil, err
		}
	}
	return json.Marshal(object)
}

func (v *values) read() ([]byte, error) {
	source := v.terminal.In
	if v.file != "-" {
		file, err := os.Open(v.file)
		if err != nil {
			return nil, fmt.Errorf("read configuration: %w", err)
		}
		defer file.Close()
		source = file
	}
	text, err := io.ReadAll(io.LimitReader(source, maxConfig))
	if err != nil {
		return nil, fmt.Errorf("read configuration: %w", err)
	}
	return text, nil
}

// put sets "name=value" or "group.name=value" in the object.
func put(object map[string]any, pair string, read func(string) any) error {
	name, value, ok := strings.Cut(pair, "=")
	if !ok || name == "" {
		return usage.Errorf("a setting has the form name=value")
	}
	if group, rest, nested := strings.Cut(name, "."); nested {
		inner, ok := object[group].(map[string]any)
		if !ok {
			inner = map[string]any{}
		}
		object[group], object, name = inner, inner, rest
	}
	object[name] = read(value)
	return nil
}

// guess takes a text for the JSON value it is, or else for a text.
func guess(text string) any {
	var value any
	if decode(text, &value) != nil {
		return text
	}
	return value
}

// decode reads exactly one JSON value and leaves its numbers as they are written.
func decode(text string, into any) error {
	decoder := json.NewDecoder(strings.NewReader(text))
	decoder.UseNumber()
	if err := decoder.Decode(into); err != nil {
		return err
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return errors.New("more than one JSON value")
	}
	return nil
}
