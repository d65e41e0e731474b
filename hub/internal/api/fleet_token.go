package api

import (
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/pulse-hub/pulse/hub/internal/api/route"
	"github.com/pulse-hub/pulse/hub/internal/auth"
	"github.com/pulse-hub/pulse/hub/internal/fleet"
)

// TokenPreparation is which container engine gets a token of its own.
type TokenPreparation struct {
	HostID    string `json:"hostId"`
	TokenName string `json:"tokenName,omitempty"`
}

// PreparedToken is a new token for a container engine, and how to use it there.
type PreparedToken struct {
	Success               bool           `json:"success"`
	Token                 string         `json:"token" description:"It is shown this once."`
	Record                TokenRecord    `json:"record"`
	Host                  NamedContainer `json:"host"`
	InstallCommand        string         `json:"installCommand"`
	SystemdServiceSnippet string         `json:"systemdServiceSnippet"`
	PulseURL              string         `json:"pulseURL"`
}

// TokenRecord is what is known of an API token.
type TokenRecord struct {
	ID         string       `json:"id"`
	Name       string       `json:"name"`
	Prefix     string       `json:"prefix"`
	Suffix     string       `json:"suffix"`
	CreatedAt  time.Time    `json:"createdAt"`
	LastUsedAt *time.Time   `json:"lastUsedAt,omitempty"`
	Scopes     []auth.Scope `json:"scopes"`
}

func (a *API) engineTokenRoutes() []route.Route {
	return []route.Route{{
		Methods: []string{http.MethodPost}, Path: "/api/diagnostics/docker/prepare-token", Access: route.Admin(auth.ScopeSettingsWrite), Resource: auth.ResourceTokens,
		Limit: configWrites(), MaxBody: maxRequestBody,
		Summary:     "Make a token for one container engine",
		Description: "The token has the scope docker:report.",
		Body:        TokenPreparation{}, Answer: PreparedToken{}, Handle: a.prepareToken,
	}}
}

func (a *API) prepareToken(c *route.Call) (any, error) {
	var body TokenPreparation
	if err := readJSON(c, &body); err != nil {
		return nil, err
	}
	if body.HostID = strings.TrimSpace(body.HostID); body.HostID == "" {
		return nil, missingField("missing_host_id", "hostId", "hostId is required")
	}
	engine, known := a.Fleet.Known(fleet.Docker, body.HostID)
	if !known {
		return nil, route.NotFound("host_not_found", "Docker host not found")
	}
	hub, err := a.hubURL(c)
	if err != nil {
		return nil, err
	}
	name := strings.TrimSpace(body.TokenName)
	if name == "" {
		name = "Docker host: " + engine.Label()
	}
	raw, token, err := a.Issuer.Create(c.Context(), auth.TokenDraft{Name: name, Scopes: []auth.Scope{auth.ScopeDockerReport}}, c.Principal)
	if errors.Is(err, auth.ErrTooManyTokens) || errors.Is(err, auth.ErrName) {
		return nil, &route.Error{Status: http.StatusConflict, Code: "token_generation_failed", Message: err.Error()}
	}
	if err != nil {
		return nil, tokenFailure(err)
	}
	c.Changed(route.Change{Subject: token.ID, What: "token created", Detail: token.Name, After: a.shownToken(token)})
	return PreparedToken{
		Success: true, Token: raw, Host: NamedContainer{ID: engine.ID, Name: engine.Label()}, PulseURL: hub,
		Record: TokenRecord{
			ID: token.ID, Name: token.Name, Prefix: token.Prefix, Suffix: token.Suffix,
			CreatedAt: token.Created.UTC(), Scopes: token.Scopes,
		},
		InstallCommand: "curl -fsSL " + hub + "/install.sh | bash -s -- \\\n  --url " + hub + " \\\n  --token " + raw +
			" \\\n  --disable-host \\\n  --enable-docker",
		SystemdServiceSnippet: "[Service]\nEnvironment=\"PULSE_URL=" + hub + "\"\nEnvironment=\"PULSE_TOKEN=" + raw +
			"\"\nEnvironment=\"PULSE_ENABLE_DOCKER=true\"\n",
	}, nil
}
