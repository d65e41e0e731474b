package api

import (
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"time"

	wire "github.com/pulse-hub/pulse/agent/report"
	"github.com/pulse-hub/pulse/hub/internal/api/route"
	"github.com/pulse-hub/pulse/hub/internal/auth"
	"github.com/pulse-hub/pulse/hub/internal/fleet"
	"github.com/pulse-hub/pulse/hub/internal/inventory"
	"github.com/pulse-hub/pulse/sdk/resource"
)

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

// HostSettings is what an administrator has set for a host's agent.
type HostSettings struct {
	Success bool            `json:"success"`
	HostID  string          `json:"hostId"`
	Config  wire.HostConfig `json:"config"`
}

// HostSettingsChange is what to set for a host's agent.
type HostSettingsChange struct {
	CommandsEnabled *bool `json:"commandsEnabled" description:"Null: as the agent is configured itself."`
}

// HostChange names a host.
type HostChange struct {
	HostID string `json:"hostId"`
}

// HostChanged says what was done to a host.
type HostChanged struct {
	Success bool   `json:"success"`
	HostID  string `json:"hostId"`
	Message string `json:"message,omitempty"`
}

func (a *API) hostRoutes() []route.Route {
	return []route.Route{
		{
			Path: "/api/agents/host/lookup", Access: route.Scoped(auth.ScopeHostReport),
			Summary: "Whether a host has registered",
			Query: []route.Param{
				{Name: "id", Description: "The host's id."},
				{Name: "hostname", Description: "Its name; capitals and the domain do not matter."},
			},
			Answer: HostLookup{}, Handle: a.hostLookup,
		},
		{
			Path: "/api/agents/host/{id}/config", Access: route.Scoped(auth.ScopeHostReport),
			Summary: "What is set for a host's agent", Answer: HostSettings{}, Handle: a.hostSettings,
		},
		{
			Methods: []string{http.MethodPatch}, Path: "/api/agents/host/{id}/config", Access: route.Scoped(auth.ScopeHostManage),
			MaxBody: maxRequestBody, Summary: "Set something for a host's agent",
			Body: HostSettingsChange{}, Answer: HostSettings{}, Handle: a.changeHostSettings,
		},
		{
			Methods: []string{http.MethodDelete}, Path: "/api/agents/host/{id}", Access: route.Scoped(auth.ScopeHostManage),
			Summary:     "Forget a host",
			Description: "Revokes its token if no other agent reports with it. A host whose token is valid comes back with its next report.",
			Answer:      HostChanged{}, Handle: a.removeHost,
		},
		{
			Methods: []string{http.MethodPost}, Path: "/api/agents/host/uninstall", Access: route.Scoped(auth.ScopeHostReport),
			MaxBody: maxRequestBody, Summary: "An agent that is being uninstalled says goodbye",
			Body: HostChange{}, Answer: HostChanged{}, Handle: a.uninstallHost,
		},
		{
			Methods: []string{http.MethodPost}, Path: "/api/agents/host/unlink", Access: route.Admin(auth.ScopeHostManage),
			MaxBody: maxRequestBody, Summary: "Say that a host is not the node of the same name",
			Body: HostChange{}, Answer: HostChanged{}, Handle: a.unlinkHost,
		},
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
	if !a.reportsWith(c, entry.ID) {
		return nil, &route.Error{
			Status: http.StatusForbidden, Code: "host_lookup_forbidden", Message: "Host does not belong to this API token",
		}
	}
	return HostLookup{Success: true, Host: registered(entry)}, nil
}

// reportsWith says whether the caller's token is the host's, or nobody's.
func (a *API) reportsWith(c *route.Call, hostID string) bool {
	token, known := a.HostTokens.Token(hostID)
	return !known || token == c.Principal.Token.ID
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

func (a *API) hostSettings(c *route.Call) (any, error) {
	id := c.PathValue("id")
	return HostSettings{Success: true, HostID: id, Config: wire.HostConfig{CommandsEnabled: a.Fleet.CommandsOverride(id)}}, nil
}

func (a *API) changeHostSettings(c *route.Call) (any, error) {
	id, err := memberID(c)
	if err != nil {
		return nil, err
	}
	var body HostSettingsChange
	if err := readJSON(c, &body); err != nil {
		return nil, err
	}
	before := a.Fleet.CommandsOverride(id)
	if err := a.Fleet.OverrideCommands(c.Context(), id, body.CommandsEnabled); err != nil {
		return nil, err
	}
	c.Changed(route.Change{
		Subject: id, What: "changed", Before: wire.HostConfig{CommandsEnabled: before}, After: wire.HostConfig{CommandsEnabled: body.CommandsEnabled},
	})
	return a.hostSettings(c)
}

func (a *API) removeHost(c *route.Call) (any, error) {
	id := c.PathValue("id")
	if err := a.Fleet.RemoveHost(c.Context(), id); err != nil {
		return nil, err
	}
	c.Changed(route.Change{Subject: id, What: "removed"})
	return HostChanged{Success: true, HostID: id, Message: "Host removed"}, nil
}

// uninstallHost takes the word of the host itself only: a token that may report
// must not remove other machines.
func (a *API) uninstallHost(c *route.Call) (any, error) {
	body, err := hostChange(c)
	if err != nil {
		return nil, err
	}
	if a.reportsWith(c, body.HostID) {
		if err := a.Fleet.RemoveHost(c.Context(), body.HostID); err != nil {
			return nil, err
		}
	}
	c.Changed(route.Change{Subject: body.HostID, What: "unregistered by itself"})
	return HostChanged{Success: true, HostID: body.HostID, Message: "Host unregistered successfully"}, nil
}

func (a *API) unlinkHost(c *route.Call) (any, error) {
	body, err := hostChange(c)
	if err != nil {
		return nil, err
	}
	err = a.Fleet.Unlink(c.Context(), body.HostID)
	if errors.Is(err, fleet.ErrNotLinked) {
		return nil, route.NotFound("unlink_failed", err.Error())
	}
	if err != nil {
		return nil, err
	}
	c.Changed(route.Change{Subject: body.HostID, What: "unlinked from its node"})
	return HostChanged{Success: true, HostID: body.HostID, Message: "Host unlinked from node"}, nil
}

func hostChange(c *route.Call) (HostChange, error) {
	var body HostChange
	if err := readJSON(c, &body); err != nil {
		return body, err
	}
	if body.HostID = strings.TrimSpace(body.HostID); body.HostID == "" {
		return body, missingField("missing_host_id", "hostId", "Host ID is required")
	}
	return body, nil
}

// maxMemberID bounds the ids that something may be set for, in bytes.
const maxMemberID = 200

// memberID returns the id in the path.
func memberID(c *route.Call) (string, error) {
	id := c.PathValue("id")
	if id == "" || len(id) > maxMemberID {
		return "", &route.Error{Status: http.StatusBadRequest, Code: "invalid_id", Message: "The id is empty or too long"}
	}
	return id, nil
}

// readJSON reads the body of a small request.
func readJSON(c *route.Call, into any) error {
	if err := json.NewDecoder(c.Request.Body).Decode(into); err != nil {
		return &route.Error{
			Status: http.StatusBadRequest, Code: "invalid_json", Message: "Failed to decode request body",
			Details: map[string]string{"error": err.Error()},
		}
	}
	return nil
}

func missingField(code, field, message string) error {
	return &route.Error{
		Status: http.StatusBadRequest, Code: code, Message: message, Fields: []route.Field{{Field: field, Message: message}},
	}
}
