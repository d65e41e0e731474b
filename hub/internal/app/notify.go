package app

import (
	"context"
	"time"

	"github.com/pulse-hub/pulse/hub/internal/alert/desk"
	"github.com/pulse-hub/pulse/hub/internal/notify"
	"github.com/pulse-hub/pulse/hub/internal/notify/channel"
	"github.com/pulse-hub/pulse/hub/internal/notify/setup"
	"github.com/pulse-hub/pulse/hub/internal/store"
	"github.com/pulse-hub/pulse/hub/internal/view/notifications"
)

// telling is what tells people of alerts.
type telling struct {
	channels *channel.Channels
	settings *setup.Directory
	pipeline *notify.Pipeline
}

// newTelling makes what tells people, and lets it hear what is decided about alerts.
func (a *App) newTelling(settings *store.DB, platform *platform, alerting *desk.Desk) *telling {
	channels := channel.New(channel.Options{
		Instances: platform.office, Host: platform.host, Logger: a.logger.Named("channels"),
	})
	t := &telling{
		channels: channels,
		settings: setup.New(setup.Options{
			Office: platform.office, Checker: channels, Components: platform.registry, Records: settings,
		}),
		pipeline: notify.New(notify.Options{
			Records: settings, Channels: channels, Sender: channels, Values: notifications.Values,
			Grouping:  func() notify.Grouping { return groupingOf(alerting) },
			PublicURL: func() string { return a.config.PublicURL }, Logger: a.logger.Named("notify"),
		}),
	}
	alerting.Listen = append(alerting.Listen, t.pipeline.Offer)
	return t
}

// groupingOf is how the configuration of alerts has messages grouped.
func groupingOf(alerting *desk.Desk) notify.Grouping {
	wanted := alerting.Config().Schedule.Grouping
	return notify.Grouping{
		Enabled: wanted.Enabled, Window: time.Duration(wanted.Window) * time.Second, ByNode: wanted.ByNode, ByGuest: wanted.ByGuest,
	}
}

func (t *telling) start(ctx context.Context, running *parts) {
	running.start(ctx, "notifications", t.pipeline.Run)
}
