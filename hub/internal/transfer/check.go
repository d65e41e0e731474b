package transfer

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/pulse-hub/pulse/hub/internal/alert/policy"
	"github.com/pulse-hub/pulse/hub/internal/alert/queryrule"
	"github.com/pulse-hub/pulse/hub/internal/auth"
	"github.com/pulse-hub/pulse/hub/internal/nodes"
	"github.com/pulse-hub/pulse/hub/internal/notify"
	"github.com/pulse-hub/pulse/hub/internal/notify/setup"
	"github.com/pulse-hub/pulse/hub/internal/plugin/registry"
	"github.com/pulse-hub/pulse/hub/internal/transfer/stage"
	"github.com/pulse-hub/pulse/hub/internal/view/notifications"
)

// errShape says that a record is not what its part of the hub could read back.
var errShape = errors.New("it does not have the shape that the hub reads")

// shaped says whether a record can be read back as a T. The decoder's own text could quote a secret.
func shaped[T any](value json.RawMessage) error {
	var into T
	if !isBraced(value) || json.Unmarshal(value, &into) != nil {
		return errShape
	}
	return nil
}

func isBraced(value json.RawMessage) bool {
	return strings.HasPrefix(strings.TrimSpace(string(value)), "{")
}

func isObject(_ string, value json.RawMessage) error {
	return shaped[map[string]json.RawMessage](value)
}

// checkNode checks what package nodes keeps of a node.
func checkNode(_ string, value json.RawMessage) error {
	return shaped[struct {
		Monitors                             nodes.Monitors
		GuestURL, TokenUser, Cluster, Source string
	}](value)
}

// said is what package notify/setup keeps of a channel.
type said[T any] struct {
	Said     T
	Revision uint64
}

func checkChannel(key string, value json.RawMessage) error {
	switch key {
	case channelPrefix + setup.EmailID:
		return shaped[said[notifications.Email]](value)
	case channelPrefix + setup.AppriseID:
		return shaped[said[notifications.Apprise]](value)
	}
	return errors.New("there is no such channel")
}

func checkPolicy(_ string, value json.RawMessage) error { return shaped[registry.Policy](value) }

// checkRouting has the pipeline judge how notifications are routed.
func checkRouting(key string, value json.RawMessage) error {
	judge := notify.New(notify.Options{Records: stage.New()})
	ctx := context.Background() // nothing here waits
	switch strings.TrimPrefix(key, routingPrefix) {
	case "routes":
		var rules []notify.Rule
		if json.Unmarshal(value, &rules) != nil {
			return errShape
		}
		return judge.SetRoutes(ctx, rules)
	case "digests":
		var rhythms map[string]notify.Rhythm
		if json.Unmarshal(value, &rhythms) != nil {
			return errShape
		}
		return judge.SetDigests(ctx, rhythms)
	}
	return errors.New("there is no such setting")
}

func checkAlerts(key string, value json.RawMessage) error {
	if key != alertsKey {
		return errors.New("there is no such setting")
	}
	_, err := alertConfig(value)
	return err
}

// alertConfig reads a configuration of alerts; what it does not say is as in a new hub.
func alertConfig(value json.RawMessage) (policy.Config, error) {
	config, err := policy.Merge(policy.Default(), value)
	if err != nil {
		return policy.Config{}, err
	}
	return config, queryrule.ValidateAll(config.QueryRules)
}

func checkRole(key string, value json.RawMessage) error {
	var role auth.Role
	if !isBraced(value) || json.Unmarshal(value, &role) != nil {
		return errShape
	}
	if role.Name != key {
		return errors.New("it has another name than its key")
	}
	return role.Check()
}

// checkToken refuses what would not be recognised, and what would allow more than was meant: a token without scopes
// allows everything.
func checkToken(key string, value json.RawMessage) error {
	var token auth.Token
	if !isBraced(value) || json.Unmarshal(value, &token) != nil {
		return errShape
	}
	switch {
	case token.ID != key || strings.Contains(key, "/") || len(key) > maxID:
		return errors.New("its id is not valid")
	case !isHash(token.Hash):
		return errors.New("it has no SHA3-256 hash")
	}
	known := auth.Scopes()
	for _, scope := range token.Scopes {
		if !slices.Contains(known, scope) {
			return fmt.Errorf("scope %.60q is not known", string(scope))
		}
	}
	return nil
}

// tokenOf reads the record of a token; it is not ok if that is none.
func tokenOf(value json.RawMessage) (token auth.Token, ok bool) {
	return token, json.Unmarshal(value, &token) == nil
}

func isHash(text string) bool {
	return len(text) == 64 && strings.Trim(text, "0123456789abcdef") == ""
}
