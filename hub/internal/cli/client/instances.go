package client

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"time"
)

// Instance is one configured use of a component. In Config, secrets that are
// set stand as {"set": true, …}; sent back like that they stay as they are.
type Instance struct {
	ID        string          `json:"id,omitempty"`
	Plugin    string          `json:"plugin"`
	Component string          `json:"component"`
	Name      string          `json:"name"`
	Enabled   bool            `json:"enabled"`
	Revision  uint64          `json:"revision,omitempty"`
	Config    json.RawMessage `json:"config,omitempty"`
	// State, Message and Since say how it is; only in answers.
	State   string    `json:"state,omitempty"`
	Message string    `json:"message,omitempty"`
	Since   time.Time `json:"since,omitzero"`
}

// Trial is a configuration to be tried without saving it.
type Trial struct {
	Plugin    string          `json:"plugin"`
	Component string          `json:"component"`
	Config    json.RawMessage `json:"config"`
	// Instance is whose secrets are taken where the configuration says they are set.
	Instance string `json:"instance,omitempty"`
}

// Verdict is what came of a trial.
type Verdict struct {
	OK      bool         `json:"ok"`
	Summary string       `json:"summary"`
	Errors  []PointError `json:"errors"`
	// Facts are what was found out, by name.
	Facts map[string]any `json:"facts"`
}

// PointError says what is wrong at a place of a configuration.
type PointError struct {
	Path    string `json:"path"`
	Message string `json:"message"`
}

func instancePath(id string) string { return "/api/instances/" + url.PathEscape(id) }

// Instances returns the instances of a kind and of a plugin; empty: of all.
func (c *Client) Instances(ctx context.Context, kind, plugin string) ([]Instance, error) {
	query := url.Values{}
	if kind != "" {
		query.Set("kind", kind)
	}
	if plugin != "" {
		query.Set("plugin", plugin)
	}
	var list struct {
		Instances []Instance `json:"instances"`
	}
	err := c.do(ctx, call{method: http.MethodGet, path: "/api/instances", query: query}, &list)
	return list.Instances, err
}

// Instance returns one instance.
func (c *Client) Instance(ctx context.Context, id string) (Instance, error) {
	var one Instance
	err := c.do(ctx, call{method: http.MethodGet, path: instancePath(id)}, &one)
	return one, err
}

// AddInstance adds an instance and returns it with its id.
func (c *Client) AddInstance(ctx context.Context, one Instance) (Instance, error) {
	return c.saveInstance(ctx, call{method: http.MethodPost, path: "/api/instances", limit: workLimit}, one)
}

// SetInstance replaces an instance.
func (c *Client) SetInstance(ctx context.Context, one Instance) (Instance, error) {
	return c.saveInstance(ctx, call{method: http.MethodPut, path: instancePath(one.ID), limit: workLimit}, one)
}

func (c *Client) saveInstance(ctx context.Context, to call, one Instance) (Instance, error) {
	to, err := to.withJSON(map[string]any{
		"plugin": one.Plugin, "component": one.Component, "name": one.Name, "config": one.Config, "enabled": one.Enabled,
	})
	if err != nil {
		return Instance{}, err
	}
	var saved Instance
	err = c.do(ctx, to, &saved)
	return saved, err
}

// RemoveInstance removes an instance.
func (c *Client) RemoveInstance(ctx context.Context, id string) error {
	return c.do(ctx, call{method: http.MethodDelete, path: instancePath(id), limit: workLimit}, nil)
}

// Try tries a configuration.
func (c *Client) Try(ctx context.Context, trial Trial) (Verdict, error) {
	one, err := call{method: http.MethodPost, path: "/api/instances/test", limit: workLimit}.withJSON(trial)
	if err != nil {
		return Verdict{}, err
	}
	var verdict Verdict
	err = c.do(ctx, one, &verdict)
	return verdict, err
}
