package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"

	"github.com/pulse-hub/pulse/hub/internal/api/route"
	"github.com/pulse-hub/pulse/hub/internal/notify/setup"
	plugins "github.com/pulse-hub/pulse/hub/internal/plugin/setup"
	"github.com/pulse-hub/pulse/hub/internal/view/notifications"
	"github.com/pulse-hub/pulse/sdk/notification"
)

// WebhookTested says how a webhook answered.
type WebhookTested struct {
	Error    string `json:"error,omitempty"`
	Success  bool   `json:"success"`
	Status   int    `json:"status" description:"Of its answer; 0: it did not answer."`
	Response string `json:"response"`
}

func (a *API) testStoredWebhook(ctx context.Context, id string) error {
	all, err := a.ChannelSettings.Webhooks(ctx)
	if err != nil {
		return err
	}
	at := slices.IndexFunc(all, func(w notifications.Webhook) bool { return w.ID == id || id == "" && w.Enabled })
	switch {
	case at >= 0 && all[at].Enabled:
		return a.testKept(ctx, all[at].ID)
	case at >= 0:
		return a.testDisabledWebhook(ctx, all[at])
	case id != "":
		return route.NotFoundText("Webhook not found")
	case len(all) == 0:
		return route.BadRequestText("no webhooks configured")
	}
	return route.BadRequestText("no enabled webhooks found")
}

// testDisabledWebhook tests a webhook that messages do not go to at present.
func (a *API) testDisabledWebhook(ctx context.Context, webhook notifications.Webhook) error {
	one, err := a.ChannelSettings.TryWebhook(ctx, webhook)
	if err != nil {
		return webhookFailure(webhook, err)
	}
	return delivered(a.try(ctx, one))
}

func (a *API) testWebhook(c *route.Call) (any, error) {
	var said notifications.Webhook
	if err := channelBody(c, &said); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeoutCause(c.Context(), webhookTestTimeout, errChannelTimeout)
	defer cancel()
	result, err := a.tryWebhook(ctx, said)
	if err == nil {
		return webhookTested(c, &result)
	}
	var failure *route.Error
	if errors.As(channelFailure(err), &failure) && failure.Status != http.StatusBadRequest {
		return nil, failure
	}
	return reply(c, http.StatusBadRequest, "application/json", WebhookTested{Error: trialReason(said, err)})
}

func (a *API) tryWebhook(ctx context.Context, said notifications.Webhook) (notification.Result, error) {
	one, err := a.ChannelSettings.TryWebhook(ctx, said)
	if err != nil {
		return notification.Result{}, err
	}
	result, err := a.try(ctx, one)
	if refused := setup.Refusal(err); refused != nil {
		err = refused
	}
	return result, err
}

func webhookTested(c *route.Call, result *notification.Result) (any, error) {
	tested := WebhookTested{Success: result.Outcome == notification.OutcomeDelivered, Status: result.Status, Response: result.Answer}
	if tested.Success {
		return tested, nil
	}
	tested.Error = reason(result)
	if result.Status != 0 {
		tested.Error = fmt.Sprintf("Webhook returned HTTP %d: %s", result.Status, result.Answer)
	}
	return reply(c, http.StatusBadRequest, "application/json", tested)
}

// trialReason says why a webhook could not be tried.
func trialReason(said notifications.Webhook, err error) string {
	if reason, refused := urlRefusal(said, err); refused {
		return "webhook URL validation failed: " + reason
	}
	var invalid *plugins.InvalidError
	if errors.As(err, &invalid) {
		return fieldSentence(invalid)
	}
	return err.Error()
}
