package mqtt

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/pulse-hub/pulse/sdk"
	"github.com/pulse-hub/pulse/sdk/notification"
)

// publication is one message to the broker.
type publication struct {
	topic   string
	payload []byte // nothing, if retained, makes the broker forget what it keeps
	retain  bool
}

// plan collects what is to be published. The first error is kept.
type plan struct {
	config *config
	list   []publication
	err    error
}

// add adds a value as JSON.
func (p *plan) add(topic string, value any, retain bool) {
	data, err := json.Marshal(value)
	if err != nil && p.err == nil {
		p.err = fmt.Errorf("encode payload: %w", err)
	}
	p.list = append(p.list, publication{topic: topic, payload: data, retain: retain})
}

// state adds a word, which is kept.
func (p *plan) state(topic, word string) {
	p.list = append(p.list, publication{topic: topic, payload: []byte(word), retain: true})
}

// forget makes the broker forget what it keeps under a topic.
func (p *plan) forget(topic string) {
	p.list = append(p.list, publication{topic: topic, retain: true})
}

func (p *plan) topic(levels ...string) string {
	if p.config.TopicPrefix != "" {
		levels = append([]string{p.config.TopicPrefix}, levels...)
	}
	return strings.Join(levels, "/")
}

// message plans a message: what it says, each alert, and the state of each.
// A test or a piece of news changes no state.
func (p *plan) message(m *sdk.Notification) {
	p.add(p.topic("message"), announcementOf(m), false)
	lasting := m.Phase == notification.PhaseFiring
	for i := range m.Alerts {
		a := &m.Alerts[i]
		topic := p.topic("alert", level(a.ID))
		p.add(topic, alertOf(m, a), p.config.Retain && lasting)
		switch {
		case lasting:
			p.state(topic+"/state", "firing")
		case isOver(m):
			// Who listens hears that it is over; who comes later finds nothing.
			p.list = append(p.list, publication{topic: topic + "/state", payload: []byte("resolved")})
			p.forget(topic + "/state")
			p.forget(topic)
		}
	}
}

// sensors plans the sensors of the resources a message is about. lasting
// holds the alerts that each of them has now, by resource id.
func (p *plan) sensors(m *sdk.Notification, lasting map[string][]string) {
	done := map[string]bool{}
	for i := len(m.Alerts) - 1; i >= 0; i-- { // the last one is the latest
		a := &m.Alerts[i]
		if done[a.ResourceID] {
			continue
		}
		done[a.ResourceID] = true
		p.sensor(m, a, len(lasting[a.ResourceID]))
	}
}

// sensor shows a resource as a problem, or removes it when it has no alerts.
func (p *plan) sensor(m *sdk.Notification, a *sdk.Alert, alerts int) {
	name := "pulse_" + hash(a.ResourceID)
	discovery := strings.Join([]string{p.config.Discovery, "binary_sensor", name, "config"}, "/")
	base := p.topic("resource", level(a.ResourceID))
	if alerts == 0 {
		p.state(base+"/problem", "OFF")
		p.forget(discovery)
		p.forget(base + "/problem")
		p.forget(base + "/attributes")
		return
	}
	p.add(discovery, sensor{
		Name: cut(a.ResourceName), UniqueID: name, DeviceClass: "problem",
		StateTopic: base + "/problem", AttributesTopic: base + "/attributes",
		Device: device{Identifiers: []string{"pulse"}, Name: "Pulse", Manufacturer: "Pulse", URL: webAddress(m.HubURL)},
		Origin: origin{Name: "Pulse"},
	}, true)
	if !isOver(m) { // else what is known is of an alert that is over
		p.add(base+"/attributes", problem{
			Resource: cut(a.ResourceName), Kind: a.ResourceKind, Node: cut(a.Node), Level: a.Severity, Message: cut(a.Message),
			Alerts: alerts, Since: a.Started.UTC(), Link: cut(m.Link),
		}, true)
	}
	p.state(base+"/problem", "ON")
}

// webAddress returns a URL that Home Assistant takes for one, or nothing.
func webAddress(url string) string {
	if strings.HasPrefix(url, "http://") || strings.HasPrefix(url, "https://") {
		return url
	}
	return ""
}
