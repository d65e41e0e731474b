// Package v5 reads the configuration of a hub of version 5, as it is in the bundles that those export.
package v5

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/pulse-hub/pulse/hub/internal/transfer/members"
)

// Reasons why a configuration is not read.
var (
	// ErrNotConfiguration says that the text is not one JSON object of a configuration's shape.
	ErrNotConfiguration = errors.New("the bundle holds no configuration")
	// ErrTooMany says that a list is longer than maxNodes, maxWebhooks or maxTokens.
	ErrTooMany = errors.New("the configuration holds too much")
)

// The bounds of the lists.
const (
	maxNodes    = 2000
	maxWebhooks = 1000
	maxTokens   = 1000
)

// The versions of the format.
const (
	// versionTokens is the first that has the API tokens.
	versionTokens = "4.1"
	// versionBefore is the one before.
	versionBefore = "4.0"
)

// Configuration is what a bundle holds, in the names and units of its format. Nil and null say that a part is not there.
// The raw parts have the shapes of the public API's own answers, with the secrets in them.
type Configuration struct {
	Version    string    `json:"version"`
	ExportedAt time.Time `json:"exportedAt"`

	Nodes         *Nodes                     `json:"nodes"`
	Alerts        json.RawMessage            `json:"alerts"`
	Email         json.RawMessage            `json:"email"`
	Webhooks      []json.RawMessage          `json:"webhooks"`
	Apprise       json.RawMessage            `json:"apprise"`
	System        json.RawMessage            `json:"system"`
	GuestMetadata map[string]json.RawMessage `json:"guestMetadata"`
	OIDC          json.RawMessage            `json:"oidc"`
	APITokens     []Token                    `json:"apiTokens"`
}

// ReplacesTokens says whether the API tokens of the configuration are all that there shall be. Otherwise it says nothing
// about tokens.
func (c *Configuration) ReplacesTokens() bool { return c.Version == versionTokens }

// Token is an API token, of which only the hash is known.
type Token struct {
	ID         string    `json:"id"`
	Name       string    `json:"name"`
	Hash       string    `json:"hash"` // SHA3-256, hexadecimal
	Prefix     string    `json:"prefix"`
	Suffix     string    `json:"suffix"`
	CreatedAt  time.Time `json:"createdAt"`
	LastUsedAt time.Time `json:"lastUsedAt"`
	Scopes     []string  `json:"scopes"` // empty: all
}

// Decode reads the plain text of a bundle. The warnings name members that nothing is known about, and a version that
// nothing is known about, of which is taken what can be understood. Warnings hold no secret.
func Decode(plain []byte) (c *Configuration, warnings []string, err error) {
	c = &Configuration{}
	if trimmed := bytes.TrimSpace(plain); len(trimmed) == 0 || trimmed[0] != '{' {
		return nil, nil, ErrNotConfiguration
	}
	if err := json.Unmarshal(plain, c); err != nil {
		return nil, nil, decodeError(err)
	}
	if err := c.bound(); err != nil {
		return nil, nil, err
	}
	if c.Version != versionTokens && c.Version != versionBefore {
		warnings = append(warnings, fmt.Sprintf("version %.20q of the format is not known: what is understood is taken over, API tokens are not", c.Version))
	}
	for _, path := range members.Unknown[Configuration](plain) {
		warnings = append(warnings, path+" is not known and not taken over")
	}
	return c, warnings, nil
}

// decodeError leaves the decoder's own text out where it could quote a value: values can be secrets.
func decodeError(err error) error {
	var kind *json.UnmarshalTypeError
	if errors.As(err, &kind) {
		return fmt.Errorf("%w: %.100s is not of type %s", ErrNotConfiguration, kind.Field, kind.Type)
	}
	return ErrNotConfiguration
}

func (c *Configuration) bound() error {
	nodes := 0
	if c.Nodes != nil {
		nodes = len(c.Nodes.PVE) + len(c.Nodes.PBS) + len(c.Nodes.PMG)
	}
	switch {
	case nodes > maxNodes:
		return fmt.Errorf("%w: more than %d nodes", ErrTooMany, maxNodes)
	case len(c.Webhooks) > maxWebhooks:
		return fmt.Errorf("%w: more than %d webhooks", ErrTooMany, maxWebhooks)
	case len(c.APITokens) > maxTokens:
		return fmt.Errorf("%w: more than %d API tokens", ErrTooMany, maxTokens)
	}
	return nil
}

// Present says whether a raw part is there.
func Present(part json.RawMessage) bool { return len(part) > 0 && !bytes.Equal(part, []byte("null")) }
