package api

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/pulse-hub/pulse/hub/internal/alert/desk"
	"github.com/pulse-hub/pulse/hub/internal/alert/engine"
	"github.com/pulse-hub/pulse/hub/internal/api/route"
	"github.com/pulse-hub/pulse/hub/internal/auth"
)

const (
	// maxBulkBody bounds the body of an order about many alerts, in bytes.
	maxBulkBody = 32 << 10
	// maxAlertID bounds an alert id, in bytes.
	maxAlertID = 500
	// maxOrderer bounds the name that a bulk order gives, in bytes.
	maxOrderer = 200
)

// AlertID names an alert.
type AlertID struct {
	ID string `json:"id" required:"true"`
}

// OrderDone says that it was done.
type OrderDone struct {
	Success bool `json:"success"`
}

// AlertIDs names alerts; either list will do. User is written down as a note: who acknowledges is who calls.
type AlertIDs struct {
	AlertIDs []string `json:"alertIds,omitempty"`
	IDs      []string `json:"ids,omitempty"`
	User     string   `json:"user,omitempty"`
}

// BulkDone says of each alert what became of the order.
type BulkDone struct {
	Results []BulkResult `json:"results"`
}

// BulkResult is what became of the order for one alert.
type BulkResult struct {
	AlertID string `json:"alertId"`
	Success bool   `json:"success"`
	Error   string `json:"error,omitempty"`
}

// An alertOrder is something that people do with alerts.
type alertOrder struct {
	do func(ctx context.Context, id, by string) error
	// missing is the answer about one alert that is not active, missingOfMany the one in a list.
	missing, missingOfMany func(id string) string
}

func (a *API) alertOrder(name string) (alertOrder, bool) {
	named := func(id string) string { return "alert not found: " + id }
	switch name {
	case "acknowledge":
		return alertOrder{do: a.Alerts.Acknowledge, missing: named, missingOfMany: named}, true
	case "unacknowledge":
		return alertOrder{do: a.Alerts.Unacknowledge, missing: named, missingOfMany: named}, true
	case "clear":
		return alertOrder{
			do: a.Alerts.Clear, missing: func(string) string { return "Alert not found" },
			missingOfMany: func(string) string { return "alert not found" },
		}, true
	}
	return alertOrder{}, false
}

func (a *API) alertOrderRoutes() []route.Route {
	routes := make([]route.Route, 0, 5)
	for _, one := range []struct{ name, summary string }{
		{"acknowledge", "Say that somebody takes care of an alert"},
		{"unacknowledge", "Say that nobody takes care of an alert any more"},
		{"clear", "End an alert by hand; it begins again if what it is about is seen again"},
	} {
		routes = append(routes, a.alertPost(route.Route{
			Path: one.name, MaxBody: maxRequestBody, Summary: one.summary, Body: AlertID{}, Answer: OrderDone{},
			Handle: func(c *route.Call) (any, error) { return a.orderByBody(c, one.name) },
		}))
	}
	for _, one := range []struct{ name, summary string }{
		{"acknowledge", "Say that somebody takes care of alerts"}, {"clear", "End alerts by hand"},
	} {
		routes = append(routes, a.alertPost(route.Route{
			Path: "bulk/" + one.name, MaxBody: maxBulkBody, Summary: one.summary,
			Description: "What cannot be done for one alert is done for the others.",
			Body:        AlertIDs{}, Answer: BulkDone{},
			Handle: func(c *route.Call) (any, error) { return a.orderMany(c, one.name) },
		}))
	}
	return routes
}

// alertPost completes the declaration of a route that changes something about alerts.
func (a *API) alertPost(r route.Route) route.Route {
	r.Methods, r.Path, r.Access = []string{http.MethodPost}, alertsBelow+r.Path, route.Scoped(auth.ScopeMonitoringWrite)
	return r
}

func (a *API) orderByBody(c *route.Call, name string) (any, error) {
	var body AlertID
	if err := readLenient(c, &body); err != nil {
		return nil, err
	}
	if body.ID == "" {
		return nil, route.BadRequestText("Alert ID is required")
	}
	return a.orderOne(c, name, body.ID)
}

// orderByPath takes an id that may have slashes, and after the last one what to do.
func (a *API) orderByPath(c *route.Call) (any, error) {
	rest := c.PathValue("rest")
	slash := strings.LastIndexByte(rest, '/')
	if slash < 0 {
		return noSuchAlertPath(c)
	}
	return a.orderOne(c, rest[slash+1:], rest[:slash])
}

func (a *API) orderOne(c *route.Call, name, id string) (any, error) {
	order, known := a.alertOrder(name)
	if !known {
		return noSuchAlertPath(c)
	}
	if !validAlertID(id) {
		return nil, route.BadRequestText("Invalid alert ID")
	}
	ctx, cancel := ordering(c)
	defer cancel()
	err := order.do(ctx, id, actor(c))
	if errors.Is(err, engine.ErrNotFound) {
		return nil, route.NotFoundText(order.missing(id))
	}
	if err != nil {
		return nil, err
	}
	c.Changed(route.Change{Subject: id, What: name})
	return OrderDone{Success: true}, nil
}

func (a *API) orderMany(c *route.Call, name string) (any, error) {
	var body AlertIDs
	if err := readLenient(c, &body); err != nil {
		return nil, err
	}
	ids := slices.Concat(body.AlertIDs, body.IDs)
	if len(ids) == 0 {
		return nil, route.BadRequestText("No alert IDs provided")
	}
	if len(body.User) > maxOrderer {
		return nil, route.BadRequestText("Invalid request body")
	}
	order, _ := a.alertOrder(name)
	ctx, cancel := ordering(c)
	defer cancel()
	done, by := BulkDone{Results: make([]BulkResult, 0, len(ids))}, actor(c)
	before := make(map[string]struct{}, len(ids))
	for _, id := range ids {
		if _, twice := before[id]; twice {
			continue
		}
		before[id] = struct{}{}
		result, err := order.oneOfMany(ctx, id, by)
		if err != nil {
			return nil, err
		}
		if result.Success && body.User != "" && body.User != by {
			if err := a.noteOrder(ctx, id, name, body.User, by); err != nil {
				return nil, err
			}
		}
		done.Results = append(done.Results, result)
	}
	c.Changed(route.Change{Subject: fmt.Sprintf("%d alerts", len(done.Results)), What: name, Detail: strings.Join(ids[:min(len(ids), maxTold)], " ")})
	return done, nil
}

// maxTold is how many ids of many are in the audit log.
const maxTold = 100

// oneOfMany does it for one alert. An error is of the store: it would be the same for the others.
func (o *alertOrder) oneOfMany(ctx context.Context, id, by string) (BulkResult, error) {
	result := BulkResult{AlertID: id}
	if !validAlertID(id) {
		result.Error = o.missingOfMany(id)
		return result, nil
	}
	err := o.do(ctx, id, by)
	if errors.Is(err, engine.ErrNotFound) {
		result.Error = o.missingOfMany(id)
		return result, nil
	}
	result.Success = err == nil
	return result, err
}

// noteOrder writes down for whom the caller says to have done it.
func (a *API) noteOrder(ctx context.Context, id, order, user, by string) error {
	what := map[string]string{"acknowledge": "Acknowledged", "clear": "Cleared"}[order]
	err := a.Alerts.Note(ctx, desk.Note{AlertID: id, Text: what + " for " + user, By: by})
	if errors.Is(err, desk.ErrNoIncident) {
		return nil // its history was deleted in this moment
	}
	return err
}

// readLenient decodes a body that may have members which are not known.
func readLenient(c *route.Call, into any) error {
	body, err := io.ReadAll(c.Request.Body)
	if err != nil || json.Unmarshal(body, into) != nil {
		return route.BadRequestText("Invalid request body")
	}
	return nil
}

// validAlertID says that an id can be one: 1 to 500 bytes that can be printed, with no blank at either end and nothing
// that leads out of a folder.
func validAlertID(id string) bool {
	if id == "" || len(id) > maxAlertID || !utf8.ValidString(id) || strings.TrimSpace(id) != id {
		return false
	}
	if strings.Contains(id, "../") || strings.Contains(id, "/..") {
		return false
	}
	return !strings.ContainsFunc(id, func(r rune) bool { return !unicode.IsPrint(r) })
}
