package api

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/pulse-hub/pulse/hub/internal/api/route"
	"github.com/pulse-hub/pulse/hub/internal/audit"
	"github.com/pulse-hub/pulse/hub/internal/auth"
	"github.com/pulse-hub/pulse/hub/internal/auth/recovery"
)

// RecoveryDesk lets administrators of the machine back in, as recovery.Desk does.
type RecoveryDesk interface {
	NewToken(ctx context.Context, minutes int) (raw string, lasts int, err error)
	Valid(raw string) bool
	// Use runs an action that a token allows; the token is used up if that returns nil. It fails with recovery.ErrToken.
	Use(ctx context.Context, raw string, action func(context.Context) error) error
	On() bool
	TurnOn(ctx context.Context) error
	// TurnOff fails with recovery.ErrOff.
	TurnOff(ctx context.Context) error
}

// RecoveryStatus says whether recovery mode is on.
type RecoveryStatus struct {
	RecoveryMode bool   `json:"recovery_mode"`
	Message      string `json:"message"`
}

// RecoveryOrder is what to do.
type RecoveryOrder struct {
	Action   string `json:"action" enum:"generate_token,disable_auth,enable_auth"`
	Duration int    `json:"duration,omitempty" description:"How long a token lasts, in minutes: 1 to 60, else 15."`
}

// RecoveryDone is what became of an order.
type RecoveryDone struct {
	Success          bool   `json:"success"`
	Message          string `json:"message"`
	Token            string `json:"token,omitempty" description:"It is shown this once."`
	ExpiresInMinutes int    `json:"expires_in_minutes,omitempty"`
}

// LockoutReset names whom to let try again.
type LockoutReset struct {
	Identifier string `json:"identifier" description:"The name of a user, or an address."`
}

// recoveries is the limit of recovery, for those who are not on the hub's own machine.
func recoveries() route.Limit {
	return route.Limit{Name: "recovery", Requests: 3, Window: 10 * time.Minute, ByAddress: true}
}

func (a *API) recoveryRoutes() []route.Route {
	const path = "/api/security/recovery"
	return []route.Route{
		{
			Path: path, Access: route.Public(), Limit: recoveries(), Summary: "Whether recovery mode is on",
			Description: "For callers on the hub's own machine, and those with a recovery token in X-Recovery-Token.",
			Answer:      RecoveryStatus{}, Handle: a.recoveryStatus,
		},
		{
			Methods: []string{http.MethodPost}, Path: path, Access: route.Public(), Limit: recoveries(), MaxBody: maxRequestBody,
			Unforged: true, Resource: auth.ResourceUsers,
			Summary:     "Let an administrator back in who is locked out",
			Description: "Public, but only from the hub's own machine without a proxy, or with a recovery token, which is used up by an action that succeeds.",
			Body:        RecoveryOrder{}, Answer: RecoveryDone{}, Handle: a.recover,
		},
		{
			Methods: []string{http.MethodPost}, Path: "/api/security/reset-lockout", Access: route.Admin(auth.ScopeSettingsWrite),
			Resource: auth.ResourceUsers, MaxBody: maxRequestBody,
			Summary: "Let somebody try again who was wrong too often", Body: LockoutReset{}, Answer: Told{}, Handle: a.resetLockout,
		},
	}
}

// errNotDone keeps a recovery token from being used up by an order that changed nothing.
var errNotDone = errors.New("nothing was done")

func mayNotRecover() error {
	return &route.Error{
		Status: http.StatusForbidden, Message: "Recovery endpoint requires localhost access or valid recovery token", Text: true,
	}
}

// mayRecover returns the caller's recovery token, if they have one, and fails
// for those who have none and are not on the hub's own machine.
func (a *API) mayRecover(c *route.Call) (token string, err error) {
	if c.From.OnThisMachine() || isLocal(c.Principal) {
		return "", nil
	}
	if raw := c.Request.Header.Get("X-Recovery-Token"); raw != "" && a.Recovery.Valid(raw) {
		return raw, nil
	}
	return "", mayNotRecover()
}

// isLocal reports whether the call came by the socket for administrators of this machine.
func isLocal(principal *auth.Principal) bool {
	return principal != nil && principal.Method == auth.MethodLocal
}

func (a *API) recoveryStatus(c *route.Call) (any, error) {
	if _, err := a.mayRecover(c); err != nil {
		return nil, err
	}
	return RecoveryStatus{RecoveryMode: a.Recovery.On(), Message: "Recovery is for callers on this machine and holders of a recovery token"}, nil
}

func (a *API) recover(c *route.Call) (any, error) {
	token, err := a.mayRecover(c)
	if err != nil {
		return nil, err
	}
	var body RecoveryOrder
	if err := json.NewDecoder(c.Request.Body).Decode(&body); err != nil {
		return nil, route.BadRequestText("Invalid request")
	}
	if token == "" {
		if c.Principal == nil {
			actAs(c, "somebody on this machine", auth.MethodLocal)
		}
		done, err := a.recoverBy(c.Context(), &body)
		tellIdle(c, done)
		return done, err
	}
	if body.Action == "generate_token" {
		return nil, &route.Error{Status: http.StatusForbidden, Message: "Token generation only allowed from localhost", Text: true}
	}
	return a.recoverWith(c, &body, token)
}

// recoverWith lets the holder of a token act, who may do so once.
func (a *API) recoverWith(c *route.Call, order *RecoveryOrder, token string) (done RecoveryDone, err error) {
	actAs(c, "holder of a recovery token", auth.MethodRecovery)
	err = a.Recovery.Use(c.Context(), token, func(ctx context.Context) (err error) {
		if done, err = a.recoverBy(ctx, order); err == nil && !done.Success {
			return errNotDone
		}
		return err
	})
	if errors.Is(err, recovery.ErrToken) {
		return RecoveryDone{}, mayNotRecover()
	}
	if errors.Is(err, errNotDone) {
		tellIdle(c, done)
		return done, nil
	}
	return done, err
}

// actAs has the audit log name somebody whom the request itself does not name.
func actAs(c *route.Call, actor string, via auth.Method) {
	c.Request = c.Request.WithContext(audit.With(c.Context(), audit.Caller{
		Actor: actor, Via: string(via), From: c.Client.String(), Request: c.Writer.Header().Get("X-Request-ID"),
	}))
}

// tellIdle says for the audit log that an order changed nothing. What is changed is written down where that is done.
func tellIdle(c *route.Call, done RecoveryDone) {
	if !done.Success {
		c.Changed(route.Change{Subject: "recovery", What: "nothing changed", Detail: done.Message})
	}
}

func (a *API) recoverBy(ctx context.Context, order *RecoveryOrder) (RecoveryDone, error) {
	switch order.Action {
	case "generate_token":
		raw, minutes, err := a.Recovery.NewToken(ctx, order.Duration)
		if errors.Is(err, recovery.ErrTooManyTokens) {
			return RecoveryDone{Message: "There are too many recovery tokens: use one, or wait until their time is over"}, nil
		}
		if err != nil {
			return RecoveryDone{}, err
		}
		return RecoveryDone{
			Success: true, Token: raw, ExpiresInMinutes: minutes, Message: fmt.Sprintf("Recovery token generated. Valid for %d minutes.", minutes),
		}, nil
	case "disable_auth":
		if err := a.Recovery.TurnOn(ctx); err != nil {
			return RecoveryDone{}, err
		}
		return RecoveryDone{
			Success: true, Message: "Recovery mode is on for one hour: callers on this machine need no credentials.",
		}, nil
	case "enable_auth":
		err := a.Recovery.TurnOff(ctx)
		if errors.Is(err, recovery.ErrOff) {
			return RecoveryDone{Message: "Recovery mode is not on"}, nil
		}
		return RecoveryDone{Success: err == nil, Message: "Recovery mode is off. Everybody needs credentials again."}, err
	}
	return RecoveryDone{Message: "Invalid action. Use 'disable_auth' or 'enable_auth'"}, nil
}

func (a *API) resetLockout(c *route.Call) (any, error) {
	var body LockoutReset
	if err := json.NewDecoder(c.Request.Body).Decode(&body); err != nil {
		return nil, invalidRequest()
	}
	if body.Identifier == "" {
		return nil, &route.Error{Status: http.StatusBadRequest, Code: "missing_identifier", Message: "Identifier (username or IP) is required"}
	}
	a.Attempts.Reset(body.Identifier)
	c.Changed(route.Change{Subject: body.Identifier[:min(len(body.Identifier), 64)], What: "lockout reset"})
	return Told{Success: true, Message: "Lockout reset for " + body.Identifier}, nil
}
