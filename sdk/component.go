package sdk

import (
	"encoding/json"
	"fmt"
	"reflect"
	"time"

	"github.com/pulse-hub/pulse/sdk/manifest"
	"github.com/pulse-hub/pulse/sdk/schema"
)

// Source adds a source to a plugin and returns the plugin. The factory runs
// whenever an instance is configured; it must not dial, and its error is
// shown at the form (a FieldError at its field).
//
// Without the option Datasets the source has one dataset, "main", collected
// every 30 seconds.
func Source[C any, T Collector](
	p *Plugin, typ, name string, factory func(C) (T, error), options ...ComponentOption,
) *Plugin {
	return addSource(p, newComponent(manifest.KindSource, typ, name, factory), schemaOf[C](), options)
}

// DatasetSource adds a source that is asked for each of its datasets by name.
func DatasetSource[C any, T DatasetCollector](
	p *Plugin, typ, name string, factory func(C) (T, error), options ...ComponentOption,
) *Plugin {
	return addSource(p, newComponent(manifest.KindSource, typ, name, factory), schemaOf[C](), options)
}

// Notifier adds a notifier to a plugin and returns the plugin. For the factory see Source.
func Notifier[C any, T Sender](
	p *Plugin, typ, name string, factory func(C) (T, error), options ...ComponentOption,
) *Plugin {
	return addComponent(p, newComponent(manifest.KindNotifier, typ, name, factory), schemaOf[C](), options)
}

// AI adds a provider of language models to a plugin and returns the plugin. For the factory see Source.
func AI[C any, T Chatter](
	p *Plugin, typ, name string, factory func(C) (T, error), options ...ComponentOption,
) *Plugin {
	return addComponent(p, newComponent(manifest.KindAI, typ, name, factory), schemaOf[C](), options)
}

// ComponentOption says something more about a component.
type ComponentOption func(*manifest.Component)

// Description sets one or two sentences for people.
func Description(text string) ComponentOption {
	return func(c *manifest.Component) { c.Description = text }
}

// Category sets the group in the catalog: "virtualization", "storage", "chat", ….
func Category(name string) ComponentOption { return func(c *manifest.Component) { c.Category = name } }

// Icon sets the name of an icon of the hub's page, or a file name within the package.
func Icon(name string) ComponentOption { return func(c *manifest.Component) { c.Icon = name } }

// Dataset is a part of what a source sees, with a rhythm of its own.
type Dataset struct {
	Name  string // lower-case words joined by hyphens
	Title string // for people
	// Interval is the default, MinInterval the shortest an operator may
	// choose, Timeout the longest time of one collect. What is zero becomes
	// 30 s, a sixth of Interval but at least a second, and a minute.
	Interval, MinInterval, Timeout time.Duration
}

// Datasets sets what a source collects.
func Datasets(datasets ...Dataset) ComponentOption {
	return func(c *manifest.Component) {
		c.Datasets = nil
		for _, d := range datasets {
			c.Datasets = append(c.Datasets, d.withDefaults())
		}
	}
}

func (d Dataset) withDefaults() manifest.Dataset {
	if d.Interval == 0 {
		d.Interval = 30 * time.Second
	}
	if d.MinInterval == 0 {
		d.MinInterval = min(max(d.Interval/6, time.Second), d.Interval)
	}
	if d.Timeout == 0 {
		d.Timeout = time.Minute
	}
	return manifest.Dataset{
		Name:        d.Name,
		Title:       d.Title,
		Interval:    manifest.Duration(d.Interval),
		MinInterval: manifest.Duration(d.MinInterval),
		Timeout:     manifest.Duration(d.Timeout),
	}
}

// Preset adds a made-up instance that mock mode creates. The configuration is
// one JSON object that fits the schema. For demonstration plugins only.
func Preset(name, configJSON string) ComponentOption {
	return func(c *manifest.Component) {
		c.Presets = append(c.Presets, manifest.Preset{Name: name, Config: json.RawMessage(configJSON)})
	}
}

type schemaResult struct {
	schema *schema.Schema
	err    error
}

func schemaOf[C any]() schemaResult {
	s, err := schema.Of[C]()
	return schemaResult{s, err}
}

func newComponent[C, T any](kind, typ, name string, factory func(C) (T, error)) *component {
	return &component{
		description: manifest.Component{Kind: kind, Type: typ, Name: name, Features: featuresOf[T](kind)},
		build: func(config map[string]any, in Instance) (any, error) {
			var c C
			if err := schema.Bind(config, &c); err != nil {
				return nil, err
			}
			in.into(reflect.ValueOf(&c).Elem())
			value, err := factory(c)
			if err != nil {
				return nil, err // not value: a nil pointer in an interface is not nil
			}
			return value, nil
		},
	}
}

func addSource(p *Plugin, c *component, s schemaResult, options []ComponentOption) *Plugin {
	c.description.Datasets = []manifest.Dataset{Dataset{Name: "main"}.withDefaults()}
	return addComponent(p, c, s, options)
}

func addComponent(p *Plugin, c *component, s schemaResult, options []ComponentOption) *Plugin {
	for _, option := range options {
		option(&c.description)
	}
	if s.err != nil {
		s.err = fmt.Errorf("configuration: %w", s.err)
	}
	return p.add(c, s.schema, s.err)
}

// featuresOf tells what values of type T can do beyond what their kind demands.
func featuresOf[T any](kind string) []string {
	var features []string
	t := reflect.TypeFor[T]()
	for _, optional := range []struct {
		kind, feature string
		role          reflect.Type
	}{
		{manifest.KindSource, manifest.FeatureWatch, reflect.TypeFor[Watcher]()},
		{manifest.KindSource, manifest.FeatureActions, reflect.TypeFor[Actor]()},
		{kind, manifest.FeatureTest, reflect.TypeFor[Tester]()},
		{kind, manifest.FeatureHealth, reflect.TypeFor[HealthReporter]()},
	} {
		if optional.kind == kind && t.Implements(optional.role) {
			features = append(features, optional.feature)
		}
	}
	return features
}
