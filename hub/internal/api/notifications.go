package api

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"

	"github.com/pulse-hub/pulse/hub/internal/api/route"
	"github.com/pulse-hub/pulse/hub/internal/auth"
	"github.com/pulse-hub/pulse/hub/internal/notify/setup"
	"github.com/pulse-hub/pulse/hub/internal/plugin/instance"
	"github.com/pulse-hub/pulse/hub/internal/plugin/registry"
	plugins "github.com/pulse-hub/pulse/hub/internal/plugin/setup"
	"github.com/pulse-hub/pulse/hub/internal/plugin/supervise"
	"github.com/pulse-hub/pulse/hub/internal/view/notifications"
)

// ChannelSettings is what is set up to tell people, as setup.Directory of the notifications keeps it. What it returns
// holds secrets: Shown of each says what may be shown. The instances of Try… are not kept.
type ChannelSettings interface {
	Email(ctx context.Context) (notifications.Email, error)
	SetEmail(ctx context.Context, said notifications.Email, actor string) error
	TryEmail(ctx context.Context, said notifications.Email) (instance.Instance, error)

	Apprise(ctx context.Context) (notifications.Apprise, error)
	SetApprise(ctx context.Context, said notifications.Apprise, actor string) (notifications.Apprise, error)
	TryApprise(ctx context.Context, said notifications.Apprise) (instance.Instance, error)

	Webhooks(ctx context.Context) ([]notifications.Webhook, error)
	AddWebhook(ctx context.Context, said notifications.Webhook, actor string) (id string, err error)
	ChangeWebhook(ctx context.Context, id string, said notifications.Webhook, actor string) error
	RemoveWebhook(ctx context.Context, id, actor string) error
	TryWebhook(ctx context.Context, said notifications.Webhook) (instance.Instance, error)
}

const (
	// notificationsBelow is where everything about telling people is.
	notificationsBelow = "/api/notifications/"
	// maxEmailBody and maxChannelBody bound the bodies of settings, in bytes.
	maxEmailBody   = 32 << 10
	maxChannelBody = 64 << 10
)

func (a *API) notificationRoutes() []route.Route {
	return withNothing(slices.Concat(a.emailRoutes(), a.appriseRoutes(), a.webhookRoutes(), knownServiceRoutes(), a.channelTestRoutes(), a.deliveryRoutes()))
}

// withNothing adds routes that answer 404 for what is not there: methods that paths do not have, but for those of the
// queue, and paths.
func withNothing(routes []route.Route) []route.Route {
	methods := []string{http.MethodDelete, http.MethodGet, http.MethodPatch, http.MethodPost, http.MethodPut}
	taken := map[string][]string{
		notificationsBelow + "{unknown}": nil, notificationsBelow + "{unknown}/{more}": nil,
	}
	for i := range routes {
		r := &routes[i]
		below := strings.TrimPrefix(r.Path, notificationsBelow)
		if strings.HasPrefix(below, "queue/") || below == "dlq" || strings.HasPrefix(below, "dlq/") {
			continue // other methods are answered with 405
		}
		own := r.Methods
		if len(own) == 0 {
			own = []string{http.MethodGet}
		}
		taken[r.Path] = append(taken[r.Path], own...)
	}
	for path, own := range taken {
		free := slices.DeleteFunc(slices.Clone(methods), func(m string) bool { return slices.Contains(own, m) })
		routes = append(routes, route.Route{
			Methods: free, Path: path, Access: route.Authenticated(), Unaudited: "nothing is there", Summary: "Nothing: answers 404",
			Handle: func(*route.Call) (any, error) { return nil, route.NotFoundText("Not found") },
		})
	}
	return routes
}

// channelRead and channelWrite complete the declaration of a route that shows or changes what is set up.
func channelRead(r route.Route) route.Route {
	r.Path, r.Access = notificationsBelow+r.Path, route.Admin(auth.ScopeSettingsRead).Or(auth.ScopeSettingsWrite)
	return r
}

func channelWrite(r route.Route) route.Route {
	r.Path, r.Access = notificationsBelow+r.Path, route.Admin(auth.ScopeSettingsWrite)
	if r.MaxBody == 0 && !slices.Contains(r.Methods, http.MethodDelete) {
		r.MaxBody = maxChannelBody
	}
	return r
}

// channelBody decodes a body that may have members which are not known, and tells what is wrong with it as it is.
func channelBody(c *route.Call, into any) error {
	body, err := io.ReadAll(c.Request.Body)
	if err != nil {
		return unreadBody(err)
	}
	if err := json.Unmarshal(body, into); err != nil {
		return route.BadRequestText(err.Error())
	}
	return nil
}

// channelFailure returns the answer to settings that cannot be kept or tried. What the caller cannot help stays an
// inner error.
func channelFailure(err error) error {
	var invalid *plugins.InvalidError
	switch {
	case errors.As(err, &invalid):
		return route.BadRequestText("Invalid configuration: " + fieldSentence(invalid))
	case errors.Is(err, notifications.ErrMasked), errors.Is(err, setup.ErrID):
		return route.BadRequestText(err.Error())
	case errors.Is(err, setup.ErrExists):
		return &route.Error{Status: http.StatusConflict, Message: err.Error(), Text: true}
	case errors.Is(err, plugins.ErrTooMany):
		return &route.Error{Status: http.StatusConflict, Message: "No more channels can be added", Text: true}
	case errors.Is(err, registry.ErrNoComponent), errors.Is(err, supervise.ErrUnknownPlugin):
		return &route.Error{Status: http.StatusServiceUnavailable, Message: "The plugin for this channel does not run: " + err.Error(), Text: true}
	}
	return err
}
