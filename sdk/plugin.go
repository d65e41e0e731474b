package sdk

import (
	"encoding/json"
	"errors"
	"fmt"
	"runtime/debug"

	"github.com/pulse-hub/pulse/sdk/manifest"
	"github.com/pulse-hub/pulse/sdk/schema"
	"github.com/pulse-hub/pulse/sdk/transport"
)

// Plugin is what a plugin is: its identity and its components. It is built by
// New, Source, Notifier and AI, and does nothing until Main or Serve runs it.
type Plugin struct {
	identity   manifest.Manifest
	components []*component
	problems   []error
}

// Option says something more about a plugin.
type Option func(*manifest.Manifest)

// New returns a plugin without components. The id is "<publisher>.<name>",
// the version a semantic one.
func New(id, version string, options ...Option) *Plugin {
	p := &Plugin{identity: manifest.Manifest{
		Manifest: manifest.FormatVersion,
		ID:       id,
		Version:  version,
		Name:     id,
		Protocol: manifest.Range{Min: transport.ProtocolVersion, Max: transport.ProtocolVersion},
		SDK:      "go/" + sdkVersion(),
	}}
	for _, option := range options {
		option(&p.identity)
	}
	return p
}

// sdkVersion is the version of the module this package is built from, "devel" within a checkout.
func sdkVersion() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "devel"
	}
	for _, module := range info.Deps {
		if module.Path == "github.com/pulse-hub/pulse" && module.Replace == nil {
			return module.Version
		}
	}
	return "devel"
}

// Name sets the plugin's name for people; it is the id otherwise.
func Name(name string) Option { return func(m *manifest.Manifest) { m.Name = name } }

// About sets the plugin's description, license (an SPDX identifier) and home page. Each may be empty.
func About(description, license, homepage string) Option {
	return func(m *manifest.Manifest) { m.Description, m.License, m.Homepage = description, license, homepage }
}

// WrittenBy sets the author's name and web page.
func WrittenBy(name, url string) Option {
	return func(m *manifest.Manifest) { m.Author = manifest.Author{Name: name, URL: url} }
}

// Needs sets what the operator is asked to allow.
func Needs(needs manifest.Needs) Option { return func(m *manifest.Manifest) { m.Needs = needs } }

// Limits sets what the plugin promises to stay below.
func Limits(limits manifest.Limits) Option { return func(m *manifest.Manifest) { m.Limits = limits } }

// ForHub sets the hub versions the plugin works with: ">=1.0.0 <2.0.0".
func ForHub(constraint string) Option { return func(m *manifest.Manifest) { m.Pulse = constraint } }

// OneProcessPerInstance asks for a process of its own for each instance.
func OneProcessPerInstance() Option {
	return func(m *manifest.Manifest) { m.Isolation = manifest.IsolationInstance }
}

// Manifest returns the content of plugin.json without the executables. The
// error says what the author has to mend: a configuration struct that does
// not fit a form, a malformed id, and the like.
func (p *Plugin) Manifest() (*manifest.Manifest, error) {
	if err := errors.Join(p.problems...); err != nil {
		return nil, err
	}
	m := p.identity
	for _, c := range p.components {
		m.Components = append(m.Components, c.description)
	}
	if err := m.Validate(); err != nil {
		return nil, err
	}
	return &m, nil
}

func (p *Plugin) component(key string) (*component, bool) {
	for _, c := range p.components {
		if c.description.Key() == key {
			return c, true
		}
	}
	return nil, false
}

// component is one thing the plugin can be configured as.
type component struct {
	description manifest.Component
	schema      *schema.Schema
	// build makes an instance of a complete and valid configuration.
	build func(config map[string]any, in Instance) (any, error)
}

// dataset returns the dataset of a name; no name is the first one.
func (c *component) dataset(name string) (manifest.Dataset, bool) {
	for _, d := range c.description.Datasets {
		if name == d.Name || name == "" {
			return d, true
		}
	}
	return manifest.Dataset{}, false
}

func (p *Plugin) add(c *component, s *schema.Schema, err error) *Plugin {
	if err == nil {
		c.schema = s
		var text []byte
		text, err = json.Marshal(s)
		c.description.Config = manifest.Canonical(text)
	}
	if err != nil {
		p.problems = append(p.problems, fmt.Errorf("component %s: %w", c.description.Key(), err))
	}
	p.components = append(p.components, c)
	return p
}
