package api

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"math"
	"net/http"
	"slices"
	"time"

	"github.com/pulse-hub/pulse/hub/internal/alert"
	"github.com/pulse-hub/pulse/hub/internal/alert/backtest"
	"github.com/pulse-hub/pulse/hub/internal/alert/policy"
	"github.com/pulse-hub/pulse/hub/internal/api/route"
	"github.com/pulse-hub/pulse/hub/internal/auth"
	"github.com/pulse-hub/pulse/hub/internal/view/unit"
)

const (
	// backtestTimeout bounds one look at history, backtestRetry is when to try again while somebody else looks.
	backtestTimeout = time.Minute
	backtestRetry   = 5 * time.Second
	// backtestDays is how many days are looked at without more being said, and mostBacktestDays the most.
	backtestDays     = 30
	mostBacktestDays = 90
)

// errBacktestTimeout is the cause when a look at history takes too long.
var errBacktestTimeout = errors.New("history was not looked at in time")

// AlertBacktestRequest says what to try.
type AlertBacktestRequest struct {
	// Config are members of the configuration of alerts, as PUT takes them; the others are as they are now.
	Config policy.Config `json:"config,omitzero"`
	// Days is how far to look back.
	Days int `json:"days,omitempty" description:"1 to 90; 30 without it."`
	// ResourceID and Types narrow it down.
	ResourceID string   `json:"resourceId,omitempty"`
	Types      []string `json:"types,omitempty" description:"Types of alerts, such as cpu; all without it."`
}

// backtestAsked is a request whose configuration is as it came: what it does not have stays as it is.
type backtestAsked struct {
	AlertBacktestRequest
	Config json.RawMessage `json:"config"`
}

// AlertBacktestFigures count alerts that would have been.
type AlertBacktestFigures struct {
	Firings  int            `json:"firings"`
	Notified int            `json:"notified" description:"Those of which people would have been told when they began."`
	Withheld map[string]int `json:"withheld" description:"The others, by why nobody would have been told."`
	// DuringBackups began while a backup of the guest was made.
	DuringBackups  int     `json:"duringBackups" description:"Those that began while a backup of the guest was made."`
	Active         int     `json:"active" description:"Those that had not ended."`
	TotalSeconds   float64 `json:"totalSeconds"`
	LongestSeconds float64 `json:"longestSeconds"`
}

// AlertBacktest says what would have fired.
type AlertBacktest struct {
	AlertBacktestFigures
	From      time.Time `json:"from"`
	To        time.Time `json:"to"`
	Resources int       `json:"resources" description:"How many resources with thresholds there are."`
	Measures  int       `json:"measures" description:"How many of their values have a threshold and a history."`
	// ApproximateBefore is absent when all samples were there.
	ApproximateBefore *time.Time              `json:"approximateBefore,omitempty" description:"Before it, only sums of five minutes were left to go by."`
	ByType            []AlertBacktestType     `json:"byType"`
	ByResource        []AlertBacktestResource `json:"byResource" description:"The 50 resources with the most firings."`
	ByDay             []AlertBacktestDay      `json:"byDay" description:"Days of UTC on which something would have fired."`
}

// AlertBacktestType are the alerts of one type.
type AlertBacktestType struct {
	Type string `json:"type"`
	AlertBacktestFigures
}

// AlertBacktestResource are the alerts of one resource.
type AlertBacktestResource struct {
	ResourceID   string `json:"resourceId"`
	ResourceName string `json:"resourceName"`
	Node         string `json:"node"`
	Instance     string `json:"instance"`
	AlertBacktestFigures
}

// AlertBacktestDay are the alerts that would have begun on one day.
type AlertBacktestDay struct {
	Day string `json:"day" description:"2026-11-23"`
	AlertBacktestFigures
}

// alertBacktestRoutes lets one look at history at a time.
func (a *API) alertBacktestRoutes() []route.Route {
	turn := make(chan struct{}, 1)
	return []route.Route{{
		Methods: []string{http.MethodPost}, Path: alertsBelow + "backtest", Access: route.Scoped(auth.ScopeMonitoringRead), MaxBody: maxAlertConfig, Unaudited: "a back-test changes nothing",
		Summary: "What would have fired",
		Description: "Which alerts of measured values there would have been under a changed configuration, by the same rules and code as those " +
			"that do fire. Nothing is changed, and nobody is told. Resources are taken as they are now. While somebody else asks, the answer is 429.",
		Body: AlertBacktestRequest{}, Answer: AlertBacktest{},
		Handle: func(c *route.Call) (any, error) {
			select {
			case turn <- struct{}{}:
				defer func() { <-turn }()
				return a.backtestAlerts(c)
			default:
				return nil, &route.Error{
					Status: http.StatusTooManyRequests, Code: "busy", RetryAfter: backtestRetry,
					Message: "Somebody is looking at history already; try again in a moment",
				}
			}
		},
	}}
}

func (a *API) backtestAlerts(c *route.Call) (any, error) {
	var asked backtestAsked
	if err := decode(c, &asked); err != nil {
		return nil, err
	}
	request, err := a.backtestOf(&asked)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeoutCause(c.Context(), backtestTimeout, errBacktestTimeout)
	defer cancel()
	report, err := backtest.Run(ctx, request)
	if errors.Is(err, errBacktestTimeout) {
		return nil, &route.Error{
			Status: http.StatusServiceUnavailable, Code: "too_much", RetryAfter: backtestTimeout,
			Message: "There is too much to look at; ask for fewer days, one resource or some types",
		}
	}
	if err != nil {
		return nil, unreadable(err)
	}
	return backtestAnswer(request, report), nil
}

// backtestOf makes a request of what was asked.
func (a *API) backtestOf(asked *backtestAsked) (r backtest.Request, err error) {
	days := asked.Days
	if days == 0 {
		days = backtestDays
	}
	if days < 1 || days > mostBacktestDays {
		return r, invalidField("days", "must be from 1 to 90")
	}
	config := a.Alerts.Config()
	if len(asked.Config) > 0 {
		if config, err = policy.Merge(config, asked.Config); err != nil {
			return r, senselessConfig(err)
		}
	}
	p, err := policy.New(config)
	if err != nil {
		return r, senselessConfig(err)
	}
	now := a.Now()
	r = backtest.Request{
		Store: a.Measurements, Snapshot: a.Inventory.Snapshot(), Policy: p,
		From: now.AddDate(0, 0, -days), To: now, Resource: asked.ResourceID,
	}
	for _, kind := range asked.Types {
		r.Types = append(r.Types, alert.Type(kind))
	}
	return r, nil
}

// senselessConfig names the field of the configuration that makes no sense.
func senselessConfig(err error) error {
	var field *policy.FieldError
	if errors.As(err, &field) {
		return invalidField("config."+field.Path, field.Problem)
	}
	return invalidField("config", "is no configuration: "+err.Error())
}

func backtestAnswer(request backtest.Request, report *backtest.Report) AlertBacktest {
	out := AlertBacktest{
		AlertBacktestFigures: backtestFigures(&report.Figures), From: unit.Time(request.From), To: unit.Time(request.To),
		Resources: report.Resources, Measures: report.Measures, ApproximateBefore: unit.Known(report.ApproximateBefore),
		ByType: []AlertBacktestType{}, ByResource: []AlertBacktestResource{}, ByDay: []AlertBacktestDay{},
	}
	for _, kind := range slices.Sorted(maps.Keys(report.ByType)) {
		figures := report.ByType[kind]
		out.ByType = append(out.ByType, AlertBacktestType{string(kind), backtestFigures(&figures)})
	}
	for i := range report.ByResource {
		one := &report.ByResource[i]
		out.ByResource = append(out.ByResource, AlertBacktestResource{
			ResourceID: one.Subject.ID, ResourceName: one.Subject.Name, Node: one.Subject.Node, Instance: one.Subject.Instance,
			AlertBacktestFigures: backtestFigures(&one.Figures),
		})
	}
	for i := range report.ByDay {
		one := &report.ByDay[i]
		out.ByDay = append(out.ByDay, AlertBacktestDay{one.Day.Format(time.DateOnly), backtestFigures(&one.Figures)})
	}
	return out
}

func backtestFigures(f *backtest.Figures) AlertBacktestFigures {
	out := AlertBacktestFigures{
		Firings: f.Firings, Notified: f.Told, Withheld: map[string]int{}, DuringBackups: f.DuringBackups, Active: f.Goes,
		TotalSeconds: math.Round(f.Total.Seconds()), LongestSeconds: math.Round(f.Longest.Seconds()),
	}
	for why, n := range f.Withheld {
		out.Withheld[string(why)] = n
	}
	return out
}
