// Package manifest reads, checks and writes plugin.json, the file that says
// what a plugin is before any of it runs.
package manifest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"
)

const (
	// FileName is the name of the manifest within a plugin's directory or package.
	FileName = "plugin.json"
	// FormatVersion is the version of the file format; it is the value of the member "manifest".
	FormatVersion = 1
	// MaxBytes bounds the file.
	MaxBytes = 1 << 20
)

// The kinds of components that this version knows.
const (
	KindSource   = "source"
	KindNotifier = "notifier"
	KindAI       = "ai"
)

// The features of components that this version knows.
const (
	FeatureWatch   = "source.watch"   // reports changes as they happen
	FeatureActions = "source.actions" // does something to resources when asked
	FeatureTest    = "test"           // can try a configuration that is not saved
	FeatureHealth  = "health"         // reports the health of its instances itself
)

// How many instances share a process.
const (
	IsolationPlugin   = "plugin"   // all of them
	IsolationInstance = "instance" // each has its own
)

// ErrInvalid says that a manifest could be read but breaks a rule.
var ErrInvalid = errors.New("invalid manifest")

// Manifest is the content of plugin.json.
type Manifest struct {
	Schema      string `json:"$schema,omitempty"`
	Manifest    int    `json:"manifest"` // FormatVersion
	ID          string `json:"id"`       // "<publisher>.<name>"
	Version     string `json:"version"`  // semantic version
	Name        string `json:"name"`     // for people
	Description string `json:"description,omitempty"`
	Author      Author `json:"author,omitzero"`
	License     string `json:"license,omitempty"` // SPDX identifier
	Homepage    string `json:"homepage,omitempty"`
	Icon        string `json:"icon,omitempty"` // file name within the package
	SDK         string `json:"sdk,omitempty"`  // what it was built with: "go/1.0.0"

	Protocol Range  `json:"protocol"`
	Pulse    string `json:"pulse,omitempty"` // hub versions: ">=1.0.0 <2.0.0"

	// Exec holds the executables by platform, "linux-amd64", or "any".
	Exec      map[string]Executable `json:"exec,omitempty"`
	Transport Transport             `json:"transport,omitzero"`

	Components []Component `json:"components"`
	Needs      Needs       `json:"needs,omitzero"`
	Limits     Limits      `json:"limits,omitzero"`
	Isolation  string      `json:"isolation,omitempty"` // IsolationPlugin if empty
}

// Author is who wrote a plugin.
type Author struct {
	Name string `json:"name,omitempty"`
	URL  string `json:"url,omitempty"`
}

// Range is a range of protocol versions, both ends included.
type Range struct {
	Min uint32 `json:"min"`
	Max uint32 `json:"max"`
}

// Executable is what to start on one platform.
type Executable struct {
	// Interpreter is the name of a runtime the operator has to allow ("node"); empty for a native executable.
	Interpreter string `json:"interpreter,omitempty"`
	Path        string `json:"path"`             // slash-separated, within the package
	SHA256      string `json:"sha256,omitempty"` // hexadecimal
}

// Transport says how the hub talks to the plugin.
type Transport struct {
	// MTLS is false for a plugin that cannot do mutual TLS; nil counts as true.
	MTLS *bool `json:"mtls,omitempty"`
}

// Component is one thing the plugin can be configured as.
type Component struct {
	Kind        string   `json:"kind"`
	Type        string   `json:"type"` // unique among the plugin's components of the kind
	Name        string   `json:"name"` // for people
	Description string   `json:"description,omitempty"`
	Icon        string   `json:"icon,omitempty"`
	Category    string   `json:"category,omitempty"`
	Features    []string `json:"features,omitempty"`
	// Datasets are what a source collects; a source has at least one.
	Datasets []Dataset `json:"datasets,omitempty"`
	Presets  []Preset  `json:"presets,omitempty"`
	// Config is the JSON Schema of an instance's configuration, in the subset of package schema.
	Config json.RawMessage `json:"config"`
}

// Key returns "<kind>/<type>", which names the component within its plugin.
func (c *Component) Key() string { return c.Kind + "/" + c.Type }

// Dataset is a part of what a source sees, with a rhythm of its own.
type Dataset struct {
	Name        string   `json:"name"`
	Title       string   `json:"title,omitempty"`
	Interval    Duration `json:"interval"`     // default
	MinInterval Duration `json:"min_interval"` // shortest the operator may choose
	Timeout     Duration `json:"timeout"`      // of one collect
}

// Preset is a made-up instance for mock mode.
type Preset struct {
	Name   string          `json:"name"`
	Config json.RawMessage `json:"config"`
}

// Needs is what the plugin wants to be allowed.
type Needs struct {
	Network []string `json:"network,omitempty"` // "instance:url", "tcp:443"
	Host    []string `json:"host,omitempty"`    // "kv", "secrets", "report"
	Exec    bool     `json:"exec,omitempty"`
	Read    []string `json:"read,omitempty"` // paths
}

// Limits are what the plugin promises to stay below; 0 means the hub's default.
type Limits struct {
	Memory Bytes  `json:"memory,omitempty"`
	NoFile uint32 `json:"nofile,omitempty"`
}

// Duration is a time.Duration that is a string like "30s" in JSON.
type Duration time.Duration

// MarshalText writes the duration as time.Duration prints it.
func (d Duration) MarshalText() ([]byte, error) { return []byte(time.Duration(d).String()), nil }

// UnmarshalText reads what time.ParseDuration reads.
func (d *Duration) UnmarshalText(text []byte) error {
	parsed, err := time.ParseDuration(string(text))
	*d = Duration(parsed)
	return err
}

// Decode reads and checks a manifest. Members that are not known are an
// error; kinds and features that are not known are not, see UnknownKinds.
func Decode(data []byte) (*Manifest, error) {
	if len(data) > MaxBytes {
		return nil, fmt.Errorf("%w: longer than %d bytes", ErrInvalid, MaxBytes)
	}
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.DisallowUnknownFields()
	var m Manifest
	if err := decoder.Decode(&m); err != nil {
		return nil, fmt.Errorf("decode manifest: %w", err)
	}
	if _, err := decoder.Token(); err != io.EOF {
		return nil, errors.New("decode manifest: more than one JSON value")
	}
	if err := m.Validate(); err != nil {
		return nil, err
	}
	m.canonicalize()
	return &m, nil
}

// canonicalize makes manifests that say the same be the same.
func (m *Manifest) canonicalize() {
	for i := range m.Components {
		component := &m.Components[i]
		component.Config = Canonical(component.Config)
		for j := range component.Presets {
			component.Presets[j].Config = Canonical(component.Presets[j].Config)
		}
	}
}

// Canonical returns the JSON text without spaces and with the members of
// objects sorted; what is not JSON it returns as it is. Decode and
// FromMessage apply it to schemas and presets, so that the manifest of a file
// and that of a running plugin can be compared.
func Canonical(text json.RawMessage) json.RawMessage {
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	var value any
	if !json.Valid(text) || decoder.Decode(&value) != nil {
		return text
	}
	canonical, err := json.Marshal(value)
	if err != nil {
		return text
	}
	return canonical
}

// Encode returns the manifest as indented JSON, the way plugin.json is written.
func (m *Manifest) Encode() ([]byte, error) {
	data, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("encode manifest: %w", err)
	}
	return append(data, '\n'), nil
}

// Component returns the component of a key, "source/pve", and whether there is one.
func (m *Manifest) Component(key string) (*Component, bool) {
	for i := range m.Components {
		if m.Components[i].Key() == key {
			return &m.Components[i], true
		}
	}
	return nil, false
}
