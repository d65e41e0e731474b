package api

import (
	"net/http"
	"slices"
	"time"

	"github.com/pulse-hub/pulse/hub/internal/api/route"
	"github.com/pulse-hub/pulse/hub/internal/auth"
	"github.com/pulse-hub/pulse/hub/internal/fleet/remote"
)

// Remote runs commands on machines whose agents are connected, as remote.Hub does.
type Remote interface {
	http.Handler
	Agents() []remote.Agent
}

// ConnectedAgents are the agents that run commands for the hub.
type ConnectedAgents struct {
	Agents []ConnectedAgent `json:"agents"`
	Count  int              `json:"count"`
	Note   string           `json:"note"`
}

// ConnectedAgent is one of them.
type ConnectedAgent struct {
	AgentID     string    `json:"agent_id"`
	Hostname    string    `json:"hostname"`
	Version     string    `json:"version"`
	Platform    string    `json:"platform"`
	ConnectedAt time.Time `json:"connected_at"`
}

func (a *API) remoteRoutes() []route.Route {
	return []route.Route{
		{
			Path: "/api/agent/ws", Access: route.Public(), Limit: route.Cheap(),
			Summary:     "Connect an agent that runs commands for the hub",
			Description: "A websocket. The first frame names the agent and holds its API token; without a valid one the connection ends.",
			Handle:      a.connectAgent,
		},
		{
			Path: "/api/ai/agents", Access: route.Scoped(auth.ScopeMonitoringRead), Resource: auth.ResourceMonitoring, Summary: "The agents that run commands for the hub",
			Answer: ConnectedAgents{}, Handle: a.connectedAgents,
		},
	}
}

func (a *API) connectAgent(c *route.Call) (any, error) {
	if !route.WantsUpgrade(c.Request) {
		return nil, &route.Error{Status: http.StatusUpgradeRequired, Message: "Upgrade to a websocket", Text: true}
	}
	a.Remote.ServeHTTP(c.Writer, c.Request)
	return route.Taken{}, nil
}

func (a *API) connectedAgents(*route.Call) (any, error) {
	var list []ConnectedAgent // null when there is none, as clients expect
	for _, agent := range a.Remote.Agents() {
		list = append(list, ConnectedAgent{
			AgentID: agent.ID, Hostname: agent.Hostname, Version: agent.Version, Platform: agent.Platform,
			ConnectedAt: agent.ConnectedAt.UTC().Truncate(time.Second),
		})
	}
	return ConnectedAgents{
		Agents: list, Count: len(list),
		Note: "Agents connect via WebSocket to /api/agent/ws. If a host is missing, check that pulse-agent is installed and can reach the Pulse server.",
	}, nil
}

// Recognizes returns a function that says whether an API token is one of an agent, which runs commands.
func Recognizes(callers Recognizer) func(token string) bool {
	return func(token string) bool {
		principal, err := callers.Recognize(token)
		return err == nil && slices.ContainsFunc(
			[]auth.Scope{auth.ScopeHostReport, auth.ScopeDockerReport, auth.ScopeKubernetesReport}, principal.Has)
	}
}
