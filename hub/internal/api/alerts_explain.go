package api

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/pulse-hub/pulse/hub/internal/alert"
	"github.com/pulse-hub/pulse/hub/internal/alert/desk"
	"github.com/pulse-hub/pulse/hub/internal/api/route"
	"github.com/pulse-hub/pulse/hub/internal/metrics"
	"github.com/pulse-hub/pulse/hub/internal/view/alerts"
)

func (a *API) explainAlert(c *route.Call) (any, error) {
	id, wanted := strings.CutSuffix(c.PathValue("rest"), "/explain")
	if !wanted {
		return noSuchAlertPath(c)
	}
	if !validAlertID(id) {
		return nil, route.BadRequestText("Invalid alert ID")
	}
	ctx, cancel := a.lookup(c)
	defer cancel()
	if active, found := a.Alerts.Find(id); found {
		return a.explainActive(ctx, &active)
	}
	incident, known := a.Alerts.Incident(id, time.Time{})
	if !known {
		return nil, route.NotFoundText("Alert not found")
	}
	return a.explain(ctx, &incident.Alert, alerts.PastOf(&incident).Alert)
}

// explainActive adds what can be said only of an alert that goes on.
func (a *API) explainActive(ctx context.Context, active *desk.Active) (any, error) {
	out, err := a.explain(ctx, &active.Alert, alerts.Of(&active.Alert, active.Reading, active.Seen))
	if err != nil {
		return nil, err
	}
	out.Withheld = alerts.WithheldOf(a.Alerts.Withheld(active.ID))
	all := a.Alerts.Active()
	for i := range all {
		switch other := &all[i].Alert; {
		case other.HiddenBy == active.Identity:
			out.Hidden = append(out.Hidden, other.ID)
		case other.Identity == active.HiddenBy:
			out.HiddenBy = other.ID
		}
	}
	return out, nil
}

func (a *API) explain(ctx context.Context, about *alert.Alert, shown alerts.Alert) (*alerts.Explanation, error) {
	events, err := a.Alerts.Timeline(ctx, about.Number)
	if err != nil {
		return nil, err
	}
	out := &alerts.Explanation{
		Alert: shown, Evidence: alerts.EvidenceOf(about), Timeline: alerts.TimelineOf(events), Hidden: []string{},
	}
	out.Evidence.Samples, err = alerts.ReadSamples(ctx, a.Measurements, about, a.Now())
	if err != nil {
		out.Evidence.SamplesMissing = whyNoSamples(err)
	}
	return out, nil
}

// whyNoSamples says in public why history could not be read. The rest of an explanation holds without it.
func whyNoSamples(err error) string {
	if errors.Is(err, metrics.ErrReplaying) {
		return "history is being read back after a restart"
	}
	return "history cannot be read now"
}
