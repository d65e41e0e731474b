package api

import (
	"encoding/json"
	"net/http"

	"github.com/pulse-hub/pulse/hub/internal/api/route"
	"github.com/pulse-hub/pulse/hub/internal/auth"
	"github.com/pulse-hub/pulse/hub/internal/auth/account"
)

// AccountChange are the members of the caller's own account that change.
type AccountChange struct {
	DisplayName *string `json:"displayName,omitempty"`
	Email       *string `json:"email,omitempty"`
}

func (a *API) accountRoutes() []route.Route {
	const path = "/api/security/account"
	return []route.Route{
		{
			Path: path, Access: route.Authenticated(), Resource: auth.ResourceUsers,
			Summary: "The caller's own account", Answer: User{}, Handle: a.ownAccount,
		},
		{
			Methods: []string{http.MethodPatch}, Path: path, Access: route.Authenticated(), Resource: auth.ResourceUsers, MaxBody: maxRequestBody,
			Summary: "Change the caller's own account", Description: "What somebody may do is not theirs to change.",
			Body: AccountChange{}, Answer: User{}, Handle: a.changeOwnAccount,
		},
	}
}

func (a *API) ownAccount(c *route.Call) (any, error) {
	user, known := a.Wall.Users.Get(c.Principal.User)
	if !known {
		return nil, route.NotFound("no_account", "This caller is no user")
	}
	return shownUser(user), nil
}

func (a *API) changeOwnAccount(c *route.Call) (any, error) {
	name, err := a.self(c)
	if err != nil {
		return nil, err
	}
	var body AccountChange
	if err := json.NewDecoder(c.Request.Body).Decode(&body); err != nil {
		return nil, invalidRequest()
	}
	before, _ := a.Wall.Users.Get(name)
	after, err := a.Wall.Users.Update(c.Context(), name, account.Change{DisplayName: body.DisplayName, Email: body.Email})
	if err != nil {
		return nil, userFailure(err)
	}
	c.Changed(route.Change{Subject: name, What: "changed", Before: shownUser(before), After: shownUser(after)})
	return shownUser(after), nil
}
