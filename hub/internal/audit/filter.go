package audit

import (
	"bytes"
	"encoding/json"
	"strings"
	"time"
)

const (
	// DefaultLimit is how many events one query returns that names no limit.
	DefaultLimit = 100
	// MaxLimit is how many events one query returns at most.
	MaxLimit = 1000
	// setBack is how far the clock may have been set back without events being missed.
	setBack = 24 * time.Hour
)

// Filter says which events are wanted. Empty members let everything pass.
type Filter struct {
	// Since and Until bound when it happened: from Since on, before Until. Events are looked through from the newest
	// to the first that is a day older than Since; a clock that was set back by more hides those before.
	Since, Until time.Time
	// Actor, Kind, Subject, What and Outcome are the whole text of the member.
	Actor, Kind, Subject, What, Outcome string
	// Text occurs, in any case, in a member for people or a value.
	Text string
	// Before is the number that events are below; 0: all. The last number of a page is where the next one begins.
	Before uint64
	// Limit is how many events to return at most; 0 means DefaultLimit, more than MaxLimit mean MaxLimit. An export
	// has no limit.
	Limit int
}

// everything reports whether the filter lets everything pass.
func (f Filter) everything() bool {
	f.Limit = 0
	return f == Filter{}
}

func (f Filter) limit() int {
	if f.Limit <= 0 {
		return DefaultLimit
	}
	return min(f.Limit, MaxLimit)
}

// matcher decides about texts of events, most of them without decoding.
type matcher struct {
	filter  Filter
	needles [][]byte
	text    string
	// within has to occur in the text of an event, in lower case; nil: that cannot be said.
	within []byte
}

func newMatcher(filter Filter) *matcher {
	m := &matcher{filter: filter, text: strings.ToLower(filter.Text)}
	if m.text != "" && quote(m.text) == `"`+m.text+`"` { // nothing of it is written differently in JSON
		m.within = []byte(m.text)
	}
	for _, member := range []struct{ name, value string }{
		{"actor", filter.Actor}, {"kind", filter.Kind}, {"subject", filter.Subject}, {"what", filter.What},
		{"outcome", filter.Outcome},
	} {
		if member.value != "" {
			m.needles = append(m.needles, []byte(`"`+member.name+`":`+quote(member.value)))
		}
	}
	return m
}

// quote writes a text as the encoder of events does.
func quote(text string) string {
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(text); err != nil { // texts always encode
		panic(err)
	}
	return strings.TrimSuffix(out.String(), "\n")
}

// match returns the event of a text, and whether it is wanted. A text that is not readable never is; Verify names it.
func (m *matcher) match(text []byte) (event Event, wanted bool) {
	for _, needle := range m.needles {
		if !bytes.Contains(text, needle) {
			return Event{}, false
		}
	}
	if m.within != nil && !bytes.Contains(bytes.ToLower(text), m.within) {
		return Event{}, false
	}
	if err := json.Unmarshal(text, &event); err != nil {
		return Event{}, false
	}
	return event, m.wants(&event)
}

func (m *matcher) wants(event *Event) bool {
	f := &m.filter
	for _, member := range [][2]string{
		{f.Actor, event.Actor}, {f.Kind, event.Kind}, {f.Subject, event.Subject}, {f.What, event.What}, {f.Outcome, event.Outcome},
	} {
		if member[0] != "" && member[0] != member[1] {
			return false
		}
	}
	if f.Before > 0 && event.Seq >= f.Before || !f.Since.IsZero() && event.At.Before(f.Since) {
		return false
	}
	if !f.Until.IsZero() && !event.At.Before(f.Until) {
		return false
	}
	return m.text == "" || m.mentions(event)
}

func (m *matcher) mentions(event *Event) bool {
	for _, text := range []string{
		event.Actor, event.Credential, event.From, event.Kind, event.Subject, event.What, event.Detail,
		string(event.Before), string(event.After), event.Request,
	} {
		if strings.Contains(strings.ToLower(text), m.text) {
			return true
		}
	}
	return false
}
