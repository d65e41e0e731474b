package api

import (
	"encoding/json"
	"net/http"

	"github.com/pulse-hub/pulse/hub/internal/api/route"
	"github.com/pulse-hub/pulse/hub/internal/auth"
)

// InstallRequest is what an agent is to be installed beside.
type InstallRequest struct {
	Type string `json:"type" enum:"pve,pbs"`
}

// InstallCommand installs an agent that registers the server it runs on.
type InstallCommand struct {
	Command string `json:"command"`
	Token   string `json:"token" description:"The token in the command. It is shown this once."`
}

func (a *API) installRoutes() []route.Route {
	return []route.Route{{
		Methods: []string{http.MethodPost}, Path: "/api/agent-install-command", Access: route.Admin(auth.ScopeSettingsWrite),
		Limit: configWrites(), MaxBody: maxRequestBody,
		Summary:     "A command that installs an agent on a Proxmox server",
		Description: "Makes a token with the scopes host-agent:report and host-agent:manage, so the caller needs settings:write.",
		Body:        InstallRequest{}, Answer: InstallCommand{}, Handle: a.installCommand,
	}}
}

func (a *API) installCommand(c *route.Call) (any, error) {
	var body InstallRequest
	if err := json.NewDecoder(c.Request.Body).Decode(&body); err != nil {
		return nil, route.BadRequestText("Invalid request body")
	}
	if body.Type != "pve" && body.Type != "pbs" {
		return nil, &route.Error{
			Status: http.StatusBadRequest, Code: "invalid_type", Message: "type must be pve or pbs",
			Fields: []route.Field{{Field: "type", Message: "must be pve or pbs"}},
		}
	}
	hub, err := a.hubURL(c)
	if err != nil {
		return nil, err
	}
	draft := auth.TokenDraft{
		Name:   "agent-" + body.Type + "-" + a.Now().UTC().Format("20060102-150405"),
		Scopes: []auth.Scope{auth.ScopeHostReport, auth.ScopeHostManage},
	}
	raw, token, err := a.Issuer.Create(c.Context(), draft, c.Principal)
	if err != nil {
		return nil, tokenFailure(err)
	}
	c.Changed(route.Change{Subject: token.ID, What: "token created", Detail: token.Name, After: a.shownToken(token)})
	command := "curl -fsSL " + hub + "/install.sh | bash -s -- \\\n  --url " + hub + " \\\n  --token " + raw + " \\\n  --enable-proxmox"
	return InstallCommand{Command: command, Token: raw}, nil
}
