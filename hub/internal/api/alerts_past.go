package api

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/pulse-hub/pulse/hub/internal/alert"
	"github.com/pulse-hub/pulse/hub/internal/alert/desk"
	"github.com/pulse-hub/pulse/hub/internal/alert/journal"
	"github.com/pulse-hub/pulse/hub/internal/api/route"
	"github.com/pulse-hub/pulse/hub/internal/auth"
	"github.com/pulse-hub/pulse/hub/internal/view/alerts"
)

const (
	// usualHistory and maxHistory are how many entries the history has without a limit, and at most with one.
	usualHistory = 100
	maxHistory   = 10_000
	// maxIncidents is how many incidents of one resource are told, for each comes with its events.
	maxIncidents = 500
)

// HistoryCleared says that the past is forgotten.
type HistoryCleared struct {
	Status  string `json:"status"`
	Message string `json:"message"`
}

// IncidentNote is a note on an alert or an incident; one of the two is named. Who wrote it is who calls.
type IncidentNote struct {
	AlertID    string `json:"alert_id,omitempty"`
	IncidentID string `json:"incident_id,omitempty"`
	Note       string `json:"note" required:"true"`
	User       string `json:"user,omitempty" description:"Not looked at."`
}

func (a *API) alertPastRoutes() []route.Route {
	read := route.Scoped(auth.ScopeMonitoringRead)
	return []route.Route{
		{
			Path: alertsBelow + "history", Access: read,
			Summary: "Alerts that were and are, the newest first",
			Query: []route.Param{
				{Name: "limit", Description: "How many at most; 100 without it, 0 for all, and never more than 10000."},
				{Name: "offset", Description: "How many of those that match to leave out first."},
				{Name: "startTime", Description: "RFC 3339; those that began at this time or later."},
				{Name: "endTime", Description: "RFC 3339; those that began at this time or earlier."},
				{Name: "severity", Description: "The worst level they had.", Enum: []string{"warning", "critical", "all"}},
				{Name: "resourceId", Description: "Of one resource."},
			},
			Answer: []alerts.Past{}, Handle: a.alertHistory,
		},
		{
			Methods: []string{http.MethodDelete}, Path: alertsBelow + "history", Access: route.Scoped(auth.ScopeMonitoringWrite),
			Summary: "Forget alerts that are over", Answer: HistoryCleared{}, Handle: a.clearAlertHistory,
		},
		{
			Path: alertsBelow + "incidents", Access: read,
			Summary:     "What happened to an alert, or to those of a resource",
			Description: "Of an alert one incident, or null when there is none; of a resource the list of all, the newest first, or null.",
			Query: []route.Param{
				{Name: "alert_id", Description: "An alert's id."},
				{Name: "started_at", Description: "RFC 3339; of an alert the incident that began nearest to it, within ten minutes. The newest without it."},
				{Name: "start_time", Description: "Another name of started_at."},
				{Name: "resource_id", Description: "A resource's id."},
				{Name: "limit", Description: "How many incidents of a resource at most; never more than 500."},
			},
			Answer: alerts.Incident{}, Handle: a.incidents,
		},
		a.alertPost(route.Route{
			Path: "incidents/note", MaxBody: maxRequestBody, Summary: "Write down something about an alert",
			Body: IncidentNote{}, Answer: OrderDone{}, Handle: a.noteIncident,
		}),
	}
}

func (a *API) alertHistory(c *route.Call) (any, error) {
	query, err := historyQuery(c)
	if err != nil {
		return nil, err
	}
	found := a.Alerts.History(query)
	list := make([]alerts.Past, len(found))
	for i := range found {
		list[i] = alerts.PastOf(&found[i])
	}
	return list, nil
}

func historyQuery(c *route.Call) (q journal.Query, err error) {
	if q.Limit, err = countParam(c, "limit", usualHistory); err != nil {
		return q, err
	}
	if q.Limit == 0 || q.Limit > maxHistory {
		q.Limit = maxHistory
	}
	if q.Offset, err = countParam(c, "offset", 0); err != nil {
		return q, err
	}
	if q.From, err = timeParam(c, "startTime"); err != nil {
		return q, err
	}
	if q.To, err = timeParam(c, "endTime"); err != nil {
		return q, err
	}
	if !q.To.IsZero() && q.To.Before(q.From) {
		return q, route.BadRequestText("endTime must be after startTime")
	}
	if level := alert.Level(c.Query("severity")); level == alert.Warning || level == alert.Critical {
		q.Level = level
	}
	q.ResourceID = c.Query("resourceId")
	return q, nil
}

// countParam reads a number of things. What is not a number counts as not given.
func countParam(c *route.Call, name string, usual int) (int, error) {
	n, err := strconv.Atoi(c.Query(name))
	if err != nil {
		return usual, nil
	}
	if n < 0 {
		return 0, route.BadRequestText(name + " must be non-negative")
	}
	return n, nil
}

func timeParam(c *route.Call, name string) (time.Time, error) {
	text := c.Query(name)
	if text == "" {
		return time.Time{}, nil
	}
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return time.Time{}, route.BadRequestText("invalid " + name + " parameter")
	}
	return at, nil
}

func (a *API) clearAlertHistory(c *route.Call) (any, error) {
	ctx, cancel := ordering(c)
	defer cancel()
	if err := a.Alerts.ForgetHistory(ctx); err != nil {
		return nil, err
	}
	c.Changed(route.Change{Subject: "history", What: "cleared"})
	return HistoryCleared{Status: "success", Message: "Alert history cleared"}, nil
}

func (a *API) incidents(c *route.Call) (any, error) {
	ctx, cancel := ordering(c)
	defer cancel()
	alertID, resourceID := c.Query("alert_id"), c.Query("resource_id")
	switch {
	case alertID != "":
		return a.incidentOf(ctx, c, alertID)
	case resourceID != "":
		return a.incidentsOf(ctx, c, resourceID)
	}
	return nil, route.BadRequestText("Missing alert_id or resource_id")
}

func (a *API) incidentOf(ctx context.Context, c *route.Call, alertID string) (any, error) {
	var near time.Time
	text := c.Query("started_at")
	if text == "" {
		text = c.Query("start_time")
	}
	if text != "" {
		var err error
		if near, err = time.Parse(time.RFC3339, text); err != nil {
			return nil, route.BadRequestText("Invalid started_at time")
		}
	}
	incident, known := a.Alerts.Incident(alertID, near)
	if !known {
		return (*alerts.Incident)(nil), nil
	}
	return a.withEvents(ctx, &incident)
}

func (a *API) incidentsOf(ctx context.Context, c *route.Call, resourceID string) (any, error) {
	limit, err := strconv.Atoi(c.Query("limit"))
	if err != nil || limit <= 0 || limit > maxIncidents {
		limit = maxIncidents
	}
	var list []alerts.Incident // null without any
	for _, incident := range a.Alerts.ByResource(resourceID, limit) {
		one, err := a.withEvents(ctx, &incident)
		if err != nil {
			return nil, err
		}
		list = append(list, one)
	}
	return list, nil
}

func (a *API) withEvents(ctx context.Context, incident *journal.Incident) (alerts.Incident, error) {
	events, err := a.Alerts.Timeline(ctx, incident.Alert.Number)
	if err != nil {
		return alerts.Incident{}, err
	}
	return alerts.IncidentOf(incident, events), nil
}

func (a *API) noteIncident(c *route.Call) (any, error) {
	var body IncidentNote
	if err := readLenient(c, &body); err != nil {
		return nil, err
	}
	note := strings.TrimSpace(body.Note)
	switch {
	case body.AlertID == "" && body.IncidentID == "":
		return nil, route.BadRequestText("alert_id or incident_id is required")
	case note == "":
		return nil, route.BadRequestText("note is required")
	case body.AlertID != "" && !validAlertID(body.AlertID):
		return nil, route.BadRequestText("Invalid alert ID")
	}
	ctx, cancel := ordering(c)
	defer cancel()
	err := a.Alerts.Note(ctx, desk.Note{AlertID: body.AlertID, IncidentID: body.IncidentID, Text: note, By: actor(c)})
	if errors.Is(err, desk.ErrNoIncident) {
		return nil, route.BadRequestText("Failed to save note")
	}
	if err != nil {
		return nil, err
	}
	return OrderDone{Success: true}, nil
}
