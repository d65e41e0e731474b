package app

import (
	"context"
	"encoding/json"
	"time"

	"github.com/pulse-hub/pulse/hub/internal/alert"
	"github.com/pulse-hub/pulse/hub/internal/alert/desk"
	"github.com/pulse-hub/pulse/hub/internal/alert/hubcheck"
	"github.com/pulse-hub/pulse/hub/internal/alert/journal"
	"github.com/pulse-hub/pulse/hub/internal/alert/policy"
	"github.com/pulse-hub/pulse/hub/internal/alert/queryrule"
	"github.com/pulse-hub/pulse/hub/internal/condition"
	"github.com/pulse-hub/pulse/hub/internal/inventory"
	"github.com/pulse-hub/pulse/hub/internal/notify"
	"github.com/pulse-hub/pulse/hub/internal/plugin/supervise"
	"github.com/pulse-hub/pulse/hub/internal/view/alerts"
	"github.com/pulse-hub/pulse/hub/internal/view/resources"
	"github.com/pulse-hub/pulse/hub/internal/view/v5"
)

// alerting is what decides about alerts.
type alerting struct {
	*desk.Desk
	rules *queryrule.Finder
}

// newAlerts makes what decides about alerts, and brings back what was going on. Nobody listens to it yet.
func (a *App) newAlerts(ctx context.Context, opened stores, live *inventory.Inventory, board *condition.Board, plugins *supervise.Host) (*alerting, error) {
	logger, settings := a.logger.Named("alerts"), opened.settings
	var d *desk.Desk
	rules := queryrule.New(queryrule.Options{
		Queryable: opened.metrics.Queryable(), Inventory: live, Logger: logger, Active: func() []desk.Active { return d.Active() },
	})
	d = desk.New(desk.Options{
		Inventory: live, Journal: journal.New(settings, logger, journal.WithOutbox(notify.Outbox)), Records: settings, Logger: logger,
		Finders:  []desk.Finder{hubcheck.Conditions{List: board.List}, hubcheck.Plugins{Status: plugins.Status}, rules},
		Validate: func(c *policy.Config) error { return queryrule.ValidateAll(c.QueryRules) },
	})
	return &alerting{d, rules}, d.Load(ctx)
}

func (d *alerting) start(ctx context.Context, running *parts) {
	running.start(ctx, "alerts", d.Run)
	running.start(ctx, "alert rules", d.rules.Run)
}

// tellAlerts passes on to connected clients what they are told of by the API's own messages.
func tellAlerts(tell func(kind string, data any), events []alert.Event) {
	for i := range events {
		e := &events[i]
		switch {
		case e.Kind == alert.Resolved:
			tell("alertResolved", map[string]string{"alertId": e.Alert.ID})
		case e.Notice != nil:
			tell("alert", alerts.Of(e.Alert, alert.Reading{}, false))
		}
	}
}

// encodedAlerts is what is active, encoded.
type encodedAlerts struct {
	present *desk.Present
	state   []v5.Alert
}

// activeAlerts returns what is active. It is encoded once for all who ask.
func (v *views) activeAlerts() *encodedAlerts {
	present := v.alerts.Present()
	if known := v.encoded.Load(); known != nil && known.present == present {
		return known
	}
	made := &encodedAlerts{present: present, state: make([]v5.Alert, len(present.Alerts))}
	for i := range present.Alerts {
		one := &present.Alerts[i]
		made.state[i] = alerts.ForState(&one.Alert, one.Reading, one.Seen)
	}
	v.encoded.Store(made)
	return made
}

// unified is what the unified view shows that is not in the inventory.
func (v *views) unified(snapshot *inventory.Snapshot) resources.Inputs {
	present := v.alerts.Present()
	in := resources.Inputs{Revision: present.Revision, Alerts: map[string][]resources.Alert{}}
	if len(present.Alerts) == 0 {
		return in
	}
	names := resources.NewProjector(snapshot, resources.Inputs{}, nil)
	for i := range present.Alerts {
		one := &present.Alerts[i]
		e, exists := snapshot.Get(one.Subject.Key)
		if !exists {
			continue
		}
		id := names.ID(e)
		in.Alerts[id] = append(in.Alerts[id], alerts.ForResource(&one.Alert, one.Reading, one.Seen))
	}
	return in
}

// maxLiveAlerts bounds what pages are told of at once.
const maxLiveAlerts = 1000

// liveFor is how long what was encoded for pages is good: the resources that alerts name may come later than the alerts.
const liveFor = time.Second

// livePresent is what is active, encoded for pages.
type livePresent struct {
	present *desk.Present
	made    time.Time
	body    json.RawMessage
}

// liveAlerts returns what is active for pages, and a channel that is closed when something else is. Values are those of
// the newest decision: a page that shows more asks for it. It is encoded once for all pages.
func (v *views) liveAlerts(snap *inventory.Snapshot) (json.RawMessage, <-chan struct{}) {
	present := v.alerts.Present()
	if known := v.live.Load(); known != nil && known.present == present && time.Since(known.made) < liveFor {
		return known.body, present.Next()
	}
	made := &livePresent{present: present, made: time.Now(), body: encodeLive(snap, present)}
	v.live.Store(made)
	return made.body, present.Next()
}

func encodeLive(snap *inventory.Snapshot, present *desk.Present) json.RawMessage {
	type live struct {
		alerts.Short
		// Resource is the id of the unified view; empty for what is not in the inventory.
		Resource string `json:"resource"`
	}
	names := resources.NewProjector(snap, resources.Inputs{}, nil)
	list := make([]live, 0, min(len(present.Alerts), maxLiveAlerts))
	for i := range present.Alerts[:cap(list)] {
		one := &present.Alerts[i]
		item := live{Short: alerts.ShortOf(&one.Alert, one.Reading, one.Seen)}
		if e, exists := snap.Get(one.Subject.Key); exists {
			item.Resource = names.ID(e)
		}
		list = append(list, item)
	}
	body, err := json.Marshal(map[string]any{"total": len(present.Alerts), "alerts": list})
	if err != nil { // texts, finite numbers and times always encode
		panic(err)
	}
	return body
}
