package check

import (
	"maps"
	"math"
	"strconv"
	"time"

	"github.com/pulse-hub/pulse/hub/internal/alert"
	"github.com/pulse-hub/pulse/hub/internal/alert/policy"
	"github.com/pulse-hub/pulse/hub/internal/inventory"
	"github.com/pulse-hub/pulse/hub/internal/view/v5"
)

// bench is where one resource lies while it is looked at.
type bench struct {
	*World
	memory *memory
	entry  *inventory.Entry

	subject    alert.Subject
	thresholds policy.Thresholds
	// describe returns the metadata that every finding of this resource has; nil: none. It may be called several times,
	// and the map is the caller's.
	describe func() map[string]any
	hiddenBy alert.Identity
	// at is the moment of the observation; that of the entry unless another one speaks for it.
	at time.Time
	// noun begins the messages about metrics: "VM" makes "VM cpu at 95.0%" of the label "cpu". Empty: labels say it all.
	noun string
	// open says that the resource has alerts, or waits for some: only then what is good is worth telling.
	open bool

	// unseen says that the resource, or a part of it that may have alerts, was not seen. Set it before anything is judged.
	unseen   bool
	findings []alert.Finding
	// measured, where it is set, takes the metrics that would be held against a limit; nothing is found out of them then.
	measured func(m *metric, limit policy.Limit)
}

// instance returns the name of the resource's source.
func (b *bench) instance() string {
	if source, ok := b.Source(b.entry.Source); ok && source.Name != "" {
		return source.Name
	}
	return b.entry.Source
}

// identify fills in the subject, and looks up the thresholds that apply.
func (b *bench) identify(id string, target policy.Target) {
	e := b.entry
	name := e.Name
	if e.DisplayName != "" {
		name = e.DisplayName
	}
	if e.Settings != nil && e.Settings.DisplayName != "" {
		name = e.Settings.DisplayName
	}
	if b.subject.Instance == "" {
		b.subject.Instance = b.instance()
	}
	b.subject.Key, b.subject.ID, b.subject.Name, b.subject.Kind, b.subject.Tags = e.Key, id, name, e.Kind, e.Tags
	target.Kind, target.Name, target.Tags, target.Instance = e.Kind, e.Name, e.Tags, b.subject.Instance
	target.IDs = append([]string{id}, target.IDs...)
	b.thresholds = b.Policy.For(target)
}

// contractID returns the resource id of the API.
func (b *bench) contractID() string { return v5.ID(b.Snapshot, b.entry) }

// A metric is a measured value and how to speak of it.
type metric struct {
	Type  alert.Type
	Value float64 // in the unit of the threshold
	// Part tells values of one type apart; empty: there is one.
	Part string
	// ID is the resource id of the API if it is not that of the subject: file systems and disks have their own.
	ID, Name string
	// AlertID is the whole id of the alert in the API; empty: the resource id, a dash and the type.
	AlertID string
	// Label begins the message: "Host cpu" becomes "Host cpu at 95.0%".
	Label string
	Unit  string // "MB/s", "°C"; empty: percent
	// Message takes the place of the label with the value, where it is set.
	Message string
	// Extra returns more metadata; it may be nil.
	Extra func() map[string]any
	// Unknown: the value is not known now.
	Unknown bool
	// Teller is the key of the entry that the value is of; empty: that of the resource.
	Teller string
	// Kinds are the names by which the delay is looked up; nil: there is none.
	Kinds []string
}

// judge holds a metric against its threshold. Nothing is found out where there is none.
func (b *bench) judge(m metric) {
	limit, on := b.thresholds.Metric(m.Type)
	if !on {
		b.drop(m.Type, m.Part)
		return
	}
	b.hold(m, limit)
}

// concerns says whether judge would have anything to say, for metrics that are costly to speak of.
func (b *bench) concerns(kind alert.Type, value float64) bool {
	limit, on := b.thresholds.Metric(kind)
	return on && (b.open || value >= limit.Trigger)
}

// hold holds a metric against a limit.
func (b *bench) hold(m metric, limit policy.Limit) {
	if b.Policy.TypeDisabled(m.Type) {
		b.drop(m.Type, m.Part)
		return
	}
	if b.measured != nil {
		b.measured(&m, limit)
		return
	}
	verdict, level := limit.Judge(m.Value)
	if m.Unknown || math.IsNaN(m.Value) || math.IsInf(m.Value, 0) {
		verdict, level, m.Value = alert.Unknown, "", 0
	}
	if verdict != alert.Bad && !b.open {
		return
	}
	f := b.outline(&m, limit)
	f.Verdict, f.Level, f.Value, f.At = verdict, level, m.Value, b.at
	f.Message, f.Metadata = b.sentence(&m), b.metricMetadata(m, limit)
	b.add(f)
}

// outline is what is found out of a metric whatever its value is.
func (b *bench) outline(m *metric, limit policy.Limit) alert.Finding {
	f := alert.Finding{
		Identity: alert.IdentityOf(b.entry.Key, m.Type, m.Part), Type: m.Type, AlertID: m.AlertID, Subject: b.subjectOf(m.ID, m.Name),
		Trigger: limit.Trigger, Clear: limit.Clear, Critical: limit.Critical, Rule: limit.Rule, Numeric: true,
		MonitorOnly: b.thresholds.MonitorOnly,
	}
	if f.AlertID == "" {
		f.AlertID = f.Subject.ID + "-" + string(m.Type)
	}
	if m.Kinds != nil {
		f.Delay = b.Policy.Delay(m.Kinds, m.Type)
	}
	return f
}

// sentence says what the value is: "Host cpu at 95.0%".
func (b *bench) sentence(m *metric) string {
	if m.Message != "" {
		return m.Message
	}
	unit, label := "%", m.Label
	if m.Unit != "" {
		unit = " " + m.Unit
	}
	if b.noun != "" {
		label = b.noun + " " + label
	}
	return label + " at " + strconv.FormatFloat(m.Value, 'f', 1, 64) + unit
}

func (b *bench) metricMetadata(m metric, limit policy.Limit) map[string]any {
	metadata := b.with(m.Extra)
	metadata["clearThreshold"], metadata["monitorOnly"] = limit.Clear, b.thresholds.MonitorOnly
	if m.Unit != "" {
		metadata["unit"] = m.Unit
	}
	return metadata
}

// A state is something that is or is not so.
type state struct {
	Type alert.Type
	Part string
	// AlertID is the whole id of the alert in the API; ID and Name as in metric.
	AlertID, ID, Name string
	// Level says how bad it is; empty: it is not so.
	Level   alert.Level
	Message string
	// Value and Trigger are told, not compared.
	Value, Trigger float64
	// Extra returns more metadata; it may be nil.
	Extra func() map[string]any
	// Confirm is in how many observations it must be so; 0: one.
	Confirm int
	// Delay is how long it must be so by the clock: for silence. 0: at once.
	Delay   time.Duration
	ByClock bool
	// Unknown: nothing can be said.
	Unknown bool
	// Connectivity says that it is about being there, which people can switch off of its own.
	Connectivity bool
}

// is adds what was found out about a state.
func (b *bench) is(s state) {
	if b.Policy.TypeDisabled(s.Type) || s.Connectivity && b.thresholds.ConnectivityDisabled {
		b.drop(s.Type, s.Part)
		return
	}
	verdict := alert.Bad
	switch {
	case s.Unknown:
		verdict, s.Level = alert.Unknown, ""
	case s.Level == "":
		verdict = alert.Good
	}
	if verdict != alert.Bad && !b.open {
		return
	}
	at := b.at
	if s.ByClock {
		at = b.Now
	}
	b.add(alert.Finding{
		Identity: alert.IdentityOf(b.entry.Key, s.Type, s.Part), Type: s.Type, AlertID: s.AlertID,
		Subject: b.subjectOf(s.ID, s.Name), Verdict: verdict, Level: s.Level, Value: s.Value, Trigger: s.Trigger,
		Message: s.Message, Metadata: b.with(s.Extra), Rule: "defaults", At: at, ByClock: s.ByClock,
		Delay: s.Delay, Confirm: s.Confirm, MonitorOnly: b.thresholds.MonitorOnly,
	})
}

// drop ends what nobody wants to know any more. Of a resource that was seen it is enough to find nothing.
func (b *bench) drop(kind alert.Type, part string) {
	if b.unseen && b.open {
		b.add(alert.Finding{
			Identity: alert.IdentityOf(b.entry.Key, kind, part), Type: kind, Subject: b.subject, Verdict: alert.Good,
			At: b.Now, ByClock: true,
		})
	}
}

func (b *bench) add(f alert.Finding) {
	f.HiddenBy, f.Category = b.hiddenBy, policy.CategoryOf(f.Type)
	b.findings = append(b.findings, f)
}

func (b *bench) subjectOf(id, name string) alert.Subject {
	subject := b.subject
	if id != "" {
		subject.ID = id
	}
	if name != "" {
		subject.Name = name
	}
	return subject
}

// with joins the metadata of the resource with more. The map is new.
func (b *bench) with(more func() map[string]any) map[string]any {
	out := map[string]any{}
	if b.describe != nil {
		out = b.describe()
	}
	if more != nil {
		maps.Copy(out, more())
	}
	return out
}
