// Package sample reads the file in which an author keeps configurations that
// work, for trying a plugin with.
package sample

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"strings"

	"github.com/pulse-hub/pulse/sdk/conformance"
	"github.com/pulse-hub/pulse/sdk/manifest"
	"github.com/pulse-hub/pulse/sdk/schema"
)

// maxBytes bounds the file.
const maxBytes = 1 << 20

// ErrInvalid says that a file is not as described at Parse.
var ErrInvalid = errors.New("the file of sample configurations is not usable")

// entry is what the file has for a component.
type entry struct {
	Config     map[string]any    `json:"config"`
	Secrets    map[string]string `json:"secrets"`
	Variants   []json.RawMessage `json:"variants"`
	Panic      json.RawMessage   `json:"panic"`
	Idempotent bool              `json:"idempotent"`
}

// Load reads a file; with an empty path there are no samples.
func Load(path string, m *manifest.Manifest) (map[string]conformance.Sample, error) {
	if path == "" {
		return nil, nil
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("read samples: %w", err)
	}
	defer file.Close()
	text, err := io.ReadAll(io.LimitReader(file, maxBytes))
	if err != nil {
		return nil, fmt.Errorf("read samples: %w", err)
	}
	return Parse(text, m)
}

// Parse reads a JSON object with a member for each component that there is a
// sample of, named by its key:
//
//	{"source/tcp": {"config": {…}, "secrets": {"/token": "…"}, "variants": [{…}], "panic": {…}, "idempotent": true}}
//
// Only config is needed. For a plugin with one component the object may be the
// configuration itself. Secrets may stand in the configuration at their places
// instead. Errors do not repeat what is in the file.
func Parse(text []byte, m *manifest.Manifest) (map[string]conformance.Sample, error) {
	var members map[string]json.RawMessage
	if err := json.Unmarshal(text, &members); err != nil || members == nil {
		return nil, fmt.Errorf("%w: it is not a JSON object", ErrInvalid)
	}
	if !namesComponents(members) && len(m.Components) == 1 {
		whole, err := json.Marshal(map[string]json.RawMessage{"config": text})
		if err != nil {
			return nil, fmt.Errorf("%w: %w", ErrInvalid, err)
		}
		members = map[string]json.RawMessage{m.Components[0].Key(): whole}
	}
	samples := map[string]conformance.Sample{}
	for key, member := range members {
		component, ok := m.Component(key)
		if !ok {
			return nil, fmt.Errorf("%w: %s has no component %.60q", ErrInvalid, m.ID, key)
		}
		parsed, err := parseEntry(member, component)
		if err != nil {
			return nil, fmt.Errorf("%w: %s: %w", ErrInvalid, key, err)
		}
		samples[key] = parsed
	}
	return samples, nil
}

func namesComponents(members map[string]json.RawMessage) bool {
	for key := range members {
		if strings.Contains(key, "/") {
			return true
		}
	}
	return false
}

func parseEntry(text []byte, component *manifest.Component) (conformance.Sample, error) {
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	decoder.UseNumber()
	var one entry
	if err := decoder.Decode(&one); err != nil {
		return conformance.Sample{}, errors.New("it must have config, and may have secrets, variants, panic and idempotent")
	}
	form, err := schema.Parse(component.Config)
	if err != nil {
		return conformance.Sample{}, fmt.Errorf("schema of the component: %w", err)
	}
	secrets := split(one.Config, form.SecretPaths())
	maps.Copy(secrets, one.Secrets)
	if one.Config == nil {
		one.Config = map[string]any{}
	}
	config, err := json.Marshal(one.Config)
	if err != nil {
		return conformance.Sample{}, fmt.Errorf("encode config: %w", err)
	}
	return conformance.Sample{
		Config: config, Secrets: secrets, Variants: one.Variants, Panic: one.Panic, Idempotent: one.Idempotent,
	}, nil
}

// split takes the secrets out of a configuration and returns them by pointer.
func split(config map[string]any, pointers []string) map[string]string {
	secrets := map[string]string{}
	for _, pointer := range pointers {
		object := config
		names := strings.Split(strings.TrimPrefix(pointer, "/"), "/")
		for _, name := range names[:len(names)-1] {
			object, _ = object[unescape(name)].(map[string]any)
		}
		last := unescape(names[len(names)-1])
		if plain, ok := object[last].(string); ok {
			secrets[pointer] = plain
			delete(object, last)
		}
	}
	return secrets
}

// unescape follows RFC 6901, section 4.
func unescape(name string) string {
	return strings.ReplaceAll(strings.ReplaceAll(name, "~1", "/"), "~0", "~")
}

// Whole returns the configuration with its secrets in their places, the way
// the API of a hub takes it.
func Whole(s conformance.Sample, component *manifest.Component) (json.RawMessage, error) {
	form, err := schema.Parse(component.Config)
	if err != nil {
		return nil, fmt.Errorf("schema of the component: %w", err)
	}
	config := map[string]any{}
	if err := json.Unmarshal(s.Config, &config); err != nil {
		return nil, fmt.Errorf("decode config: %w", err)
	}
	merged, err := form.WithSecrets(config, s.Secrets)
	if err != nil {
		return nil, err
	}
	return json.Marshal(merged)
}
