package api

import (
	"context"
	"net/http"
	"slices"
	"time"

	"github.com/pulse-hub/pulse/hub/internal/alert"
	"github.com/pulse-hub/pulse/hub/internal/alert/desk"
	"github.com/pulse-hub/pulse/hub/internal/alert/journal"
	"github.com/pulse-hub/pulse/hub/internal/alert/policy"
	"github.com/pulse-hub/pulse/hub/internal/api/route"
	"github.com/pulse-hub/pulse/hub/internal/auth"
	"github.com/pulse-hub/pulse/hub/internal/view/alerts"
)

// Alerts is where alerts are decided about and remembered, as desk.Desk does. It is one interface because it is one
// area of the API: what is active, the configuration, orders of people, and the past. It is safe for concurrent use.
type Alerts interface {
	// Active returns what is active, sorted by id; it must not be changed.
	Active() []desk.Active
	Find(id string) (desk.Active, bool)
	// Withheld returns why nobody would be told of an active alert now, and until when if that is known.
	Withheld(id string) (alert.Withholding, time.Time)

	Config() policy.Config
	// SetConfig changes the members that a JSON object has; a *policy.FieldError says which one makes no sense.
	SetConfig(ctx context.Context, body []byte, by string) (policy.Config, error)
	// Activate begins to tell people, or goes on to, and returns since when they are told.
	Activate(ctx context.Context, by string) (at time.Time, err error)

	// Acknowledge, Unacknowledge and Clear fail with engine.ErrNotFound for what is not active.
	Acknowledge(ctx context.Context, id, by string) error
	Unacknowledge(ctx context.Context, id, by string) error
	Clear(ctx context.Context, id, by string) error
	// Note fails with desk.ErrNoIncident.
	Note(ctx context.Context, note desk.Note) error

	// The past, as journal.Journal has it.
	History(query journal.Query) []journal.Incident
	Incident(alertID string, near time.Time) (journal.Incident, bool)
	ByResource(resourceID string, limit int) []journal.Incident
	Timeline(ctx context.Context, number uint64) ([]alert.Event, error)
	ForgetHistory(ctx context.Context) error
}

// alertsBelow is where everything about alerts is. The segments after it are paths of their own, or an alert's id and
// what to do with it; ids have slashes in them.
const alertsBelow = "/api/alerts/"

func (a *API) alertRoutes() []route.Route {
	read := route.Scoped(auth.ScopeMonitoringRead)
	return slices.Concat([]route.Route{{
		Path: alertsBelow + "active", Access: read,
		Summary: "Alerts that go on", Answer: []alerts.Alert{}, Handle: a.activeAlerts,
	}}, a.alertConfigRoutes(), a.alertOrderRoutes(), a.alertPastRoutes(), a.alertBacktestRoutes(), []route.Route{
		{
			Path: alertsBelow + "{rest...}", Access: read,
			Summary: "Why an alert is there, below {id}/explain",
			Description: "What it was decided by, with samples from around its beginning, what has happened since, and why nobody is told of it, if so. " +
				"Of an alert that is over, the newest one.",
			Answer: alerts.Explanation{}, Handle: a.explainAlert,
		},
		{
			Methods: []string{http.MethodPost}, Path: alertsBelow + "{rest...}", Access: route.Scoped(auth.ScopeMonitoringWrite),
			MaxBody: maxRequestBody, Summary: "Acknowledge, unacknowledge or clear an alert, below {id}/acknowledge and so on",
			Description: "The same as the paths that have the id in the body. Slashes in the id are percent-encoded or not.",
			Answer:      OrderDone{}, Handle: a.orderByPath,
		},
		{
			Methods: []string{http.MethodDelete, http.MethodPatch, http.MethodPut}, Path: alertsBelow + "{rest...}",
			Access: route.Authenticated(), Unaudited: "nothing is there", Summary: "Nothing: answers 404", Handle: noSuchAlertPath,
		},
	})
}

func (a *API) activeAlerts(*route.Call) (any, error) {
	active := a.Alerts.Active()
	list := make([]alerts.Alert, len(active))
	for i := range active {
		list[i] = alerts.Of(&active[i].Alert, active[i].Reading, active[i].Seen)
	}
	return list, nil
}

func noSuchAlertPath(*route.Call) (any, error) { return nil, route.NotFoundText("Not found") }
