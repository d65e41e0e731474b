package webhook

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/pulse-hub/pulse/sdk/notification"
)

// hostile are names that somebody could give to a guest.
func hostile() []string {
	return []string{
		`"`, `\`, `","level":"info","x":"`, "line\nbreak\r\n\ttab", "{{.Message}}{{", "}}", strings.Repeat("x", 10<<10),
		strings.Repeat(`"\`, 5<<10), "\u202eright-to-left\u2066", "مرحبا", strings.Repeat("שלום ", 500), "\x00\x1b[31m\xff\xfe",
		"*_`[](x)~~||<!channel> <@U1> @everyone", "# head\n- item\n> quote", "</script>&amp;", "😀", "true", "null", "1e9", "{}", "[1]", "",
		"\u2028\u2029", "a'b", "%s%d%!",
	}
}

// hostileMessage has the name wherever a message has a text from outside.
func hostileMessage(name, phase string, alerts int) *notification.Message {
	m := &notification.Message{
		DeliveryID: "d-1", Title: name, Text: name, Markdown: name, Severity: "critical", Phase: phase, Escalation: len(name) % 2,
		HubURL: "https://pulse.example.net", Link: "https://pulse.example.net/?q=" + name,
	}
	metadata, err := json.Marshal(map[string]string{name: name, "resourceType": name})
	if err != nil {
		metadata = nil
	}
	for range alerts {
		m.Alerts = append(m.Alerts, notification.Alert{
			ID: name, Rule: name, ResourceID: name, ResourceName: name, ResourceKind: name, Node: name, Instance: name,
			Severity: "warning", Message: name, ValueText: name, ThresholdText: name, Labels: map[string]string{name: name},
			Acknowledged: told, AcknowledgedBy: name, Started: began, Ended: told, Metadata: string(metadata),
		})
	}
	return m
}

// ownTemplates are templates that operators could write.
func ownTemplates() []string {
	return []string{
		`{"n":"{{.ResourceName}}","m":"{{.Message | upper}}","p":"{{printf "%s/%s" .Node .Type}}"}`,
		`{"n":{{.ResourceName}},"m":{{.Metadata}},"j":{{json .Alerts}},"l":"{{.Labels}}"}`,
		`{"l":[{{range $i, $a := .Alerts}}{{if $i}},{{end}}{"n":"{{$a.ResourceName}}","q":{{printf "%q" $a.Message}}}{{end}}]}`,
		`{{define "one"}}"{{.}}"{{end}}{"a":{{template "one" .ResourceName}},"e":"\"{{.ID}}\\{{urlquery .ID}}"}`,
	}
}

// FuzzHostileNames renders every payload of a message that consists of one text.
func FuzzHostileNames(f *testing.F) {
	kinds := kinds()
	for _, name := range hostile() {
		for kind := range kinds {
			f.Add(name, uint8(kind))
		}
	}
	var channels []*channel
	for _, service := range services() {
		channels = append(channels, open(f, configFor(service, "http://127.0.0.1")))
	}
	for _, template := range ownTemplates() {
		c := configFor(serviceGeneric, "http://127.0.0.1")
		c.Template = template
		channels = append(channels, open(f, c))
	}
	f.Fuzz(func(t *testing.T, name string, kind uint8) {
		m := kinds[int(kind)%len(kinds)](name)
		for _, c := range channels {
			checkPayload(t, c, m)
		}
	})
}

// kinds make messages of one text: each phase without, with one, and with several alerts.
func kinds() []func(name string) *notification.Message {
	var all []func(string) *notification.Message
	for _, phase := range []string{notification.PhaseFiring, notification.PhaseResolved, notification.PhaseTest, notification.PhaseInfo} {
		for _, alerts := range []int{0, 1, 3} {
			all = append(all, func(name string) *notification.Message { return hostileMessage(name, phase, alerts) })
		}
	}
	return all
}

// limits are how long the texts of services may be, in characters.
func limits() map[string]map[string]int {
	return map[string]map[string]int{
		serviceDiscord:   {"title": 256, "description": 4096, "value": 1024},
		serviceSlack:     {"text": 3000},
		serviceTelegram:  {"text": 4096},
		servicePagerDuty: {"summary": 1024, "dedup_key": 255},
		servicePushover:  {"message": 1024, "title": 250},
	}
}

func checkPayload(t *testing.T, c *channel, m *notification.Message) {
	t.Helper()
	d := newData(m, c.settings, told)
	body, err := c.render(d)
	if err != nil {
		t.Fatalf("%s, %s of %d alerts: %v", c.settings.service, m.Phase, len(m.Alerts), err)
	}
	if c.settings.service == serviceNtfy {
		checkText(t, body)
		return
	}
	var sent any
	if err := json.Unmarshal(body, &sent); err != nil {
		t.Fatalf("%s, %s of %d alerts: %v in %.2000s", c.settings.service, m.Phase, len(m.Alerts), err, body)
	}
	checkLengths(t, c.settings.service, sent)
}

// checkText checks a message of ntfy, which becomes a file above 4096 bytes.
func checkText(t *testing.T, body []byte) {
	t.Helper()
	if len(body) > 4096 || !utf8.Valid(body) || strings.ContainsAny(string(body), "\x00\x1b\u202e") {
		t.Errorf("not fit to be read: %d bytes: %.300q", len(body), body)
	}
}

func checkLengths(t *testing.T, service string, value any) {
	t.Helper()
	switch v := value.(type) {
	case map[string]any:
		for name, member := range v {
			text, ok := member.(string)
			if limit := limits()[service][name]; ok && limit > 0 && utf8.RuneCountInString(text) > limit {
				t.Errorf("%s: %s has %d characters: %.100q", service, name, utf8.RuneCountInString(text), text)
			}
			checkLengths(t, service, member)
		}
	case []any:
		for _, item := range v {
			checkLengths(t, service, item)
		}
	}
}

// TestAHostileNameStaysAName checks that a name arrives as it is, and changes no other member.
func TestAHostileNameStaysAName(t *testing.T) {
	r := receive(t, nil)
	c := configFor(serviceGeneric, r.URL)
	c.Template = `{"name":"{{.ResourceName}}","level":"{{.Level}}"}`
	opened := open(t, c)
	for _, name := range hostile() {
		body, err := opened.render(newData(hostileMessage(name, notification.PhaseFiring, 1), opened.settings, told))
		if err != nil {
			t.Fatal(err)
		}
		var sent map[string]string
		if err := json.Unmarshal(body, &sent); err != nil {
			t.Fatal(err)
		}
		if len(sent) != 2 || sent["name"] != strings.ToValidUTF8(name, "\ufffd") && utf8.ValidString(name) {
			t.Errorf("%.50q arrives as %.50q", name, sent["name"])
		}
	}
}
