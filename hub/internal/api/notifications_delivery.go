package api

import (
	"context"
	"slices"
	"strconv"

	"github.com/pulse-hub/pulse/hub/internal/api/route"
	"github.com/pulse-hub/pulse/hub/internal/notify"
	"github.com/pulse-hub/pulse/hub/internal/view/notifications"
	"github.com/pulse-hub/pulse/hub/internal/view/unit"
	"github.com/pulse-hub/pulse/sdk/notification"
)

// Notifications brings messages to channels, as notify.Pipeline does. It is one interface because it is one area of the
// API: what waits, what became of it, and how it is routed.
type Notifications interface {
	Stats() notify.Stats
	Health() notify.Health
	// Deliveries and DeadLetters return the newest, the newest first.
	Deliveries(ctx context.Context, limit int) ([]notify.Delivery, error)
	DeadLetters(ctx context.Context, limit int) ([]notify.DeadLetter, error)
	// Retry and Delete fail with notify.ErrNotFound.
	Retry(ctx context.Context, id string) error
	Delete(ctx context.Context, id string) error
	Test(ctx context.Context, trial notify.Trial) (notification.Result, error)

	Routes(ctx context.Context) ([]notify.Rule, error)
	Digests(ctx context.Context) (map[string]notify.Rhythm, error)
	// SetRoutes and SetDigests fail with notify.ErrSettings.
	SetRoutes(ctx context.Context, rules []notify.Rule) error
	SetDigests(ctx context.Context, rhythms map[string]notify.Rhythm) error
}

// How many lines of the log, and dead letters, are shown.
const (
	historyLimit = 100
	defaultLimit = 100
	maxLimit     = 1000
)

func (a *API) deliveryRoutes() []route.Route {
	limit := []route.Param{{Name: "limit", Description: "1 to 1000; default 100."}}
	return slices.Concat([]route.Route{
		channelRead(route.Route{
			Path: "health", Summary: "How telling people goes", Answer: notifications.Health{}, Handle: a.notificationHealth,
		}),
		channelRead(route.Route{
			Path: "webhook-history", Summary: "The newest 100 tries to deliver to webhooks, the oldest first",
			Answer: []notifications.WebhookDelivery{}, Handle: a.webhookHistory,
		}),
		channelRead(route.Route{
			Path: "deliveries", Summary: "What became of messages, the newest first", Query: limit,
			Answer: []notifications.Delivery{}, Handle: a.deliveries,
		}),
	}, a.deadLetterRoutes(limit), a.routingRoutes())
}

func (a *API) notificationHealth(c *route.Call) (any, error) {
	email, err := a.ChannelSettings.Email(c.Context())
	if err != nil {
		return nil, err
	}
	webhooks, err := a.ChannelSettings.Webhooks(c.Context())
	if err != nil {
		return nil, err
	}
	stats, health := a.Notifications.Stats(), a.Notifications.Health()
	out := notifications.Health{
		Queue: notifications.QueueHealth{
			Pending: stats.Pending, Sending: stats.Sending, Sent: stats.Sent, Failed: stats.Failed, DLQ: stats.Dead,
			Healthy: health.Healthy, Error: health.Reason,
		},
		Email:      notifications.EmailHealth{Enabled: email.Enabled, Configured: email.Complete()},
		Webhooks:   notifications.WebhookHealth{Total: len(webhooks)},
		Encryption: notifications.EncryptionHealth{Enabled: true}, OverallHealthy: health.Healthy,
	}
	for i := range webhooks {
		if webhooks[i].Enabled {
			out.Webhooks.Enabled++
		}
	}
	out.Channels, err = a.channelsHealth(c.Context(), health.Channels)
	return out, err
}

// channelsHealth says how every channel does, also those that there was nothing to do for.
func (a *API) channelsHealth(ctx context.Context, known []notify.ChannelHealth) ([]notifications.ChannelHealth, error) {
	channels, err := a.Channels.List(ctx)
	if err != nil {
		return nil, err
	}
	list := make([]notifications.ChannelHealth, len(channels))
	for i, one := range channels {
		health := notify.ChannelHealth{}
		if at := slices.IndexFunc(known, func(h notify.ChannelHealth) bool { return h.Channel.ID == one.ID }); at >= 0 {
			health = known[at]
		}
		health.Channel = one
		list[i] = channelHealth(&health)
	}
	return list, nil
}

func channelHealth(h *notify.ChannelHealth) notifications.ChannelHealth {
	return notifications.ChannelHealth{
		ChannelRef: channelRef(h.Channel), Enabled: h.Channel.Enabled, Waiting: h.Waiting, Sending: h.Sending, Failures: h.Failures,
		Broken: h.Broken, NextAttempt: unit.Known(h.Next), LastAttempt: unit.Known(h.LastTry), LastSuccess: unit.Known(h.LastSent),
		LastError: h.LastError,
	}
}

func channelRef(c notify.Channel) notifications.ChannelRef {
	return notifications.ChannelRef{ID: c.ID, Name: c.Name, Kind: string(c.Kind), Service: c.Service}
}

func (a *API) webhookHistory(c *route.Call) (any, error) {
	lines, err := a.Notifications.Deliveries(c.Context(), maxLimit)
	if err != nil {
		return nil, err
	}
	lines = slices.DeleteFunc(lines, func(d notify.Delivery) bool {
		return d.Channel.Kind != notify.Webhook || d.Outcome == notify.Cancelled
	})
	lines = lines[:min(len(lines), historyLimit)]
	addresses, err := a.webhookAddresses(c.Context())
	if err != nil {
		return nil, err
	}
	out := make([]notifications.WebhookDelivery, 0, len(lines))
	for _, d := range slices.Backward(lines) {
		out = append(out, webhookDelivery(&d, addresses[d.Channel.ID]))
	}
	return out, nil
}

// webhookAddresses returns the address of each webhook, without secrets.
func (a *API) webhookAddresses(ctx context.Context) (map[string]string, error) {
	webhooks, err := a.ChannelSettings.Webhooks(ctx)
	if err != nil {
		return nil, err
	}
	addresses := make(map[string]string, len(webhooks))
	for i := range webhooks {
		addresses[webhooks[i].ID] = notifications.LoggedURL(webhooks[i].URL, webhooks[i].Service)
	}
	return addresses, nil
}

func webhookDelivery(d *notify.Delivery, address string) notifications.WebhookDelivery {
	out := notifications.WebhookDelivery{
		WebhookName: d.Channel.Name, WebhookURL: address, Service: d.Channel.Service, Timestamp: unit.Time(d.At), StatusCode: d.Status,
		Success: d.Outcome == notify.Sent, ErrorMessage: d.Error, RetryAttempts: max(d.Try-1, 0), PayloadSize: d.PayloadBytes,
	}
	if len(d.AlertIDs) > 0 {
		out.AlertID = d.AlertIDs[0]
	}
	return out
}

func (a *API) deliveries(c *route.Call) (any, error) {
	lines, err := a.Notifications.Deliveries(c.Context(), limitOf(c))
	if err != nil {
		return nil, err
	}
	out := make([]notifications.Delivery, len(lines))
	for i := range lines {
		d := &lines[i]
		out[i] = notifications.Delivery{
			Timestamp: unit.Time(d.At), Channel: channelRef(d.Channel), MessageID: d.MessageID, Outcome: string(d.Outcome), Phase: d.Phase,
			Escalation: d.Escalation, AlertIDs: append([]string{}, d.AlertIDs...), Alerts: d.Alerts, Attempt: d.Try, StatusCode: d.Status,
			ErrorMessage: d.Error, PayloadSize: d.PayloadBytes,
		}
	}
	return out, nil
}

// limitOf returns how many items are asked for; what makes no sense counts as nothing.
func limitOf(c *route.Call) int {
	limit, err := strconv.Atoi(c.Query("limit"))
	if err != nil || limit < 1 || limit > maxLimit {
		return defaultLimit
	}
	return limit
}
