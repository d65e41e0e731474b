package notify

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/pulse-hub/pulse/hub/internal/alert"
	"github.com/pulse-hub/pulse/hub/internal/store"
)

// The keys in the bucket of settings.
const (
	routesKey  = "notification-routes"
	digestsKey = "notification-digests"
)

// The bounds of what can be set.
const (
	maxRules   = 200
	maxMembers = 500
	maxWord    = 500
	maxDigests = 500
)

// ErrSettings is wrapped by every refusal of settings.
var ErrSettings = errors.New("settings of notifications make no sense")

// Rhythm says how often what is not critical is told.
type Rhythm string

// The rhythms. A daily digest comes at eight in the morning by the clock of the hub's machine.
const (
	AtOnce Rhythm = "off"
	Hourly Rhythm = "hourly"
	Daily  Rhythm = "daily"
)

// Routes returns the rules by which alerts are routed, in order. Without any, all go to all channels.
func (p *Pipeline) Routes(ctx context.Context) ([]Rule, error) {
	return setting[[]Rule](ctx, p.Records, routesKey)
}

// SetRoutes replaces the rules. It fails with ErrSettings.
func (p *Pipeline) SetRoutes(ctx context.Context, rules []Rule) error {
	if err := checkRules(rules); err != nil {
		return err
	}
	return p.set(ctx, routesKey, rules)
}

// Digests returns the rhythm of each channel that has one.
func (p *Pipeline) Digests(ctx context.Context) (map[string]Rhythm, error) {
	return setting[map[string]Rhythm](ctx, p.Records, digestsKey)
}

// SetDigests replaces the rhythms. It fails with ErrSettings.
func (p *Pipeline) SetDigests(ctx context.Context, rhythms map[string]Rhythm) error {
	if len(rhythms) > maxDigests {
		return fmt.Errorf("%w: more than %d digests", ErrSettings, maxDigests)
	}
	for _, rhythm := range rhythms {
		if rhythm != AtOnce && rhythm != Hourly && rhythm != Daily {
			return fmt.Errorf("%w: rhythm %.20q is not off, hourly or daily", ErrSettings, rhythm)
		}
	}
	return p.set(ctx, digestsKey, rhythms)
}

func checkRules(rules []Rule) error {
	if len(rules) > maxRules {
		return fmt.Errorf("%w: more than %d rules", ErrSettings, maxRules)
	}
	for i := range rules {
		r := &rules[i]
		if r.MinLevel != "" && r.MinLevel != alert.Warning && r.MinLevel != alert.Critical {
			return fmt.Errorf("%w: rule %d: minLevel is not warning or critical", ErrSettings, i+1)
		}
		for _, list := range [][]string{{r.Name}, r.Channels, r.Types, r.Tags, r.Resources, r.Nodes, r.Kinds} {
			if len(list) > maxMembers {
				return fmt.Errorf("%w: rule %d: a list has more than %d members", ErrSettings, i+1, maxMembers)
			}
			for _, word := range list {
				if len(word) > maxWord {
					return fmt.Errorf("%w: rule %d: a text is longer than %d bytes", ErrSettings, i+1, maxWord)
				}
			}
		}
	}
	return nil
}

// setting reads a setting; one that was never made is the zero value.
func setting[T any](ctx context.Context, r store.Reader, key string) (T, error) {
	value, err := store.GetJSON[T](ctx, r, store.Settings, key)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return value, fmt.Errorf("read settings of notifications: %w", err)
	}
	return value, nil
}

func (p *Pipeline) set(ctx context.Context, key string, value any) error {
	raw, err := json.Marshal(value)
	if err != nil {
		return fmt.Errorf("encode settings of notifications: %w", err)
	}
	err = p.Records.Update(ctx, func(tx store.Tx) error { return tx.Put(ctx, store.Settings, key, raw) })
	if err != nil {
		return fmt.Errorf("save settings of notifications: %w", err)
	}
	return nil
}
