package api

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"time"

	wire "github.com/pulse-hub/pulse/agent/report"
	"github.com/pulse-hub/pulse/hub/internal/api/route"
	"github.com/pulse-hub/pulse/hub/internal/auth"
	"github.com/pulse-hub/pulse/hub/internal/inventory"
	"github.com/pulse-hub/pulse/hub/internal/report"
	"github.com/pulse-hub/pulse/sdk/resource"
)

// Reports takes the reports of agents in.
type Reports interface {
	// Host takes a host report in; the error is report.ErrBusy when the hub is behind.
	Host(ctx context.Context, token resource.TokenRef, r *wire.Host) (report.Receipt, error)
	// HostToken returns the id of the token that the host with the id reports with.
	HostToken(id string) (token string, ok bool)
}

// HostLookup is what an agent learns about its own registration.
type HostLookup struct {
	Success bool           `json:"success"`
	Host    RegisteredHost `json:"host"`
}

// RegisteredHost is a host in short.
type RegisteredHost struct {
	ID           string    `json:"id"`
	Hostname     string    `json:"hostname"`
	DisplayName  string    `json:"displayName"`
	Status       string    `json:"status" enum:"online,degraded,offline"`
	Connected    bool      `json:"connected"`
	LastSeen     time.Time `json:"lastSeen"`
	AgentVersion string    `json:"agentVersion"`
}

func (a *API) agentRoutes() []route.Route {
	return []route.Route{
		{
			Methods: []string{http.MethodPost}, Path: wire.HostPath,
			// Many machines may share a token and report every few seconds: the
			// inventory's own bound holds them back, not a count of requests.
			Access: route.Scoped(auth.ScopeHostReport), Limit: route.Unlimited(), MaxBody: wire.MaxHostBytes,
			Summary: "Take in the report of a host agent",
			Description: "Reports may come late and out of order. 503 with Retry-After means that nothing was taken " +
				"and the report should be sent again.",
			Body: wire.Host{}, Answer: wire.HostAnswer{}, Handle: a.hostReport,
		},
		{
			Path: "/api/agents/host/lookup", Access: route.Scoped(auth.ScopeHostReport),
			Summary: "Whether a host has registered",
			Query: []route.Param{
				{Name: "id", Description: "The host's id."},
				{Name: "hostname", Description: "Its name; capitals and the domain do not matter."},
			},
			Answer: HostLookup{}, Handle: a.hostLookup,
		},
	}
}

func (a *API) hostReport(c *route.Call) (any, error) {
	r, err := report.DecodeHost(c.Request.Body)
	if err != nil {
		return nil, badReport(err)
	}
	receipt, err := a.Reports.Host(c.Context(), c.Principal.Token, r)
	if errors.Is(err, report.ErrBusy) {
		return nil, &route.Error{
			Status: http.StatusServiceUnavailable, Code: "busy", Message: "The hub is busy, send the report again",
			RetryAfter: 5 * time.Second,
		}
	}
	if err != nil {
		return nil, err
	}
	return wire.HostAnswer{
		Success: true, HostID: receipt.HostID, LastSeen: receipt.SeenAt.UTC(),
		Platform: receipt.Platform, OSName: receipt.OSName, OSVersion: receipt.OSVersion,
	}, nil
}

// badReport tells the agent what is wrong with what it sent.
func badReport(err error) error {
	var invalid *report.InvalidError
	if errors.As(err, &invalid) {
		return &route.Error{
			Status: http.StatusBadRequest, Code: "invalid_report", Message: invalid.Message,
			Fields: []route.Field{{Field: invalid.Field, Message: invalid.Message}},
		}
	}
	return &route.Error{
		Status: http.StatusBadRequest, Code: "invalid_json", Message: "Failed to decode request body",
		Details: map[string]string{"error": err.Error()},
	}
}

func (a *API) hostLookup(c *route.Call) (any, error) {
	id, hostname := strings.TrimSpace(c.Query("id")), strings.TrimSpace(c.Query("hostname"))
	if id == "" && hostname == "" {
		return nil, &route.Error{
			Status: http.StatusBadRequest, Code: "missing_lookup_param",
			Message: "Provide either id or hostname to look up a host",
		}
	}
	entry := findHost(a.Inventory.Snapshot(), id, hostname)
	if entry == nil {
		return nil, route.NotFound("host_not_found", "Host has not registered with Pulse yet")
	}
	if token, known := a.Reports.HostToken(entry.ID); known && token != c.Principal.Token.ID {
		return nil, &route.Error{
			Status: http.StatusForbidden, Code: "host_lookup_forbidden", Message: "Host does not belong to this API token",
		}
	}
	return HostLookup{Success: true, Host: registered(entry)}, nil
}

// findHost finds a host by its id, else by its whole name, else by its name without the domain.
func findHost(snapshot *inventory.Snapshot, id, hostname string) *inventory.Entry {
	var short *inventory.Entry
	for entry := range snapshot.OfKind(resource.KindHost) {
		if id != "" && entry.ID == id {
			return entry
		}
		if id != "" || hostname == "" {
			continue
		}
		if strings.EqualFold(entry.Name, hostname) || strings.EqualFold(entry.DisplayName, hostname) {
			return entry
		}
		if short == nil && strings.EqualFold(firstLabel(entry.Name), firstLabel(hostname)) {
			short = entry
		}
	}
	return short
}

func firstLabel(hostname string) string {
	label, _, _ := strings.Cut(hostname, ".")
	return label
}

func registered(entry *inventory.Entry) RegisteredHost {
	host := RegisteredHost{
		ID: entry.ID, Hostname: entry.Name, DisplayName: entry.DisplayName, Status: "online",
		LastSeen: entry.SeenAt.UTC(),
	}
	if host.DisplayName == "" {
		host.DisplayName = entry.Name
	}
	switch {
	case entry.Stale || entry.Status == resource.StatusOffline:
		host.Status = "offline"
	case entry.Status == resource.StatusDegraded:
		host.Status = "degraded"
	}
	host.Connected = host.Status != "offline"
	if detail, ok := entry.Detail.(*resource.Host); ok {
		host.AgentVersion = detail.Agent.Version
	}
	return host
}
