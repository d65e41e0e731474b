package policy

import (
	"math"

	"github.com/pulse-hub/pulse/hub/internal/alert"
)

// Thresholds is what applies to one resource. It is a value of its own.
type Thresholds struct {
	// Disabled: there are no alerts of the resource at all.
	Disabled bool
	// ConnectivityDisabled: there are none that say it is offline, powered off or not running.
	ConnectivityDisabled bool
	// MonitorOnly: its alerts are shown, and nobody is told.
	MonitorOnly bool
	// PoweredOff is the level of alerts that say it is powered off or not running. Never empty.
	PoweredOff alert.Level
	// Backup and Snapshot are for guests, Docker for containers and services, PMG for mail gateways. They are set
	// whatever the resource is.
	Backup   BackupConfig
	Snapshot SnapshotConfig
	Docker   DockerConfig
	PMG      PMGConfig

	limits [metrics]Limit
}

// Metric returns the limit of a metric; ok is false when it is off, or when resources of this kind have none. It does
// not look at Disabled.
func (t Thresholds) Metric(m alert.Type) (limit Limit, ok bool) {
	i, known := indexOf(m)
	if !known || t.limits[i].Trigger <= 0 {
		return Limit{}, false
	}
	return t.limits[i], true
}

// A Limit is where alerts of one metric begin, end and become critical, in the units of the published API.
type Limit struct {
	// Trigger is positive, Clear from 0 to Trigger, Critical at least Trigger.
	Trigger, Clear, Critical float64
	// Rule says where it is from: "defaults", "rule <name>", "override", "tag pulse-relaxed".
	Rule string
}

// Judge says what a value means: Bad from the trigger on, Good down from where alerts end, otherwise Between. The level
// is that of a Bad value, a warning for Between, and empty when there is none. Not a number is Unknown.
func (l Limit) Judge(value float64) (alert.Verdict, alert.Level) {
	switch {
	case math.IsNaN(value):
		return alert.Unknown, ""
	case value >= l.Critical && value >= l.Trigger:
		return alert.Bad, alert.Critical
	case value >= l.Trigger:
		return alert.Bad, alert.Warning
	case value <= l.Clear:
		return alert.Good, ""
	}
	return alert.Between, alert.Warning
}

// limitOf returns the limit that a threshold means. One without an end of its own ends where it begins, one without a
// critical trigger is critical a margin above.
func limitOf(t Threshold, margin float64, origin string) Limit {
	if t.Trigger <= 0 {
		return Limit{}
	}
	l := Limit{Trigger: t.Trigger, Clear: t.Clear, Critical: t.Critical, Rule: origin}
	if l.Clear <= 0 {
		l.Clear = l.Trigger
	}
	if l.Critical <= 0 {
		l.Critical = l.Trigger + margin
	}
	return l
}

// relaxed returns the limit of a guest whose tag asks for no less than a trigger. It relaxes only: what is off stays
// off, and what is higher stays.
func (l Limit) relaxed(trigger, margin float64) Limit {
	if l.Trigger <= 0 || l.Trigger >= trigger {
		return l
	}
	critical := l.Critical
	if critical == l.Trigger+margin {
		critical = 0 // it was not asked for: it moves with the trigger
	}
	t := Threshold{Trigger: trigger, Clear: trigger - clearGap, Critical: critical}
	return limitOf(t.ordered(), margin, "tag "+tagRelaxed)
}

// An overlay is what an override or a rule says, ready to be laid over what applies otherwise.
type overlay struct {
	disabled, connectivityDisabled bool
	poweredOff                     alert.Level
	limits                         [metrics]Limit
	has                            metricSet // a limit that is there may still say off
	backup                         *BackupConfig
	snapshot                       *SnapshotConfig
}

func newOverlay(t ThresholdConfig, margin float64, origin string) *overlay {
	o := &overlay{
		disabled:             t.Disabled,
		connectivityDisabled: t.DisableConnectivity,
		poweredOff:           alert.Level(t.PoweredOffSeverity),
		backup:               t.Backup,
		snapshot:             t.Snapshot,
	}
	for i, s := range t.slots() {
		if *s.threshold != nil {
			o.has |= 1 << i
			o.limits[i] = limitOf(**s.threshold, margin, origin)
		}
	}
	return o
}

// over lays the overlay over thresholds, field by field, for the metrics that the group has.
func (o *overlay) over(t *Thresholds, in group) {
	t.Disabled = t.Disabled || o.disabled
	t.ConnectivityDisabled = t.ConnectivityDisabled || o.connectivityDisabled
	if o.poweredOff != "" {
		t.PoweredOff = o.poweredOff
	}
	has := o.has & in.metrics()
	for i := range o.limits {
		if has&(1<<i) != 0 {
			t.limits[i] = o.limits[i]
		}
	}
	if o.backup != nil {
		t.Backup = *o.backup
	}
	if o.snapshot != nil {
		t.Snapshot = *o.snapshot
	}
}
