package config

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Kept bounds the history beyond Config.Retention. Sizes are in bytes; 0 sets no bound.
type Kept struct {
	// FiveMinutes and Hours are how long sums of five minutes and of an hour are kept.
	FiveMinutes, Hours time.Duration
	// Bytes bounds the values as they were measured, the others the sums.
	Bytes, FiveMinutesBytes, HoursBytes int64
}

func defaultKept() Kept {
	return Kept{FiveMinutes: 90 * 24 * time.Hour, Hours: 2 * 365 * 24 * time.Hour}
}

// historySettings are those of what is kept of the past.
func historySettings() []setting {
	return []setting{
		{
			"retention", []string{"PULSE_METRICS_RETENTION"}, "how long measured values are kept, such as 720h or 30d (default 15d)", false,
			func(c *Config, v string) (err error) { c.Retention, err = duration(v); return err },
		},
		{
			"retention_5m", []string{"PULSE_METRICS_RETENTION_5M"}, "how long sums of five minutes are kept (default 90d)", false,
			func(c *Config, v string) (err error) { c.Kept.FiveMinutes, err = duration(v); return err },
		},
		{
			"retention_1h", []string{"PULSE_METRICS_RETENTION_1H"}, "how long sums of an hour are kept (default 730d)", false,
			func(c *Config, v string) (err error) { c.Kept.Hours, err = duration(v); return err },
		},
		{
			"retention_size", []string{"PULSE_METRICS_SIZE"}, "how large measured values may get, such as 20GB; the oldest go first (default: no bound)", false,
			func(c *Config, v string) (err error) { c.Kept.Bytes, err = size(v); return err },
		},
		{
			"retention_5m_size", []string{"PULSE_METRICS_SIZE_5M"}, "the same for sums of five minutes", false,
			func(c *Config, v string) (err error) { c.Kept.FiveMinutesBytes, err = size(v); return err },
		},
		{
			"retention_1h_size", []string{"PULSE_METRICS_SIZE_1H"}, "the same for sums of an hour", false,
			func(c *Config, v string) (err error) { c.Kept.HoursBytes, err = size(v); return err },
		},
	}
}

// validateRetention refuses what would keep nothing worth the name.
func (c *Config) validateRetention() error {
	for _, one := range []struct {
		key string
		age time.Duration
	}{{"retention", c.Retention}, {"retention_5m", c.Kept.FiveMinutes}, {"retention_1h", c.Kept.Hours}} {
		if one.age < time.Hour {
			return fmt.Errorf("%s %s is shorter than an hour", one.key, one.age)
		}
	}
	return nil
}

// size reads a number of bytes with an optional unit, a power of 1024: "512MB", "20G", "1TiB". "off" is 0.
func size(v string) (int64, error) {
	text := strings.ToUpper(strings.TrimSpace(v))
	if text == "OFF" {
		return 0, nil
	}
	text = strings.TrimSuffix(strings.TrimSuffix(text, "B"), "I")
	shift := 0
	if text != "" {
		if i := strings.IndexByte("KMGT", text[len(text)-1]); i >= 0 {
			shift, text = 10*(i+1), text[:len(text)-1]
		}
	}
	n, err := strconv.ParseInt(strings.TrimSpace(text), 10, 64)
	if err != nil || n < 0 || n > 1<<(62-shift) {
		return 0, fmt.Errorf("%q is not a size", v)
	}
	return n << shift, nil
}
