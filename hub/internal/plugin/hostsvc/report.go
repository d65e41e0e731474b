package hostsvc

import (
	"context"
	"errors"
	"maps"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	pluginv1 "github.com/pulse-hub/pulse/proto/gen/pulse/plugin/v1"
	"github.com/pulse-hub/pulse/sdk/resource"
	"github.com/pulse-hub/pulse/sdk/wire"
)

// Bounds of one report, in bytes where they are not numbers of things.
const (
	maxMessage    = 4096
	maxEventID    = 256
	maxResourceID = 1024
	maxLabels     = 32
	maxLabelName  = 100
	maxLabelValue = 1024
)

// Report implements the protocol.
func (s *server) Report(ctx context.Context, request *pluginv1.ReportRequest) (*pluginv1.ReportResponse, error) {
	return handle(ctx, s, NeedReport, func(ctx context.Context) (*pluginv1.ReportResponse, error) {
		if err := s.throttle(); err != nil {
			return nil, err
		}
		if err := s.report(ctx, request); err != nil {
			return nil, err
		}
		return &pluginv1.ReportResponse{}, nil
	})
}

// throttle drops a report when there are too many, and logs when that begins and ends.
func (s *server) throttle() error {
	allowed, change := s.tenant.reports.take(time.Now())
	if change.began {
		s.tenant.logger.Warn("plugin reports too much, reports are dropped", "rate", ReportRate, "burst", ReportBurst)
	}
	if change.ended {
		s.tenant.logger.Info("reports are no longer dropped", "dropped", change.count)
	}
	if !allowed {
		return tooMany("reports")
	}
	return nil
}

func (s *server) report(ctx context.Context, request *pluginv1.ReportRequest) error {
	of, err := s.instance(ctx, request.GetInstanceId())
	if err != nil {
		return err
	}
	switch what := request.GetWhat().(type) {
	case *pluginv1.ReportRequest_Health:
		health, err := decodeHealth(what.Health)
		if err != nil {
			return err
		}
		health.Message = s.service.Secrets.Mask(s.plugin, health.Message)
		return s.service.Sink.Health(ctx, of, health)
	case *pluginv1.ReportRequest_Event:
		event, err := decodeEvent(what.Event, time.Now())
		if err != nil {
			return err
		}
		event.Message = s.service.Secrets.Mask(s.plugin, event.Message)
		for name, value := range event.Labels {
			event.Labels[name] = s.service.Secrets.Mask(s.plugin, value)
		}
		return s.service.Sink.Event(ctx, of, event)
	}
	return invalid("what", "must be a health or an event")
}

func decodeHealth(p *pluginv1.HealthResponse) (Health, error) {
	states := map[pluginv1.State]State{
		pluginv1.State_STATE_OK:          StateOK,
		pluginv1.State_STATE_DEGRADED:    StateDegraded,
		pluginv1.State_STATE_FAILED:      StateFailed,
		pluginv1.State_STATE_AUTH_FAILED: StateAuthFailed,
	}
	state, ok := states[p.GetState()]
	if !ok {
		return Health{}, invalid("health.state", "must be a known state")
	}
	err := errors.Join(
		checkText("health.message", p.GetMessage(), 0, maxMessage),
		checkTime("health.last_ok", p.GetLastOk()),
	)
	return Health{State: state, Message: p.GetMessage(), LastOK: wire.DecodeTime(p.GetLastOk())}, err
}

// decodeEvent returns the event of a message; one without a time happened now.
func decodeEvent(p *pluginv1.Event, now time.Time) (resource.Event, error) {
	err := errors.Join(
		checkText("event.id", p.GetId(), 1, maxEventID),
		checkTime("event.at", p.GetAt()),
		checkSeverity(p.GetSeverity()),
		checkText("event.resource_id", p.GetResourceId(), 0, maxResourceID),
		checkText("event.message", p.GetMessage(), 1, maxMessage),
		checkLabels(p.GetLabels()),
	)
	event := wire.DecodeEvent(p)
	event.Labels = maps.Clone(event.Labels) // the message's own are not changed
	if event.At.IsZero() {
		event.At = now.UTC()
	}
	return event, err
}

func checkSeverity(severity string) error {
	switch severity {
	case "info", "warning", "critical":
		return nil
	}
	return invalid("event.severity", "must be info, warning or critical")
}

func checkLabels(labels map[string]string) error {
	if len(labels) > maxLabels {
		return invalid("event.labels", "must not be more than %d", maxLabels)
	}
	for name, value := range labels {
		err := errors.Join(
			checkText("event.labels", name, 1, maxLabelName),
			checkText("event.labels", value, 0, maxLabelValue),
		)
		if err != nil {
			return err
		}
	}
	return nil
}

func checkTime(field string, at *timestamppb.Timestamp) error {
	if at != nil && !at.IsValid() {
		return invalid(field, "must be a valid time")
	}
	return nil
}
