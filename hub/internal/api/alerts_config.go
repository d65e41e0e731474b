package api

import (
	"context"
	"errors"
	"io"
	"net/http"
	"time"

	"github.com/pulse-hub/pulse/hub/internal/alert/policy"
	"github.com/pulse-hub/pulse/hub/internal/api/route"
	"github.com/pulse-hub/pulse/hub/internal/auth"
)

// maxAlertConfig bounds the body of a configuration, in bytes.
const maxAlertConfig = 64 << 10

// AlertConfigSaved says that a configuration was saved.
type AlertConfigSaved struct {
	Success bool   `json:"success"`
	Message string `json:"message"`
}

// AlertsActivated says since when people are told of alerts.
type AlertsActivated struct {
	Success        bool      `json:"success"`
	State          string    `json:"state" enum:"active"`
	ActivationTime time.Time `json:"activationTime"`
	Message        string    `json:"message"`
}

func (a *API) alertConfigRoutes() []route.Route {
	// How alerts are configured is a setting, though tokens change it with the scope of monitoring.
	write := route.Admin(auth.ScopeMonitoringWrite)
	return []route.Route{
		{
			Path: alertsBelow + "config", Access: route.Scoped(auth.ScopeMonitoringRead),
			Summary: "How alerts are configured", Answer: policy.Config{}, Handle: a.alertConfig,
		},
		{
			Methods: []string{http.MethodPut}, Path: alertsBelow + "config", Access: write, Resource: auth.ResourceSettings, MaxBody: maxAlertConfig,
			Summary: "Configure alerts",
			Description: "What the body does not have keeps its value. Maps by id or name and lists are replaced whole, and null empties them. " +
				"A field that makes no sense is named in the answer, and nothing is saved.",
			Body: policy.Config{}, Answer: AlertConfigSaved{}, Handle: a.setAlertConfig,
		},
		{
			Methods: []string{http.MethodPost}, Path: alertsBelow + "activate", Access: write, Resource: auth.ResourceSettings, MaxBody: maxRequestBody,
			Summary: "Begin to tell people of alerts", Answer: AlertsActivated{}, Handle: a.activateAlerts,
		},
	}
}

func (a *API) alertConfig(*route.Call) (any, error) { return a.Alerts.Config(), nil }

func (a *API) setAlertConfig(c *route.Call) (any, error) {
	body, err := io.ReadAll(c.Request.Body)
	if err != nil {
		return nil, unreadBody(err)
	}
	ctx, cancel := ordering(c)
	defer cancel()
	before := a.Alerts.Config()
	after, err := a.Alerts.SetConfig(ctx, body, actor(c))
	if err != nil {
		return nil, a.refusedConfig(body, err)
	}
	c.Changed(route.Change{Subject: "alerts", What: "configured", Before: before, After: after})
	return AlertConfigSaved{Success: true, Message: "Alert configuration updated successfully"}, nil
}

// unreadBody answers for a body that is too large. Other errors are of callers who have gone.
func unreadBody(err error) error {
	var large *http.MaxBytesError
	if errors.As(err, &large) {
		return route.BadRequestText(large.Error())
	}
	return route.BadRequestText("Invalid request body")
}

// refusedConfig tells a configuration that makes no sense from one that could not be saved.
func (a *API) refusedConfig(body []byte, err error) error {
	var field *policy.FieldError
	if errors.As(err, &field) {
		return route.BadRequestText(field.Error())
	}
	if _, senseless := policy.Merge(a.Alerts.Config(), body); senseless != nil {
		return route.BadRequestText(senseless.Error())
	}
	return err
}

// errAlertTimeout is the cause when alerts are not read or written in time.
var errAlertTimeout = errors.New("alerts were not read or written in time")

// alertTimeout bounds what is read or written of alerts for one request.
const alertTimeout = 20 * time.Second

// ordering returns the context of an order, or of a look into what is kept.
func ordering(c *route.Call) (context.Context, context.CancelFunc) {
	return context.WithTimeoutCause(c.Context(), alertTimeout, errAlertTimeout)
}

func (a *API) activateAlerts(c *route.Call) (any, error) {
	message := "Alert notifications activated"
	if a.Alerts.Config().ActivationState == policy.Active {
		message = "Alerts already activated"
	}
	ctx, cancel := ordering(c)
	defer cancel()
	at, err := a.Alerts.Activate(ctx, actor(c))
	if err != nil {
		return nil, err
	}
	c.Changed(route.Change{Subject: "alerts", What: "activated"})
	return AlertsActivated{Success: true, State: string(policy.Active), ActivationTime: at.UTC(), Message: message}, nil
}
