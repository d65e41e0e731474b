package api

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"

	"github.com/pulse-hub/pulse/hub/internal/api/route"
	"github.com/pulse-hub/pulse/hub/internal/auth"
	"github.com/pulse-hub/pulse/hub/internal/plugin/instance"
	"github.com/pulse-hub/pulse/hub/internal/plugin/registry"
	"github.com/pulse-hub/pulse/hub/internal/plugin/setup"
	"github.com/pulse-hub/pulse/hub/internal/plugin/supervise"
	"github.com/pulse-hub/pulse/hub/internal/view/platform"
	"github.com/pulse-hub/pulse/sdk/manifest"
)

// Instances is where plugins are set up, as package setup does.
type Instances interface {
	List(ctx context.Context) ([]instance.Instance, error)
	Get(ctx context.Context, id string) (instance.Instance, error)
	Preset(id string) bool
	Create(ctx context.Context, draft setup.Draft, actor string) (instance.Instance, error)
	Update(ctx context.Context, id string, draft setup.Draft, actor string) (instance.Instance, error)
	Delete(ctx context.Context, id, actor string) error
	Test(ctx context.Context, draft setup.Draft, id string) (supervise.TestResult, error)
}

// InstanceReports is what plugins said of their instances without being asked.
type InstanceReports interface{ Of(id string) setup.Report }

// InstanceList is everything that plugins were set up for.
type InstanceList struct {
	Instances []platform.Instance `json:"instances"`
}

// InstanceDraft is what an instance is to be.
type InstanceDraft struct {
	Plugin    string          `json:"plugin" description:"Cannot be changed."`
	Component string          `json:"component" description:"Kind and type: source/pve. Cannot be changed."`
	Name      string          `json:"name"`
	Config    json.RawMessage `json:"config" description:"By the component's schema, the secrets in their places. A secret that is {\"set\": true} stays what it is."`
	Enabled   *bool           `json:"enabled,omitempty" description:"Default true."`
}

func (d *InstanceDraft) draft() setup.Draft {
	return setup.Draft{
		Plugin: d.Plugin, Component: d.Component, Name: d.Name, Config: d.Config, Enabled: d.Enabled == nil || *d.Enabled,
	}
}

// InstanceTrial is a configuration to try.
type InstanceTrial struct {
	InstanceDraft
	Instance string `json:"instance,omitempty" description:"Whose secrets are used where they stay what they are."`
}

// TrialResult is what trying a configuration brought.
type TrialResult struct {
	OK      bool              `json:"ok"`
	Summary string            `json:"summary"`
	Errors  []TrialError      `json:"errors"`
	Facts   map[string]string `json:"facts,omitempty" description:"What was found, for people."`
}

// TrialError is what is wrong with one field.
type TrialError struct {
	Path    string `json:"path" description:"JSON pointer; empty: the whole."`
	Message string `json:"message"`
}

func (a *API) instanceRoutes() []route.Route {
	read, write := route.Admin(auth.ScopeSettingsRead), route.Admin(auth.ScopeSettingsWrite)
	return []route.Route{
		{
			Path: "/api/instances", Access: read, Summary: "What plugins were set up for",
			Query: []route.Param{
				{Name: "kind", Description: "Only of this kind.", Enum: []string{"source", "notifier", "ai"}},
				{Name: "plugin", Description: "Only of this plugin."},
			},
			Answer: InstanceList{}, Handle: a.instances,
		},
		{
			Methods: []string{http.MethodPost}, Path: "/api/instances", Access: write, MaxBody: maxSmallBody,
			Summary:     "Set a plugin up",
			Description: "Answers 422 with the fields that are wrong, by the schema or by the word of the plugin.",
			Body:        InstanceDraft{}, Answer: platform.Instance{}, Handle: a.createInstance,
		},
		{
			Methods: []string{http.MethodPost}, Path: "/api/instances/test", Access: write, MaxBody: maxSmallBody, Unaudited: "trials change nothing",
			Summary: "Try a configuration without keeping it", Body: InstanceTrial{}, Answer: TrialResult{}, Handle: a.tryInstance,
		},
		{Path: "/api/instances/{id}", Access: read, Summary: "One instance", Answer: platform.Instance{}, Handle: a.instance},
		{
			Methods: []string{http.MethodPut}, Path: "/api/instances/{id}", Access: write, MaxBody: maxSmallBody,
			Summary: "Change an instance", Body: InstanceDraft{}, Answer: platform.Instance{}, Handle: a.updateInstance,
		},
		{
			Methods: []string{http.MethodDelete}, Path: "/api/instances/{id}", Access: write,
			Summary: "Delete an instance and its secrets", Handle: a.deleteInstance,
		},
	}
}

func (a *API) instances(c *route.Call) (any, error) {
	all, err := a.Instances.List(c.Context())
	if err != nil {
		return nil, err
	}
	entries, err := a.Plugins.List(c.Context())
	if err != nil {
		return nil, err
	}
	list := InstanceList{Instances: []platform.Instance{}}
	for _, one := range all {
		if kind := c.Query("kind"); kind != "" && kind != one.Kind() {
			continue
		}
		if plugin := c.Query("plugin"); plugin != "" && plugin != one.Plugin {
			continue
		}
		shown, err := a.show(one, entries)
		if err != nil {
			return nil, err
		}
		list.Instances = append(list.Instances, shown)
	}
	return list, nil
}

// show returns an instance without its secrets. What a plugin that is gone
// called a secret is not known any more, but its values are elsewhere anyway.
func (a *API) show(one instance.Instance, entries []registry.Entry) (platform.Instance, error) {
	config := one.Config
	var status *supervise.InstanceStatus
	for i := range entries {
		if entries[i].ID != one.Plugin {
			continue
		}
		if component := componentOf(entries[i].Manifest, one.Component); component != nil {
			var err error
			if config, err = setup.Config(one, component); err != nil {
				return platform.Instance{}, err
			}
		}
		status = instanceStatus(entries[i].Status, one.ID)
	}
	shown := platform.InstanceOf(one, config, status, a.Instances.Preset(one.ID))
	shown.Told(a.InstanceReports.Of(one.ID))
	return shown, nil
}

func componentOf(m *manifest.Manifest, key string) *manifest.Component {
	if m == nil {
		return nil
	}
	component, _ := m.Component(key)
	return component
}

func instanceStatus(s *supervise.Status, id string) *supervise.InstanceStatus {
	if s == nil {
		return nil
	}
	for i := range s.Instances {
		if s.Instances[i].ID == id {
			return &s.Instances[i]
		}
	}
	return nil
}

func (a *API) instance(c *route.Call) (any, error) {
	one, err := a.Instances.Get(c.Context(), c.PathValue("id"))
	if err != nil {
		return nil, pluginFailure(err)
	}
	return a.showOne(c.Context(), one)
}

func (a *API) showOne(ctx context.Context, one instance.Instance) (platform.Instance, error) {
	entry, err := a.Plugins.Get(ctx, one.Plugin)
	if err != nil {
		return a.show(one, nil) //nolint:nilerr // the plugin is gone, the instance is not
	}
	return a.show(one, []registry.Entry{entry})
}

func (a *API) createInstance(c *route.Call) (any, error) {
	var body InstanceDraft
	if err := decode(c, &body); err != nil {
		return nil, err
	}
	one, err := a.Instances.Create(c.Context(), body.draft(), actor(c))
	if err != nil {
		return nil, pluginFailure(err)
	}
	shown, err := a.showOne(c.Context(), one)
	return route.Created{Body: shown}, err
}

func (a *API) updateInstance(c *route.Call) (any, error) {
	var body InstanceDraft
	if err := decode(c, &body); err != nil {
		return nil, err
	}
	one, err := a.Instances.Update(c.Context(), c.PathValue("id"), body.draft(), actor(c))
	if err != nil {
		return nil, pluginFailure(err)
	}
	return a.showOne(c.Context(), one)
}

func (a *API) deleteInstance(c *route.Call) (any, error) {
	if err := a.Instances.Delete(c.Context(), c.PathValue("id"), actor(c)); err != nil {
		return nil, pluginFailure(err)
	}
	return route.Nothing{}, nil
}

func (a *API) tryInstance(c *route.Call) (any, error) {
	var body InstanceTrial
	if err := decode(c, &body); err != nil {
		return nil, err
	}
	tried, err := a.Instances.Test(c.Context(), body.draft(), body.Instance)
	result := TrialResult{OK: tried.OK, Summary: tried.Summary, Errors: []TrialError{}, Facts: tried.Facts}
	for _, field := range tried.Fields {
		result.Errors = append(result.Errors, TrialError{Path: field.Path, Message: field.Message})
	}
	if failure := pluginFailure(err); err != nil {
		var known *route.Error
		if errors.As(failure, &known) && known.Status != http.StatusBadGateway {
			return nil, failure
		}
		result.OK, result.Summary = false, err.Error() // what it looks at, or the plugin, did not answer well
	}
	return result, nil
}
