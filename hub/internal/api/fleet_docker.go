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
	"github.com/pulse-hub/pulse/hub/internal/fleet"
)

// DisplayName is what people call something.
type DisplayName struct {
	DisplayName string `json:"displayName" description:"Empty: as it calls itself."`
}

// EngineChanged says what was done to a container engine.
type EngineChanged struct {
	Success bool   `json:"success"`
	HostID  string `json:"hostId"`
	Message string `json:"message,omitempty"`
	// Command is the order that is needed for it.
	Command *CommandState `json:"command,omitempty"`
}

// CommandState is how far a command for an agent has come.
type CommandState struct {
	ID             string     `json:"id"`
	Type           string     `json:"type" enum:"stop,check_updates,update_container"`
	Status         string     `json:"status" enum:"queued,dispatched,acknowledged,in_progress,completed,failed,expired"`
	Message        string     `json:"message,omitempty"`
	CreatedAt      time.Time  `json:"createdAt"`
	UpdatedAt      time.Time  `json:"updatedAt"`
	DispatchedAt   *time.Time `json:"dispatchedAt,omitempty"`
	AcknowledgedAt *time.Time `json:"acknowledgedAt,omitempty"`
	CompletedAt    *time.Time `json:"completedAt,omitempty"`
	FailedAt       *time.Time `json:"failedAt,omitempty"`
	FailureReason  string     `json:"failureReason,omitempty"`
	ExpiresAt      *time.Time `json:"expiresAt,omitempty"`
}

// CommandQueued says that an agent will be told something with its next report.
type CommandQueued struct {
	Success   bool            `json:"success"`
	CommandID string          `json:"commandId"`
	HostID    string          `json:"hostId"`
	Container *NamedContainer `json:"container,omitempty"`
	Message   string          `json:"message"`
	Note      string          `json:"note"`
}

// NamedContainer names a container.
type NamedContainer struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// ContainerUpdate is which container to renew.
type ContainerUpdate struct {
	HostID        string `json:"hostId"`
	ContainerID   string `json:"containerId"`
	ContainerName string `json:"containerName"`
}

// CommandProgress is what an agent says of a command.
type CommandProgress struct {
	Success bool         `json:"success"`
	HostID  string       `json:"hostId"`
	Command CommandState `json:"command"`
}

func (a *API) engineRoutes() []route.Route {
	manage := route.Admin(auth.ScopeDockerManage)
	const one = "/api/agents/docker/hosts/{id}"
	return []route.Route{
		{
			Methods: []string{http.MethodDelete}, Path: one, Access: manage,
			Summary: "Remove a container engine",
			Description: "An engine that reports is told to stop its agent, and is removed when it has. Removal revokes the " +
				"engine's token and refuses its reports for a day.",
			Query: []route.Param{
				{Name: "force", Description: "Remove it at once.", Enum: []string{"true", "false"}},
				{Name: "mode", Description: "The same as force.", Enum: []string{"force"}},
				{Name: "hide", Description: "Hide it instead.", Enum: []string{"true", "false"}},
			},
			Answer: EngineChanged{}, Handle: a.removeEngine,
		},
		{
			Methods: []string{http.MethodPut}, Path: one + "/unhide", Access: manage, Summary: "Show a hidden container engine again",
			Answer: EngineChanged{}, Handle: a.editEngine(fleet.SetHidden(false), "Docker host unhidden"),
		},
		{
			Methods: []string{http.MethodPut}, Path: one + "/pending-uninstall", Access: manage,
			Summary: "Say that the agent of a container engine is being removed",
			Answer:  EngineChanged{}, Handle: a.editEngine(fleet.SetPendingUninstall(), "Docker host marked as pending uninstall"),
		},
		{
			Methods: []string{http.MethodPut}, Path: one + "/display-name", Access: manage, MaxBody: maxRequestBody,
			Summary: "Name a container engine", Body: DisplayName{}, Answer: EngineChanged{}, Handle: a.nameEngine,
		},
		{
			Methods: []string{http.MethodPost}, Path: one + "/allow-reenroll", Access: manage,
			Summary: "Let a removed container engine report again", Answer: EngineChanged{}, Handle: a.reenrollEngine,
		},
		{
			Methods: []string{http.MethodPost}, Path: one + "/check-updates", Access: manage,
			Summary: "Have a container engine look for newer images", Answer: CommandQueued{}, Handle: a.checkEngine,
		},
		{
			Methods: []string{http.MethodPost}, Path: "/api/agents/docker/containers/update", Access: manage, MaxBody: maxRequestBody,
			Summary: "Have a container renewed with the newest image", Body: ContainerUpdate{}, Answer: CommandQueued{}, Handle: a.updateContainer,
		},
		{
			Methods: []string{http.MethodPost}, Path: "/api/agents/docker/commands/{rest...}", Access: route.Scoped(auth.ScopeDockerReport),
			Unaudited: "an agent says what became of an order",
			Limit:     route.Unlimited(), MaxBody: maxRequestBody,
			Summary:     "Take in what an agent says of a command",
			Description: "The path ends in the command's id and /ack.",
			Body:        wire.CommandAck{}, Answer: CommandProgress{}, Handle: a.acknowledge,
		},
	}
}

func noEngine() error { return route.NotFound("docker_host_not_found", "Docker host not found") }

func (a *API) removeEngine(c *route.Call) (any, error) {
	id := c.PathValue("id")
	if isTrue(c.Query("hide")) {
		return a.editEngine(fleet.SetHidden(true), "Docker host hidden")(c)
	}
	force := isTrue(c.Query("force")) || strings.EqualFold(c.Query("mode"), "force")
	_, known := a.Fleet.Known(fleet.Docker, id)
	switch {
	case !known && force:
		return EngineChanged{Success: true, HostID: id, Message: "Docker host already removed"}, nil
	case !known:
		return nil, noEngine()
	case !force && a.Fleet.Online(fleet.Docker, id):
		command, err := a.Fleet.Stop(c.Context(), id)
		if err != nil {
			return nil, commandFailure(err, "docker_command_failed")
		}
		state := stateOf(&command)
		c.Changed(route.Change{Subject: id, What: "agent told to stop"})
		return EngineChanged{Success: true, HostID: id, Message: "Stop command queued", Command: &state}, nil
	}
	if _, err := a.Fleet.Remove(c.Context(), fleet.Docker, id); err != nil {
		return nil, err
	}
	c.Changed(route.Change{Subject: id, What: "removed"})
	return EngineChanged{Success: true, HostID: id, Message: "Docker host removed"}, nil
}

func isTrue(text string) bool {
	switch strings.ToLower(text) {
	case "true", "1", "yes":
		return true
	}
	return false
}

func (a *API) editEngine(edit func(*fleet.Member), message string) route.Handler {
	return func(c *route.Call) (any, error) {
		id := c.PathValue("id")
		err := a.Fleet.Edit(c.Context(), fleet.Docker, id, edit)
		if errors.Is(err, fleet.ErrUnknown) {
			return nil, noEngine()
		}
		if err != nil {
			return nil, err
		}
		c.Changed(route.Change{Subject: id, What: "changed", Detail: message})
		return EngineChanged{Success: true, HostID: id, Message: message}, nil
	}
}

func (a *API) nameEngine(c *route.Call) (any, error) {
	var body DisplayName
	if err := readJSON(c, &body); err != nil {
		return nil, err
	}
	return a.editEngine(fleet.SetDisplayName(body.DisplayName), "Docker host custom display name updated")(c)
}

func (a *API) reenrollEngine(c *route.Call) (any, error) {
	id := c.PathValue("id")
	if err := a.Fleet.AllowReenroll(c.Context(), fleet.Docker, id); err != nil {
		return nil, err
	}
	return EngineChanged{Success: true, HostID: id}, nil
}

func (a *API) checkEngine(c *route.Call) (any, error) {
	id := c.PathValue("id")
	command, err := a.Fleet.CheckUpdates(c.Context(), id)
	if err != nil {
		return nil, commandFailure(err, "check_updates_command_failed")
	}
	c.Changed(route.Change{Subject: id, What: "told to look for updates"})
	return CommandQueued{
		Success: true, CommandID: command.ID, HostID: id, Message: "Check for updates command queued",
		Note: "The agent will clear its registry cache and check for updates on the next report cycle",
	}, nil
}

func (a *API) updateContainer(c *route.Call) (any, error) {
	var body ContainerUpdate
	if err := readJSON(c, &body); err != nil {
		return nil, err
	}
	switch {
	case body.HostID == "":
		return nil, missingField("missing_host_id", "hostId", "Host ID is required")
	case body.ContainerID == "":
		return nil, missingField("missing_container_id", "containerId", "Container ID is required")
	case max(len(body.ContainerID), len(body.ContainerName)) > maxMemberID || strings.ContainsRune(body.ContainerID, '/'):
		return nil, missingField("update_command_failed", "containerId", "The container's id or name is not valid")
	}
	command, err := a.Fleet.UpdateContainer(c.Context(), body.HostID, wire.UpdateContainer{
		ContainerID: body.ContainerID, ContainerName: body.ContainerName,
	})
	if err != nil {
		return nil, commandFailure(err, "update_command_failed")
	}
	c.Changed(route.Change{Subject: body.HostID, What: "told to update a container", Detail: body.ContainerID + " " + body.ContainerName})
	return CommandQueued{
		Success: true, CommandID: command.ID, HostID: body.HostID, Message: "Container update command queued",
		Container: &NamedContainer{ID: body.ContainerID, Name: body.ContainerName},
		Note:      "The update will be executed on the next agent report cycle",
	}, nil
}

func (a *API) acknowledge(c *route.Call) (any, error) {
	id, found := strings.CutSuffix(c.PathValue("rest"), "/ack")
	if !found {
		if c.PathValue("rest") == "ack" {
			return nil, missingField("missing_command_id", "id", "Command ID is required")
		}
		return nil, route.NotFound("not_found", "Endpoint not found")
	}
	if id == "" {
		return nil, missingField("missing_command_id", "id", "Command ID is required")
	}
	var body wire.CommandAck
	if err := readJSON(c, &body); err != nil {
		return nil, err
	}
	status, ok := fleet.ParseStatus(body.Status)
	if !ok {
		return nil, missingField("invalid_status", "status", "Invalid command status")
	}
	hostID, command, err := a.Fleet.Acknowledge(c.Context(), fleet.Acknowledgement{
		CommandID: id, HostID: body.HostID, Status: status, Message: body.Message,
	})
	if err != nil {
		return nil, commandFailure(err, "docker_command_ack_failed")
	}
	return CommandProgress{Success: true, HostID: hostID, Command: stateOf(&command)}, nil
}

// commandFailure says why a command was not taken, with the code of the request.
func commandFailure(err error, code string) error {
	var refused *fleet.CommandError
	switch {
	case errors.As(err, &refused):
		return &route.Error{Status: http.StatusBadRequest, Code: code, Message: refused.Message}
	case errors.Is(err, fleet.ErrUnknown):
		return &route.Error{Status: http.StatusBadRequest, Code: code, Message: "Docker host not found"}
	case errors.Is(err, context.Canceled):
		return err
	}
	return err
}

func stateOf(c *fleet.Command) CommandState {
	return CommandState{
		ID: c.ID, Type: c.Type, Status: c.Status, Message: c.Message, CreatedAt: c.Created.UTC(), UpdatedAt: c.Updated.UTC(),
		DispatchedAt: moment(c.Dispatched), AcknowledgedAt: moment(c.Acknowledged), CompletedAt: moment(c.Completed),
		FailedAt: moment(c.Failed), FailureReason: c.FailureReason, ExpiresAt: moment(c.Expires),
	}
}

// moment returns nil for the zero time, so that JSON leaves it out.
func moment(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = t.UTC()
	return &t
}
