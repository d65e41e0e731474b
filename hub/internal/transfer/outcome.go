package transfer

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/pulse-hub/pulse/hub/internal/transfer/bundle"
)

// Outcome is what an import changes. It holds no secret.
type Outcome struct {
	Format bundle.Format `json:"format" enum:"pulse,v5" description:"What kind of hub made the bundle."`
	// Version is that of the format of what is in the bundle.
	Version    string    `json:"version"`
	ExportedAt time.Time `json:"exportedAt"`

	Added     []Change `json:"added"`
	Changed   []Change `json:"changed"`
	Removed   []Change `json:"removed"`
	Unchanged []Change `json:"unchanged"`
	Warnings  []string `json:"warnings" description:"What is left out, and why."`
}

// Change is one thing of which an import says something.
type Change struct {
	Section string `json:"section" description:"instances, nodes, channels, alerts, tokens, …"`
	ID      string `json:"id" description:"The id of the instance, or the key of the record."`
	Name    string `json:"name,omitempty"`
	// Fields are those that differ; only of what is changed.
	Fields []Field `json:"fields,omitempty"`
}

// Field is one field before and after. What is secret is masked on both sides.
type Field struct {
	Field  string `json:"field" description:"Path of the field, /a/b."`
	Before string `json:"before" description:"As JSON; empty: it is not there."`
	After  string `json:"after"`
}

const (
	// mask is shown in the place of a secret.
	mask = "•••"
	// maxShown bounds a value that is shown, in bytes.
	maxShown = 500
	// maxFields bounds the fields of one change.
	maxFields = 200
)

// sectionInstances is the name that instances have among the sections.
const sectionInstances = "instances"

// outcome compares what is with what is to be.
func (p *plan) outcome() *Outcome {
	o := &Outcome{
		Format: p.format, Version: p.version, ExportedAt: p.exportedAt, Warnings: append([]string{}, p.warnings...),
		Added: []Change{}, Changed: []Change{}, Removed: []Change{}, Unchanged: []Change{},
	}
	if p.after.Instances != nil {
		o.compareInstances(p.before, p.after)
	}
	for _, s := range sections() {
		if wanted := p.after.Sections[s.name]; wanted != nil {
			o.compareRecords(&s, p, wanted)
		}
	}
	return o
}

func (o *Outcome) compareInstances(before, after *document) {
	for i := range after.Instances {
		one := &after.Instances[i]
		change := Change{Section: sectionInstances, ID: one.ID, Name: one.Name}
		old := before.find(one.ID)
		switch {
		case old == nil:
			o.Added = append(o.Added, change)
		case old.same(one):
			o.Unchanged = append(o.Unchanged, change)
		default:
			change.Fields = instanceFields(old, one)
			o.Changed = append(o.Changed, change)
		}
	}
	for i := range before.Instances {
		if one := &before.Instances[i]; after.find(one.ID) == nil {
			o.Removed = append(o.Removed, Change{Section: sectionInstances, ID: one.ID, Name: one.Name})
		}
	}
}

// instanceFields returns how two instances differ, secrets masked.
func instanceFields(before, after *item) []Field {
	c := comparison{}
	c.value("/plugin", before.Plugin, after.Plugin)
	c.value("/component", before.Component, after.Component)
	c.value("/name", before.Name, after.Name)
	c.value("/enabled", before.Enabled, after.Enabled)
	c.value("/config", decoded(before.Config), decoded(after.Config))
	c.masked = true
	for _, path := range slices.Sorted(maps.Keys(joined(before.Secrets, after.Secrets))) {
		c.value("/config"+path, present(before.Secrets, path), present(after.Secrets, path))
	}
	return c.fields
}

func joined(a, b map[string]string) map[string]string {
	both := maps.Clone(a)
	if both == nil {
		both = map[string]string{}
	}
	maps.Copy(both, b)
	return both
}

// present returns the value under a key; nil if there is none.
func present(values map[string]string, key string) any {
	if value, ok := values[key]; ok {
		return value
	}
	return nil
}

func (o *Outcome) compareRecords(s *section, p *plan, wanted records) {
	kept := p.before.Sections[s.name]
	for _, key := range slices.Sorted(maps.Keys(wanted)) {
		change := Change{Section: s.name, ID: strings.TrimPrefix(key, s.prefix), Name: p.nameOf(s, key, wanted[key])}
		change.ID = cmp.Or(change.ID, key)
		old, known := kept[key]
		switch {
		case !known:
			o.Added = append(o.Added, change)
		case sameJSON(old, wanted[key]):
			o.Unchanged = append(o.Unchanged, change)
		default:
			c := comparison{masked: s.hidden}
			c.value("", decoded(old), decoded(wanted[key]))
			change.Fields = c.fields
			o.Changed = append(o.Changed, change)
		}
	}
	for _, key := range slices.Sorted(maps.Keys(kept)) {
		if _, stays := wanted[key]; !stays {
			id := cmp.Or(strings.TrimPrefix(key, s.prefix), key)
			o.Removed = append(o.Removed, Change{Section: s.name, ID: id, Name: p.nameOf(s, key, kept[key])})
		}
	}
}

// nameOf returns what people call a record; empty: its id is all there is.
func (p *plan) nameOf(s *section, key string, value json.RawMessage) string {
	if s.name == sectionNodes || s.name == sectionChannels {
		id := strings.TrimPrefix(key, s.prefix)
		for _, d := range []*document{p.after, p.before} {
			if one := d.find(id); one != nil {
				return one.Name
			}
		}
		return ""
	}
	if s.hidden {
		return ""
	}
	var named struct {
		Name string `json:"name"`
	}
	_ = json.Unmarshal(value, &named) // not everything has a name
	return named.Name
}

// decoded reads JSON for comparing; numbers stay as they are written.
func decoded(text json.RawMessage) any {
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	var value any
	if decoder.Decode(&value) != nil {
		return string(text)
	}
	return value
}

// comparison gathers the fields in which two values differ.
type comparison struct {
	masked bool
	fields []Field
}

func (c *comparison) value(path string, before, after any) {
	if len(c.fields) >= maxFields {
		return
	}
	old, isObject := before.(map[string]any)
	wanted, areObjects := after.(map[string]any)
	if isObject && areObjects {
		for _, key := range slices.Sorted(maps.Keys(joinedKeys(old, wanted))) {
			c.value(path+"/"+escape(key), old[key], wanted[key])
		}
		return
	}
	was, is := written(before), written(after)
	if was == is {
		return
	}
	hide := c.masked || strings.HasSuffix(path, "/hash")
	c.fields = append(c.fields, Field{Field: cmp.Or(path, "/"), Before: shown(was, hide), After: shown(is, hide)})
}

func joinedKeys(a, b map[string]any) map[string]bool {
	keys := map[string]bool{}
	for key := range a {
		keys[key] = true
	}
	for key := range b {
		keys[key] = true
	}
	return keys
}

// escape writes one step of a JSON pointer (RFC 6901, section 3).
func escape(step string) string { return strings.NewReplacer("~", "~0", "/", "~1").Replace(step) }

// written is a value as JSON; nothing for what is not there.
func written(value any) string {
	if value == nil {
		return ""
	}
	text, err := json.Marshal(value)
	if err != nil { // what was decoded always encodes
		panic(err)
	}
	return string(text)
}

func shown(text string, hide bool) string {
	switch {
	case text == "":
		return ""
	case hide:
		return mask
	case len(text) > maxShown:
		return strings.ToValidUTF8(text[:maxShown], "") + fmt.Sprintf("… (%d bytes)", len(text))
	}
	return text
}
