package policy

import (
	"slices"
	"strings"
	"time"
)

// Upper bounds of times. Longer ones are slips of the pen, and must not overflow when they are converted.
const (
	maxSeconds = 31 * 24 * 3600
	maxMinutes = 366 * 24 * 60
	maxHours   = 366 * 24
	maxDays    = 3660
	maxCount   = 1_000_000
	maxSizeGiB = 1 << 30
)

// normaliseTimes puts the delays, ages and the flapping rule in order. Negative delays are as good as none given.
func normaliseTimes(c *Config) error {
	if c.TimeThreshold < 0 {
		c.TimeThreshold = defaultDelay
	}
	if err := checkDelays("timeThresholds", c.TimeThresholds); err != nil {
		return err
	}
	for kind, delays := range c.MetricTimeThresholds {
		if err := checkDelays(under("metricTimeThresholds", kind), delays); err != nil {
			return err
		}
	}
	if c.CertificateDays > maxDays {
		return wrong("certificateDays", "is more than %d", maxDays)
	}
	if c.DockerDefaults.UpdateAlertDelayHours > maxHours {
		return wrong("dockerDefaults.updateAlertDelayHours", "is more than %d", maxHours)
	}
	positive(&c.FlappingWindowSeconds, 300)
	positive(&c.FlappingThreshold, 5)
	positive(&c.FlappingCooldownMinutes, 15)
	return checkRanges(
		limited{"dockerDefaults.restartWindow", &c.DockerDefaults.RestartWindow, maxSeconds},
		limited{"pmgDefaults.oldestMessageWarnMins", &c.PMGDefaults.OldestMessageWarnMins, maxMinutes},
		limited{"pmgDefaults.oldestMessageCritMins", &c.PMGDefaults.OldestMessageCritMins, maxMinutes},
		limited{"timeThreshold", &c.TimeThreshold, maxSeconds},
		limited{"suppressionWindow", &c.SuppressionWindow, maxMinutes},
		limited{"observationWindowHours", &c.ObservationWindowHours, maxHours},
		limited{"maxAlertAgeDays", &c.MaxAlertAgeDays, maxDays},
		limited{"maxAcknowledgedAgeDays", &c.MaxAcknowledgedAgeDays, maxDays},
		limited{"autoAcknowledgeAfterHours", &c.AutoAcknowledgeAfterHours, maxHours},
		limited{"flappingWindowSeconds", &c.FlappingWindowSeconds, maxSeconds},
		limited{"flappingThreshold", &c.FlappingThreshold, maxCount},
		limited{"flappingCooldownMinutes", &c.FlappingCooldownMinutes, maxMinutes},
	)
}

// checkDelays removes negative entries from a map of delays and refuses those out of all bounds.
func checkDelays(path string, delays map[string]int) error {
	for key, seconds := range delays {
		if seconds < 0 {
			delete(delays, key)
		}
		if seconds > maxSeconds {
			return wrong(under(path, key), "is more than %d", maxSeconds)
		}
	}
	return nil
}

// limited is a number that is 0 or more, and not more than a bound.
type limited struct {
	path  string
	value *int
	most  int
}

// checkRanges makes negative numbers 0 and refuses those out of bounds.
func checkRanges(all ...limited) error {
	for _, one := range all {
		*one.value = max(0, *one.value)
		if *one.value > one.most {
			return wrong(one.path, "is more than %d", one.most)
		}
	}
	return nil
}

func normaliseSchedule(c *Config) error {
	s := &c.Schedule
	if s.Grouping.Window == 0 {
		s.Grouping.Window = s.GroupingWindow
	}
	s.GroupingWindow = 0
	err := checkRanges(
		limited{"schedule.cooldown", &s.Cooldown, maxMinutes},
		limited{"schedule.maxAlertsHour", &s.MaxAlertsHour, maxCount},
		limited{"schedule.grouping.window", &s.Grouping.Window, maxSeconds},
	)
	if err != nil {
		return err
	}
	if err := normaliseEscalation(s.Escalation.Levels); err != nil {
		return err
	}
	return normaliseQuietHours(&s.QuietHours)
}

func normaliseEscalation(levels []EscalationLevel) error {
	for i := range levels {
		path := at("schedule.escalation.levels", i)
		if err := checkRanges(limited{path + ".after", &levels[i].After, maxMinutes}); err != nil {
			return err
		}
		switch levels[i].Notify {
		case "":
			levels[i].Notify = "all"
		case "email", "webhook", "all":
		default:
			return wrong(path+".notify", "is none of email, webhook, all")
		}
	}
	return nil
}

// normaliseQuietHours checks times and zone even while quiet hours are off: that they can be switched on must not
// depend on luck.
func normaliseQuietHours(q *QuietHours) error {
	for _, field := range []struct{ path, text string }{
		{"schedule.quietHours.start", q.Start}, {"schedule.quietHours.end", q.End},
	} {
		if field.text == "" && !q.Enabled {
			continue
		}
		if _, err := clockOf(field.text); err != nil {
			return wrong(field.path, `is no time of day such as "22:30"`)
		}
	}
	if _, err := zoneOf(q.Timezone); err != nil {
		return wrong("schedule.quietHours.timezone", "is no time zone that is known here")
	}
	return normaliseDays(q)
}

// normaliseDays writes the days of the week in lower case.
func normaliseDays(q *QuietHours) error {
	for key, on := range q.Days {
		name := strings.ToLower(key)
		if !slices.Contains(weekdays(), name) {
			return wrong(under("schedule.quietHours.days", key), "is no day of the week")
		}
		if name != key {
			delete(q.Days, key)
			q.Days[name] = q.Days[name] || on
		}
	}
	return nil
}

// weekdays returns the names of the days as the configuration has them, from Sunday as time.Weekday has them.
func weekdays() []string {
	names := make([]string, 0, 7)
	for day := time.Sunday; day <= time.Saturday; day++ {
		names = append(names, strings.ToLower(day.String()))
	}
	return names
}
