package setup

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/pulse-hub/pulse/hub/internal/plugin/instance"
	"github.com/pulse-hub/pulse/sdk/manifest"
	"github.com/pulse-hub/pulse/sdk/schema"
)

// prepare makes an instance of a draft: checked by the component's schema, its
// secrets apart. Secrets that stay what they are come from before.
func (o *Office) prepare(ctx context.Context, draft Draft, before instance.Instance) (instance.Instance, *manifest.Component, error) {
	component, err := o.Plugins.Component(ctx, draft.Plugin, draft.Component)
	if err != nil {
		return instance.Instance{}, nil, err
	}
	form, err := schema.Parse(component.Config)
	if err != nil {
		return instance.Instance{}, nil, fmt.Errorf("read schema of %s: %w", draft.Component, err)
	}
	config, secrets, problems := split(form, draft.Config, before.Secrets)
	if name := strings.TrimSpace(draft.Name); name == "" || len(name) > maxName {
		problems = append(problems, schema.FieldError{Path: "/name", Message: fmt.Sprintf("must have 1 to %d bytes", maxName)})
	}
	if len(problems) > 0 {
		return instance.Instance{}, nil, &InvalidError{Fields: problems}
	}
	text, err := json.Marshal(config)
	if err != nil {
		return instance.Instance{}, nil, fmt.Errorf("encode configuration: %w", err)
	}
	return instance.Instance{
		ID: before.ID, Plugin: draft.Plugin, Component: draft.Component, Name: strings.TrimSpace(draft.Name),
		Config: text, Secrets: secrets, Enabled: draft.Enabled, Revision: before.Revision + 1,
	}, component, nil
}

// split checks a configuration as a whole and returns it without its secrets.
func split(form *schema.Schema, raw json.RawMessage, old map[string]string) (map[string]any, map[string]string, []schema.FieldError) {
	config, err := schema.DecodeObject(raw)
	if err != nil {
		return nil, nil, []schema.FieldError{{Message: "must be one JSON object"}}
	}
	secrets := map[string]string{}
	var problems []schema.FieldError
	for _, path := range form.SecretPaths() {
		value, given := take(config, path)
		switch value := value.(type) {
		case string:
			if value != "" {
				secrets[path] = value
			}
		case map[string]any: // what Config shows in the place of a secret
			kept, known := old[path]
			if set, _ := value["set"].(bool); set && known {
				secrets[path] = kept
			} else if set {
				problems = append(problems, schema.FieldError{Path: path, Message: "is not set, so it cannot stay what it is"})
			}
		default:
			if given && value != nil {
				problems = append(problems, schema.FieldError{Path: path, Message: "must be a string"})
			}
		}
	}
	whole, err := form.WithSecrets(config, secrets)
	if err != nil {
		return nil, nil, []schema.FieldError{{Message: err.Error()}}
	}
	return config, secrets, append(problems, form.Validate(whole)...)
}

// take removes the value at a JSON pointer of one or two steps from an object.
func take(object map[string]any, pointer string) (any, bool) {
	steps := strings.Split(strings.TrimPrefix(pointer, "/"), "/")
	for _, step := range steps[:len(steps)-1] {
		inner, ok := object[unescape(step)].(map[string]any)
		if !ok {
			return nil, false
		}
		object = inner
	}
	last := unescape(steps[len(steps)-1])
	value, ok := object[last]
	delete(object, last)
	return value, ok
}

// unescape reads one step of a JSON pointer (RFC 6901, section 4).
func unescape(step string) string {
	return strings.NewReplacer("~1", "/", "~0", "~").Replace(step)
}

// Config returns the configuration of an instance for showing: in the place of
// each secret of the schema is {"set": true} or {"set": false}.
func Config(one instance.Instance, component *manifest.Component) (json.RawMessage, error) {
	form, err := schema.Parse(component.Config)
	if err != nil {
		return nil, fmt.Errorf("read schema: %w", err)
	}
	config, err := schema.DecodeObject(one.Config)
	if err != nil {
		return nil, fmt.Errorf("read configuration: %w", err)
	}
	for _, path := range form.SecretPaths() {
		_, set := one.Secrets[path]
		put(config, path, map[string]any{"set": set})
	}
	text, err := json.Marshal(config)
	if err != nil {
		return nil, fmt.Errorf("encode configuration: %w", err)
	}
	return text, nil
}

// put sets the value at a JSON pointer, and makes the object on the way.
func put(object map[string]any, pointer string, value any) {
	steps := strings.Split(strings.TrimPrefix(pointer, "/"), "/")
	for _, step := range steps[:len(steps)-1] {
		inner, ok := object[unescape(step)].(map[string]any)
		if !ok {
			inner = map[string]any{}
			object[unescape(step)] = inner
		}
		object = inner
	}
	object[unescape(steps[len(steps)-1])] = value
}
