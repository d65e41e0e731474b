// Package policy is the configuration of alerts and what follows from it: which thresholds apply to a resource, when
// people may be told, and how often.
package policy

import (
	"cmp"
	"slices"
	"time"

	"github.com/pulse-hub/pulse/hub/internal/alert"
)

// A Policy is a configuration made ready to be asked. It does not change; a new configuration is a new Policy. It may be
// used by several goroutines at once.
type Policy struct {
	config     Config
	bases      [groups]Thresholds
	rules      []rule // by priority, the highest first
	overrides  overrideIndex
	disabled   map[alert.Type]struct{}
	quiet      quietHours
	windows    []window
	escalation []Step
}

// New makes a configuration ready. It is normalised first, as by Merge, and neither changed nor kept. What cannot be
// understood is a *FieldError.
func New(c Config) (*Policy, error) {
	c = clone(c)
	if err := normalise(&c); err != nil {
		return nil, err
	}
	quiet, err := newQuietHours(c.Schedule.QuietHours)
	if err != nil {
		return nil, err
	}
	windows, err := newWindows(c.Maintenance)
	if err != nil {
		return nil, err
	}
	rules, err := newRules(c.CustomRules, c.CriticalMargin)
	if err != nil {
		return nil, err
	}
	disabled := make(map[alert.Type]struct{}, len(c.DisabledTypes))
	for _, name := range c.DisabledTypes {
		disabled[alert.Type(name)] = struct{}{}
	}
	return &Policy{
		config:     c,
		bases:      newBases(&c),
		rules:      rules,
		overrides:  newOverrideIndex(c.Overrides, c.CriticalMargin),
		disabled:   disabled,
		quiet:      quiet,
		windows:    windows,
		escalation: newEscalation(c.Schedule.Escalation),
	}, nil
}

// Config returns the normalised configuration. It is a copy that the caller owns, and takes time in proportion to its
// size: it is not for asking once a resource.
func (p *Policy) Config() Config { return clone(p.config) }

// Enabled says whether alerts are wanted at all.
func (p *Policy) Enabled() bool { return p.config.Enabled }

// TypeDisabled says whether alerts of a type are not wanted anywhere.
func (p *Policy) TypeDisabled(t alert.Type) bool {
	_, disabled := p.disabled[t]
	return disabled
}

// Activation says whether people are told anything.
func (p *Policy) Activation() Activation { return p.config.ActivationState }

// Cooldown is how long after people were told they are told again of what goes on; 0: they are told once.
func (p *Policy) Cooldown() time.Duration { return minutes(p.config.Schedule.Cooldown) }

// MaxPerHour is how often in an hour people are told of new alerts of one identity; 0: any number of times.
func (p *Policy) MaxPerHour() int { return p.config.Schedule.MaxAlertsHour }

// NotifyOnResolve says whether people are told that an alert is over.
func (p *Policy) NotifyOnResolve() bool { return p.config.Schedule.NotifyOnResolve }

// CertificateDays is how many days before the end of a certificate there is a warning; ok is false when there is none.
func (p *Policy) CertificateDays() (days int, ok bool) {
	return p.config.CertificateDays, p.config.CertificateDays > 0
}

// A Step is one level of escalation: After is the age of an alert that nobody has acknowledged, Channels are those by
// which people are told then.
type Step struct {
	After    time.Duration
	Channels alert.Channels
}

// Escalation returns the levels of escalation in order of their age, nil when there is no escalation. The slice is not
// to be changed.
func (p *Policy) Escalation() []Step { return p.escalation }

func newEscalation(c EscalationConfig) []Step {
	if !c.Enabled {
		return nil
	}
	var steps []Step
	for _, level := range c.Levels {
		steps = append(steps, Step{After: minutes(level.After), Channels: alert.Channels(level.Notify)})
	}
	slices.SortStableFunc(steps, func(a, b Step) int { return cmp.Compare(a.After, b.After) })
	return steps
}

// Flapping says when an alert comes and goes too often: Threshold times within Window. Nobody is told of it then until
// Cooldown has passed.
type Flapping struct {
	Window    time.Duration
	Threshold int
	Cooldown  time.Duration
}

// Flapping returns the rule for alerts that come and go; ok is false when there is none.
func (p *Policy) Flapping() (rule Flapping, ok bool) {
	c := &p.config
	return Flapping{
		Window:    seconds(c.FlappingWindowSeconds),
		Threshold: c.FlappingThreshold,
		Cooldown:  minutes(c.FlappingCooldownMinutes),
	}, c.FlappingEnabled
}

// NearDuplicate says when an alert is as good as the one before it: it fires within the window of that one, and its
// value differs by less than delta, in the unit of the value. Both are positive.
func (p *Policy) NearDuplicate() (delta float64, window time.Duration) {
	return p.config.MinimumDelta, minutes(p.config.SuppressionWindow)
}

// Ages says how long alerts are kept; 0: until they are over.
type Ages struct {
	// AutoAcknowledge is the age at which an alert counts as acknowledged.
	AutoAcknowledge time.Duration
	// MaxAge is the age at which an alert ends that nobody has acknowledged, MaxAcknowledged how long after it was
	// acknowledged another one does.
	MaxAge, MaxAcknowledged time.Duration
}

// Ages returns how long alerts are kept.
func (p *Policy) Ages() Ages {
	return Ages{
		AutoAcknowledge: hours(p.config.AutoAcknowledgeAfterHours),
		MaxAge:          hours(24 * p.config.MaxAlertAgeDays),
		MaxAcknowledged: hours(24 * p.config.MaxAcknowledgedAgeDays),
	}
}

func seconds(n int) time.Duration { return time.Duration(n) * time.Second }
func minutes(n int) time.Duration { return time.Duration(n) * time.Minute }
func hours(n int) time.Duration   { return time.Duration(n) * time.Hour }
