package client

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"time"
)

// Token is an API token without itself.
type Token struct {
	ID         string     `json:"id"`
	Name       string     `json:"name"`
	Prefix     string     `json:"prefix"`
	Suffix     string     `json:"suffix"`
	Owner      string     `json:"owner,omitempty"`
	CreatedAt  time.Time  `json:"createdAt"`
	LastUsedAt *time.Time `json:"lastUsedAt,omitempty"`
	ExpiresAt  *time.Time `json:"expiresAt,omitempty"`
	Scopes     []string   `json:"scopes"`
}

// NewToken is an API token that is wanted. No scopes means all, and no time to expire means never.
type NewToken struct {
	Name      string     `json:"name,omitempty"`
	Scopes    []string   `json:"scopes,omitempty"`
	ExpiresAt *time.Time `json:"expiresAt,omitempty"`
}

// CreatedToken is an API token with itself. Token is secret.
type CreatedToken struct {
	Token  string `json:"token"`
	Record Token  `json:"record"`
}

// User is somebody who may sign in.
type User struct {
	Name         string     `json:"name"`
	DisplayName  string     `json:"displayName,omitempty"`
	Role         string     `json:"role"`
	Origin       string     `json:"origin"`
	Disabled     bool       `json:"disabled"`
	SecondFactor bool       `json:"secondFactor"`
	Passkeys     int        `json:"passkeys"`
	LastSignInAt *time.Time `json:"lastSignInAt,omitempty"`
}

// NewUser is somebody who shall be able to sign in. Password is secret.
type NewUser struct {
	Name        string `json:"name"`
	Password    string `json:"password"`
	Role        string `json:"role"`
	DisplayName string `json:"displayName,omitempty"`
	Email       string `json:"email,omitempty"`
}

// UserChange is what to change of a user; nil stays as it is.
type UserChange struct {
	Role     *string `json:"role,omitempty"`
	Disabled *bool   `json:"disabled,omitempty"`
}

// What a hub can be told about recovery.
const (
	RecoveryOn    = "disable_auth"
	RecoveryOff   = "enable_auth"
	RecoveryToken = "generate_token"
)

// Recovery is what became of an order to Recover.
type Recovery struct {
	Success bool   `json:"success"`
	Message string `json:"message"`
	// Token is secret, and there if one was made; Minutes is how long it is valid.
	Token   string `json:"token,omitempty"`
	Minutes int    `json:"expires_in_minutes,omitempty"`
}

// recoveryOrder is what to do.
type recoveryOrder struct {
	Action  string `json:"action"`
	Minutes int    `json:"duration,omitempty"`
}

// Tokens returns the API tokens, the newest first.
func (c *Client) Tokens(ctx context.Context) ([]Token, error) {
	var list struct {
		Tokens []Token `json:"tokens"`
	}
	err := c.do(ctx, call{method: http.MethodGet, path: "/api/security/tokens"}, &list)
	return list.Tokens, err
}

// CreateToken makes an API token.
func (c *Client) CreateToken(ctx context.Context, wanted NewToken) (CreatedToken, error) {
	var made CreatedToken
	err := c.post(ctx, "/api/security/tokens", wanted, &made)
	return made, err
}

// RevokeToken makes an API token void.
func (c *Client) RevokeToken(ctx context.Context, id string) error {
	return c.do(ctx, call{method: http.MethodDelete, path: "/api/security/tokens/" + url.PathEscape(id)}, nil)
}

// Users returns everybody who may sign in, by name.
func (c *Client) Users(ctx context.Context) ([]User, error) {
	var list struct {
		Users []User `json:"users"`
	}
	err := c.do(ctx, call{method: http.MethodGet, path: "/api/users"}, &list)
	return list.Users, err
}

// AddUser lets somebody sign in.
func (c *Client) AddUser(ctx context.Context, wanted NewUser) (User, error) {
	var added User
	err := c.post(ctx, "/api/users", wanted, &added)
	return added, err
}

// ChangeUser changes a user and returns them as they are then.
func (c *Client) ChangeUser(ctx context.Context, name string, change UserChange) (User, error) {
	var changed User
	one, err := call{method: http.MethodPatch, path: userPath(name)}.withJSON(change)
	if err != nil {
		return changed, err
	}
	err = c.do(ctx, one, &changed)
	return changed, err
}

// SetPassword gives a user another password, which ends their sessions.
func (c *Client) SetPassword(ctx context.Context, name, password string) error {
	return c.post(ctx, userPath(name)+"/password", map[string]string{"password": password}, nil)
}

// RemoveUser removes a user.
func (c *Client) RemoveUser(ctx context.Context, name string) error {
	return c.do(ctx, call{method: http.MethodDelete, path: userPath(name)}, nil)
}

// Recover turns recovery mode on or off, or makes a token for recovery that is valid for some minutes; 0 leaves that
// to the hub. Where nothing was done, the error says why.
func (c *Client) Recover(ctx context.Context, action string, minutes int) (Recovery, error) {
	var done Recovery
	err := c.post(ctx, "/api/security/recovery", recoveryOrder{Action: action, Minutes: minutes}, &done)
	if err == nil && !done.Success {
		return done, errors.New(done.Message)
	}
	return done, err
}

func userPath(name string) string { return "/api/users/" + url.PathEscape(name) }

// post sends a value and decodes the answer; nil: there is none to decode.
func (c *Client) post(ctx context.Context, path string, value, into any) error {
	one, err := call{method: http.MethodPost, path: path}.withJSON(value)
	if err != nil {
		return err
	}
	return c.do(ctx, one, into)
}
