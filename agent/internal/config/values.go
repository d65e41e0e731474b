package config

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/hashicorp/go-hclog"

	"github.com/pulse-hub/pulse/agent/internal/command/allow"
)

// The functions of this file make setters that read one kind of value into a target. Their errors say what is wanted and
// never quote what was given.

func text(target *string) func(string) error {
	return func(value string) error {
		*target = strings.TrimSpace(value)
		return nil
	}
}

func word(target *string, allowed ...string) func(string) error {
	return func(value string) error {
		for _, candidate := range allowed {
			if strings.EqualFold(strings.TrimSpace(value), candidate) {
				*target = candidate
				return nil
			}
		}
		return fmt.Errorf("want one of %s", strings.Join(allowed, ", "))
	}
}

func duration(target *time.Duration) func(string) error {
	return func(value string) error {
		parsed, err := time.ParseDuration(strings.TrimSpace(value))
		if err != nil {
			return errors.New("want a duration such as 30s or 2m")
		}
		*target = parsed
		return nil
	}
}

func count(target *int) func(string) error {
	return func(value string) error {
		parsed, err := strconv.Atoi(strings.TrimSpace(value))
		if err != nil || parsed < 1 {
			return errors.New("want a whole number of at least 1")
		}
		*target = parsed
		return nil
	}
}

func level(target *hclog.Level) func(string) error {
	return func(value string) error {
		name := strings.ToLower(strings.TrimSpace(value))
		if name == "warning" {
			name = "warn"
		}
		parsed := hclog.LevelFromString(name)
		if parsed == hclog.NoLevel {
			return errors.New("want trace, debug, info, warn or error")
		}
		*target = parsed
		return nil
	}
}

func parseBool(value string) (bool, error) {
	switch strings.ToLower(strings.TrimSpace(value)) {
	case "1", "t", "true", "yes", "on":
		return true, nil
	case "0", "f", "false", "no", "off":
		return false, nil
	}
	return false, errors.New("want true or false")
}

func boolean(target *bool) func(string) error {
	return func(value string) error {
		parsed, err := parseBool(value)
		if err == nil {
			*target = parsed
		}
		return err
	}
}

func inverse(target *bool) func(string) error {
	return func(value string) error {
		parsed, err := parseBool(value)
		if err == nil {
			*target = !parsed
		}
		return err
	}
}

func toggle(target *Switch) func(string) error {
	return func(value string) error {
		parsed, err := parseBool(value)
		if err != nil {
			return err
		}
		*target = Off
		if parsed {
			*target = On
		}
		return nil
	}
}

// size reads bytes, with or without a unit of them.
func size(target *int64) func(string) error {
	units := []struct {
		suffix string
		factor float64
	}{{"KIB", 1 << 10}, {"MIB", 1 << 20}, {"GIB", 1 << 30}, {"KB", 1e3}, {"MB", 1e6}, {"GB", 1e9}, {"B", 1}}
	return func(value string) error {
		number, factor := strings.ToUpper(strings.TrimSpace(value)), 1.0
		for _, unit := range units {
			if rest, ok := strings.CutSuffix(number, unit.suffix); ok {
				number, factor = strings.TrimSpace(rest), unit.factor
				break
			}
		}
		parsed, err := strconv.ParseFloat(number, 64)
		if err != nil || !(parsed >= 0 && parsed*factor < 1<<62) {
			return errors.New("want a size such as 64MB")
		}
		*target = int64(parsed * factor)
		return nil
	}
}

// commands reads commands that may run, one per line or between ";;". A value without any is refused: it looks like nothing
// may run, and an empty list says nothing of the kind.
func commands(target *allow.List) func(string) error {
	return func(value string) error {
		list, err := allow.Parse(value)
		if err != nil {
			return err
		}
		if len(list) == 0 {
			return errors.New("want at least one command")
		}
		if len(*target)+len(list) > allow.MaxPatterns {
			return allow.ErrTooMany
		}
		*target = append(*target, list...)
		return nil
	}
}

// adding makes a list to which every layer adds.
func adding(name string, env []string, usage string, target *[]string) setting {
	return setting{
		flag: name, env: env, usage: usage,
		set: func(value string) error {
			*target = appendList(*target, value)
			return nil
		},
	}
}

// replacing makes a list of which each layer replaces what the ones before gave.
func replacing(name string, env []string, usage string, target *[]string) setting {
	list := adding(name, env, usage, target)
	list.reset = func() { *target = nil }
	return list
}

// appendList appends the items of a comma-separated list, trimmed and without empty ones.
func appendList(list []string, value string) []string {
	for item := range strings.SplitSeq(value, ",") {
		if item = strings.TrimSpace(item); item != "" {
			list = append(list, item)
		}
	}
	return list
}
