package api

import (
	"net/http"

	"github.com/pulse-hub/pulse/hub/internal/api/route"
	"github.com/pulse-hub/pulse/hub/internal/view/notifications"
)

func (a *API) emailRoutes() []route.Route {
	return []route.Route{
		channelRead(route.Route{
			Path: "email", Summary: "How mail is sent", Answer: notifications.Email{}, Handle: a.email,
		}),
		channelWrite(route.Route{
			Methods: []string{http.MethodPut}, Path: "email", MaxBody: maxEmailBody, Summary: "Configure mail",
			Body: notifications.Email{}, Answer: Success{}, Handle: a.setEmail,
		}),
	}
}

func (a *API) email(c *route.Call) (any, error) {
	stored, err := a.ChannelSettings.Email(c.Context())
	if err != nil {
		return nil, err
	}
	return stored.Shown(), nil
}

func (a *API) setEmail(c *route.Call) (any, error) {
	var said notifications.Email
	if err := channelBody(c, &said); err != nil {
		return nil, err
	}
	if err := a.ChannelSettings.SetEmail(c.Context(), said, actor(c)); err != nil {
		return nil, channelFailure(err)
	}
	return Success{Status: "success"}, nil
}
