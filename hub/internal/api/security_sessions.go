package api

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"time"

	"github.com/pulse-hub/pulse/hub/internal/api/route"
	"github.com/pulse-hub/pulse/hub/internal/auth"
	"github.com/pulse-hub/pulse/hub/internal/auth/session"
)

// SessionDesk are the browsers that are signed in, as session.Desk has them.
type SessionDesk interface {
	// List returns those of a user; of everybody for an empty name.
	List(user string) []session.Session
	// End fails with session.ErrUnknown.
	End(ctx context.Context, id string) error
	EndUser(ctx context.Context, user, except string) (int, error)
}

// Session is a browser that is signed in.
type Session struct {
	ID        string      `json:"id"`
	User      string      `json:"user"`
	Method    auth.Method `json:"method"`
	Provider  string      `json:"provider,omitempty" description:"The identity provider, or passkey."`
	Created   time.Time   `json:"created"`
	Seen      time.Time   `json:"seen"`
	Expires   time.Time   `json:"expires"`
	Address   string      `json:"address" description:"Where it was last seen."`
	UserAgent string      `json:"userAgent"`
	Current   bool        `json:"current" description:"It is the one that asks."`
}

// SessionList are sessions, the one seen last first.
type SessionList struct {
	Sessions []Session `json:"sessions"`
}

func (a *API) sessionRoutes() []route.Route {
	const path = "/api/security/sessions"
	return []route.Route{
		{
			Path: path, Access: route.Authenticated(), Resource: auth.ResourceUsers, Summary: "Browsers that are signed in",
			Description: "The caller's own; with all=true everybody's, for those who may see users.",
			Query:       []route.Param{{Name: "all", Enum: []string{"true", "false"}}},
			Answer:      SessionList{}, Handle: a.sessions,
		},
		{
			Methods: []string{http.MethodDelete}, Path: path + "/{id}", Access: route.Authenticated(), Resource: auth.ResourceUsers,
			Summary: "Sign a browser out", Description: "The caller's own, or anybody's for those who may change users.", Handle: a.endSession,
		},
	}
}

func (a *API) sessions(c *route.Call) (any, error) {
	list := SessionList{Sessions: []Session{}}
	user, ok := a.account(c)
	if c.Query("all") == "true" {
		if failure := a.needs(c, auth.ActionRead, auth.ScopeSettingsRead); failure != nil {
			return nil, failure
		}
		user = ""
	} else if !ok {
		return list, nil
	}
	for _, one := range a.Sessions.List(user) {
		list.Sessions = append(list.Sessions, Session{
			ID: one.ID, User: one.User, Method: one.Method, Provider: one.Provider, Created: one.Created, Seen: one.Seen,
			Expires: one.Expires, Address: one.Address, UserAgent: one.UserAgent, Current: one.ID == c.Principal.Session,
		})
	}
	return list, nil
}

// needs says what the caller lacks to do something to users who are not themselves.
func (a *API) needs(c *route.Call, action auth.Action, scope auth.Scope) error {
	if !c.Principal.Has(scope) {
		return &route.Error{Status: http.StatusForbidden, Message: "missing_scope", RequiredScope: scope}
	}
	if !c.Principal.May(auth.Permission{Resource: auth.ResourceUsers, Action: action}) {
		return &route.Error{Status: http.StatusForbidden, Message: "Admin privileges required"}
	}
	return nil
}

func (a *API) endSession(c *route.Call) (any, error) {
	id := c.PathValue("id")
	if !a.isOwn(c, id) {
		if failure := a.needs(c, auth.ActionWrite, auth.ScopeSettingsWrite); failure != nil {
			return nil, failure
		}
	}
	err := a.Sessions.End(c.Context(), id)
	if errors.Is(err, session.ErrUnknown) {
		return nil, route.NotFound("session_not_found", "No such session")
	}
	if err != nil {
		return nil, err
	}
	if id == c.Principal.Session {
		a.Cookies.SignOut(c.Writer, c.From)
	}
	c.Changed(route.Change{Subject: id, What: "session ended"})
	return route.Nothing{}, nil
}

// isOwn reports whether a session is one of the caller's.
func (a *API) isOwn(c *route.Call, id string) bool {
	user, ok := a.account(c)
	return ok && slices.ContainsFunc(a.Sessions.List(user), func(one session.Session) bool { return one.ID == id })
}
