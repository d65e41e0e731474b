package notify

import (
	"slices"
	"strings"

	"github.com/pulse-hub/pulse/hub/internal/alert"
)

// Rule sends alerts to channels. An empty list matches every alert; texts are compared without regard to case.
type Rule struct {
	Name string `json:"name"`
	// Channels are ids. Without any, nobody is told of what matches.
	Channels []string `json:"channels"`
	// MinLevel is the lowest level that matches; empty: any.
	MinLevel alert.Level `json:"minLevel,omitempty" enum:"warning,critical"`
	Types    []string    `json:"types,omitempty"`
	Tags     []string    `json:"tags,omitempty"`
	// Resources are ids or names.
	Resources []string `json:"resources,omitempty"`
	Nodes     []string `json:"nodes,omitempty"`
	// Kinds are kinds of resources.
	Kinds []string `json:"kinds,omitempty"`
	// Continue goes on with the rules after this one.
	Continue bool `json:"continue,omitempty"`
}

// matches says that a rule is for an alert.
func (r *Rule) matches(a *alert.Alert) bool {
	s := &a.Subject
	return !r.MinLevel.Above(a.Level) && among(r.Types, string(a.Type)) && among(r.Tags, s.Tags...) &&
		among(r.Resources, s.ID, s.Name) && among(r.Nodes, s.Node) && among(r.Kinds, string(s.Kind))
}

// among says that a list has one of some texts, or is empty.
func among(list []string, texts ...string) bool {
	return len(list) == 0 || slices.ContainsFunc(texts, func(text string) bool {
		return slices.ContainsFunc(list, func(one string) bool { return strings.EqualFold(one, text) })
	})
}

// A routing says where alerts go.
type routing struct {
	rules    []Rule
	channels []Channel
}

// newRouting drops rules that name only channels that do not exist: what they are for must not be lost with a channel.
func newRouting(rules []Rule, channels []Channel) routing {
	exists := func(id string) bool {
		return slices.ContainsFunc(channels, func(c Channel) bool { return c.ID == id })
	}
	kept := make([]Rule, 0, len(rules))
	for _, rule := range rules {
		if len(rule.Channels) == 0 || slices.ContainsFunc(rule.Channels, exists) {
			kept = append(kept, rule)
		}
	}
	return routing{rules: kept, channels: channels}
}

// route returns the ids of the enabled channels that are told of an event, in the order of the list of channels. The
// first rule that matches decides; what none matches goes to all.
func (r *routing) route(e *alert.Event) []string {
	if e.Notice != nil && e.Notice.Level > 0 {
		return r.escalate(e)
	}
	return r.pick(r.chosen(e.Alert))
}

// escalate leaves of the channels of an alert those of the kind that the level names. If the rules know none of them, it
// goes to every one of that kind: somebody must hear of it.
func (r *routing) escalate(e *alert.Event) []string {
	kind := func(c Channel) bool { return reached(c.Kind, e.Notice.Channels) }
	chosen := r.chosen(e.Alert)
	if ids := r.pick(func(c Channel) bool { return kind(c) && chosen(c) }); len(ids) > 0 {
		return ids
	}
	return r.pick(kind)
}

// reached says that a level of escalation is for a kind of channels.
func reached(kind ChannelKind, level alert.Channels) bool {
	switch level {
	case alert.ByEmail:
		return kind == Email
	case alert.ByWebhook:
		return kind != Email
	}
	return true
}

// chosen returns what the rules say about each channel for an alert.
func (r *routing) chosen(a *alert.Alert) func(Channel) bool {
	var ids []string
	matched := false
	for i := range r.rules {
		rule := &r.rules[i]
		if !rule.matches(a) {
			continue
		}
		matched = true
		ids = append(ids, rule.Channels...)
		if !rule.Continue {
			break
		}
	}
	return func(c Channel) bool { return !matched || slices.Contains(ids, c.ID) }
}

func (r *routing) pick(chosen func(Channel) bool) []string {
	var ids []string
	for _, c := range r.channels {
		if c.Enabled && chosen(c) {
			ids = append(ids, c.ID)
		}
	}
	return ids
}

// enabled leaves of some ids those of enabled channels.
func (r *routing) enabled(ids []string) []string {
	return r.pick(func(c Channel) bool { return slices.Contains(ids, c.ID) })
}
