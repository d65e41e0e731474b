package alerts_test

import (
	"context"
	"encoding/json"
	"errors"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pulse-hub/pulse/hub/internal/alert"
	"github.com/pulse-hub/pulse/hub/internal/alert/journal"
	"github.com/pulse-hub/pulse/hub/internal/metrics"
	"github.com/pulse-hub/pulse/hub/internal/view/alerts"
	"github.com/pulse-hub/pulse/sdk/resource"
)

// recorded returns an answer of Pulse 5.0.13, in which secrets and names are replaced.
func recorded(t *testing.T, name string) any {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("testdata", name+".json"))
	if err != nil {
		t.Fatal(err)
	}
	return plain(t, raw)
}

func plain(t *testing.T, raw []byte) any {
	t.Helper()
	var value any
	if err := json.Unmarshal(raw, &value); err != nil {
		t.Fatal(err)
	}
	return value
}

// encoded is what a client sees of a value.
func encoded(t *testing.T, value any) any {
	t.Helper()
	raw, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	return plain(t, raw)
}

func at(t *testing.T, text string) time.Time {
	t.Helper()
	when, err := time.Parse(time.RFC3339, text)
	if err != nil {
		t.Fatal(err)
	}
	return when
}

func cpuAlert(t *testing.T) alert.Alert {
	return alert.Alert{
		Identity: "host/db1\tcpu\t", ID: "host:db1-machine-cpu", Number: 2, Type: alert.CPU, Level: alert.Critical,
		Subject: alert.Subject{Key: "host/db1", ID: "host:db1-machine", Name: "Database 1", Node: "db1", Instance: "linux"},
		Value:   95, Trigger: 80, Clear: 75, Message: "Host cpu at 95.0%", Rule: "defaults", Numeric: true,
		Metadata: map[string]any{
			"agentVersion": "5.0.12", "architecture": "amd64", "clearThreshold": 75, "cpuCount": 4, "cpuUsagePercent": 95,
			"displayName": "Database 1", "hostId": "db1-machine", "hostname": "db1", "metric": "cpu", "monitorOnly": false,
			"osName": "Debian", "osVersion": "12", "platform": "linux", "resourceType": "Host",
		},
		Began: at(t, "2026-11-23T05:31:51.866493867Z"), FiredAt: at(t, "2026-11-23T05:31:57.876156553Z"),
		ToldAt: at(t, "2026-11-23T05:32:06.891058814Z"), ToldLevel: alert.Critical,
	}
}

func TestActiveAlertsLookAsRecorded(t *testing.T) {
	cpu := cpuAlert(t)
	reading := alert.Reading{At: at(t, "2026-11-23T05:32:06.891054157Z"), Value: 95, Message: cpu.Message, Metadata: cpu.Metadata, Subject: cpu.Subject}
	raid := alert.Alert{
		ID: "host-db1-machine-raid-md2", Type: alert.RAID, Level: alert.Critical,
		Subject: alert.Subject{ID: "host-db1-machine-raid-md2", Name: "Database 1 - /dev/md2 (raid1)", Node: "db1", Instance: "linux"},
		Message: "RAID array /dev/md2 has 1 failed device(s)", Value: 1,
		Metadata: map[string]any{
			"agentVersion": "5.0.12", "architecture": "amd64", "displayName": "Database 1", "hostId": "db1-machine", "hostname": "db1",
			"metric": "raid", "osName": "Debian", "osVersion": "12", "platform": "linux", "raidActiveDevices": 1, "raidDevice": "/dev/md2",
			"raidFailedDevices": 1, "raidLevel": "raid1", "raidSpareDevices": 0, "raidState": "clean, degraded", "raidTotalDevices": 2, "resourceType": "Host",
		},
		Began: at(t, "2026-11-23T05:31:51.866519985Z"), FiredAt: at(t, "2026-11-23T05:31:51.866520055Z"),
	}
	got := []alerts.Alert{alerts.Of(&raid, alert.Reading{}, false), alerts.Of(&cpu, reading, true)}
	if diff := cmp.Diff(recorded(t, "active-host-metric-and-raid"), encoded(t, got)); diff != "" {
		t.Errorf("active (-recorded +got):\n%s", diff)
	}

	cpu.Acknowledged, cpu.AcknowledgedBy = at(t, "2026-11-23T05:32:22.914249736Z"), "admin"
	reading.At, reading.Value = at(t, "2026-11-23T05:32:19.910236957Z"), 97
	reading.Metadata = map[string]any{}
	for name, value := range cpu.Metadata {
		reading.Metadata[name] = value
	}
	reading.Metadata["cpuUsagePercent"] = 97
	if diff := cmp.Diff(recorded(t, "active-acknowledged"), encoded(t, []alerts.Alert{alerts.Of(&cpu, reading, true)})); diff != "" {
		t.Errorf("acknowledged (-recorded +got):\n%s", diff)
	}
}

func TestIncidentLooksAsRecorded(t *testing.T) {
	cpu := cpuAlert(t)
	cpu.Acknowledged, cpu.AcknowledgedBy = at(t, "2026-11-23T05:32:22.922237207Z"), "alice"
	incident := journal.Incident{Alert: cpu}
	event := func(number uint64, kind alert.Kind, when, user string) alert.Event {
		return alert.Event{Number: number, At: at(t, when), Kind: kind, Identity: cpu.Identity, Alert: &cpu, User: user}
	}
	events := []alert.Event{
		event(2, alert.Fired, "2026-11-23T05:31:57.876156553Z", ""),
		event(5, alert.Acknowledged, "2026-11-23T05:32:22.914449783Z", "admin"),
		event(6, alert.Unacknowledged, "2026-11-23T05:32:22.916742141Z", ""),
		event(7, alert.Acknowledged, "2026-11-23T05:32:22.920885513Z", "admin"),
		event(8, alert.Acknowledged, "2026-11-23T05:32:22.922433478Z", "alice"),
	}
	if diff := cmp.Diff(recorded(t, "incident-timeline"), encoded(t, alerts.IncidentOf(&incident, events))); diff != "" {
		t.Errorf("incident (-recorded +got):\n%s", diff)
	}
}

func TestWhatIsOverSaysSo(t *testing.T) {
	cpu := cpuAlert(t)
	ended := cpu.FiredAt.Add(time.Hour)
	cpu.Subject.Kind = resource.KindHost
	incident := journal.Incident{Alert: cpu, EndedAt: ended, Ending: alert.ClearedByUs, EndedBy: "alice"}
	past := alerts.PastOf(&incident)
	if !past.LastSeen.Equal(ended) || past.ResolvedAt == nil || !past.ResolvedAt.Equal(ended) || past.Ending != "manual" || past.IncidentID != "inc-20261123053157-2" {
		t.Errorf("past is %+v", past)
	}
	events := []alert.Event{
		{Number: 9, At: ended, Kind: alert.Noted, Alert: &cpu, User: "bob", Note: "later"},
		{Number: 10, At: ended, Kind: alert.Resolved, Alert: &cpu, Ending: alert.ClearedByUs, User: "alice", Withheld: alert.ForQuietHours},
		{Number: 11, At: ended, Kind: alert.Pending},
	}
	shown := alerts.IncidentOf(&incident, events)
	if shown.Status != "resolved" || shown.ClosedAt == nil || !shown.ClosedAt.Equal(ended) || shown.ResourceType != "host" {
		t.Errorf("incident is %+v", shown)
	}
	want := []alerts.Event{
		{ID: "inc-evt-20261123063157-9", Type: "note", Timestamp: ended, Summary: "Note added by bob", Details: map[string]any{"user": "bob", "note": "later"}},
		{ID: "inc-evt-20261123063157-10", Type: "alert_resolved", Timestamp: ended, Summary: "Alert resolved: cleared by hand",
			Details: map[string]any{"ending": "manual", "user": "alice", "withheld": "quiet-hours"}},
	}
	if diff := cmp.Diff(want, shown.Events); diff != "" {
		t.Errorf("events (-want +got):\n%s", diff)
	}
}

func TestEveryKindOfEventIsSpoken(t *testing.T) {
	cpu := cpuAlert(t)
	cpu.Escalations = []time.Time{cpu.FiredAt, cpu.FiredAt}
	types := map[string]bool{}
	for kind, want := range map[alert.Kind]string{
		alert.Fired: "Alert triggered: cpu (critical 95.0 >= 80.0)", alert.Changed: "Alert changed: cpu (critical 95.0 >= 80.0)",
		alert.Told: "Alert still active: cpu (critical 95.0 >= 80.0)", alert.Escalated: "Alert escalated to level 2",
		alert.Acknowledged: "Alert acknowledged", alert.Unacknowledged: "Alert unacknowledged", alert.Resolved: "Alert resolved",
		alert.Flapping: "Alert comes and goes too often to notify", alert.Settled: "Alert has settled", alert.Noted: "Note added by unknown",
	} {
		got := alerts.TimelineOf([]alert.Event{{Number: 1, Kind: kind, Alert: &cpu}})
		if len(got) != 1 || got[0].Summary != want || types[got[0].Type] {
			t.Errorf("%s gave %+v, want %q", kind, got, want)
			continue
		}
		types[got[0].Type] = true
	}
	state := alert.Alert{Type: alert.RAID, Level: alert.Warning}
	if got := alerts.TimelineOf([]alert.Event{{Kind: alert.Fired, Alert: &state}})[0].Summary; got != "Alert triggered: raid (warning)" {
		t.Errorf("a state is spoken of as %q", got)
	}
}

func TestShortFormHasNoMore(t *testing.T) {
	cpu := cpuAlert(t)
	reading := alert.Reading{At: cpu.FiredAt, Value: 96, Message: "Host cpu at 96.0%", Subject: cpu.Subject}
	const want = `{"id":"host:db1-machine-cpu","type":"cpu","level":"critical","resourceId":"host:db1-machine","resourceName":"Database 1",` +
		`"node":"db1","instance":"linux","message":"Host cpu at 96.0%","value":96,"threshold":80,"startTime":"2026-11-23T05:31:51.866493867Z","acknowledged":false}`
	if got := string(alerts.ForState(&cpu, reading, true)); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	one := alerts.ForResource(&cpu, reading, true)
	if one.ID != cpu.ID || one.Value != 96 || one.Threshold != 80 || !one.StartTime.Equal(cpu.Began) || one.Type != "cpu" || one.Level != "critical" || one.Message != reading.Message {
		t.Errorf("for its resource it is %+v", one)
	}
}

// TestNothingOfAnAlertIsForgotten fails when an alert gets a field that nobody has decided about.
func TestNothingOfAnAlertIsForgotten(t *testing.T) {
	const known = "Identity ID Number Type Level Subject Value Trigger Clear Message Metadata Rule Began FiredAt Acknowledged AcknowledgedBy " +
		"ToldAt ToldLevel Withheld Escalations MonitorOnly Numeric HiddenBy Category"
	var names []string
	for i := range reflect.TypeFor[alert.Alert]().NumField() {
		names = append(names, reflect.TypeFor[alert.Alert]().Field(i).Name)
	}
	if got := strings.Join(names, " "); got != known {
		t.Errorf("alerts have %s: say how the new one is shown, or that it is not", got)
	}
}

func TestNumbersThatJSONHasNoWordFor(t *testing.T) {
	a := alert.Alert{ID: "a", Value: math.NaN(), Trigger: math.Inf(1), Metadata: map[string]any{"x": math.NaN(), "y": math.Inf(-1), "z": 1.0}}
	got := encoded(t, alerts.Of(&a, alert.Reading{}, false)).(map[string]any)
	if got["value"] != 0.0 || got["threshold"] != 0.0 || cmp.Diff(map[string]any{"z": 1.0}, got["metadata"]) != "" {
		t.Errorf("got %v", got)
	}
	if len(a.Metadata) != 3 {
		t.Error("the metadata of the alert itself was changed")
	}
}

// series answers every query with what it has of the names.
type series struct {
	results []metrics.Result
	asked   metrics.Query
	err     error
}

func (s *series) Select(_ context.Context, q metrics.Query) ([]metrics.Result, error) {
	s.asked = q
	return s.results, s.err
}

func result(name string, points ...metrics.Point) metrics.Result {
	return metrics.Result{Series: metrics.Series{Name: name}, Points: points}
}

func TestSamplesAreInTheUnitOfTheAlert(t *testing.T) {
	point := func(at int64, value float64) metrics.Point {
		return metrics.Point{At: at, Avg: value, Min: value, Max: value}
	}
	tests := []struct {
		name    string
		kind    alert.Type
		part    string
		results []metrics.Result
		want    []alerts.Sample
	}{
		{"a ratio", alert.CPU, "", []metrics.Result{result(metrics.CPUUsageRatio, point(1000, 0.5), point(2000, 0.75))}, []alerts.Sample{{1000, 50}, {2000, 75}}},
		{"a rate", alert.NetworkIn, "", []metrics.Result{result(metrics.NetworkReceiveRate, point(1000, 3<<20))}, []alerts.Sample{{1000, 3}}},
		{"a temperature", alert.Temperature, "", []metrics.Result{result(metrics.TemperatureCelsius, point(1000, 81))}, []alerts.Sample{{1000, 81}}},
		{"a storage", alert.Usage, "", []metrics.Result{result(metrics.DiskUsageRatio, point(1000, 0.5))}, []alerts.Sample{{1000, 50}}},
		{"a file system", alert.Disk, "/var", []metrics.Result{
			result(metrics.FilesystemTotalBytes, point(1000, 200), point(3000, 0)),
			result(metrics.FilesystemUsedBytes, point(1000, 150), point(2000, 160), point(3000, 1)),
		}, []alerts.Sample{{1000, 75}}},
		{"nothing stored", alert.Memory, "", nil, []alerts.Sample{}},
		{"a state", alert.RAID, "", nil, []alerts.Sample{}},
	}
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	for _, tt := range tests {
		a := alert.Alert{Identity: alert.IdentityOf("k", tt.kind, tt.part), Type: tt.kind, Subject: alert.Subject{Key: "k"}, Began: now, FiredAt: now}
		got, err := alerts.ReadSamples(t.Context(), &series{results: tt.results}, &a, now)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.name, diff)
		}
	}
}

func TestSamplesAreFromAroundTheBeginning(t *testing.T) {
	fired := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	for _, tt := range []struct {
		name       string
		began, now time.Time
		from, to   time.Time
		step       int64
	}{
		{"long ago", fired.Add(-time.Minute), fired.Add(time.Hour), fired.Add(-31 * time.Minute), fired.Add(30 * time.Minute), 20_000},
		{"just now", fired, fired.Add(time.Second), fired.Add(-30 * time.Minute), fired.Add(time.Second), 10_000},
		{"a long delay", fired.Add(-24 * time.Hour), fired.Add(time.Hour), fired.Add(-24*time.Hour - 30*time.Minute), fired.Add(30 * time.Minute), 460_000},
	} {
		a := alert.Alert{Type: alert.CPU, Subject: alert.Subject{Key: "k"}, Began: tt.began, FiredAt: fired}
		s := &series{}
		if _, err := alerts.ReadSamples(t.Context(), s, &a, tt.now); err != nil {
			t.Fatal(err)
		}
		want := metrics.Query{Names: []string{metrics.CPUUsageRatio}, Resources: []string{"k"}, From: tt.from.UnixMilli(), To: tt.to.UnixMilli(), Step: tt.step}
		if diff := cmp.Diff(want, s.asked); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.name, diff)
		}
		if n := (s.asked.To-s.asked.From)/s.asked.Step + 2; n > 200 {
			t.Errorf("%s may have %d samples", tt.name, n)
		}
	}
}

func TestUnreadableSamplesAreAnError(t *testing.T) {
	cpu := cpuAlert(t)
	got, err := alerts.ReadSamples(t.Context(), &series{err: metrics.ErrReplaying}, &cpu, cpu.FiredAt)
	if !errors.Is(err, metrics.ErrReplaying) || got == nil {
		t.Errorf("got %v and %v", got, err)
	}
}

func BenchmarkForState(b *testing.B) {
	a := alert.Alert{ID: "host:db1-machine-cpu", Type: alert.CPU, Level: alert.Critical, Message: "Host cpu at 95.0%", Began: time.Now()}
	b.ReportAllocs()
	for b.Loop() {
		alerts.ForState(&a, alert.Reading{}, false)
	}
}
