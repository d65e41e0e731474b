package setup

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"strings"

	"github.com/pulse-hub/pulse/hub/internal/plugin/instance"
	plugins "github.com/pulse-hub/pulse/hub/internal/plugin/setup"
	"github.com/pulse-hub/pulse/sdk/schema"
)

// form is a configuration being written, with the secrets in plain text in their places. What the settings know
// nothing of stays as it is in the instance.
type form struct {
	kind   kind
	schema *schema.Schema
	config map[string]any
}

// newForm returns a form that holds what an instance is configured with.
func (d *Directory) newForm(ctx context.Context, k kind, before instance.Instance) (*form, error) {
	component, err := d.Components.Component(ctx, k.plugin, k.component)
	if err != nil {
		return nil, err
	}
	parsed, err := schema.Parse(component.Config)
	if err != nil {
		return nil, fmt.Errorf("read schema of %s: %w", k.component, err)
	}
	config, err := schema.DecodeObject(before.Config)
	if err != nil {
		return nil, fmt.Errorf("read configuration of %s: %w", before.ID, err)
	}
	f := &form{kind: k, schema: parsed, config: config}
	for path, plain := range before.Secrets {
		f.set(strings.TrimPrefix(path, "/"), plain)
	}
	return f, nil
}

// set writes a field, if the plugin has it.
func (f *form) set(field string, value any) {
	if f.schema.Properties[field] != nil {
		f.config[field] = value
	}
}

// with returns a form that differs in one field.
func (f *form) with(field string, value any) *form {
	other := *f
	other.config = maps.Clone(f.config)
	other.set(field, value)
	return &other
}

// draft is the form as an office takes it.
func (f *form) draft(name string, enabled bool) (plugins.Draft, error) {
	config, err := json.Marshal(f.config)
	if err != nil {
		return plugins.Draft{}, fmt.Errorf("encode configuration: %w", err)
	}
	return plugins.Draft{
		Plugin: f.kind.plugin, Component: f.kind.component, Name: name, Config: config, Enabled: enabled,
	}, nil
}

// trial is the form as an instance that is not kept, with the id of the one it might become. The error says which fields are wrong, as that of an office does.
func (f *form) trial(id, name string) (instance.Instance, error) {
	text, err := json.Marshal(f.config)
	if err != nil {
		return instance.Instance{}, fmt.Errorf("encode configuration: %w", err)
	}
	config, problems := f.schema.ValidateJSON(text)
	if len(problems) > 0 {
		return instance.Instance{}, &plugins.InvalidError{Fields: problems}
	}
	secrets := map[string]string{}
	for _, path := range f.schema.SecretPaths() {
		field := strings.TrimPrefix(path, "/")
		if plain, _ := config[field].(string); plain != "" {
			secrets[path] = plain
		}
		delete(config, field)
	}
	if text, err = json.Marshal(config); err != nil {
		return instance.Instance{}, fmt.Errorf("encode configuration: %w", err)
	}
	return instance.Instance{
		ID: id, Plugin: f.kind.plugin, Component: f.kind.component, Name: name, Config: text, Secrets: secrets, Enabled: true, Revision: 1,
	}, nil
}

// fields are what an instance is configured with, with the secrets in their places.
type fields map[string]any

func fieldsOf(one instance.Instance) (fields, error) {
	config, err := schema.DecodeObject(one.Config)
	if err != nil {
		return nil, fmt.Errorf("read configuration of %s: %w", one.ID, err)
	}
	for path, plain := range one.Secrets {
		config[strings.TrimPrefix(path, "/")] = plain
	}
	return config, nil
}

func (f fields) text(field string) string {
	text, _ := f[field].(string)
	return text
}

func (f fields) flag(field string) bool {
	flag, _ := f[field].(bool)
	return flag
}

func (f fields) number(field string) int {
	number, _ := f[field].(json.Number)
	value, err := number.Int64()
	if err != nil {
		return 0
	}
	return int(value)
}

func (f fields) list(field string) []string {
	items, _ := f[field].([]any)
	list := make([]string, 0, len(items))
	for _, item := range items {
		if text, ok := item.(string); ok {
			list = append(list, text)
		}
	}
	return list
}
