package mqtt

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"math"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/eclipse/paho.golang/paho"
	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/go-hclog"

	"github.com/pulse-hub/pulse/sdk"
	"github.com/pulse-hub/pulse/sdk/fault"
	"github.com/pulse-hub/pulse/sdk/notification"
)

var update = flag.Bool("update", false, "write the golden files")

func at() time.Time { return time.Date(2026, 11, 23, 18, 30, 0, 0, time.UTC) }

func cpu() sdk.Alert {
	return sdk.Alert{
		ID: "pve1:101-cpu", Rule: "cpu", ResourceID: "pve1:101", ResourceName: "web-1", ResourceKind: "vm", Node: "pve1",
		Instance: "home", Severity: "critical", Message: "VM cpu at 97.2%", Value: 97.2, Threshold: 80,
		ValueText: "97.2%", ThresholdText: "80%", Started: at().Add(-10 * time.Minute), LastSeen: at(),
		Metadata: `{"resourceType":"VM"}`, Labels: map[string]string{"team": "web"},
	}
}

func memory() sdk.Alert {
	a := cpu()
	a.ID, a.Rule, a.Severity, a.Message, a.ValueText = "pve1:101-memory", "memory", "warning", "VM memory at 91.0%", "91.0%"
	a.Value, a.Metadata, a.Labels = 91, "", nil
	return a
}

func message(phase string, alerts ...sdk.Alert) *sdk.Notification {
	m := &sdk.Notification{
		DeliveryID: "01KAN9X4DS", Title: "web-1 is in trouble", Text: "Critical: VM cpu at 97.2% on web-1", Severity: "critical",
		Phase: phase, Alerts: alerts, Link: "https://pulse.example.com/alerts", HubURL: "https://pulse.example.com",
	}
	for i := range alerts {
		if phase == notification.PhaseResolved {
			m.Alerts[i].Ended = at()
		}
	}
	return m
}

func open(t testing.TB, c config) *notifier {
	t.Helper()
	c.Instance.Log = hclog.NewNullLogger()
	n, err := newNotifier(c)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// TestWhatIsPublishedIsWhatItWas sends the messages of an alert's life one
// after the other and writes down what listeners hear, and what is kept for
// those who come later.
func TestWhatIsPublishedIsWhatItWas(t *testing.T) {
	b := startMosquitto(t)
	c := b.config()
	c.Retain = true
	n, ear := open(t, c), b.listen(t)
	escalated := message(notification.PhaseFiring, cpu())
	escalated.Escalation = 2
	for _, step := range []struct {
		name string
		m    *sdk.Notification
	}{
		{"1-firing", message(notification.PhaseFiring, cpu())},
		{"2-grouped", message(notification.PhaseFiring, cpu(), memory())},
		{"3-escalated", escalated},
		{"4-resolved-one", message(notification.PhaseResolved, memory())},
		{"5-resolved", message(notification.PhaseResolved, cpu())},
		{"6-test", message(notification.PhaseTest, cpu())},
		{"7-info", message(notification.PhaseInfo)},
	} {
		if err := n.Send(t.Context(), step.m); err != nil {
			t.Fatalf("%s: %v", step.name, err)
		}
		heard, kept := ear.all(t), b.listen(t).all(t)
		slices.SortFunc(kept, func(a, b *paho.Publish) int { return strings.Compare(a.Topic, b.Topic) })
		text := "heard:\n" + written(heard) + "kept:\n" + written(kept)
		golden(t, step.name+".txt", text)
	}
	if kept := b.listen(t).all(t); len(kept) != 0 {
		t.Errorf("the broker still keeps\n%s", written(kept))
	}
}

func written(list []*paho.Publish) string {
	var b strings.Builder
	for _, p := range list {
		kept := ""
		if p.Retain {
			kept = " (kept)"
		}
		fmt.Fprintf(&b, "  %s%s\n", p.Topic, kept)
		var pretty bytes.Buffer
		if json.Indent(&pretty, p.Payload, "    ", "  ") != nil || !strings.HasPrefix(pretty.String(), "{") {
			pretty.Reset()
			fmt.Fprintf(&pretty, "%q", p.Payload)
		}
		fmt.Fprintf(&b, "    %s\n", pretty.String())
	}
	return b.String()
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(got, "\n")); diff != "" {
		t.Errorf("%s: file (-) and published (+) differ; review, then run the test with -update:\n%s", path, diff)
	}
}

func TestEveryWayLeadsToTheBroker(t *testing.T) {
	b := startMosquitto(t)
	for _, url := range []string{
		fmt.Sprintf("mqtt://127.0.0.1:%d", b.plain), fmt.Sprintf("mqtts://127.0.0.1:%d", b.tls), fmt.Sprintf("ws://127.0.0.1:%d/mqtt", b.websocket),
	} {
		for qos := range 3 {
			c := b.config()
			c.URL, c.QoS, c.Discovery, c.TopicPrefix = url, qos, "", fmt.Sprintf("try%d", qos)
			n, ear := open(t, c), b.listen(t)
			if err := n.Send(t.Context(), message(notification.PhaseTest)); err != nil {
				t.Fatalf("%s with quality %d: %v", url, qos, err)
			}
			heard := ear.all(t)
			if len(heard) != 1 || heard[0].Topic != c.TopicPrefix+"/message" || string(heard[0].Properties.CorrelationData) != "01KAN9X4DS" {
				t.Errorf("%s with quality %d: heard\n%s", url, qos, written(heard))
			}
		}
	}
}

func TestWhatGoesWrongIsDecided(t *testing.T) {
	b := startMosquitto(t)
	for _, tt := range []struct {
		name   string
		change func(*config)
		want   fault.Error
		text   string
	}{
		{"wrong password", func(c *config) { c.Password = "something else" }, fault.Error{Code: fault.CodeAuth}, ""},
		{"no login", func(c *config) { c.Username, c.Password = "", "" }, fault.Error{Code: fault.CodeAuth}, ""},
		{"topic that is not permitted", func(c *config) { c.TopicPrefix = "forbidden" }, fault.Error{Code: fault.CodeAuth}, "permit"},
		{"unknown authority", func(c *config) {
			c.URL, c.CACertificate = fmt.Sprintf("mqtts://127.0.0.1:%d", b.tls), ""
		}, fault.Error{Code: fault.CodeRejected}, "unknown authority"},
		{"nobody there", func(c *config) { c.URL = "mqtt://127.0.0.1:1" }, fault.Error{Transient: true}, "connect"},
		{"no websocket", func(c *config) { c.URL = fmt.Sprintf("ws://127.0.0.1:%d/?key=hidden-key", b.plain) }, fault.Error{Transient: true}, "connect"},
		{"metadata service", func(c *config) { c.URL = "mqtt://169.254.169.254" }, fault.Error{Code: fault.CodeRejected}, "refused"},
	} {
		c := b.config()
		tt.change(&c)
		err := open(t, c).Send(t.Context(), message(notification.PhaseFiring, cpu()))
		got := fault.Of(err)
		if err == nil || got.Code != tt.want.Code || got.Transient != tt.want.Transient || !strings.Contains(err.Error(), tt.text) {
			t.Errorf("%s: got %v (%+v)", tt.name, err, got)
		}
		if err != nil && (strings.Contains(err.Error(), testPassword) || strings.Contains(err.Error(), "hidden-key")) {
			t.Errorf("%s: a secret is told: %v", tt.name, err)
		}
	}
}

// brokerThat runs a broker of one connection that answers the first packet with some bytes.
func brokerThat(t *testing.T, answer []byte, reached chan<- struct{}) config {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		conn, err := listener.Accept()
		if err != nil {
			return
		}
		defer conn.Close()
		_, _ = conn.Read(make([]byte, 1024))
		_, _ = conn.Write(answer)
		if reached != nil {
			close(reached)
			_, _ = io.Copy(io.Discard, conn) // until the other side gives up
		}
	}()
	t.Cleanup(func() { listener.Close(); <-ended })
	return config{URL: "mqtt://" + listener.Addr().String()}
}

func TestOddBrokers(t *testing.T) {
	for _, tt := range []struct {
		name      string
		answer    []byte
		transient bool
	}{
		{"says nothing", nil, true},
		{"speaks something else", []byte("HTTP/1.1 400 Bad Request\r\n\r\n"), true},
		{"is busy", []byte{0x20, 3, 0, codeBusy, 0}, true},
		{"speaks another version", []byte{0x20, 3, 0, codeVersion, 0}, false},
	} {
		err := open(t, brokerThat(t, tt.answer, nil)).Send(t.Context(), message(notification.PhaseTest))
		if err == nil || fault.Of(err).Transient != tt.transient {
			t.Errorf("a broker that %s: got %v", tt.name, err)
		}
	}
}

func TestABrokerThatHangsIsLeft(t *testing.T) {
	reached := make(chan struct{})
	n := open(t, brokerThat(t, nil, reached))
	ctx, cancel := context.WithCancelCause(t.Context())
	over := errors.New("the test is over")
	go func() { <-reached; cancel(over) }()
	if err := n.Send(ctx, message(notification.PhaseTest)); !errors.Is(err, over) {
		t.Errorf("got %v", err)
	}
}

func TestLastingAlerts(t *testing.T) {
	var l lasting
	l = l.after(message(notification.PhaseFiring, cpu(), memory(), cpu()))
	if diff := cmp.Diff(lasting{"pve1:101": {"pve1:101-cpu", "pve1:101-memory"}}, l); diff != "" {
		t.Error(diff)
	}
	l = l.after(message(notification.PhaseResolved, cpu()))
	l = l.after(message(notification.PhaseResolved, cpu()))
	if diff := cmp.Diff(lasting{"pve1:101": {"pve1:101-memory"}}, l); diff != "" {
		t.Error(diff)
	}
	if l = l.after(message(notification.PhaseResolved, memory())); len(l) != 0 {
		t.Errorf("got %v, want nothing", l)
	}
	full := lasting{}.fill(maxLasting)
	if l = full.after(message(notification.PhaseFiring, cpu())); len(l) != maxLasting {
		t.Errorf("got %d resources, want %d", len(l), maxLasting)
	}
}

// fill adds made-up resources.
func (l lasting) fill(n int) lasting {
	for i := range n {
		l[fmt.Sprint(i)] = []string{"a"}
	}
	return l
}

func TestLevels(t *testing.T) {
	for id, want := range map[string]string{
		"pve1:101-cpu": "pve1:101-cpu", "a/b": "a%2Fb", "a+#$": "a%2B%23%24", "50%": "50%25", "é": "%C3%A9", "\x00": "%00",
		"": "sha256:" + hash(""), strings.Repeat("x", 201): "sha256:" + hash(strings.Repeat("x", 201)),
	} {
		if got := level(id); got != want {
			t.Errorf("%q: got %q, want %q", id, got, want)
		}
	}
}

// FuzzPlan plans messages about things with hostile names.
func FuzzPlan(f *testing.F) {
	f.Add(`"quoted"`, "two\nlines", "{{.}}", 1.5)
	f.Add(strings.Repeat("long ", 4000), "\u202eright to left", "+/#/$SYS\x00", math.Inf(1))
	f.Add("", "\xff\xfe", "null", math.NaN())
	c := config{TopicPrefix: "pulse", Discovery: "homeassistant", Retain: true}
	f.Fuzz(func(t *testing.T, name, id, text string, value float64) {
		for _, phase := range []string{notification.PhaseFiring, notification.PhaseResolved, notification.PhaseTest} {
			a := sdk.Alert{ID: id, ResourceID: name, ResourceName: name, Message: text, Metadata: text, Value: value, Labels: map[string]string{id: text}}
			m := message(phase, a)
			m.Title, m.Link, m.HubURL = text, name, name
			p := plan{config: &c}
			p.message(m)
			p.sensors(m, lasting{}.after(m))
			if p.err != nil {
				t.Fatal(p.err)
			}
			for _, one := range p.list {
				if strings.ContainsAny(one.topic, "+#\x00") || len(one.topic) > 65535 || strings.Contains(one.topic, "//") {
					t.Fatalf("topic %q", one.topic)
				}
				word := slices.Contains([]string{"", "ON", "OFF", "firing", "resolved"}, string(one.payload))
				if !word && !json.Valid(one.payload) {
					t.Fatalf("payload %q", one.payload)
				}
			}
		}
	})
}

// FuzzDecodeLasting reads what the hub may have kept.
func FuzzDecodeLasting(f *testing.F) {
	f.Add([]byte(`{"pve1:101":["pve1:101-cpu"]}`))
	f.Add([]byte(`null`))
	f.Add([]byte(`{"a":null}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		l, err := decodeLasting(data)
		if err != nil {
			return
		}
		encoded, err := json.Marshal(l.after(message(notification.PhaseFiring, cpu())))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := decodeLasting(encoded); err != nil {
			t.Fatal(err)
		}
	})
}

func BenchmarkPlan(b *testing.B) {
	c := config{TopicPrefix: "pulse", Discovery: "homeassistant"}
	m := message(notification.PhaseFiring, cpu(), memory())
	b.ReportAllocs()
	for b.Loop() {
		p := plan{config: &c}
		p.message(m)
		p.sensors(m, lasting{}.after(m))
		if p.err != nil {
			b.Fatal(p.err)
		}
	}
}
