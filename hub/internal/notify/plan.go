package notify

import (
	"cmp"
	"slices"
	"time"

	"github.com/pulse-hub/pulse/hub/internal/alert"
	"github.com/pulse-hub/pulse/sdk/notification"
)

const (
	// maxParts is into how many messages of a kind a window is split for one channel; more of them are one.
	maxParts = 4
	// stormSize is from how many alerts on they are not told one by one, whatever the configuration asks for.
	stormSize = 20
	// maxAlerts bounds the alerts of one message.
	maxAlerts = 500
)

// Grouping says what is told together.
type Grouping struct {
	// Enabled tells what comes within Window of the first in one message; otherwise each alert has its own, at once.
	Enabled bool
	// Window is how long is waited from the first; 0: not at all.
	Window time.Duration
	// ByNode and ByGuest tell nodes, and resources, apart, as long as that gives no more than four messages.
	ByNode, ByGuest bool
}

// A draft is what one message tells one channel.
type draft struct {
	channel    string
	phase      string
	escalation int
	events     []*alert.Event // one of each alert, the worst first
	rhythm     Rhythm         // of the digest it is for; empty: it is told at once
}

// told is which channels were told of an alert that fired at a moment.
type told struct {
	Fired    time.Time `json:"fired"`
	Channels []string  `json:"channels"`
}

// A plan is what becomes of the events of a window.
type plan struct {
	drafts []draft
	// told are the changes of what is known of alerts; nil: nothing is any more.
	told map[uint64]*told
	// cancelled are notices that nobody needs any more.
	cancelled []*alert.Event
}

// A planner makes plans.
type planner struct {
	routing  routing
	grouping Grouping
	told     map[uint64]*told // not changed
	// storm tells all in one message where each alert would have its own.
	storm bool
}

// A story is what happened to one alert in a window.
type story struct {
	// notice is the newest notice that it goes on, escalations those of escalation, over its end.
	notice, over *alert.Event
	escalations  []*alert.Event
	acknowledged bool
}

// plan makes a plan of events, which are in order. For each channel and alert drafts are in order: that it fired, that
// it escalated, that it is over.
func (p *planner) plan(events []alert.Event) plan {
	out := plan{told: map[uint64]*told{}}
	stories := map[uint64]*story{}
	var numbers []uint64
	for i := range events {
		number := events[i].Alert.Number
		if stories[number] == nil {
			stories[number] = &story{}
			numbers = append(numbers, number)
		}
		stories[number].add(&events[i])
	}
	sorted := sortedNotices{}
	for _, number := range numbers {
		p.tell(&out, sorted, number, stories[number])
	}
	for _, key := range sorted.keys() {
		for _, part := range p.parts(sorted[key]) {
			for chunk := range slices.Chunk(part, maxAlerts) {
				out.drafts = append(out.drafts, draft{channel: key.channel, phase: key.phase, escalation: key.escalation, events: chunk})
			}
		}
	}
	return out
}

func (s *story) add(e *alert.Event) {
	switch {
	case e.Kind == alert.Acknowledged:
		s.acknowledged = true
	case e.Kind == alert.Unacknowledged:
		s.acknowledged = false
	case e.Kind == alert.Resolved:
		s.over = e
	case e.Notice != nil && e.Notice.Level > 0:
		s.escalations = append(s.escalations, e)
	case e.Notice != nil:
		s.notice = e
	}
}

// tell sorts what one alert has to say.
func (p *planner) tell(out *plan, sorted sortedNotices, number uint64, s *story) {
	if s.over != nil {
		p.tellOver(out, sorted, number, s)
		return
	}
	if s.acknowledged {
		s.cancel(out)
		return
	}
	if s.notice != nil {
		channels := p.routing.route(s.notice)
		sorted.add(notices{phase: notification.PhaseFiring}, channels, s.notice)
		p.remember(out, s.notice.Alert, channels)
	}
	for _, e := range s.escalations {
		channels := p.routing.route(e)
		sorted.add(notices{phase: notification.PhaseFiring, escalation: e.Notice.Level}, channels, e)
		p.remember(out, e.Alert, channels)
	}
}

// tellOver tells those who know of an alert that it is over. Where it is not known who does, the routes say it, unless
// the first notice is in the same window.
func (p *planner) tellOver(out *plan, sorted sortedNotices, number uint64, s *story) {
	s.cancel(out)
	before := p.told[number]
	if before != nil && !before.Fired.Equal(s.over.Alert.FiredAt) {
		before = nil
	}
	if p.told[number] != nil {
		out.told[number] = nil
	}
	if s.over.Notice == nil {
		return
	}
	switch {
	case before != nil:
		sorted.add(notices{phase: notification.PhaseResolved}, p.routing.enabled(before.Channels), s.over)
	case s.notice == nil && len(s.escalations) == 0:
		sorted.add(notices{phase: notification.PhaseResolved}, p.routing.route(s.over), s.over)
	}
}

// cancel lets notices vanish.
func (s *story) cancel(out *plan) {
	if s.notice != nil {
		out.cancelled = append(out.cancelled, s.notice)
	}
	out.cancelled = append(out.cancelled, s.escalations...)
}

// remember notes who is told of an alert.
func (p *planner) remember(out *plan, a *alert.Alert, channels []string) {
	known := out.told[a.Number]
	if known == nil {
		known = &told{Fired: a.FiredAt}
		if before := p.told[a.Number]; before != nil && before.Fired.Equal(a.FiredAt) {
			known.Channels = slices.Clone(before.Channels)
		}
	}
	for _, id := range channels {
		if !slices.Contains(known.Channels, id) {
			known.Channels = append(known.Channels, id)
		}
	}
	if len(known.Channels) > 0 {
		out.told[a.Number] = known
	}
}

// parts splits what one channel is told as the configuration asks for.
func (p *planner) parts(events []*alert.Event) [][]*alert.Event {
	if !p.grouping.Enabled {
		if p.storm {
			return [][]*alert.Event{worstFirst(events)}
		}
		return slices.Collect(slices.Chunk(events, 1))
	}
	byKey := map[string][]*alert.Event{}
	var keys []string
	for _, e := range events {
		key := p.partOf(&e.Alert.Subject)
		if byKey[key] == nil {
			keys = append(keys, key)
		}
		byKey[key] = append(byKey[key], e)
	}
	if len(keys) > maxParts {
		return [][]*alert.Event{worstFirst(events)}
	}
	parts := make([][]*alert.Event, len(keys))
	for i, key := range keys {
		parts[i] = worstFirst(byKey[key])
	}
	return parts
}

func (p *planner) partOf(s *alert.Subject) string {
	key := ""
	if p.grouping.ByNode {
		key = s.Instance + "\t" + s.Node
	}
	if p.grouping.ByGuest {
		key += "\n" + s.Key
	}
	return key
}

// worstFirst sorts critical alerts to the front, and else leaves the order.
func worstFirst(events []*alert.Event) []*alert.Event {
	slices.SortStableFunc(events, func(x, y *alert.Event) int {
		switch {
		case x.Alert.Level.Above(y.Alert.Level):
			return -1
		case y.Alert.Level.Above(x.Alert.Level):
			return 1
		}
		return 0
	})
	return events
}

// notices names what one channel is told of one kind.
type notices struct {
	channel    string
	phase      string
	escalation int
}

// sortedNotices are events by what they are told as.
type sortedNotices map[notices][]*alert.Event

func (n sortedNotices) add(kind notices, channels []string, e *alert.Event) {
	for _, id := range channels {
		kind.channel = id
		n[kind] = append(n[kind], e)
	}
}

// keys returns the kinds in the order in which they are told.
func (n sortedNotices) keys() []notices {
	keys := make([]notices, 0, len(n))
	for key := range n {
		keys = append(keys, key)
	}
	slices.SortFunc(keys, func(x, y notices) int {
		return cmp.Or(cmp.Compare(x.channel, y.channel), cmp.Compare(x.phase, y.phase), cmp.Compare(x.escalation, y.escalation))
	})
	return keys
}
