package api

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"

	"github.com/pulse-hub/pulse/hub/internal/api/route"
	"github.com/pulse-hub/pulse/hub/internal/audit"
	"github.com/pulse-hub/pulse/hub/internal/auth"
	"github.com/pulse-hub/pulse/hub/internal/auth/account"
	"github.com/pulse-hub/pulse/hub/internal/auth/recovery"
)

// BootstrapDesk is the token for the first set-up, as recovery.Bootstrap has it.
type BootstrapDesk interface {
	Pending() bool
	Path() string
	// Check fails with recovery.ErrNotPending or recovery.ErrWrongToken.
	Check(candidate string) error
	Finish() error
}

// SetupToken is the token for the first set-up.
type SetupToken struct {
	Token string `json:"token"`
}

// QuickSetup sets the hub up, or replaces its credentials.
type QuickSetup struct {
	Username   string `json:"username" required:"true"`
	Password   string `json:"password" required:"true" minLength:"12"`
	APIToken   string `json:"apiToken" required:"true" description:"A token that the caller has made up, such as 64 random hex digits."`
	Force      bool   `json:"force,omitempty" description:"Replace credentials that are there. Every other token is revoked."`
	SetupToken string `json:"setupToken,omitempty" description:"The token for the first set-up, if it is not in the header X-Setup-Token."`
}

// QuickSetupDone says what was set up.
type QuickSetupDone struct {
	Success               bool   `json:"success"`
	Skipped               bool   `json:"skipped,omitempty"`
	Method                string `json:"method,omitempty"`
	DeploymentType        string `json:"deploymentType,omitempty"`
	EnvFile               string `json:"envFile,omitempty"`
	RequiresManualRestart *bool  `json:"requiresManualRestart,omitempty"`
	Message               string `json:"message"`
	Note                  string `json:"note,omitempty"`
}

// setupTokenHelp says where the token for the first set-up is found.
const setupTokenHelp = " Retrieve it from the host:\n\n" +
	"Docker: docker exec <container> cat /data/.bootstrap_token\n" +
	"Docker: docker exec <container> pulse bootstrap-token\n" +
	"Bare metal: cat /etc/pulse/.bootstrap_token\n" +
	"Bare metal: pulse bootstrap-token"

func (a *API) firstRunRoutes() []route.Route {
	return []route.Route{
		{
			Methods: []string{http.MethodPost}, Path: "/api/security/validate-bootstrap-token", Access: route.Public(), Limit: route.SignIns(),
			MaxBody: maxRequestBody, Unaudited: "a check changes nothing", Unforged: true,
			Summary: "Whether a token for the first set-up is right", Body: SetupToken{}, Handle: a.validateBootstrap,
		},
		{
			Methods: []string{http.MethodPost}, Path: "/api/security/quick-setup", Access: route.Public(), Limit: route.SignIns(),
			MaxBody: maxRequestBody, Unforged: true, Resource: auth.ResourceUsers,
			Summary:     "Set the hub up: its first administrator and first API token",
			Description: "Public, but takes the token for the first set-up, a recovery token, or an administrator.",
			Body:        QuickSetup{}, Answer: QuickSetupDone{}, Handle: a.quickSetup,
		},
	}
}

func (a *API) validateBootstrap(c *route.Call) (any, error) {
	candidate := c.Request.Header.Get("X-Setup-Token")
	if candidate == "" {
		var body SetupToken
		if err := json.NewDecoder(c.Request.Body).Decode(&body); err != nil && !errors.Is(err, io.EOF) {
			return nil, route.BadRequestText("Invalid request payload")
		}
		candidate = body.Token
	}
	if candidate == "" {
		return nil, route.BadRequestText("Bootstrap token is required")
	}
	switch err := a.Wall.Bootstrap.Check(candidate); {
	case errors.Is(err, recovery.ErrNotPending):
		return nil, &route.Error{Status: http.StatusConflict, Message: "Bootstrap token unavailable. Reload the page or restart Pulse.", Text: true}
	case err != nil:
		return nil, &route.Error{Status: http.StatusUnauthorized, Message: "Invalid bootstrap setup token", Text: true}
	}
	return route.Nothing{}, nil
}

func (a *API) quickSetup(c *route.Call) (any, error) {
	var body QuickSetup
	if err := json.NewDecoder(c.Request.Body).Decode(&body); err != nil {
		return nil, route.BadRequestText("Invalid request body")
	}
	by, recoveryToken, err := a.maySetUp(c, &body)
	if err != nil {
		return nil, err
	}
	if a.Wall.Users.Count() > 0 && !body.Force {
		c.Changed(route.Change{Subject: body.Username, What: "set-up skipped"})
		return QuickSetupDone{
			Success: true, Skipped: true, Message: "Password authentication is already configured. Send force to replace the credentials.",
		}, nil
	}
	if body.Username == "" || body.Password == "" || body.APIToken == "" {
		return nil, route.BadRequestText("Username, password, and API token are required")
	}
	if err := a.setUpOnce(c.Context(), &body, by, recoveryToken); err != nil {
		return nil, setupFailure(err)
	}
	if by != c.Principal {
		actAs(c, by.Name(), by.Method)
	}
	c.Changed(route.Change{Subject: body.Username, What: "set up", Detail: "administrator and API token; every other token is void"})
	return a.setupDone(), nil
}

// setUpOnce is setUp, for which a recovery token is used up if there is one.
func (a *API) setUpOnce(ctx context.Context, body *QuickSetup, by *auth.Principal, recoveryToken string) error {
	if recoveryToken == "" {
		return a.setUp(ctx, body, by)
	}
	// That the token was used is an event of its own, besides that of the set-up.
	ctx = audit.With(ctx, audit.Caller{Actor: by.Name(), Via: string(by.Method)})
	return a.Recovery.Use(ctx, recoveryToken, func(ctx context.Context) error { return a.setUp(ctx, body, by) })
}

// maySetUp says as whom the caller may set the hub up, and the recovery token that it has to pay with, if any.
func (a *API) maySetUp(c *route.Call, body *QuickSetup) (by *auth.Principal, recoveryToken string, err error) {
	if raw := c.Request.Header.Get("X-Recovery-Token"); raw != "" && a.Recovery.Valid(raw) {
		return auth.NewPerson(auth.MethodRecovery, "recovery token", "", auth.Administrator()), raw, nil
	}
	if a.Wall.Users.Count() > 0 {
		if c.Principal == nil {
			return nil, "", &route.Error{Status: http.StatusUnauthorized, Message: "Authentication required to modify existing security settings", Text: true}
		}
		if !c.Principal.Has(auth.ScopeSettingsWrite) {
			return nil, "", &route.Error{Status: http.StatusForbidden, Message: "missing_scope", RequiredScope: auth.ScopeSettingsWrite}
		}
		if !c.Principal.IsAdmin() || !c.Principal.MayGrant(auth.ScopeAll) {
			return nil, "", &route.Error{Status: http.StatusForbidden, Message: "Admin privileges required"}
		}
		return c.Principal, "", a.genuine(c)
	}
	candidate := c.Request.Header.Get("X-Setup-Token")
	if candidate == "" {
		candidate = body.SetupToken
	}
	if candidate == "" && c.Principal != nil && c.Principal.IsAdmin() && c.Principal.MayGrant(auth.ScopeAll) {
		return c.Principal, "", nil // somebody with a token of the configuration makes the first user
	}
	switch err := a.Wall.Bootstrap.Check(candidate); {
	case errors.Is(err, recovery.ErrNotPending):
		return nil, "", &route.Error{Status: http.StatusServiceUnavailable, Message: "Bootstrap token unavailable. Reload the page or restart Pulse.", Text: true}
	case candidate == "":
		return nil, "", &route.Error{Status: http.StatusUnauthorized, Message: "Bootstrap setup token required." + setupTokenHelp, Text: true}
	case err != nil:
		return nil, "", &route.Error{
			Status: http.StatusUnauthorized, Message: "Invalid bootstrap setup token." + setupTokenHelp, Text: true,
		}
	}
	return auth.NewPerson(auth.MethodLocal, "bootstrap token", "", auth.Administrator()), "", nil
}

// genuine refuses changes that another page may have a browser send. The route itself is open to those who are not signed in.
func (a *API) genuine(c *route.Call) error {
	if c.Principal.IsBrowser() && !a.Browsers.Genuine(c.Request, c.Principal) {
		a.Browsers.Renew(c.Writer, c.Request, c.Principal, c.From)
		return &route.Error{Status: http.StatusForbidden, Message: "CSRF token validation failed", Text: true}
	}
	return nil
}

// setUp makes the administrator, or gives an existing user a new password, and replaces every token by the given one.
func (a *API) setUp(ctx context.Context, body *QuickSetup, by *auth.Principal) error {
	if err := a.Wall.Users.CheckPassword(body.Password, body.Username); err != nil {
		return err
	}
	if _, known := a.Wall.Users.Get(body.Username); known {
		role, enabled := auth.RoleAdmin, false
		if _, err := a.Wall.Users.Update(ctx, body.Username, account.Change{Role: &role, Disabled: &enabled}); err != nil {
			return err
		}
		if err := a.Wall.Users.SetPassword(ctx, body.Username, body.Password); err != nil {
			return err
		}
	} else if _, err := a.Wall.Users.Create(ctx, account.Draft{
		Name: body.Username, Password: body.Password, Role: auth.RoleAdmin, Origin: account.OriginLocal,
	}); err != nil {
		return err
	}
	if _, _, err := a.Issuer.Replace(ctx, "Primary token", body.APIToken, by); err != nil {
		return err
	}
	if _, err := a.Sessions.EndUser(ctx, body.Username, ""); err != nil {
		return err
	}
	return a.Wall.Bootstrap.Finish()
}

func setupFailure(err error) error {
	if policy, ok := errors.AsType[*account.PolicyError](err); ok {
		return route.BadRequestText(policy.Error())
	}
	switch {
	case errors.Is(err, recovery.ErrToken): // somebody else has just used it
		return &route.Error{Status: http.StatusUnauthorized, Message: "Authentication required to modify existing security settings", Text: true}
	case errors.Is(err, auth.ErrTokenLength):
		return route.BadRequestText("API token must have 16 to 512 characters")
	case errors.Is(err, account.ErrName):
		return route.BadRequestText("Username must have 1 to 64 letters, digits or any of . _ @ -")
	}
	return err
}

// setupDone says where the hub runs, in the words that clients know. Nothing is
// ever written into unit or environment files.
func (a *API) setupDone() QuickSetupDone {
	restart := false
	done := QuickSetupDone{
		Success: true, Method: "manual", DeploymentType: a.Build.Deployment, RequiresManualRestart: &restart,
		Message: "Security is set up and in effect. Sign in with the new credentials.",
		Note:    "The credentials are kept in the hub's own store.",
	}
	switch a.Build.Deployment {
	case "docker":
		done.Method = "docker"
	case "systemd":
		done.Method = "systemd-nonroot"
	}
	if done.Method != "docker" {
		done.EnvFile = a.Security.DataDir + "/.env"
	}
	return done
}
