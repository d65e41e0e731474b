package policy

import (
	"slices"
	"strings"

	"github.com/pulse-hub/pulse/hub/internal/alert"
	"github.com/pulse-hub/pulse/sdk/resource"
)

// The tags of guests that mean something here.
const (
	tagNone        = "pulse-no-alerts"
	tagMonitorOnly = "pulse-monitor-only"
	tagRelaxed     = "pulse-relaxed"
)

// Target is one resource as rules look at it. For what belongs to a guest, such as a snapshot, it has the name, tags and
// ids of the guest.
type Target struct {
	Kind resource.Kind
	// IDs are the ids that overrides may name it by: that of the API first, then older forms. Overrides of guests are
	// found by instance and VMID too, whatever node the guest is on.
	IDs []string
	// Name, Node, Instance and Status are what people know it by, Status in the words of the API.
	Name, Node, Instance, Status string
	VMID                         int
	Tags                         []string
	// Values are the present values in the units of the API, for metric conditions of custom rules. May be nil: then
	// none of those holds.
	Values map[alert.Type]float64
}

// For returns what applies to a resource. Later ones win field by field: defaults, for guests the enabled custom rule of
// the highest priority that matches, the override, the tags. What any of them disables is disabled.
func (p *Policy) For(t Target) Thresholds {
	in := groupOf(t.Kind)
	out := p.bases[in]
	if in == guests {
		if r := p.ruleFor(&t); r != nil {
			r.overlay.over(&out, in)
		}
	}
	if o := p.overrides.find(&t, in); o != nil {
		o.over(&out, in)
	}
	switch in {
	case guests:
		p.applyTags(&out, &t)
	case containers:
		out.Disabled = out.Disabled || p.ignoresContainer(&t)
	}
	return out
}

// applyTags does what the tags and the name of a guest say.
func (p *Policy) applyTags(out *Thresholds, t *Target) {
	c := &p.config
	ignored := slices.ContainsFunc(c.IgnoredGuestPrefixes, func(prefix string) bool {
		return strings.HasPrefix(t.Name, prefix)
	})
	if ignored || hasTag(t.Tags, tagNone) || hasAnyTag(t.Tags, c.GuestTagBlacklist) {
		out.Disabled = true
	}
	if len(c.GuestTagWhitelist) > 0 && !hasAnyTag(t.Tags, c.GuestTagWhitelist) {
		out.Disabled = true
	}
	if hasTag(t.Tags, tagMonitorOnly) {
		out.MonitorOnly = true
	}
	if hasTag(t.Tags, tagRelaxed) {
		out.limits[cpu] = out.limits[cpu].relaxed(95, c.CriticalMargin)
		out.limits[memory] = out.limits[memory].relaxed(92, c.CriticalMargin)
		out.limits[disk] = out.limits[disk].relaxed(95, c.CriticalMargin)
	}
}

// hasTag says whether a tag is among those of a guest. The case of letters does not matter.
func hasTag(tags []string, want string) bool {
	for _, tag := range tags {
		if strings.EqualFold(tag, want) {
			return true
		}
	}
	return false
}

// hasAnyTag says whether one of some tags is among those of a guest.
func hasAnyTag(tags, wanted []string) bool {
	for _, want := range wanted {
		if hasTag(tags, want) {
			return true
		}
	}
	return false
}

// ignoresContainer says whether the name of a container, or its id on its host, begins with a prefix that is not wanted.
func (p *Policy) ignoresContainer(t *Target) bool {
	for _, prefix := range p.config.DockerIgnoredContainerPrefixes {
		if hasPrefixFold(strings.TrimPrefix(t.Name, "/"), prefix) {
			return true
		}
		for _, id := range t.IDs {
			if hasPrefixFold(id[strings.LastIndexByte(id, '/')+1:], prefix) {
				return true
			}
		}
	}
	return false
}

// hasPrefixFold is strings.HasPrefix without regard to the case of letters.
func hasPrefixFold(text, prefix string) bool {
	return len(text) >= len(prefix) && strings.EqualFold(text[:len(prefix)], prefix)
}
