package api

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"time"

	"github.com/pulse-hub/pulse/hub/internal/api/route"
	"github.com/pulse-hub/pulse/hub/internal/auth"
	"github.com/pulse-hub/pulse/hub/internal/auth/account"
	"github.com/pulse-hub/pulse/hub/internal/auth/callers"
	"github.com/pulse-hub/pulse/hub/internal/auth/session"
	"github.com/pulse-hub/pulse/hub/internal/auth/signin"
)

// SignIn lets people in, as signin.Desk does.
type SignIn interface {
	Password(ctx context.Context, given signin.Password, visitor signin.Visitor) (session.Opened, error)
	Passkey(ctx context.Context, user account.User, visitor signin.Visitor) (session.Opened, error)
	External(ctx context.Context, external account.External, draft session.Draft, visitor signin.Visitor) (session.Opened, error)
	ChangePassword(ctx context.Context, name, current, next string, from netip.Addr) error
	Confirm(ctx context.Context, name, password string, from netip.Addr) error
}

// Cookies are those of browsers that are signed in, as callers.Browsers sets them.
type Cookies interface {
	SignIn(w http.ResponseWriter, opened session.Opened, from auth.Origin)
	SignOut(w http.ResponseWriter, from auth.Origin)
}

// maxAttempts is how often somebody may be wrong before they are locked out, as lockout counts.
const maxAttempts = 5

// Credentials sign somebody in.
type Credentials struct {
	Username   string `json:"username" required:"true"`
	Password   string `json:"password" required:"true"`
	RememberMe bool   `json:"rememberMe,omitempty" description:"Stay signed in for 30 days instead of one."`
	Code       string `json:"code,omitempty" description:"Six digits of the second factor, or a recovery code."`
}

// PasswordChange changes the caller's password.
type PasswordChange struct {
	CurrentPassword string `json:"currentPassword" required:"true"`
	NewPassword     string `json:"newPassword" required:"true" minLength:"12"`
}

// Told says in words what was done.
type Told struct {
	Success bool   `json:"success"`
	Message string `json:"message"`
}

// Restart is what became of a wish to start again.
type Restart = Told

func (a *API) signInRoutes() []route.Route {
	return []route.Route{
		{
			Methods: []string{http.MethodPost}, Path: "/api/login", Access: route.Public(), Limit: route.SignIns(), MaxBody: maxRequestBody,
			Unaudited: "signing in is written down where it is decided", Unforged: true,
			Summary:     "Sign in with a name and a password",
			Description: "Sets the cookies of a session. 401 with the error second_factor_required asks for the member code.",
			Body:        Credentials{}, Answer: Told{}, Handle: a.login,
		},
		{
			Methods: []string{http.MethodPost}, Path: "/api/logout", Access: route.Authenticated(), Limit: route.SignIns(),
			Resource: auth.ResourceUsers,
			Summary:  "Sign out", Answer: Told{}, Handle: a.logout,
		},
		{
			Methods: []string{http.MethodPost}, Path: "/api/security/change-password", Access: route.Authenticated(), Limit: route.SignIns(),
			Resource: auth.ResourceUsers, MaxBody: maxRequestBody, Summary: "Change the caller's password",
			Description: "Ends every session of the user, the caller's too.", Body: PasswordChange{}, Answer: Told{}, Handle: a.changePassword,
		},
		{
			Methods: []string{http.MethodPost}, Path: "/api/security/apply-restart", Access: route.Admin(auth.ScopeSettingsWrite), Unforged: true,
			Summary: "Start the hub again", Answer: Restart{}, Handle: a.applyRestart,
		},
	}
}

func visitorOf(c *route.Call, remember bool) signin.Visitor {
	return signin.Visitor{Address: c.Client, UserAgent: c.Request.UserAgent(), Remember: remember}
}

func (a *API) login(c *route.Call) (any, error) {
	var body Credentials
	if err := json.NewDecoder(c.Request.Body).Decode(&body); err != nil {
		return nil, invalidRequest()
	}
	given := signin.Password{Name: body.Username, Password: body.Password, Code: body.Code}
	visitor := visitorOf(c, body.RememberMe)
	if cookie, err := c.Request.Cookie(callers.DeviceCookie); err == nil {
		visitor.Device = cookie.Value
	}
	opened, err := a.SignIn.Password(c.Context(), given, visitor)
	if err != nil {
		return nil, a.signInFailure(err)
	}
	a.Cookies.SignIn(c.Writer, opened, c.From)
	return Told{Success: true, Message: "Successfully logged in"}, nil
}

// signInFailure is how somebody is told that they do not get in.
func (a *API) signInFailure(err error) error {
	if locked, ok := errors.AsType[*auth.LockedError](err); ok {
		minutes := minutesUntil(locked.Until, a.Now())
		return &route.Error{
			Status: http.StatusForbidden, Message: "account_locked",
			Explanation: fmt.Sprintf("Too many failed attempts. Try again in %d minutes.", minutes),
			More:        map[string]any{"lockedUntil": locked.Until.UTC().Format(time.RFC3339), "remainingMinutes": minutes},
		}
	}
	if rejected, ok := errors.AsType[*signin.RejectedError](err); ok {
		return rejection(rejected)
	}
	switch {
	case errors.Is(err, signin.ErrSecondFactor):
		return &route.Error{
			Status: http.StatusUnauthorized, Message: "second_factor_required", Explanation: "Enter the code of your authenticator, or a recovery code.",
		}
	case errors.Is(err, account.ErrBusy):
		return &route.Error{
			Status: http.StatusTooManyRequests, Message: "rate_limit", Explanation: "Too many people are signing in. Try again in a moment.", RetryAfter: time.Second,
		}
	}
	return err
}

func rejection(rejected *signin.RejectedError) error {
	what := "Invalid username or password."
	if rejected.Code {
		what = "The code is not valid."
	}
	failure := &route.Error{Status: http.StatusUnauthorized, Message: "invalid_credentials"}
	if rejected.Attempt.Locked {
		failure.Explanation = what + " Account is now locked for 15 minutes."
		failure.More = map[string]any{"locked": true, "lockoutDuration": "15 minutes"}
		return failure
	}
	failure.Explanation = fmt.Sprintf("%s You have %d attempts remaining.", what, rejected.Attempt.Remaining)
	failure.More = map[string]any{
		"attempts": rejected.Attempt.Count, "remaining": rejected.Attempt.Remaining, "maxAttempts": maxAttempts,
	}
	return failure
}

func minutesUntil(until, now time.Time) int {
	return max(int((until.Sub(now)+time.Minute-1)/time.Minute), 1)
}

func invalidRequest() error {
	return &route.Error{Status: http.StatusBadRequest, Code: "invalid_request", Message: "Invalid request body"}
}

func (a *API) logout(c *route.Call) (any, error) {
	a.Cookies.SignOut(c.Writer, c.From)
	if c.Principal.Session != "" {
		if err := a.Sessions.End(c.Context(), c.Principal.Session); err != nil && !errors.Is(err, session.ErrUnknown) {
			return nil, err
		}
	}
	c.Changed(route.Change{Subject: c.Principal.User, What: "signed out"})
	return Told{Success: true, Message: "Successfully logged out"}, nil
}

func (a *API) changePassword(c *route.Call) (any, error) {
	var body PasswordChange
	if err := json.NewDecoder(c.Request.Body).Decode(&body); err != nil {
		return nil, invalidRequest()
	}
	if body.CurrentPassword == "" {
		return nil, wrongPassword("Current password required")
	}
	name, ok := a.account(c)
	if c.Principal.Method == auth.MethodToken { // is its maker's, and knows no password: who has both may change it
		name = c.Principal.User
		_, ok = a.Wall.Users.Get(name)
	}
	if !ok {
		return nil, &route.Error{Status: http.StatusForbidden, Code: "no_password", Message: "This caller has no password: sign in as a user"}
	}
	err := a.SignIn.ChangePassword(c.Context(), name, body.CurrentPassword, body.NewPassword, c.Client)
	if err != nil {
		return nil, a.passwordFailure(err)
	}
	a.Cookies.SignOut(c.Writer, c.From)
	c.Changed(route.Change{Subject: name, What: "password changed"})
	return Told{Success: true, Message: "Password changed. Sign in again with the new password."}, nil
}

func wrongPassword(message string) error {
	return &route.Error{Status: http.StatusUnauthorized, Code: "unauthorized", Message: message}
}

// passwordFailure is how somebody is told that a password is not changed.
func (a *API) passwordFailure(err error) error {
	if policy, ok := errors.AsType[*account.PolicyError](err); ok {
		return &route.Error{Status: http.StatusBadRequest, Code: "invalid_password", Message: policy.Error()}
	}
	if _, ok := errors.AsType[*signin.RejectedError](err); ok {
		return wrongPassword("Current password is incorrect")
	}
	return a.signInFailure(err)
}

// applyRestart is kept for clients that ask for it after a change of passwords,
// which needs no restart here.
func (a *API) applyRestart(c *route.Call) (any, error) {
	c.Changed(route.Change{What: "restart asked for"})
	return Restart{Success: false, Message: "Nothing needs a restart: changes are in effect at once."}, nil
}
