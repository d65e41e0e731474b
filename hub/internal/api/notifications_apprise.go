package api

import (
	"net/http"

	"github.com/pulse-hub/pulse/hub/internal/api/route"
	"github.com/pulse-hub/pulse/hub/internal/view/notifications"
)

func (a *API) appriseRoutes() []route.Route {
	return []route.Route{
		channelRead(route.Route{
			Path: "apprise", Summary: "How messages are passed on to Apprise", Answer: notifications.Apprise{}, Handle: a.apprise,
		}),
		channelWrite(route.Route{
			Methods: []string{http.MethodPut}, Path: "apprise", Summary: "Configure Apprise",
			Body: notifications.Apprise{}, Answer: notifications.Apprise{}, Handle: a.setApprise,
		}),
	}
}

func (a *API) apprise(c *route.Call) (any, error) {
	stored, err := a.ChannelSettings.Apprise(c.Context())
	if err != nil {
		return nil, err
	}
	return stored.Shown(), nil
}

func (a *API) setApprise(c *route.Call) (any, error) {
	var said notifications.Apprise
	if err := channelBody(c, &said); err != nil {
		return nil, err
	}
	stored, err := a.ChannelSettings.SetApprise(c.Context(), said, actor(c))
	if err != nil {
		return nil, channelFailure(err)
	}
	return stored.Shown(), nil
}
