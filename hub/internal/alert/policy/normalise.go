package policy

import (
	"strings"
	"time"
)

// normalise puts a configuration in order, in place: what is missing or makes no sense gets its default where the
// published API has it so, and what cannot be understood is a *FieldError. To normalise twice changes nothing more.
func normalise(c *Config) error {
	if err := checkBounds(*c); err != nil {
		return err
	}
	positive(&c.MinimumDelta, defaultMinimumDelta)
	positive(&c.SuppressionWindow, defaultSuppression)
	positive(&c.HysteresisMargin, defaultHysteresis)
	positive(&c.CriticalMargin, defaultCriticalMargin)
	positive(&c.ObservationWindowHours, defaultObservation)
	offBelowZero(&c.CertificateDays, defaultCertificate)
	normaliseThresholds(c)
	normaliseLists(c)
	for _, part := range []func(*Config) error{
		normaliseActivation, normaliseRules, normaliseTimes, normaliseSchedule, normaliseMaintenance, normaliseQueryRules,
	} {
		if err := part(c); err != nil {
			return err
		}
	}
	return nil
}

// positive replaces what is not positive.
func positive[T int | float64](value *T, fallback T) {
	if *value <= 0 {
		*value = fallback
	}
}

// offBelowZero replaces 0, and writes -1 for everything below, which means off.
func offBelowZero(value *int, fallback int) {
	if *value == 0 {
		*value = fallback
	}
	*value = max(-1, *value)
}

func normaliseActivation(c *Config) error {
	switch c.ActivationState {
	case "":
		c.ActivationState = PendingReview
	case PendingReview, Active, Snoozed:
	default:
		return wrong("activationState", "is none of pending_review, active, snoozed")
	}
	if c.ActivationTime == "" {
		return nil
	}
	_, err := timeAt("activationTime", c.ActivationTime)
	return err
}

// timeAt parses a point in time in RFC 3339.
func timeAt(path, text string) (time.Time, error) {
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return time.Time{}, wrong(path, "is no time in RFC 3339")
	}
	return t, nil
}

// normaliseLists drops blanks from lists of prefixes, tags and types: an empty prefix would fit everything.
func normaliseLists(c *Config) {
	for _, list := range []*[]string{
		&c.DockerIgnoredContainerPrefixes, &c.IgnoredGuestPrefixes, &c.GuestTagWhitelist, &c.GuestTagBlacklist,
		&c.DisabledTypes,
	} {
		*list = trimmed(*list)
	}
}

// trimmed returns the texts of a list without blanks around them and without empty ones, in the same memory; nil when
// there are none, as of a list that is absent.
func trimmed(list []string) []string {
	kept := list[:0]
	for _, text := range list {
		if text = strings.TrimSpace(text); text != "" {
			kept = append(kept, text)
		}
	}
	if len(kept) == 0 {
		return nil
	}
	return kept
}
