package api

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"time"

	"github.com/pulse-hub/pulse/hub/internal/api/route"
	"github.com/pulse-hub/pulse/hub/internal/auth"
)

// TokenIssuer makes API tokens, as auth.Issuer does.
type TokenIssuer interface {
	Create(ctx context.Context, draft auth.TokenDraft, by *auth.Principal) (string, auth.Token, error)
	Replace(ctx context.Context, name, raw string, by *auth.Principal) (string, auth.Token, error)
	Revoke(ctx context.Context, id string) (auth.Token, error)
	List() []auth.Token
}

// Token is an API token as it is told.
type Token struct {
	ID         string       `json:"id"`
	Name       string       `json:"name"`
	Prefix     string       `json:"prefix" description:"Its first six characters."`
	Suffix     string       `json:"suffix" description:"Its last four characters."`
	CreatedAt  time.Time    `json:"createdAt"`
	LastUsedAt *time.Time   `json:"lastUsedAt,omitempty"`
	ExpiresAt  *time.Time   `json:"expiresAt,omitempty"`
	Owner      string       `json:"owner,omitempty" description:"The user who made it and whose rights bound it."`
	Scopes     []auth.Scope `json:"scopes"`
}

// TokenList are all of them, the newest first.
type TokenList struct {
	Tokens []Token `json:"tokens"`
}

// NewToken is what a token is wanted for. Without scopes it allows everything that its maker may do.
type NewToken struct {
	Name      string        `json:"name,omitempty"`
	Scopes    *[]auth.Scope `json:"scopes,omitempty"`
	ExpiresAt *time.Time    `json:"expiresAt,omitempty" description:"When it is void; absent: never."`
}

// CreatedToken is a token with itself, which is shown this once.
type CreatedToken struct {
	Token  string `json:"token"`
	Record Token  `json:"record"`
}

// RegeneratedToken is the only token there is now.
type RegeneratedToken struct {
	Success         bool   `json:"success"`
	Token           string `json:"token"`
	DeploymentType  string `json:"deploymentType"`
	RequiresRestart bool   `json:"requiresRestart"`
	Message         string `json:"message"`
}

// TokenCheck holds a token to look at.
type TokenCheck struct {
	Token string `json:"token"`
}

// TokenValidity says whether a token counts.
type TokenValidity struct {
	Valid   bool   `json:"valid"`
	Message string `json:"message"`
}

func (a *API) tokenRoutes() []route.Route {
	const path = "/api/security/tokens"
	guessing := route.Limit{Name: "sign-in", Requests: 10, Window: time.Minute, ByAddress: true}
	routes := []route.Route{
		{Path: path, Access: route.Admin(auth.ScopeSettingsRead), Summary: "API tokens", Answer: TokenList{}, Handle: a.tokens},
		{
			Methods: []string{http.MethodPost}, Path: path, Access: route.Admin(auth.ScopeSettingsWrite), MaxBody: maxRequestBody,
			Summary:     "Make an API token",
			Description: "A caller can give a token no scope that they do not have.",
			Body:        NewToken{}, Answer: CreatedToken{}, Handle: a.createToken,
		},
		{
			Methods: []string{http.MethodDelete}, Path: path + "/{id...}", Access: route.Admin(auth.ScopeSettingsWrite),
			Summary: "Revoke an API token", Handle: a.revokeToken,
		},
		{
			Methods: []string{http.MethodPost}, Path: "/api/security/regenerate-token", Access: route.Admin(auth.ScopeSettingsWrite), Limit: guessing,
			Summary: "Revoke every API token and make one for everything", Answer: RegeneratedToken{}, Handle: a.regenerateToken,
		},
		{
			Methods: []string{http.MethodPost}, Path: "/api/security/validate-token", Access: route.Admin(auth.ScopeSettingsWrite), Limit: guessing,
			MaxBody: maxRequestBody, Unaudited: "a check changes nothing",
			Summary: "Whether an API token is valid", Body: TokenCheck{}, Answer: TokenValidity{}, Handle: a.validateToken,
		},
	}
	for i := range routes {
		routes[i].Resource = auth.ResourceTokens
	}
	return routes
}

func (a *API) tokens(*route.Call) (any, error) {
	list := TokenList{Tokens: []Token{}}
	for _, token := range a.Issuer.List() {
		list.Tokens = append(list.Tokens, a.shownToken(token))
	}
	return list, nil
}

func (a *API) shownToken(token auth.Token) Token {
	shown := Token{
		ID: token.ID, Name: token.Name, Prefix: token.Prefix, Suffix: token.Suffix, CreatedAt: token.Created, Owner: token.Owner, Scopes: token.Scopes,
	}
	if shown.CreatedAt.IsZero() { // of the configuration: as old as the hub, as far as anybody knows
		shown.CreatedAt = a.Build.Started.UTC()
	}
	if len(shown.Scopes) == 0 {
		shown.Scopes = []auth.Scope{auth.ScopeAll}
	}
	if !token.LastUsed.IsZero() {
		shown.LastUsedAt = &token.LastUsed
	}
	if !token.Expires.IsZero() {
		shown.ExpiresAt = &token.Expires
	}
	return shown
}

func (a *API) createToken(c *route.Call) (any, error) {
	var body NewToken
	if err := json.NewDecoder(c.Request.Body).Decode(&body); err != nil && !errors.Is(err, io.EOF) {
		return nil, route.BadRequestText("Invalid request body")
	}
	draft := auth.TokenDraft{Name: body.Name}
	if draft.Name == "" {
		draft.Name = "API token"
	}
	if body.Scopes != nil {
		draft.Scopes = append([]auth.Scope{}, *body.Scopes...)
	}
	if body.ExpiresAt != nil {
		draft.Expires = *body.ExpiresAt
	}
	raw, token, err := a.Issuer.Create(c.Context(), draft, c.Principal)
	if err != nil {
		return nil, tokenFailure(err)
	}
	shown := a.shownToken(token)
	c.Changed(route.Change{Subject: token.ID, What: "created", Detail: token.Name, After: shown})
	return CreatedToken{Token: raw, Record: shown}, nil
}

// tokenFailure is how somebody is told that a token is not made.
func tokenFailure(err error) error {
	if unknown, ok := errors.AsType[*auth.UnknownScopeError](err); ok {
		if unknown.Scope == "" {
			return route.BadRequestText("scope identifiers cannot be blank")
		}
		return route.BadRequestText(unknown.Error())
	}
	if wider, ok := errors.AsType[*auth.WiderError](err); ok {
		return &route.Error{Status: http.StatusForbidden, Message: "missing_scope", RequiredScope: wider.Scope, Explanation: "A token cannot be wider than what its maker may do."}
	}
	switch {
	case errors.Is(err, auth.ErrNoScopes):
		return route.BadRequestText("select at least one scope or omit the field for full access")
	case errors.Is(err, auth.ErrScopes):
		return route.BadRequestText("wildcard '*' cannot be combined with other scopes")
	case errors.Is(err, auth.ErrName):
		return route.BadRequestText("name must have 1 to 200 bytes")
	case errors.Is(err, auth.ErrExpires):
		return route.BadRequestText("expiresAt lies in the past")
	case errors.Is(err, auth.ErrTooManyTokens):
		return &route.Error{Status: http.StatusConflict, Code: "too_many_tokens", Message: "There are too many API tokens: revoke some first"}
	}
	return err
}

func (a *API) revokeToken(c *route.Call) (any, error) {
	id := c.PathValue("id")
	if id == "" {
		return nil, route.BadRequestText("Token ID required")
	}
	token, err := a.Issuer.Revoke(c.Context(), id)
	if errors.Is(err, auth.ErrUnknownToken) {
		return nil, route.NotFoundText("Token not found")
	}
	if err != nil {
		return nil, err
	}
	c.Changed(route.Change{Subject: id, What: "revoked", Detail: token.Name, Before: a.shownToken(token)})
	return route.Nothing{}, nil
}

func (a *API) regenerateToken(c *route.Call) (any, error) {
	raw, token, err := a.Issuer.Replace(c.Context(), "Regenerated token", "", c.Principal)
	if err != nil {
		return nil, tokenFailure(err)
	}
	c.Changed(route.Change{Subject: token.ID, What: "regenerated", Detail: "every other token is void", After: a.shownToken(token)})
	return RegeneratedToken{
		Success: true, Token: raw, DeploymentType: a.Build.Deployment,
		Message: "The new API token is in effect, and every other one is void. It is shown this once.",
	}, nil
}

func (a *API) validateToken(c *route.Call) (any, error) {
	var body TokenCheck
	if err := json.NewDecoder(c.Request.Body).Decode(&body); err != nil {
		return nil, route.BadRequestText("Invalid request body")
	}
	if body.Token == "" {
		return nil, &route.Error{Status: http.StatusBadRequest, Message: "Token is required", Explanation: "Token is required", More: map[string]any{"valid": false}}
	}
	if !a.Wall.Tokens.Configured() {
		return TokenValidity{Message: "API token authentication is not configured"}, nil
	}
	if _, err := a.Callers.Recognize(body.Token); err != nil {
		return TokenValidity{Message: "Token is invalid"}, nil
	}
	return TokenValidity{Valid: true, Message: "Token is valid"}, nil
}
