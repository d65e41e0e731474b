package hostsvc

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	pluginv1 "github.com/pulse-hub/pulse/proto/gen/pulse/plugin/v1"
	"github.com/pulse-hub/pulse/sdk/resource"
)

func healthReport(id string, health *pluginv1.HealthResponse) *pluginv1.ReportRequest {
	return &pluginv1.ReportRequest{InstanceId: id, What: &pluginv1.ReportRequest_Health{Health: health}}
}

func eventReport(id string, event *pluginv1.Event) *pluginv1.ReportRequest {
	return &pluginv1.ReportRequest{InstanceId: id, What: &pluginv1.ReportRequest_Event{Event: event}}
}

func TestReportHealth(t *testing.T) {
	f := setup(t)
	at := time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)
	request := healthReport("nas", &pluginv1.HealthResponse{
		State: pluginv1.State_STATE_AUTH_FAILED, Message: "token hunter2 is refused", LastOk: timestamppb.New(at),
	})
	if _, err := f.as(t, acme).Report(t.Context(), request); err != nil {
		t.Fatal(err)
	}
	want := map[string][]Health{"nas": {{State: StateAuthFailed, Message: "token *** is refused", LastOK: at}}}
	if diff := cmp.Diff(want, f.sink.health); diff != "" {
		t.Errorf("health (-want +got):\n%s", diff)
	}
}

// TestEachStateIsKnown fails when the protocol gets a state that is not translated.
func TestEachStateIsKnown(t *testing.T) {
	seen := map[State]bool{}
	for number, name := range pluginv1.State_name {
		health, err := decodeHealth(&pluginv1.HealthResponse{State: pluginv1.State(number)})
		if number == 0 {
			refused(t, err, codes.InvalidArgument, "health.state")
			continue
		}
		if err != nil || seen[health.State] {
			t.Errorf("%s is %q, %v", name, health.State, err)
		}
		seen[health.State] = true
	}
}

func TestReportEvent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := setup(t)
		request := eventReport("nas", &pluginv1.Event{
			Id: "e1", Severity: "critical", ResourceId: "disk/1", Message: "hunter2 broke", Labels: map[string]string{"by": "hunter2"},
		})
		before := proto.Clone(request)
		if _, err := f.as(t, acme).Report(t.Context(), request); err != nil {
			t.Fatal(err)
		}
		want := map[string][]resource.Event{"nas": {{
			ID: "e1", At: time.Now().UTC(), Severity: "critical", ResourceID: "disk/1", Message: "*** broke", Labels: map[string]string{"by": "***"},
		}}}
		if diff := cmp.Diff(want, f.sink.events); diff != "" {
			t.Errorf("events (-want +got):\n%s", diff)
		}
		if !proto.Equal(before, request) {
			t.Error("the request was changed")
		}
	})
}

func TestReportsAreChecked(t *testing.T) {
	long := strings.Repeat("x", maxMessage+1)
	ok := func() *pluginv1.Event { return &pluginv1.Event{Id: "e", Severity: "info", Message: "m"} }
	event := func(change func(*pluginv1.Event)) *pluginv1.ReportRequest {
		e := ok()
		change(e)
		return eventReport("nas", e)
	}
	many := map[string]string{}
	for i := range maxLabels + 1 {
		many[fmt.Sprint(i)] = ""
	}
	tests := map[string]struct {
		request *pluginv1.ReportRequest
		code    codes.Code
		field   string
	}{
		"nothing":            {&pluginv1.ReportRequest{InstanceId: "nas"}, codes.InvalidArgument, "what"},
		"no health":          {healthReport("nas", nil), codes.InvalidArgument, "health.state"},
		"no event":           {eventReport("nas", nil), codes.InvalidArgument, "event.id"},
		"no instance":        {eventReport("", ok()), codes.InvalidArgument, "instance_id"},
		"unknown instance":   {eventReport("none", ok()), codes.NotFound, "no such instance"},
		"of another plugin":  {eventReport("rack", ok()), codes.NotFound, "no such instance"},
		"unknown state":      {healthReport("nas", &pluginv1.HealthResponse{State: 99}), codes.InvalidArgument, "health.state"},
		"long health":        {healthReport("nas", &pluginv1.HealthResponse{State: 1, Message: long}), codes.InvalidArgument, "health.message"},
		"bad time":           {healthReport("nas", &pluginv1.HealthResponse{State: 1, LastOk: &timestamppb.Timestamp{Nanos: -1}}), codes.InvalidArgument, "health.last_ok"},
		"event without id":   {event(func(e *pluginv1.Event) { e.Id = "" }), codes.InvalidArgument, "event.id"},
		"severity":           {event(func(e *pluginv1.Event) { e.Severity = "dire" }), codes.InvalidArgument, "event.severity"},
		"event message":      {event(func(e *pluginv1.Event) { e.Message = long }), codes.InvalidArgument, "event.message"},
		"no event message":   {event(func(e *pluginv1.Event) { e.Message = "" }), codes.InvalidArgument, "event.message"},
		"event time":         {event(func(e *pluginv1.Event) { e.At = &timestamppb.Timestamp{Nanos: -1} }), codes.InvalidArgument, "event.at"},
		"long resource":      {event(func(e *pluginv1.Event) { e.ResourceId = long }), codes.InvalidArgument, "event.resource_id"},
		"many labels":        {event(func(e *pluginv1.Event) { e.Labels = many }), codes.InvalidArgument, "event.labels"},
		"long label":         {event(func(e *pluginv1.Event) { e.Labels = map[string]string{"l": long} }), codes.InvalidArgument, "event.labels"},
		"label without name": {event(func(e *pluginv1.Event) { e.Labels = map[string]string{"": "v"} }), codes.InvalidArgument, "event.labels"},
	}
	f := setup(t)
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := f.as(t, acme).Report(t.Context(), test.request)
			refused(t, err, test.code, test.field)
			if strings.Contains(fmt.Sprint(err), "xxx") {
				t.Errorf("the error repeats the value: %v", err)
			}
		})
	}
	if len(f.sink.health)+len(f.sink.events) != 0 {
		t.Errorf("told %v and %v", f.sink.health, f.sink.events)
	}
}

func TestTooManyReportsAreDropped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := setup(t)
		one, two := f.as(t, acme), f.as(t, other)
		report := healthReport("nas", &pluginv1.HealthResponse{State: pluginv1.State_STATE_OK})
		for i := range ReportBurst {
			if _, err := one.Report(t.Context(), report); err != nil {
				t.Fatalf("report %d: %v", i, err)
			}
		}
		for range 5 {
			_, err := one.Report(t.Context(), report)
			refused(t, err, codes.ResourceExhausted, "reports")
		}
		if _, err := f.as(t, acme).Report(t.Context(), report); err == nil {
			t.Error("another process of the plugin has a rate of its own")
		}
		if _, err := two.Report(t.Context(), healthReport("rack", report.GetHealth())); err != nil {
			t.Errorf("another plugin suffers: %v", err)
		}
		time.Sleep(time.Second)
		for i := range ReportRate {
			if _, err := one.Report(t.Context(), report); err != nil {
				t.Fatalf("report %d after a second: %v", i, err)
			}
		}
		_, err := one.Report(t.Context(), report)
		refused(t, err, codes.ResourceExhausted)
		time.Sleep(time.Minute)
		if _, err := one.Report(t.Context(), report); err != nil {
			t.Error(err)
		}
		if got := f.Dropped(acme); got != 7 {
			t.Errorf("%d dropped, want 7", got)
		}
		if got := f.Dropped(other) + f.Dropped("unknown"); got != 0 {
			t.Errorf("%d dropped of others", got)
		}
		if got := len(f.sink.health["nas"]); got != ReportBurst+ReportRate+1 {
			t.Errorf("told %d times", got)
		}
		if err := f.Forget(t.Context(), acme); err != nil || f.Dropped(acme) != 0 {
			t.Errorf("%d dropped after it was forgotten, error %v", f.Dropped(acme), err)
		}
		log := f.log.String()
		if strings.Count(log, "reports too much") != 1 || strings.Count(log, "no longer dropped") != 1 || !strings.Contains(log, "dropped=7") {
			t.Errorf("logged %s", log)
		}
	})
}

func TestSinkThatFails(t *testing.T) {
	f := setup(t)
	f.sink.err = errors.New("queue is full")
	report := healthReport("nas", &pluginv1.HealthResponse{State: pluginv1.State_STATE_OK})
	for range 3 {
		_, err := f.as(t, acme).Report(t.Context(), report)
		refused(t, err, codes.Unavailable)
		if strings.Contains(err.Error(), "queue") {
			t.Errorf("the plugin is told of the hub's inside: %v", err)
		}
	}
	f.sink.err = nil
	for range 2 {
		if _, err := f.as(t, acme).Report(t.Context(), report); err != nil {
			t.Fatal(err)
		}
	}
	log := f.log.String()
	if strings.Count(log, "queue is full") != 1 || strings.Count(log, "works again") != 1 {
		t.Errorf("logged %s", log)
	}
}
