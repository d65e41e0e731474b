package api

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"

	"github.com/pulse-hub/pulse/hub/internal/api/route"
	"github.com/pulse-hub/pulse/hub/internal/notify/setup"
	plugins "github.com/pulse-hub/pulse/hub/internal/plugin/setup"
	"github.com/pulse-hub/pulse/hub/internal/view/notifications"
)

func (a *API) webhookRoutes() []route.Route {
	const one = "webhooks/{id}"
	return []route.Route{
		channelRead(route.Route{
			Path: "webhooks", Summary: "Webhooks", Answer: []notifications.Webhook{}, Handle: a.webhooks,
		}),
		channelWrite(route.Route{
			Methods: []string{http.MethodPost}, Path: "webhooks", Summary: "Add a webhook",
			Description: "Answers with the body as it came, and the id.",
			Body:        notifications.Webhook{}, Answer: notifications.Webhook{}, Handle: a.addWebhook,
		}),
		channelWrite(route.Route{
			Methods: []string{http.MethodPut}, Path: one, Summary: "Change a webhook",
			Description: "Answers with the body as it came, and the id.",
			Body:        notifications.Webhook{}, Answer: notifications.Webhook{}, Handle: a.changeWebhook,
		}),
		channelWrite(route.Route{
			Methods: []string{http.MethodDelete}, Path: one, Summary: "Delete a webhook", Answer: Success{}, Handle: a.removeWebhook,
		}),
	}
}

func (a *API) webhooks(c *route.Call) (any, error) {
	list, err := a.ChannelSettings.Webhooks(c.Context())
	if err != nil {
		return nil, err
	}
	for i := range list {
		list[i] = list[i].Shown()
	}
	return list, nil
}

// webhookBody is a webhook as it came: what is known of it, and every member.
type webhookBody struct {
	said    notifications.Webhook
	members map[string]json.RawMessage
}

func readWebhook(c *route.Call) (webhookBody, error) {
	var raw json.RawMessage
	if err := channelBody(c, &raw); err != nil {
		return webhookBody{}, err
	}
	var body webhookBody
	err := json.Unmarshal(raw, &body.said)
	if err == nil {
		err = json.Unmarshal(raw, &body.members)
	}
	if err == nil && body.members == nil {
		err = errors.New("the body is not an object")
	}
	if err != nil {
		return webhookBody{}, route.BadRequestText(err.Error())
	}
	return body, nil
}

// echo returns the body with an id.
func (b *webhookBody) echo(id string) (any, error) {
	text, err := json.Marshal(id)
	if err != nil {
		return nil, fmt.Errorf("encode webhook id: %w", err)
	}
	b.members["id"] = text
	return b.members, nil
}

func (a *API) addWebhook(c *route.Call) (any, error) {
	body, err := readWebhook(c)
	if err != nil {
		return nil, err
	}
	id, err := a.ChannelSettings.AddWebhook(c.Context(), body.said, actor(c))
	if err != nil {
		return nil, webhookFailure(body.said, err)
	}
	return body.echo(id)
}

func (a *API) changeWebhook(c *route.Call) (any, error) {
	id := c.PathValue("id")
	body, err := readWebhook(c)
	if err != nil {
		return nil, err
	}
	if err := a.ChannelSettings.ChangeWebhook(c.Context(), id, body.said, actor(c)); err != nil {
		body.said.ID = id
		return nil, webhookFailure(body.said, err)
	}
	return body.echo(id)
}

func (a *API) removeWebhook(c *route.Call) (any, error) {
	id := c.PathValue("id")
	if err := a.ChannelSettings.RemoveWebhook(c.Context(), id, actor(c)); err != nil {
		return nil, webhookFailure(notifications.Webhook{ID: id}, err)
	}
	return Success{Status: "success"}, nil
}

// webhookFailure is channelFailure, in the words that clients know of webhooks.
func webhookFailure(said notifications.Webhook, err error) error {
	if errors.Is(err, setup.ErrUnknown) {
		return route.NotFoundText("webhook not found: " + said.ID)
	}
	if reason, refused := urlRefusal(said, err); refused {
		return route.BadRequestText("Invalid webhook URL: " + reason)
	}
	return channelFailure(err)
}

// urlRefusal returns what is wrong with the address of a webhook, if it is that.
func urlRefusal(said notifications.Webhook, err error) (reason string, refused bool) {
	var invalid *plugins.InvalidError
	if !errors.As(err, &invalid) {
		return "", false
	}
	for _, field := range invalid.Fields {
		if field.Path == "/url" {
			return notifications.URLRefusal(said.URL, field.Message), true
		}
	}
	return "", false
}
