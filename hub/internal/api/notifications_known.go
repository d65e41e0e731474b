package api

import (
	"github.com/pulse-hub/pulse/hub/internal/api/route"
	"github.com/pulse-hub/pulse/hub/internal/view/notifications"
	"github.com/pulse-hub/pulse/hub/internal/view/notifications/catalogue"
)

// knownServiceRoutes are those that help to fill in forms.
func knownServiceRoutes() []route.Route {
	return []route.Route{
		channelRead(route.Route{
			Path: "email-providers", Summary: "Known providers of mail", Answer: []notifications.Provider{},
			Handle: func(*route.Call) (any, error) { return notifications.Providers(), nil },
		}),
		channelRead(route.Route{
			Path: "webhook-templates", Summary: "Services with payloads of their own", Answer: []catalogue.Template{},
			Handle: func(*route.Call) (any, error) { return catalogue.Templates() },
		}),
	}
}
