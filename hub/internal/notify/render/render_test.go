package render_test

import (
	"encoding/json"
	"flag"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"

	"github.com/pulse-hub/pulse/hub/internal/alert"
	"github.com/pulse-hub/pulse/hub/internal/notify/render"
	"github.com/pulse-hub/pulse/hub/internal/view/notifications"
	"github.com/pulse-hub/pulse/sdk/notification"
	"github.com/pulse-hub/pulse/sdk/wire"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func start() time.Time { return time.Date(2026, 11, 23, 5, 31, 51, 0, time.UTC) }

func cpu(name string, level alert.Level) *alert.Event {
	return &alert.Event{
		Number: 1, At: start().Add(10 * time.Second), Kind: alert.Fired,
		Alert: &alert.Alert{
			ID: "lab:pve1:" + name + "-cpu", Number: 1, Type: alert.CPU, Level: level, Value: 91.23, Trigger: 80,
			Subject: alert.Subject{ID: "lab:pve1:" + name, Name: name, Node: "pve1", Instance: "lab", Kind: "vm", Tags: []string{"prod", "web"}},
			Message: "VM cpu at 91.2%", Metadata: map[string]any{"metric": "cpu"}, Began: start(), FiredAt: start().Add(10 * time.Second),
		},
	}
}

func raid() *alert.Event {
	e := cpu("nas", alert.Critical)
	a := e.Alert
	a.ID, a.Type, a.Value, a.Trigger = "host-nas-raid-md2", alert.RAID, 1, 0
	a.Subject.Name, a.Subject.Node, a.Subject.Kind, a.Subject.Tags = "NAS – /dev/md2 (raid1)", "nas", "host", nil
	a.Message = "RAID array /dev/md2 has 1 failed device(s)"
	return e
}

func over(e *alert.Event, ending alert.Ending) *alert.Event {
	e.Kind, e.Ending, e.At = alert.Resolved, ending, start().Add(2*time.Hour+5*time.Minute)
	return e
}

func many(n int) []*alert.Event {
	var events []*alert.Event
	for i := range n {
		level := alert.Warning
		if i < 12 {
			level = alert.Critical
		}
		events = append(events, cpu("vm"+string(rune('a'+i%26))+string(rune('a'+i/26)), level))
	}
	return events
}

func TestMessagesLookAsReviewed(t *testing.T) {
	for name, in := range map[string]render.Input{
		"firing":    {Phase: notification.PhaseFiring, Events: []*alert.Event{cpu("web", alert.Warning)}},
		"grouped":   {Phase: notification.PhaseFiring, Events: []*alert.Event{raid(), cpu("web", alert.Warning)}},
		"storm":     {Phase: notification.PhaseFiring, Events: many(37)},
		"escalated": {Phase: notification.PhaseFiring, Escalation: 2, Events: []*alert.Event{cpu("web", alert.Critical)}},
		"resolved":  {Phase: notification.PhaseResolved, Events: []*alert.Event{over(cpu("web", alert.Critical), alert.Cleared)}},
		"resolved-grouped": {Phase: notification.PhaseResolved, Events: []*alert.Event{
			over(cpu("web", alert.Warning), alert.Cleared), over(raid(), alert.Removed),
		}},
		"digest": {Phase: notification.PhaseInfo, Digest: "Hourly", Events: []*alert.Event{
			cpu("web", alert.Warning), over(cpu("db", alert.Warning), alert.Cleared),
		}},
	} {
		t.Run(name, func(t *testing.T) {
			in.DeliveryID, in.HubURL, in.Values = "0123456789abcdef", "https://pulse.example.com/", notifications.Values
			m := render.Message(&in)
			shown := *m
			shown.Text, shown.Markdown = "", ""
			if len(shown.Alerts) > 3 {
				shown.Alerts = shown.Alerts[:3]
			}
			fields, err := json.MarshalIndent(shown, "", "  ")
			if err != nil {
				t.Fatal(err)
			}
			golden(t, name, string(fields)+"\n--- text\n"+m.Text+"--- markdown\n"+m.Markdown)
		})
	}
	t.Run("test", func(t *testing.T) {
		m := render.Test("test-1", "https://pulse.example.com", "Mail *to* all", start())
		golden(t, "test", m.Title+"\n"+m.Text+"\n"+m.Markdown+"\n"+m.Link+"\n")
	})
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name+".golden")
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestWithoutAURLThereIsNoLink(t *testing.T) {
	m := render.Message(&render.Input{Phase: notification.PhaseFiring, Events: []*alert.Event{cpu("web", alert.Warning)}, Values: notifications.Values})
	if m.Link != "" || m.HubURL != "" || strings.Contains(m.Markdown, "Open in Pulse") {
		t.Errorf("message is %+v", m)
	}
}

// FuzzNames gives resources names that mean something elsewhere: what people read stays one line each, and all of it can
// be sent.
func FuzzNames(f *testing.F) {
	for _, name := range []string{
		`"quoted"`, "two\nlines\r\n", "{{.Secret}}", strings.Repeat("x", 10_000), "שרת \u202Eevil", "a\x00b\xff", "[x](http://evil) <b>*", "", "\u2028",
	} {
		f.Add(name, "message of "+name, name, 91.2)
	}
	f.Add("web", "cpu", "pve", math.NaN())
	f.Fuzz(func(t *testing.T, name, message, node string, value float64) {
		e, end := cpu("web", alert.Critical), over(cpu("db", alert.Warning), alert.Removed)
		for _, one := range []*alert.Event{e, end} {
			one.Alert.Subject.Name, one.Alert.Message, one.Alert.Subject.Node, one.Alert.Value = name, message, node, value
			one.Alert.ID, one.Alert.Metadata = name, map[string]any{name: message, "value": value, "bad": func() {}}
			one.Alert.Subject.Tags = []string{node}
		}
		for _, in := range []render.Input{
			{Phase: notification.PhaseFiring, Events: []*alert.Event{e}}, {Phase: notification.PhaseResolved, Events: []*alert.Event{end}},
			{Phase: notification.PhaseInfo, Digest: "Daily", Events: []*alert.Event{e, end}},
		} {
			in.HubURL, in.Values = "https://pulse.example.com", notifications.Values
			m := render.Message(&in)
			check(t, m, len(in.Events))
		}
	})
}

func check(t *testing.T, m *notification.Message, alerts int) {
	t.Helper()
	for _, text := range []string{m.Title, m.Text, m.Markdown} {
		if !utf8.ValidString(text) {
			t.Errorf("not UTF-8: %q", text)
		}
		if strings.ContainsFunc(text, func(r rune) bool {
			return r != '\n' && unicode.IsControl(r) || r >= 0x202A && r <= 0x202E || r >= 0x2066 && r <= 0x2069
		}) {
			t.Errorf("control characters in %q", text)
		}
	}
	if strings.Contains(m.Title, "\n") || m.Title == "" || len(m.Title) > 2000 {
		t.Errorf("title is %q", m.Title)
	}
	// A line for the title, an empty one, one for each alert, an empty one and the link.
	if lines := strings.Count(m.Text, "\n"); lines != alerts+4 {
		t.Errorf("%d lines in %q", lines, m.Text)
	}
	if lines := strings.Count(m.Markdown, "\n"); lines != alerts+4 {
		t.Errorf("%d lines in %q", lines, m.Markdown)
	}
	if len(m.Text) > 10_000 || len(m.Markdown) > 20_000 {
		t.Errorf("%d and %d bytes of text", len(m.Text), len(m.Markdown))
	}
	for _, a := range m.Alerts {
		if a.Metadata != "" && !json.Valid([]byte(a.Metadata)) {
			t.Errorf("metadata is %q", a.Metadata)
		}
	}
	if _, err := json.Marshal(m); err != nil {
		t.Errorf("encode as JSON: %v", err)
	}
	if _, err := proto.Marshal(wire.EncodeNotification("x", m)); err != nil {
		t.Errorf("encode for a plugin: %v", err)
	}
}

func TestTimesThatCannotBeSaidAreLeftOut(t *testing.T) {
	e := cpu("web", alert.Warning)
	e.Alert.Began = time.Unix(1<<40, 0)
	m := render.Message(&render.Input{Phase: notification.PhaseFiring, Events: []*alert.Event{e}, Values: notifications.Values})
	if _, err := json.Marshal(m); err != nil || !m.Alerts[0].Started.IsZero() {
		t.Errorf("started is %v, %v", m.Alerts[0].Started, err)
	}
}

func BenchmarkMessage(b *testing.B) {
	in := render.Input{Phase: notification.PhaseFiring, Events: many(500), HubURL: "https://pulse.example.com", Values: notifications.Values}
	b.ReportAllocs()
	for b.Loop() {
		render.Message(&in)
	}
}
