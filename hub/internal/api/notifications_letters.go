package api

import (
	"context"
	"errors"
	"net/http"

	"github.com/pulse-hub/pulse/hub/internal/api/route"
	"github.com/pulse-hub/pulse/hub/internal/auth"
	"github.com/pulse-hub/pulse/hub/internal/notify"
	"github.com/pulse-hub/pulse/hub/internal/notify/setup"
	"github.com/pulse-hub/pulse/hub/internal/view/notifications"
	"github.com/pulse-hub/pulse/hub/internal/view/unit"
)

// NotificationID names a dead letter.
type NotificationID struct {
	ID string `json:"id" required:"true"`
}

// LetterDone says what was done with a dead letter.
type LetterDone struct {
	Success bool   `json:"success"`
	Message string `json:"message"`
	ID      string `json:"id"`
}

func (a *API) deadLetterRoutes(limit []route.Param) []route.Route {
	read, write := route.Admin(auth.ScopeMonitoringRead), route.Admin(auth.ScopeMonitoringWrite)
	return []route.Route{
		{
			Path: notificationsBelow + "queue/stats", Access: read, Summary: "Messages by state, as far as there are any",
			Description: "What has ended counts for 24 hours.", Answer: map[string]int{}, Handle: a.queueStats,
		},
		{
			Path: notificationsBelow + "dlq", Access: read, Summary: "Messages that were given up, the newest first", Query: limit,
			Answer: []notifications.DeadLetter{}, Handle: a.deadLetters,
		},
		{
			Methods: []string{http.MethodPost}, Path: notificationsBelow + "dlq/retry", Access: write, MaxBody: maxRequestBody,
			Summary: "Try a message again that was given up", Body: NotificationID{}, Answer: LetterDone{}, Handle: a.retryLetter,
		},
		{
			Methods: []string{http.MethodPost, http.MethodDelete}, Path: notificationsBelow + "dlq/delete", Access: write, MaxBody: maxRequestBody,
			Summary: "Throw a message away that was given up", Body: NotificationID{}, Answer: LetterDone{}, Handle: a.deleteLetter,
		},
	}
}

func (a *API) queueStats(*route.Call) (any, error) {
	s, counts := a.Notifications.Stats(), map[string]int{}
	for state, count := range map[string]int{
		"pending": s.Pending, "sending": s.Sending, "sent": s.Sent, "failed": s.Failed, "dlq": s.Dead, "cancelled": s.Cancelled,
	} {
		if count > 0 {
			counts[state] = count
		}
	}
	return counts, nil
}

func (a *API) deadLetters(c *route.Call) (any, error) {
	letters, err := a.Notifications.DeadLetters(c.Context(), limitOf(c))
	if err != nil {
		return nil, err
	}
	configs, err := a.shownChannels(c.Context(), letters)
	if err != nil {
		return nil, err
	}
	out := make([]notifications.DeadLetter, len(letters))
	for i := range letters {
		out[i] = givenUp(&letters[i], configs[letters[i].Channel.ID])
	}
	return out, nil
}

// shownChannels returns the settings of the channels of dead letters, by id and without secrets.
func (a *API) shownChannels(ctx context.Context, letters []notify.DeadLetter) (map[string]any, error) {
	shown := map[string]any{}
	if len(letters) == 0 {
		return shown, nil
	}
	email, err := a.ChannelSettings.Email(ctx)
	if err != nil {
		return nil, err
	}
	apprise, err := a.ChannelSettings.Apprise(ctx)
	if err != nil {
		return nil, err
	}
	webhooks, err := a.ChannelSettings.Webhooks(ctx)
	if err != nil {
		return nil, err
	}
	shown[setup.EmailID], shown[setup.AppriseID] = email.Shown(), apprise.Shown()
	for i := range webhooks {
		shown[webhooks[i].ID] = webhooks[i].Shown()
	}
	return shown, nil
}

func givenUp(l *notify.DeadLetter, config any) notifications.DeadLetter {
	if config == nil {
		config = channelRef(l.Channel)
	}
	out := notifications.DeadLetter{
		ID: l.ID, Type: notifications.TypeOf(string(l.Channel.Kind), letterPhase(l)), Method: l.Channel.Service, Status: "dlq",
		Alerts: notifications.AlertsOf(l.Message), Config: config, Attempts: l.Tries, MaxAttempts: l.MaxTries,
		LastAttempt: unit.Known(l.LastTry), LastError: l.LastError, Reason: l.Reason, CreatedAt: unit.Time(l.Created),
		NextRetryAt: unit.Known(l.Next), CompletedAt: unit.Known(l.Ended), PayloadBytes: l.PayloadBytes, Channel: channelRef(l.Channel),
	}
	if out.LastError == "" {
		out.LastError = l.Reason // it was never tried
	}
	return out
}

func letterPhase(l *notify.DeadLetter) string {
	if l.Message == nil {
		return ""
	}
	return l.Message.Phase
}

func (a *API) retryLetter(c *route.Call) (any, error) {
	return a.withLetter(c, "Notification scheduled for retry", a.Notifications.Retry)
}

func (a *API) deleteLetter(c *route.Call) (any, error) {
	return a.withLetter(c, "Notification deleted from DLQ", a.Notifications.Delete)
}

func (a *API) withLetter(c *route.Call, message string, do func(ctx context.Context, id string) error) (any, error) {
	var body NotificationID
	if err := readLenient(c, &body); err != nil {
		return nil, err
	}
	if body.ID == "" {
		return nil, route.BadRequestText("Missing notification ID")
	}
	err := do(c.Context(), body.ID)
	if errors.Is(err, notify.ErrNotFound) {
		return nil, route.NotFoundText("Notification not found")
	}
	if err != nil {
		return nil, err
	}
	c.Changed(route.Change{Subject: body.ID, What: message})
	return LetterDone{Success: true, Message: message, ID: body.ID}, nil
}
