package api

import (
	"net/http"
	"time"

	"github.com/pulse-hub/pulse/hub/internal/api/route"
	"github.com/pulse-hub/pulse/hub/internal/auth"
	"github.com/pulse-hub/pulse/hub/internal/discover"
)

// Broadcaster tells everybody who is connected by websocket, as stream.Stream does.
type Broadcaster interface {
	Broadcast(kind string, data any)
}

// RegisteredNode is what is broadcast as node_auto_registered: a server has made itself known.
type RegisteredNode struct {
	Type      string `json:"type"`
	Host      string `json:"host"`
	Name      string `json:"name"`
	TokenID   string `json:"tokenId"`
	HasToken  bool   `json:"hasToken"`
	VerifySSL bool   `json:"verifySSL"`
	Status    string `json:"status"`
}

// changedNode is what is broadcast as node_deleted and nodes_updated.
type changedNode struct {
	NodeType string `json:"nodeType"`
	Action   string `json:"action,omitempty"`
}

// discoveryUpdate is what is broadcast as discovery_update.
type discoveryUpdate struct {
	Servers   []DiscoveredServer `json:"servers"`
	Errors    []string           `json:"errors"`
	Timestamp int64              `json:"timestamp"` // Unix seconds, like the others below
}

// discoveryState is what is broadcast as discovery_started.
type discoveryState struct {
	Scanning  bool   `json:"scanning"`
	Subnet    string `json:"subnet"`
	Timestamp int64  `json:"timestamp"`
}

// discoveryEnd is what is broadcast as discovery_complete.
type discoveryEnd struct {
	discoveryState
	Servers []DiscoveredServer `json:"servers"`
	Errors  []string           `json:"errors"`
}

// discoveryProgress is what is broadcast as discovery_progress.
type discoveryProgress struct {
	Progress  scanProgress `json:"progress"`
	Timestamp int64        `json:"timestamp"`
}

// scanProgress is how far a scan is. All networks are looked through in one phase.
type scanProgress struct {
	CurrentPhase     string  `json:"current_phase"`
	PhaseNumber      int     `json:"phase_number"`
	TotalPhases      int     `json:"total_phases"`
	TargetsInPhase   int     `json:"targets_in_phase"`
	ProcessedInPhase int     `json:"processed_in_phase"`
	TotalTargets     int     `json:"total_targets"`
	TotalProcessed   int     `json:"total_processed"`
	ServersFound     int     `json:"servers_found"`
	Percentage       float64 `json:"percentage"`
}

// discoveryFound is what is broadcast as discovery_server_found.
type discoveryFound struct {
	Server    DiscoveredServer `json:"server"`
	Phase     string           `json:"phase"`
	Timestamp int64            `json:"timestamp"`
}

// TellDiscovery broadcasts how a scan goes.
func TellDiscovery(to Broadcaster, e discover.Event) {
	at := e.At.Unix()
	switch e.Stage {
	case discover.Started:
		to.Broadcast("discovery_started", discoveryState{true, subnets(e.Networks), at})
	case discover.Progressed:
		to.Broadcast("discovery_progress", discoveryProgress{Progress: progressOf(&e), Timestamp: at})
	case discover.Found:
		to.Broadcast("discovery_server_found", discoveryFound{shownServer(&e.Server), phaseOf(e.Networks), at})
	case discover.Ended:
		servers := shownServers(e.Result.Servers)
		to.Broadcast("discovery_complete", discoveryEnd{discoveryState{false, subnets(e.Networks), at}, servers, e.Result.Problems})
		if e.Changed {
			to.Broadcast("discovery_update", discoveryUpdate{servers, e.Result.Problems, at})
		}
	}
}

func progressOf(e *discover.Event) scanProgress {
	p := scanProgress{
		CurrentPhase: phaseOf(e.Networks), PhaseNumber: 1, TotalPhases: 1, TargetsInPhase: e.Total, ProcessedInPhase: e.Done,
		TotalTargets: e.Total, TotalProcessed: e.Done, ServersFound: e.Servers,
	}
	if e.Total > 0 {
		p.Percentage = 100 * float64(e.Done) / float64(e.Total)
	}
	return p
}

// nodesChanged broadcasts that a node of the type came, went or changed. Whoever
// shows what was discovered compares that with the nodes, and does so again.
func (a *API) nodesChanged(kind string, data any) {
	a.Broadcast.Broadcast(kind, data)
	if last, known := a.Discovery.Last(); known {
		a.Broadcast.Broadcast("discovery_update", discoveryUpdate{shownServers(last.Servers), last.Problems, last.At.Unix()})
	}
}

// Notified says that a broadcast was made.
type Notified struct {
	Status string `json:"status" description:"\"notification sent\""`
}

func (a *API) broadcastRoutes() []route.Route {
	return []route.Route{{
		Methods: []string{http.MethodPost}, Path: "/api/test-notification", Access: route.Admin(auth.ScopeSettingsWrite), Resource: auth.ResourceSettings, Limit: configWrites(),
		MaxBody: maxRequestBody,
		Summary: "Broadcast the registration of a made-up server", Answer: Notified{}, Handle: a.testNotification,
	}}
}

func (a *API) testNotification(*route.Call) (any, error) {
	a.Broadcast.Broadcast("node_auto_registered", RegisteredNode{
		Type: "pve", Host: "https://test.example:8006", Name: "test-node-" + a.Now().UTC().Format(time.TimeOnly),
		TokenID: "pulse-monitor@pam!test", HasToken: true, Status: "connected",
	})
	return Notified{Status: "notification sent"}, nil
}
