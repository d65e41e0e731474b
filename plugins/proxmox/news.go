package proxmox

import (
	"fmt"
	"strconv"
	"sync"

	"github.com/pulse-hub/pulse/sdk"
	"github.com/pulse-hub/pulse/sdk/resource"
)

// news notices what has changed between two views. It is safe for concurrent use.
type news struct {
	mu      sync.Mutex
	places  map[string]string // node by id of the guest; nil: nothing was seen yet
	online  map[string]bool   // by node
	quorate bool
}

func newNews() *news { return &news{} }

// tellNews adds the events since the view before. The first view tells none.
func (s *source) tellNews(v *view, out *sdk.Snapshot) {
	for _, event := range s.news.since(v) {
		out.Event(event)
	}
}

// since returns what has happened since the view before, and keeps this one.
func (n *news) since(v *view) []resource.Event {
	places, online := map[string]string{}, map[string]bool{}
	for _, row := range v.guests() {
		places[row.guestID()] = string(row.Node)
	}
	for _, node := range v.nodes {
		online[node.name] = node.online
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	var events []resource.Event
	if n.places != nil {
		events = append(n.moved(v), n.comeAndGone(v)...)
		if n.quorate != v.quorate {
			events = append(events, quorumEvent(v))
		}
	}
	n.places, n.online, n.quorate = places, online, v.quorate
	return events
}

func (n *news) moved(v *view) []resource.Event {
	var events []resource.Event
	for _, row := range v.guests() {
		from, to := n.places[row.guestID()], string(row.Node)
		if from == "" || from == to {
			continue
		}
		events = append(events, resource.Event{
			ID: eventID("migrated", row.guestID(), v), At: v.at, Severity: "info", ResourceID: row.guestID(),
			Message: fmt.Sprintf("%s moved from %s to %s", guestName(row), from, to), Labels: map[string]string{"node": to},
		})
	}
	return events
}

func (n *news) comeAndGone(v *view) []resource.Event {
	var events []resource.Event
	for _, node := range v.nodes {
		was, known := n.online[node.name]
		if !known || was == node.online {
			continue
		}
		event := resource.Event{
			ID: eventID("node", node.name, v), At: v.at, Severity: "critical", ResourceID: nodeID(node.name),
			Message: "node " + node.name + " is offline", Labels: map[string]string{"node": node.name},
		}
		if node.online {
			event.Severity, event.Message = "info", "node "+node.name+" is online again"
		}
		events = append(events, event)
	}
	return events
}

func quorumEvent(v *view) resource.Event {
	event := resource.Event{ID: eventID("quorum", v.name, v), At: v.at, Severity: "critical", Message: "cluster " + v.name + " has lost its quorum"}
	if v.quorate {
		event.Severity, event.Message = "info", "cluster "+v.name+" has its quorum again"
	}
	return event
}

func eventID(what, whom string, v *view) string {
	return what + "/" + whom + "/" + strconv.FormatInt(v.at.Unix(), 10)
}
