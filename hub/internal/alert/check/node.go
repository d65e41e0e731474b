package check

import (
	"fmt"
	"time"

	"github.com/pulse-hub/pulse/hub/internal/alert"
	"github.com/pulse-hub/pulse/hub/internal/alert/policy"
	"github.com/pulse-hub/pulse/hub/internal/inventory"
	"github.com/pulse-hub/pulse/sdk/resource"
)

// How long something must be away before there is an alert of it.
const (
	awayFor     = time.Minute
	awayConfirm = 3
)

// checkNode looks at a node of a hypervisor.
func checkNode(b *bench) {
	e := b.entry
	contact := b.contact(e)
	b.unseen = contact != alert.Good || e.Status == resource.StatusOffline
	b.hiddenBy = b.failureOf(e.Source)
	b.subject.Node, b.noun = e.Name, "Node"
	b.identify(b.contractID(), policy.Target{Node: e.Name, Status: e.Status.String()})
	b.describe = resourceType("Node")
	b.connectivity(contact)
	if b.unseen {
		return
	}
	b.certificate()
	if b.hasAgent() {
		return
	}
	kinds := []string{"node"}
	b.judgeCPU(&e.Usage, kinds, false)
	b.judgeMemory(&e.Usage, kinds)
	b.judgeDisk(e.Usage.Disk, kinds, false)
	celsius, known := temperatureOf(e)
	b.judge(metric{
		Type: alert.Temperature, Value: celsius, Label: "temperature", Unit: "°C", Kinds: kinds, Unknown: !known,
	})
}

// resourceType returns a function that describes a resource by its type in the words of the API.
func resourceType(name string) func() map[string]any {
	return func() map[string]any { return map[string]any{"resourceType": name} }
}

// connectivity judges whether the node is there. It goes by the clock: what a source said last does not get newer
// when the source fails.
func (b *bench) connectivity(contact alert.Verdict) {
	s := state{
		Type: alert.Connectivity, AlertID: "node-offline-" + b.subject.ID, Confirm: awayConfirm, Delay: awayFor, ByClock: true,
		Connectivity: true, Unknown: contact == alert.Unknown || b.entry.Status == resource.StatusUnknown && contact == alert.Good,
	}
	if !s.Unknown && b.unseen {
		guests := b.guestsOn(b.entry)
		s.Level, s.Message = alert.Critical, offlineMessage(b.entry.Name, contact, guests)
		s.Extra = func() map[string]any { return map[string]any{"guestCount": guests} }
	}
	b.is(s)
}

func offlineMessage(node string, contact alert.Verdict, guests int) string {
	message := "Node '" + node + "' is offline"
	if contact == alert.Bad {
		message = "Node '" + node + "' cannot be reached"
	}
	if guests == 0 {
		return message
	}
	return fmt.Sprintf("%s; %s on it cannot be seen", message, counted(guests, "guest"))
}

// guestsOn counts the guests on a node, templates excepted.
func (w *World) guestsOn(node *inventory.Entry) int {
	n := 0
	for child := range w.Children(node.Key) {
		if guest, ok := child.Detail.(*resource.Guest); ok && !guest.Template {
			n++
		}
	}
	return n
}

// hasAgent says whether an agent on the node reports now: what it measures is judged, and that once.
func (b *bench) hasAgent() bool {
	id := b.links.HostID(b.entry)
	if id == "" {
		return false
	}
	host := b.places.hosts[id]
	return host != nil && !b.lost(host)
}

// temperatureOf returns the temperature of the processors in °C: of the package, else of the hottest core.
func temperatureOf(node *inventory.Entry) (celsius float64, known bool) {
	detail, _ := node.Detail.(*resource.Node)
	if detail == nil || detail.Temperatures == nil {
		return deref(node.Usage.Temperature)
	}
	if t := detail.Temperatures; t.CPUPackage > 0 {
		return t.CPUPackage, true
	}
	for _, core := range detail.Temperatures.Cores {
		celsius = max(celsius, core.Temperature)
	}
	if celsius > 0 {
		return celsius, true
	}
	return deref(node.Usage.Temperature)
}

func deref(value *float64) (v float64, known bool) {
	if value == nil {
		return 0, false
	}
	return *value, true
}
