package api

import (
	"errors"
	"net/http"

	"github.com/pulse-hub/pulse/hub/internal/api/route"
	"github.com/pulse-hub/pulse/hub/internal/notify"
)

// Routing says which alerts go to which channels, and how often.
type Routing struct {
	Rules   []notify.Rule            `json:"rules" description:"The first that matches decides, unless it goes on. What none matches goes to every channel."`
	Digests map[string]notify.Rhythm `json:"digests" description:"By id of the channel: how often it is told what is not critical. Without one, at once."`
}

func (a *API) routingRoutes() []route.Route {
	return []route.Route{
		channelRead(route.Route{
			Path: "routes", Summary: "Which alerts go to which channels", Answer: Routing{}, Handle: a.routing,
		}),
		channelWrite(route.Route{
			Methods: []string{http.MethodPut}, Path: "routes", Summary: "Say which alerts go to which channels",
			Description: "A member that the body does not have stays as it is.", Body: Routing{}, Answer: Routing{}, Handle: a.setRouting,
		}),
	}
}

func (a *API) routing(c *route.Call) (any, error) {
	rules, err := a.Notifications.Routes(c.Context())
	if err != nil {
		return nil, err
	}
	rhythms, err := a.Notifications.Digests(c.Context())
	if err != nil {
		return nil, err
	}
	if rules == nil {
		rules = []notify.Rule{}
	}
	if rhythms == nil {
		rhythms = map[string]notify.Rhythm{}
	}
	return Routing{Rules: rules, Digests: rhythms}, nil
}

func (a *API) setRouting(c *route.Call) (any, error) {
	var said Routing
	if err := channelBody(c, &said); err != nil {
		return nil, err
	}
	before, err := a.routing(c)
	if err != nil {
		return nil, err
	}
	if said.Rules != nil {
		if err := a.Notifications.SetRoutes(c.Context(), said.Rules); err != nil {
			return nil, routingFailure(err)
		}
	}
	if said.Digests != nil {
		if err := a.Notifications.SetDigests(c.Context(), said.Digests); err != nil {
			return nil, routingFailure(err)
		}
	}
	after, err := a.routing(c)
	if err != nil {
		return nil, err
	}
	c.Changed(route.Change{Subject: "routes", What: "configured", Before: before, After: after})
	return after, nil
}

func routingFailure(err error) error {
	if errors.Is(err, notify.ErrSettings) {
		return route.BadRequestText(err.Error())
	}
	return err
}
