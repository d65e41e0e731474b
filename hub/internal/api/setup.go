package api

import (
	"cmp"
	"encoding/json"
	"errors"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"strings"

	"github.com/pulse-hub/pulse/hub/internal/api/route"
	"github.com/pulse-hub/pulse/hub/internal/auth"
	"github.com/pulse-hub/pulse/hub/internal/nodes"
	"github.com/pulse-hub/pulse/hub/internal/nodes/setupscript"
	"github.com/pulse-hub/pulse/hub/internal/nodes/setuptoken"
)

// SetupTokens are the permissions to register, as package setuptoken makes them.
type SetupTokens interface {
	Issue(typ string) setuptoken.Token
	Redeem(value string, use setuptoken.Use) bool
}

// Recognizer says whose an API token is, as auth.Authenticator does.
type Recognizer interface {
	Recognize(token string) (*auth.Principal, error)
}

// SetupRequest is what server is to be set up.
type SetupRequest struct {
	Type        string `json:"type" enum:"pve,pbs"`
	Host        string `json:"host" description:"URL of the server."`
	BackupPerms bool   `json:"backupPerms" description:"Whether backups on storages are to be seen, too."`
}

// SetupCommand is how a server is set up: a command to run there.
type SetupCommand struct {
	URL               string `json:"url"`
	Command           string `json:"command"`
	CommandWithEnv    string `json:"commandWithEnv"`
	CommandWithoutEnv string `json:"commandWithoutEnv"`
	Expires           int64  `json:"expires" description:"Unix seconds."`
	SetupToken        string `json:"setupToken" description:"For one registration."`
	TokenHint         string `json:"tokenHint"`
}

// AutoRegistration is a server that makes itself known.
type AutoRegistration struct {
	Type         string `json:"type" enum:"pve,pbs"`
	Host         string `json:"host"`
	TokenID      string `json:"tokenId"`
	TokenValue   string `json:"tokenValue"`
	ServerName   string `json:"serverName"`
	Source       string `json:"source,omitempty" enum:"agent,script"`
	AuthToken    string `json:"authToken,omitempty" description:"A setup token or an API token, unless a header has one."`
	SetupCode    string `json:"setupCode,omitempty" description:"What authToken was called before."`
	RequestToken bool   `json:"requestToken,omitempty" description:"Not possible: the server makes its token."`
}

// Registered says which node a server has become.
type Registered struct {
	Status  string `json:"status"`
	Message string `json:"message"`
	NodeID  string `json:"nodeId" description:"The address of the node."`
}

func (a *API) setupRoutes() []route.Route {
	return []route.Route{
		{
			Methods: []string{http.MethodPost}, Path: "/api/setup-script-url", Access: route.Scoped(auth.ScopeSettingsWrite), MaxBody: maxRequestBody, Unforged: true,
			Summary: "A command that sets a Proxmox server up", Body: SetupRequest{}, Answer: SetupCommand{}, Handle: a.setupCommand,
		},
		{
			Path: "/api/setup-script", Access: route.Public(), Media: "text/plain; charset=utf-8",
			Summary: "The script that sets a Proxmox server up",
			Query: []route.Param{
				{Name: "type", Required: true, Enum: []string{"pve", "pbs"}},
				{Name: "host", Description: "URL of the server; absent: the script takes its name."},
				{Name: "pulse_url", Description: "URL of the hub; absent: as it was asked for."},
				{Name: "backup_perms", Enum: []string{"true", "false"}},
				{Name: "auth_token", Description: "A setup token to put into the script."},
			},
			Handle: a.setupScript,
		},
		{
			Methods: []string{http.MethodPost}, Path: "/api/auto-register", Access: route.Public(), MaxBody: maxNodeBody, Unforged: true,
			Summary:     "Make a server known to the hub",
			Description: "Public, but takes a setup token or an API token in the body, or an API token in a header.",
			Body:        AutoRegistration{}, Answer: Registered{}, Handle: a.autoRegister,
		},
	}
}

func (a *API) setupCommand(c *route.Call) (any, error) {
	var body SetupRequest
	if err := json.NewDecoder(c.Request.Body).Decode(&body); err != nil {
		return nil, route.BadRequestText("Invalid request body")
	}
	hub, err := a.hubURL(c)
	if err != nil {
		return nil, err
	}
	if _, err := setupscript.Script(setupscript.Parameters{Type: body.Type, Host: body.Host, Hub: hub}); err != nil {
		return nil, scriptFailure(err)
	}
	token := a.SetupTokens.Issue(body.Type)
	c.Changed(route.Change{Subject: body.Host, What: "setup token made", Detail: body.Type})
	query := "type=" + body.Type + "&host=" + url.QueryEscape(body.Host) + "&pulse_url=" + url.QueryEscape(hub)
	if body.BackupPerms {
		query += "&backup_perms=true"
	}
	script := hub + "/api/setup-script?" + query + "&auth_token=" + token.Value
	fetch := `curl -fsSL "` + script + `" | `
	return SetupCommand{
		URL: script, Command: fetch + "PULSE_SETUP_TOKEN=" + token.Value + " bash",
		CommandWithEnv: fetch + "PULSE_SETUP_TOKEN=" + token.Value + " bash", CommandWithoutEnv: fetch + "bash",
		Expires: token.Expires.Unix(), SetupToken: token.Value, TokenHint: token.Hint(),
	}, nil
}

// hubURL is the address under which the hub was asked, for being put into a
// command: a caller may have written anything into the header.
func (a *API) hubURL(c *route.Call) (string, error) {
	hub := a.agentURL(c)
	u, err := url.Parse(hub)
	if err != nil || !isPlainHost(u.Host) {
		return "", route.BadRequestText("Invalid host header")
	}
	return hub, nil
}

// isPlainHost says whether a host, perhaps with a port, means nothing to a shell.
func isPlainHost(host string) bool {
	if _, err := netip.ParseAddrPort(host); err == nil {
		return !strings.Contains(host, "%")
	}
	return host != "" && strings.Trim(strings.ToLower(host), "abcdefghijklmnopqrstuvwxyz0123456789.-:[]_") == ""
}

func (a *API) setupScript(c *route.Call) (any, error) {
	hub := c.Query("pulse_url")
	if hub == "" {
		var err error
		if hub, err = a.hubURL(c); err != nil {
			return nil, err
		}
	}
	backups, _ := strconv.ParseBool(c.Query("backup_perms")) // anything else is no
	script, err := setupscript.Script(setupscript.Parameters{
		Type: c.Query("type"), Host: c.Query("host"), Hub: hub, Token: c.Query("auth_token"), Backups: backups,
	})
	if err != nil {
		return nil, scriptFailure(err)
	}
	header := http.Header{"Cache-Control": {"no-store"}} // it may hold a token
	return route.Raw{ContentType: "text/plain; charset=utf-8", Body: []byte(script), Header: header}, nil
}

func scriptFailure(err error) error {
	for _, known := range []struct {
		err      error
		sentence string
	}{
		{setupscript.ErrType, "Missing or invalid required parameter: type (must be pve or pbs)"},
		{setupscript.ErrHost, "Invalid host parameter: must be an http or https URL"},
		{setupscript.ErrHub, "Invalid pulse_url parameter: must be an http or https URL"},
		{setupscript.ErrToken, "Invalid auth_token parameter: must be hexadecimal"},
	} {
		if errors.Is(err, known.err) {
			return route.BadRequestText(known.sentence)
		}
	}
	return err
}

func (a *API) autoRegister(c *route.Call) (any, error) {
	var body AutoRegistration
	if err := json.NewDecoder(c.Request.Body).Decode(&body); err != nil {
		return nil, route.BadRequestText("Invalid request body")
	}
	registration := &nodes.Registration{
		Type: body.Type, Host: body.Host, TokenID: body.TokenID, TokenValue: body.TokenValue, Name: body.ServerName, Source: "script",
	}
	if body.Source == "agent" {
		registration.Source = "agent"
	}
	who, err := a.mayRegister(c, &body, registration)
	if err != nil {
		return nil, err
	}
	host, err := a.Nodes.Register(c.Context(), registration, who)
	if err != nil {
		return nil, nodeFailure(err)
	}
	c.Changed(route.Change{Subject: host, What: "registered", Detail: registration.Type + " " + registration.TokenID, Actor: who})
	a.nodesChanged("node_auto_registered", RegisteredNode{
		Type: registration.Type, Host: host, Name: cmp.Or(registration.Name, host), TokenID: registration.TokenID, HasToken: true,
		Status: nodes.Connected,
	})
	return Registered{Status: "success", Message: "Node " + host + " auto-registered successfully", NodeID: host}, nil
}

// mayRegister says who registers a server. A setup token is used up only by a
// registration that makes sense.
func (a *API) mayRegister(c *route.Call, body *AutoRegistration, registration *nodes.Registration) (string, error) {
	address, invalid := registration.Check()
	if invalid != nil {
		invalid = nodeFailure(invalid)
	}
	if body.RequestToken {
		invalid = route.BadRequestText("Tokens are made by the server: send tokenId and tokenValue")
	}
	if c.Principal != nil {
		if !registers(c.Principal) {
			return "", &route.Error{Status: http.StatusForbidden, Message: "missing_scope", RequiredScope: auth.ScopeHostReport}
		}
		return actor(c), cmp.Or(a.genuine(c), invalid)
	}
	presented := body.AuthToken
	if presented == "" {
		presented = body.SetupCode
	}
	refused := &route.Error{Status: http.StatusUnauthorized, Message: "Invalid or expired setup code", Text: true}
	switch who, known := a.ownerOf(presented); {
	case presented == "":
		refused.Message = "Pulse requires authentication"
		return "", refused
	case known:
		return who, invalid
	case invalid != nil:
		return "", invalid // without saying whether the token is one
	case a.SetupTokens.Redeem(presented, setuptoken.Use{Type: body.Type, Server: address}):
		return "setup script", nil
	}
	return "", refused
}

// ownerOf names the owner of an API token that came in a body.
func (a *API) ownerOf(token string) (string, bool) {
	principal, err := a.Callers.Recognize(token)
	if err != nil || !registers(principal) {
		return "", false
	}
	return principal.Name(), true
}

// registers reports whether a caller may make a server known: agents that
// report of one, and those who may change nodes.
func registers(caller *auth.Principal) bool {
	if caller.Method == auth.MethodToken && (caller.Has(auth.ScopeHostReport) || caller.Has(auth.ScopeHostManage)) {
		return true
	}
	return caller.Has(auth.ScopeSettingsWrite) && caller.May(auth.Permission{Resource: auth.ResourceNodes, Action: auth.ActionWrite})
}
