package recording

import (
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	pluginv1 "github.com/pulse-hub/pulse/proto/gen/pulse/plugin/v1"
	"github.com/pulse-hub/pulse/sdk/manifest"
)

// nothing is how a value that is not there is told.
const nothing = "nothing"

// comparison compares the answers of one call.
type comparison struct {
	player *player
	call   string
}

// differ notes a difference.
func (c *comparison) differ(path, recorded, now string) {
	o := c.player.outcome
	if len(o.Differences) >= maxDifferences {
		o.More++
		return
	}
	o.Differences = append(o.Differences, Difference{Call: c.call, Path: path, Recorded: shorten(recorded), Now: shorten(now)})
}

// failures compares how the call ended: the code, and what the hub can do
// about it. The text is told but not compared.
func (c *comparison) failures(then, now *Failure) (same bool) {
	if decision(then) == decision(now) {
		return true
	}
	c.differ("", describe(then), c.player.recordedForm(describe(now)))
	return false
}

// decision is the same for failures of which a hub makes the same.
func decision(f *Failure) string {
	if f == nil {
		return ""
	}
	message, err := decode((&pluginv1.Fault{}).ProtoReflect().Descriptor(), f.Fault)
	fault, ok := message.(*pluginv1.Fault)
	if err != nil || !ok {
		return f.Code // there is none, mostly
	}
	return fmt.Sprint(f.Code, fault.GetOrigin(), fault.GetCode(), fault.GetTransient())
}

func describe(f *Failure) string {
	if f == nil {
		return "success"
	}
	return f.Code + ": " + f.Message
}

// answers compares the messages of the answer: those of a stream as one, as
// where one ends and the next begins means nothing.
func (c *comparison) answers(of protoreflect.MessageDescriptor, then, now []proto.Message) error {
	recorded, err := merged(of, then)
	if err != nil {
		return err
	}
	answered, err := merged(of, now)
	if err != nil {
		return err
	}
	c.messages("", recorded.ProtoReflect(), answered.ProtoReflect())
	return nil
}

func merged(of protoreflect.MessageDescriptor, messages []proto.Message) (proto.Message, error) {
	all, err := newMessage(of)
	if err != nil {
		return nil, err
	}
	for _, message := range messages {
		proto.Merge(all, message)
	}
	return all, nil
}

// messages compares two messages of a type, field by field.
func (c *comparison) messages(path string, then, now protoreflect.Message) {
	fields := then.Descriptor().Fields()
	for i := range fields.Len() {
		field := fields.Get(i)
		at := strings.TrimPrefix(path+"."+string(field.Name()), ".")
		had, has := then.Has(field), now.Has(field)
		switch {
		case !had && !has || ignored(field):
		case field.IsList():
			c.lists(at, field, then.Get(field).List(), now.Get(field).List())
		case field.IsMap():
			c.maps(at, field, then.Get(field).Map(), now.Get(field).Map())
		case field.Message() != nil && had && has && !volatile(then, field):
			c.messages(at, then.Get(field).Message(), now.Get(field).Message())
		case volatile(then, field) && (had == has || field.Message() == nil): // a number that is 0 is not there
		default:
			c.values(at, written(field, then.Get(field), had), written(field, now.Get(field), has))
		}
	}
}

// ignored tells whether a field is not compared at all: versions, and counts of answers.
func ignored(field protoreflect.FieldDescriptor) bool {
	return slices.Contains([]protoreflect.FullName{
		"pulse.plugin.v1.Manifest.version", "pulse.plugin.v1.Manifest.sdk", "pulse.plugin.v1.CollectChunk.revision",
	}, field.FullName())
}

// volatile tells whether a field's value depends on when it was looked at; it
// is then only compared whether there is one: moments, lengths of time, and
// metrics in seconds.
func volatile(in protoreflect.Message, field protoreflect.FieldDescriptor) bool {
	if of := field.Message(); of != nil {
		return of.FullName() == "google.protobuf.Timestamp" || of.FullName() == "google.protobuf.Duration"
	}
	metric, ok := in.Interface().(*pluginv1.Metric)
	return ok && field.Name() == "value" && metric.GetUnit() == pluginv1.Unit_UNIT_SECONDS
}

func (c *comparison) values(path, then, now string) {
	if then != c.player.recordedForm(now) {
		c.differ(path, then, now)
	}
}

// recordedForm writes an answer the way it is recorded: with the address that
// stands for the other side's.
func (p *player) recordedForm(text string) string {
	return strings.ReplaceAll(text, p.replayer.address, Upstream)
}

// lists compares lists of named messages by their names, and others place by place.
func (c *comparison) lists(path string, field protoreflect.FieldDescriptor, then, now protoreflect.List) {
	before, after := c.elements(field, then), c.elements(field, now)
	c.keyed(path, field, before, after)
}

// maps compares what has the same key.
func (c *comparison) maps(path string, field protoreflect.FieldDescriptor, then, now protoreflect.Map) {
	before, after := c.entries(then), c.entries(now)
	c.keyed(path, field.MapValue(), before, after)
}

func (c *comparison) entries(m protoreflect.Map) map[string]protoreflect.Value {
	entries := map[string]protoreflect.Value{}
	for key, value := range m.Range {
		entries[fmt.Sprintf("[%q]", c.player.recordedForm(key.String()))] = value
	}
	return entries
}

// elements are those of a list, by what names them in a path.
func (c *comparison) elements(field protoreflect.FieldDescriptor, list protoreflect.List) map[string]protoreflect.Value {
	elements := map[string]protoreflect.Value{}
	for i := range list.Len() {
		name := fmt.Sprintf("[%d]", i)
		if field.Message() != nil {
			if own := nameOf(list.Get(i).Message()); own != "" {
				name = fmt.Sprintf("[%q]", c.player.recordedForm(own))
			}
		}
		for elements[name].IsValid() {
			name += "+" // a name that comes twice
		}
		elements[name] = list.Get(i)
	}
	return elements
}

// nameOf returns what names a message among others of its type.
func nameOf(m protoreflect.Message) string {
	for _, name := range []protoreflect.Name{"id", "name", "resource_id", "path", "type", "device"} {
		field := m.Descriptor().Fields().ByName(name)
		if field != nil && field.Kind() == protoreflect.StringKind && !field.IsList() && m.Has(field) {
			return m.Get(field).String()
		}
	}
	return ""
}

func (c *comparison) keyed(path string, field protoreflect.FieldDescriptor, then, now map[string]protoreflect.Value) {
	names := maps.Clone(then)
	maps.Copy(names, now)
	for _, name := range slices.Sorted(maps.Keys(names)) {
		before, after := then[name], now[name]
		if field.Message() != nil && before.IsValid() && after.IsValid() {
			c.messages(path+name, before.Message(), after.Message())
			continue
		}
		c.values(path+name, written(field, before, before.IsValid()), written(field, after, after.IsValid()))
	}
}

// written writes a value for people, the same for values that mean the same.
func written(field protoreflect.FieldDescriptor, value protoreflect.Value, there bool) string {
	if !there {
		return nothing
	}
	switch field.Kind() {
	case protoreflect.MessageKind, protoreflect.GroupKind:
		return string(encode(value.Message().Interface()))
	case protoreflect.EnumKind:
		if known := field.Enum().Values().ByNumber(value.Enum()); known != nil {
			return string(known.Name())
		}
	case protoreflect.StringKind:
		if strings.HasSuffix(string(field.Name()), "json") {
			return string(manifest.Canonical(json.RawMessage(value.String())))
		}
		return fmt.Sprintf("%q", value.String())
	case protoreflect.DoubleKind, protoreflect.FloatKind:
		return rounded(value.Float())
	}
	return fmt.Sprint(value.Interface())
}

// rounded writes a number without the last digits, in which languages differ.
func rounded(number float64) string {
	if number == math.Trunc(number) && math.Abs(number) < 1<<53 {
		return fmt.Sprintf("%.0f", number)
	}
	return fmt.Sprintf("%.12g", number)
}

// shorten makes a value fit into a line.
func shorten(text string) string {
	const limit = 200
	if len(text) <= limit {
		return text
	}
	return strings.ToValidUTF8(text[:limit], "") + "…"
}
