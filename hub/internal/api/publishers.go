package api

import (
	"context"
	"net/http"
	"time"

	"github.com/pulse-hub/pulse/hub/internal/api/route"
	"github.com/pulse-hub/pulse/hub/internal/auth"
	"github.com/pulse-hub/pulse/hub/internal/plugin/trust"
	"github.com/pulse-hub/pulse/hub/internal/view/unit"
)

// Publishers are those whose signatures of plugins count.
type Publishers interface {
	Publishers(ctx context.Context) ([]trust.Publisher, error)
	AddPublisher(ctx context.Context, name, key, actor string) (trust.Publisher, error)
	RemovePublisher(ctx context.Context, keyID, actor string) error
}

// PublisherList is everybody whose signatures count.
type PublisherList struct {
	Publishers []Publisher `json:"publishers"`
}

// Publisher is somebody whose signatures count.
type Publisher struct {
	ID      string     `json:"id" description:"Of their key, 16 hexadecimal digits."`
	Name    string     `json:"name"`
	Key     string     `json:"key" description:"minisign public key."`
	Project bool       `json:"project,omitempty" description:"Whether it is the project itself, which cannot be removed."`
	Added   *time.Time `json:"added,omitempty"`
	AddedBy string     `json:"addedBy,omitempty"`
}

// NewPublisher is somebody to trust.
type NewPublisher struct {
	Name string `json:"name" required:"true"`
	Key  string `json:"key" required:"true" description:"minisign public key: the line that begins with RW, or the whole file."`
}

func (a *API) publisherRoutes() []route.Route {
	return []route.Route{
		{
			Path: "/api/plugins/publishers", Access: route.Admin(auth.ScopeSettingsRead),
			Summary: "Whose signatures of plugins count", Answer: PublisherList{}, Handle: a.publishers,
		},
		{
			Methods: []string{http.MethodPost}, Path: "/api/plugins/publishers", Access: route.Admin(auth.ScopeSettingsWrite),
			MaxBody: maxSmallBody, Summary: "Trust a publisher",
			Description: "Plugins they sign still have to be approved once; their upgrades then come by themselves as long as they want nothing more.",
			Body:        NewPublisher{}, Answer: Publisher{}, Handle: a.addPublisher,
		},
		{
			Methods: []string{http.MethodDelete}, Path: "/api/plugins/publishers/{id}", Access: route.Admin(auth.ScopeSettingsWrite),
			Summary: "Trust a publisher no longer", Handle: a.removePublisher,
		},
	}
}

func publisherOf(p trust.Publisher) Publisher {
	return Publisher{
		ID: p.Key.ID(), Name: p.Name, Key: string(p.Key), Project: p.Project, Added: unit.Known(p.Added), AddedBy: p.AddedBy,
	}
}

func (a *API) publishers(c *route.Call) (any, error) {
	known, err := a.Publishers.Publishers(c.Context())
	if err != nil {
		return nil, err
	}
	list := PublisherList{Publishers: []Publisher{}}
	for _, one := range known {
		list.Publishers = append(list.Publishers, publisherOf(one))
	}
	return list, nil
}

func (a *API) addPublisher(c *route.Call) (any, error) {
	var body NewPublisher
	if err := decode(c, &body); err != nil {
		return nil, err
	}
	added, err := a.Publishers.AddPublisher(c.Context(), body.Name, body.Key, actor(c))
	if err != nil {
		return nil, pluginFailure(err)
	}
	return route.Created{Body: publisherOf(added)}, nil
}

func (a *API) removePublisher(c *route.Call) (any, error) {
	if err := a.Publishers.RemovePublisher(c.Context(), c.PathValue("id"), actor(c)); err != nil {
		return nil, pluginFailure(err)
	}
	return route.Nothing{}, nil
}
