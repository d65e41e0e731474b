package api

import (
	"context"
	"errors"
	"io"
	"net/http"
	"slices"
	"time"

	"github.com/pulse-hub/pulse/hub/internal/api/route"
	"github.com/pulse-hub/pulse/hub/internal/audit"
	"github.com/pulse-hub/pulse/hub/internal/auth"
	"github.com/pulse-hub/pulse/hub/internal/plugin/approval"
	"github.com/pulse-hub/pulse/hub/internal/plugin/archive"
	"github.com/pulse-hub/pulse/hub/internal/plugin/inbox"
	"github.com/pulse-hub/pulse/hub/internal/plugin/lockfile"
	"github.com/pulse-hub/pulse/hub/internal/plugin/registry"
	"github.com/pulse-hub/pulse/hub/internal/view/platform"
)

// Plugins is where it is decided which plugins run, as package registry does.
type Plugins interface {
	List(ctx context.Context) ([]registry.Entry, error)
	Get(ctx context.Context, id string) (registry.Entry, error)
	Refused() []inbox.Candidate
	Components(ctx context.Context) ([]registry.Offered, error)
	Events(ctx context.Context, id string) ([]audit.Event, error)
	Upload(ctx context.Context, body io.Reader) (*archive.Content, error)
	Approve(ctx context.Context, wanted approval.Approval, enable bool) error
	Enable(ctx context.Context, id, actor string) error
	Disable(ctx context.Context, id, actor string) error
	Restart(ctx context.Context, id, actor string) error
	Rollback(ctx context.Context, id, actor string) error
	Remove(ctx context.Context, id string, fate approval.DataFate, actor string) error
	SetPolicy(ctx context.Context, id string, policy registry.Policy, actor string) error
	ExportLock(ctx context.Context) (*lockfile.File, error)
}

// PluginList is every plugin, and what in the inbox is none.
type PluginList struct {
	Plugins     []platform.Plugin `json:"plugins"`
	Inbox       []InboxItem       `json:"inbox" description:"What lies in the inbox and is refused, or is still being copied."`
	Development bool              `json:"development" description:"Whether the hub runs plugins unchecked from their authors' folders."`
}

// InboxItem is a thing in the inbox that is not offered.
type InboxItem struct {
	Name   string `json:"name"`
	State  string `json:"state" enum:"settling,invalid"`
	Reason string `json:"reason,omitempty"`
}

// PluginDetail is one plugin with its past and the schemas of its configurations.
type PluginDetail struct {
	platform.Plugin
	History []platform.Version `json:"history" description:"Approvals, the newest first."`
	Events  []PluginEvent      `json:"events" description:"Changes, the newest first."`
}

// PluginEvent is one change of a plugin.
type PluginEvent struct {
	At time.Time `json:"at"`
	// Actor is who changed it: the name of a person or token, or "hub".
	Actor string `json:"actor"`
	// Kind and Subject name what was changed.
	Kind    string `json:"kind"`
	Subject string `json:"subject"`
	// What is one word or two.
	What string `json:"what"`
	// Detail is for people; may be empty.
	Detail string `json:"detail,omitempty"`
}

// pluginEvents are the events as they are shown with a plugin.
func pluginEvents(events []audit.Event) []PluginEvent {
	shown := make([]PluginEvent, 0, len(events))
	for _, e := range events {
		shown = append(shown, PluginEvent{At: e.At, Actor: e.Actor, Kind: e.Kind, Subject: e.Subject, What: e.What, Detail: e.Detail})
	}
	return shown
}

// ComponentList is everything that can be set up.
type ComponentList struct {
	Components []OfferedComponent `json:"components"`
}

// OfferedComponent is one component of a plugin that is enabled.
type OfferedComponent struct {
	Plugin     string `json:"plugin"`
	PluginName string `json:"pluginName"`
	platform.Component
}

// PluginUpload says what an uploaded package holds.
type PluginUpload struct {
	ID      string `json:"id"`
	Version string `json:"version"`
	SHA256  string `json:"sha256"`
}

// PluginApproval is the decision that exactly one content may run.
type PluginApproval struct {
	SHA256 string         `json:"sha256" required:"true" description:"Of the content, as its offer names it."`
	Needs  platform.Needs `json:"needs" description:"What it may do: at most what it wants."`
	Enable *bool          `json:"enable,omitempty" description:"Whether it may run at once; default true."`
}

// PluginPolicy is what the operator decides about how a plugin is run.
type PluginPolicy struct {
	Isolation string `json:"isolation" enum:",plugin,instance" description:"Whether its instances share a process; empty: as the plugin wishes."`
}

// maxSmallBody bounds the bodies of decisions and configurations, in bytes.
const maxSmallBody = 512 << 10

func (a *API) pluginRoutes() []route.Route {
	read, write := route.Admin(auth.ScopeSettingsRead), route.Admin(auth.ScopeSettingsWrite)
	routes := []route.Route{
		{
			Path: "/api/plugins", Access: read,
			Summary: "Plugins, their processes and instances, and what is offered", Answer: PluginList{}, Handle: a.plugins,
		},
		{
			Methods: []string{http.MethodPost}, Path: "/api/plugins", Access: write, MaxBody: registry.MaxUpload(),
			Summary:     "Put a plugin package into the inbox",
			Description: "The body is the .pulseplugin file. It is offered within seconds, and runs when it is approved.",
			Answer:      PluginUpload{}, Handle: a.uploadPlugin,
		},
		{
			Path: "/api/plugins/catalog", Access: read, Summary: "What can be set up, with the schemas of the configurations",
			Answer: ComponentList{}, Handle: a.components,
		},
		{
			Path: "/api/plugins/lock", Access: read, Summary: "The lock file of what is approved",
			Answer: lockfile.File{}, Handle: a.pluginLock,
		},
		{Path: "/api/plugins/{id}", Access: read, Summary: "One plugin", Answer: PluginDetail{}, Handle: a.plugin},
		{
			Methods: []string{http.MethodDelete}, Path: "/api/plugins/{id}", Access: write,
			Summary: "Remove a plugin that has no instances",
			Query:   []route.Param{{Name: "data", Description: "What becomes of its data; default keep.", Enum: []string{"keep", "delete"}}},
			Handle:  a.removePlugin,
		},
		{
			Methods: []string{http.MethodPost}, Path: "/api/plugins/{id}/approve", Access: write, MaxBody: maxSmallBody,
			Summary: "Approve exactly one offered content", Body: PluginApproval{}, Answer: PluginDetail{}, Handle: a.approvePlugin,
		},
		{
			Methods: []string{http.MethodPut}, Path: "/api/plugins/{id}/policy", Access: write, MaxBody: maxSmallBody,
			Summary: "Decide how a plugin is run", Body: PluginPolicy{}, Answer: PluginDetail{}, Handle: a.pluginPolicy,
		},
	}
	for _, change := range []struct {
		word, summary string
		make          func(p Plugins, ctx context.Context, id, actor string) error
	}{
		{"enable", "Let an approved plugin run", Plugins.Enable},
		{"disable", "Keep a plugin from running", Plugins.Disable},
		{"restart", "Start the processes of a plugin anew", Plugins.Restart},
		{"rollback", "Go back to the version before", Plugins.Rollback},
	} {
		routes = append(routes, route.Route{
			Methods: []string{http.MethodPost}, Path: "/api/plugins/{id}/" + change.word, Access: write,
			Summary: change.summary, Answer: PluginDetail{},
			Handle: func(c *route.Call) (any, error) {
				if err := change.make(a.Plugins, c.Context(), c.PathValue("id"), actor(c)); err != nil {
					return nil, pluginFailure(err)
				}
				return a.plugin(c)
			},
		})
	}
	return slices.Concat(routes, a.publisherRoutes(), a.pluginLogRoutes())
}

// actor names who makes a change.
func actor(c *route.Call) string {
	if c.Principal == nil {
		return "unknown"
	}
	return c.Principal.Name()
}

func (a *API) plugins(c *route.Call) (any, error) {
	entries, err := a.Plugins.List(c.Context())
	if err != nil {
		return nil, err
	}
	list := PluginList{Plugins: []platform.Plugin{}, Inbox: []InboxItem{}, Development: a.Build.PluginDevelopment}
	for i := range entries {
		list.Plugins = append(list.Plugins, platform.PluginOf(&entries[i], false))
	}
	for _, item := range a.Plugins.Refused() {
		shown := InboxItem{Name: item.Name, State: string(item.State)}
		if item.Reason != nil {
			shown.Reason = item.Reason.Error()
		}
		list.Inbox = append(list.Inbox, shown)
	}
	return list, nil
}

func (a *API) plugin(c *route.Call) (any, error) {
	entry, err := a.Plugins.Get(c.Context(), c.PathValue("id"))
	if err != nil {
		return nil, pluginFailure(err)
	}
	events, err := a.Plugins.Events(c.Context(), entry.ID)
	if err != nil {
		return nil, err
	}
	return PluginDetail{Plugin: platform.PluginOf(&entry, true), History: platform.HistoryOf(&entry), Events: pluginEvents(events)}, nil
}

func (a *API) components(c *route.Call) (any, error) {
	offered, err := a.Plugins.Components(c.Context())
	if err != nil {
		return nil, err
	}
	list := ComponentList{Components: []OfferedComponent{}}
	for i := range offered {
		list.Components = append(list.Components, OfferedComponent{
			Plugin: offered[i].Plugin, PluginName: offered[i].PluginName,
			Component: platform.ComponentOf(&offered[i].Component, true),
		})
	}
	return list, nil
}

func (a *API) pluginLock(c *route.Call) (any, error) { return a.Plugins.ExportLock(c.Context()) }

func (a *API) uploadPlugin(c *route.Call) (any, error) {
	content, err := a.Plugins.Upload(c.Context(), c.Request.Body)
	if err != nil {
		return nil, pluginFailure(err)
	}
	return route.Created{Body: PluginUpload{
		ID: content.Manifest.ID, Version: content.Manifest.Version, SHA256: string(content.Digest),
	}}, nil
}

func (a *API) approvePlugin(c *route.Call) (any, error) {
	var body PluginApproval
	if err := decode(c, &body); err != nil {
		return nil, err
	}
	digest := archive.Digest(body.SHA256)
	if !digest.Valid() {
		return nil, invalidField("sha256", "must be 64 lower-case hexadecimal digits")
	}
	wanted := approval.Approval{ID: c.PathValue("id"), Digest: digest, Granted: body.Needs.Manifest(), Actor: actor(c)}
	if err := a.Plugins.Approve(c.Context(), wanted, body.Enable == nil || *body.Enable); err != nil {
		return nil, pluginFailure(err)
	}
	return a.plugin(c)
}

func (a *API) pluginPolicy(c *route.Call) (any, error) {
	var body PluginPolicy
	if err := decode(c, &body); err != nil {
		return nil, err
	}
	err := a.Plugins.SetPolicy(c.Context(), c.PathValue("id"), registry.Policy{Isolation: body.Isolation}, actor(c))
	if errors.Is(err, registry.ErrPolicy) {
		return nil, invalidField("isolation", "must be plugin, instance or empty")
	}
	if err != nil {
		return nil, pluginFailure(err)
	}
	return a.plugin(c)
}

func (a *API) removePlugin(c *route.Call) (any, error) {
	fate := approval.DataFate(c.Query("data"))
	switch fate {
	case "":
		fate = approval.KeepData
	case approval.KeepData, approval.DeleteData:
	default:
		return nil, invalidField("data", "must be keep or delete")
	}
	if err := a.Plugins.Remove(c.Context(), c.PathValue("id"), fate, actor(c)); err != nil {
		return nil, pluginFailure(err)
	}
	return route.Nothing{}, nil
}
