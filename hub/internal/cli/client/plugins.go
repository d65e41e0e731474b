package client

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"time"

	"github.com/pulse-hub/pulse/sdk/manifest"
)

// PluginList is what the hub knows of plugins.
type PluginList struct {
	Plugins []Plugin    `json:"plugins"`
	Inbox   []InboxItem `json:"inbox"`
}

// InboxItem is a file or folder in the hub's inbox that became no plugin.
type InboxItem struct {
	Name   string `json:"name"`
	State  string `json:"state"`
	Reason string `json:"reason"`
}

// Plugin is one plugin as the hub shows it. What a hub does not say is zero.
type Plugin struct {
	ID          string         `json:"id"`
	Name        string         `json:"name"`
	Version     string         `json:"version"`
	Description string         `json:"description"`
	State       string         `json:"state"`
	Reason      string         `json:"reason"`
	Since       time.Time      `json:"since"`
	Trust       string         `json:"trust"`
	Publisher   string         `json:"publisher"`
	SHA256      string         `json:"sha256"`
	Wants       manifest.Needs `json:"wants"`
	Granted     manifest.Needs `json:"granted"`
	Offers      []Offer        `json:"offers"`
	Previous    *Previous      `json:"previous"`
	Sandbox     Sandbox        `json:"sandbox"`
	Processes   []Process      `json:"processes"`
	PID         int            `json:"pid"`
	Restarts    int            `json:"restarts"`
	LastError   string         `json:"lastError"`
	Warning     string         `json:"warning"`
	Calls       []Calls        `json:"calls"`
	Instances   []Instance     `json:"instances"`
}

// Offer is a version that lies in the inbox and could be approved.
type Offer struct {
	Name      string         `json:"name"`
	Version   string         `json:"version"`
	SHA256    string         `json:"sha256"`
	Wants     manifest.Needs `json:"wants"`
	Signature string         `json:"signature"`
	Publisher string         `json:"publisher"`
	// Problem says why it cannot be approved; empty if it can.
	Problem string `json:"problem"`
}

// Previous is the version that rollback returns to.
type Previous struct {
	Version string `json:"version"`
	SHA256  string `json:"sha256"`
}

// Sandbox is how far a plugin is confined.
type Sandbox struct {
	Requested string   `json:"requested"`
	Effective string   `json:"effective"`
	Summary   string   `json:"summary"`
	Missing   []string `json:"missing"`
	Open      []string `json:"open"`
}

// Process is one process of a plugin.
type Process struct {
	Name  string `json:"name"`
	PID   int    `json:"pid"`
	State string `json:"state"`
	// CPU is what it uses, in percent of one processor; Memory in bytes.
	CPU       float64 `json:"cpu"`
	Memory    uint64  `json:"memory"`
	Restarts  int     `json:"restarts"`
	LastError string  `json:"lastError"`
}

// Calls are the calls of one method of the protocol.
type Calls struct {
	Method string `json:"method"`
	Count  uint64 `json:"count"`
	Errors uint64 `json:"errors"`
	// P50 and P99 are milliseconds that half, and 99 of 100, of the last calls took at most.
	P50 float64 `json:"p50"`
	P99 float64 `json:"p99"`
}

// Installed says what a package holds that was sent.
type Installed struct {
	ID      string `json:"id"`
	Version string `json:"version"`
	SHA256  string `json:"sha256"`
}

// Approval says exactly what is approved, and what it may.
type Approval struct {
	SHA256 string         `json:"sha256"`
	Needs  manifest.Needs `json:"needs"`
}

// Action is something to do with a plugin.
type Action string

// The actions.
const (
	Enable   Action = "enable"
	Disable  Action = "disable"
	Restart  Action = "restart"
	Rollback Action = "rollback"
)

func pluginPath(id string) string { return "/api/plugins/" + url.PathEscape(id) }

// Plugins returns all plugins and what lies in the inbox.
func (c *Client) Plugins(ctx context.Context) (PluginList, error) {
	var list PluginList
	err := c.do(ctx, call{method: http.MethodGet, path: "/api/plugins"}, &list)
	return list, err
}

// Plugin returns one plugin.
func (c *Client) Plugin(ctx context.Context, id string) (Plugin, error) {
	var plugin Plugin
	err := c.do(ctx, call{method: http.MethodGet, path: pluginPath(id)}, &plugin)
	return plugin, err
}

// Install sends a package under the name of its file.
func (c *Client) Install(ctx context.Context, name string, content io.Reader) (Installed, error) {
	headers := map[string]string{"Content-Type": "application/octet-stream", "X-Pulse-File-Name": name}
	one := call{method: http.MethodPost, path: "/api/plugins", body: content, headers: headers, limit: uploadLimit}
	var installed Installed
	err := c.do(ctx, one, &installed)
	return installed, err
}

// Approve lets exactly this content run.
func (c *Client) Approve(ctx context.Context, id string, approval Approval) error {
	one, err := call{method: http.MethodPost, path: pluginPath(id) + "/approve", limit: workLimit}.withJSON(approval)
	if err != nil {
		return err
	}
	return c.do(ctx, one, nil)
}

// Act does something with a plugin and returns what it is then.
func (c *Client) Act(ctx context.Context, id string, action Action) (Plugin, error) {
	var plugin Plugin
	one := call{method: http.MethodPost, path: pluginPath(id) + "/" + string(action), limit: workLimit}
	err := c.do(ctx, one, &plugin)
	return plugin, err
}

// Remove removes a plugin, and what it has stored if withData is true.
func (c *Client) Remove(ctx context.Context, id string, withData bool) error {
	data := "keep"
	if withData {
		data = "delete"
	}
	one := call{method: http.MethodDelete, path: pluginPath(id), query: url.Values{"data": {data}}, limit: workLimit}
	return c.do(ctx, one, nil)
}

// SetLogLevel sets from which level on the plugin's lines are kept.
func (c *Client) SetLogLevel(ctx context.Context, id, level string) error {
	one, err := call{method: http.MethodPut, path: pluginPath(id) + "/log-level"}.withJSON(map[string]string{"level": level})
	if err != nil {
		return err
	}
	return c.do(ctx, one, nil)
}

// Lock returns the hub's plugins.lock.json.
func (c *Client) Lock(ctx context.Context) ([]byte, error) {
	var text json.RawMessage
	err := c.do(ctx, call{method: http.MethodGet, path: "/api/plugins/lock"}, &text)
	return text, err
}
