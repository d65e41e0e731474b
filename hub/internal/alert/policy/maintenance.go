package policy

import (
	"slices"
	"strings"
	"time"

	"github.com/pulse-hub/pulse/hub/internal/alert"
	"github.com/pulse-hub/pulse/sdk/resource"
)

// A window is a maintenance window made ready.
type window struct {
	from, to                time.Time
	reason                  string
	resources, tags, places []string
	guests                  []guestRef // those among the resources, wherever they are
}

// normaliseMaintenance refuses windows without an id of their own, without a time, and those that name nothing but
// blanks: they would be for everything.
func normaliseMaintenance(c *Config) error {
	ids := make(map[string]bool, len(c.Maintenance))
	for i := range c.Maintenance {
		m := &c.Maintenance[i]
		if err := checkID(ids, m.ID, at("maintenance", i)); err != nil {
			return err
		}
		named := m.names()
		m.Resources, m.Tags, m.Nodes = trimmed(m.Resources), trimmed(m.Tags), trimmed(m.Nodes)
		if named > 0 && m.names() == 0 {
			return wrong(at("maintenance", i), "names nothing but blanks")
		}
	}
	_, err := newWindows(c.Maintenance)
	return err
}

// names counts what a window names.
func (m *Maintenance) names() int { return len(m.Resources) + len(m.Tags) + len(m.Nodes) }

// checkID refuses an id that is empty or that an earlier entry of the list has.
func checkID(seen map[string]bool, id, path string) error {
	if id == "" {
		return wrong(path+".id", "is missing")
	}
	if seen[id] {
		return wrong(path+".id", "is that of an earlier entry")
	}
	seen[id] = true
	return nil
}

func newWindows(from []Maintenance) ([]window, error) {
	var windows []window
	for i, m := range from {
		path := at("maintenance", i)
		begin, err := timeAt(path+".from", m.From)
		if err != nil {
			return nil, err
		}
		end, err := timeAt(path+".to", m.To)
		if err != nil {
			return nil, err
		}
		if !end.After(begin) {
			return nil, wrong(path+".to", "is not after from")
		}
		w := window{from: begin, to: end, reason: m.Reason, resources: m.Resources, tags: m.Tags, places: m.Nodes}
		for _, id := range m.Resources {
			if ref, ok := guestRefOf(id); ok {
				w.guests = append(w.guests, ref)
			}
		}
		windows = append(windows, w)
	}
	return windows, nil
}

// InMaintenance says whether a subject is under maintenance now, until when, and why. Of several windows the one that
// ends last counts. A window for a resource is also for its parts: the disks of a host, the file systems of a guest;
// and for a guest wherever it has moved.
func (p *Policy) InMaintenance(now time.Time, s alert.Subject) (until time.Time, reason string, ok bool) {
	for i := range p.windows {
		w := &p.windows[i]
		if now.Before(w.from) || !now.Before(w.to) || !w.to.After(until) || !w.covers(&s) {
			continue
		}
		until, reason, ok = w.to, w.reason, true
	}
	return until, reason, ok
}

// covers says whether a window is for a subject.
func (w *window) covers(s *alert.Subject) bool {
	if len(w.resources) == 0 && len(w.tags) == 0 && len(w.places) == 0 {
		return true
	}
	return w.coversID(s) || hasAnyTag(s.Tags, w.tags) || slices.ContainsFunc(w.places, func(place string) bool {
		return strings.EqualFold(place, s.Node) || isPlace(s.Kind) && strings.EqualFold(place, s.Name)
	})
}

// coversID says whether a window names a subject by its id, as part of one that it names, or where it was before.
func (w *window) coversID(s *alert.Subject) bool {
	isGuest := groupOf(s.Kind) == guests
	for _, resource := range w.resources {
		rest, found := strings.CutPrefix(s.ID, resource)
		if found && (rest == "" || rest[0] == '/' || isGuest && strings.HasPrefix(rest, partOfGuest)) {
			return true
		}
	}
	if !isGuest || len(w.guests) == 0 {
		return false
	}
	ref, ok := guestRefOf(wholeGuest(s.ID))
	return ok && slices.Contains(w.guests, ref)
}

// partOfGuest is what stands between the id of a guest and the name of one of its file systems.
const partOfGuest = "-disk-"

// wholeGuest returns the id of a guest from that of one of its file systems, or what it is given.
func wholeGuest(id string) string {
	last := strings.LastIndexByte(id, ':') + 1
	vmid, _, _ := strings.Cut(id[last:], partOfGuest)
	return id[:last] + vmid
}

// isPlace says whether things of a kind are nodes that other things are on.
func isPlace(kind resource.Kind) bool {
	switch kind {
	case resource.KindNode, resource.KindHost, resource.KindContainerHost, resource.KindClusterNode:
		return true
	}
	return false
}
