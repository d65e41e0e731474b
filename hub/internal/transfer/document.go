package transfer

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/pulse-hub/pulse/hub/internal/plugin/instance"
	"github.com/pulse-hub/pulse/hub/internal/transfer/members"
)

const (
	// documentFormat tells our documents from other JSON.
	documentFormat = "pulse configuration"
	// documentVersion is the newest version of the document that this hub knows. It grows when an older hub would
	// misunderstand a newer document.
	documentVersion = 1
)

// document is what a bundle of ours holds; see docs/format/bundle.md. A part that is nil is not there, and says nothing.
type document struct {
	Format     string    `json:"format"`
	Version    int       `json:"version"`
	ExportedAt time.Time `json:"exportedAt"`
	// Hub is the version of the hub that made it.
	Hub string `json:"hub,omitempty"`
	// Instances are what plugins were set up for, by id.
	Instances []item `json:"instances"`
	// Sections are records of the store as they are kept, by the name of the section.
	Sections map[string]records `json:"sections"`
}

// records are JSON values by their key in the store.
type records map[string]json.RawMessage

// item is an instance with its secrets.
type item struct {
	ID        string            `json:"id"`
	Plugin    string            `json:"plugin"`
	Component string            `json:"component"`
	Name      string            `json:"name"`
	Enabled   bool              `json:"enabled"`
	Config    json.RawMessage   `json:"config"`
	Secrets   map[string]string `json:"secrets,omitempty"`
	Revision  uint64            `json:"revision"`
}

func itemOf(one instance.Instance) item {
	if len(one.Config) == 0 {
		one.Config = json.RawMessage("{}")
	}
	return item{
		ID: one.ID, Plugin: one.Plugin, Component: one.Component, Name: one.Name, Enabled: one.Enabled,
		Config: one.Config, Secrets: one.Secrets, Revision: one.Revision,
	}
}

func (i *item) instance() instance.Instance {
	return instance.Instance{
		ID: i.ID, Plugin: i.Plugin, Component: i.Component, Name: i.Name, Enabled: i.Enabled,
		Config: i.Config, Secrets: i.Secrets, Revision: i.Revision,
	}
}

// same says that two items differ in nothing but their revision.
func (i *item) same(other *item) bool {
	return i.Plugin == other.Plugin && i.Component == other.Component && i.Name == other.Name && i.Enabled == other.Enabled &&
		maps.Equal(i.Secrets, other.Secrets) && sameJSON(i.Config, other.Config)
}

// find returns the item with the id, or nil.
func (d *document) find(id string) *item {
	at := slices.IndexFunc(d.Instances, func(one item) bool { return one.ID == id })
	if at < 0 {
		return nil
	}
	return &d.Instances[at]
}

// clone returns a document whose lists and maps can be changed without changing those of d.
func (d *document) clone() *document {
	other := *d
	other.Instances = slices.Clone(d.Instances)
	other.Sections = make(map[string]records, len(d.Sections))
	for name, kept := range d.Sections {
		other.Sections[name] = maps.Clone(kept)
	}
	return &other
}

// decodeDocument reads a document of this version or an earlier one. The warnings name what is not known.
func decodeDocument(plain []byte) (*document, []string, error) {
	var version struct {
		Format  string `json:"format"`
		Version int    `json:"version"`
	}
	if json.Unmarshal(plain, &version) != nil || version.Format != documentFormat || version.Version < 1 {
		return nil, nil, ErrDocument
	}
	if version.Version > documentVersion {
		return nil, nil, fmt.Errorf("%w: it has version %d of the format, this hub knows %d", ErrNewer, version.Version, documentVersion)
	}
	d := &document{}
	if json.Unmarshal(plain, d) != nil { // the decoder's text could quote a secret
		return nil, nil, ErrDocument
	}
	if len(d.Instances) > maxInstances {
		return nil, nil, fmt.Errorf("%w: more than %d instances", ErrDocument, maxInstances)
	}
	var warnings []string
	for _, path := range members.Unknown[document](plain) {
		warnings = append(warnings, path+" is not known and not taken over")
	}
	for _, name := range slices.Sorted(maps.Keys(d.Sections)) {
		if _, known := sectionNamed(name); !known {
			warnings = append(warnings, fmt.Sprintf("section %.60q is not known and not taken over", name))
			delete(d.Sections, name)
		}
	}
	return d, warnings, nil
}

// sameJSON says that two texts are the same JSON value, however they are written.
func sameJSON(a, b json.RawMessage) bool {
	return bytes.Equal(a, b) || bytes.Equal(canonical(a), canonical(b))
}

// canonical writes JSON without blanks and with members in order; numbers stay as they are written.
func canonical(text json.RawMessage) []byte {
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	var value any
	if decoder.Decode(&value) != nil {
		return text
	}
	written, err := json.Marshal(value)
	if err != nil { // what was decoded always encodes
		panic(err)
	}
	return written
}
