package api

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"time"

	"github.com/pulse-hub/pulse/hub/internal/api/route"
	"github.com/pulse-hub/pulse/hub/internal/auth"
	"github.com/pulse-hub/pulse/hub/internal/auth/account"
)

// UserDesk are the people who may sign in and what they may do, as account.Desk
// has them. It is one interface because it is one area of the API.
type UserDesk interface {
	List() []account.User
	Get(name string) (account.User, bool)
	Count() int
	Create(ctx context.Context, draft account.Draft) (account.User, error)
	Update(ctx context.Context, name string, change account.Change) (account.User, error)
	Delete(ctx context.Context, name string) error
	SetPassword(ctx context.Context, name, password string) error
	CheckPassword(password, name string) error

	Roles() []auth.Role
	Role(name string) (auth.Role, bool)
	PutRole(ctx context.Context, role auth.Role) error
	DeleteRole(ctx context.Context, name string) error
}

// User is somebody who may sign in.
type User struct {
	Name          string     `json:"name"`
	DisplayName   string     `json:"displayName,omitempty"`
	Email         string     `json:"email,omitempty"`
	Role          string     `json:"role"`
	Origin        string     `json:"origin" description:"local, environment, proxy, or oidc: or saml: and the id of a provider."`
	Disabled      bool       `json:"disabled"`
	HasPassword   bool       `json:"hasPassword"`
	SecondFactor  bool       `json:"secondFactor"`
	Passkeys      int        `json:"passkeys"`
	CreatedAt     time.Time  `json:"createdAt"`
	LastSignInAt  *time.Time `json:"lastSignInAt,omitempty"`
	RecoveryCodes int        `json:"recoveryCodes" description:"How many are left."`
}

// UserList are all of them, by name.
type UserList struct {
	Users []User `json:"users"`
}

// NewUser is somebody who shall be able to sign in.
type NewUser struct {
	Name        string `json:"name" required:"true"`
	Password    string `json:"password" required:"true" minLength:"12"`
	Role        string `json:"role" required:"true"`
	DisplayName string `json:"displayName,omitempty"`
	Email       string `json:"email,omitempty"`
}

// UserChange are the members that change.
type UserChange struct {
	Role        *string `json:"role,omitempty"`
	DisplayName *string `json:"displayName,omitempty"`
	Email       *string `json:"email,omitempty"`
	Disabled    *bool   `json:"disabled,omitempty"`
}

// NewPassword is another password for a user.
type NewPassword struct {
	Password string `json:"password" required:"true" minLength:"12"`
}

// RoleShown is a role as it is told.
type RoleShown struct {
	auth.Role
	BuiltIn bool `json:"builtIn"`
}

// RoleList are all roles, and every permission that there is.
type RoleList struct {
	Roles       []RoleShown       `json:"roles"`
	Permissions []auth.Permission `json:"permissions"`
}

// RoleDraft is what a role shall grant.
type RoleDraft struct {
	Description string            `json:"description,omitempty"`
	Permissions []auth.Permission `json:"permissions" required:"true" description:"resource:action; either may be *."`
}

func (a *API) userRoutes() []route.Route {
	const users, one, role = "/api/users", "/api/users/{name}", "/api/roles/{name}"
	read, write := route.Admin(auth.ScopeSettingsRead), route.Admin(auth.ScopeSettingsWrite)
	routes := []route.Route{
		{Path: users, Access: read, Summary: "People who may sign in", Answer: UserList{}, Handle: a.users},
		{
			Methods: []string{http.MethodPost}, Path: users, Access: write, MaxBody: maxRequestBody,
			Summary: "Let somebody sign in", Body: NewUser{}, Answer: User{}, Handle: a.createUser,
		},
		{
			Methods: []string{http.MethodPatch}, Path: one, Access: write, MaxBody: maxRequestBody,
			Summary: "Change a user", Body: UserChange{}, Answer: User{}, Handle: a.changeUser,
		},
		{Methods: []string{http.MethodDelete}, Path: one, Access: write, Summary: "Remove a user", Handle: a.deleteUser},
		{
			Methods: []string{http.MethodPost}, Path: one + "/password", Access: write, MaxBody: maxRequestBody,
			Summary: "Give a user another password", Description: "Ends every session of the user.", Body: NewPassword{}, Answer: Told{}, Handle: a.setUserPassword,
		},
		{Path: "/api/roles", Access: read, Summary: "Roles and permissions", Answer: RoleList{}, Handle: a.roles},
		{
			Methods: []string{http.MethodPut}, Path: role, Access: write, MaxBody: maxRequestBody,
			Summary: "Make or change a role", Body: RoleDraft{}, Answer: RoleShown{}, Handle: a.putRole,
		},
		{Methods: []string{http.MethodDelete}, Path: role, Access: write, Summary: "Remove a role that nobody has", Handle: a.deleteRole},
	}
	for i := range routes {
		routes[i].Resource = auth.ResourceUsers
	}
	return routes
}

func shownUser(u account.User) User {
	shown := User{
		Name: u.Name, DisplayName: u.DisplayName, Email: u.Email, Role: u.Role, Origin: u.Origin, Disabled: u.Disabled,
		HasPassword: u.HasPassword, SecondFactor: u.TOTP, Passkeys: len(u.Passkeys), CreatedAt: u.Created, RecoveryCodes: u.RecoveryCodes,
	}
	if !u.LastSignIn.IsZero() {
		shown.LastSignInAt = &u.LastSignIn
	}
	return shown
}

func (a *API) users(*route.Call) (any, error) {
	list := UserList{Users: []User{}}
	for _, user := range a.Wall.Users.List() {
		list.Users = append(list.Users, shownUser(user))
	}
	return list, nil
}

// mayAppoint refuses to give, or take, a role that grants more than the caller may do.
func (a *API) mayAppoint(c *route.Call, name string) error {
	role, ok := a.Wall.Users.Role(name)
	if !ok {
		return userField("role", "there is no role "+name)
	}
	return mayGive(c, role)
}

// mayGive refuses to give a role that grants more than the caller may do. A token that is not for everything gives
// none: whoever signs in as somebody is bound by no scope.
func mayGive(c *route.Call, role auth.Role) error {
	if !c.Principal.Has(auth.ScopeAll) {
		return &route.Error{
			Status: http.StatusForbidden, Message: "missing_scope", RequiredScope: auth.ScopeAll,
			Explanation: "A token cannot give people more than it may do itself.",
		}
	}
	if !role.Within(c.Principal.Role) {
		return &route.Error{Status: http.StatusForbidden, Code: "wider_role", Message: "The role grants more than you may do yourself"}
	}
	return nil
}

// mayChange refuses to change a user who may do more than the caller.
func (a *API) mayChange(c *route.Call, name string) (account.User, error) {
	user, ok := a.Wall.Users.Get(name)
	if !ok {
		return account.User{}, route.NotFound("user_not_found", "No such user")
	}
	return user, a.mayAppoint(c, user.Role)
}

func userField(field, message string) error {
	return &route.Error{
		Status: http.StatusBadRequest, Code: "invalid_user", Message: message, Fields: []route.Field{{Field: field, Message: message}},
	}
}

func (a *API) createUser(c *route.Call) (any, error) {
	var body NewUser
	if err := json.NewDecoder(c.Request.Body).Decode(&body); err != nil {
		return nil, invalidRequest()
	}
	if err := a.mayAppoint(c, body.Role); err != nil {
		return nil, err
	}
	user, err := a.Wall.Users.Create(c.Context(), account.Draft{
		Name: body.Name, Password: body.Password, Role: body.Role, DisplayName: body.DisplayName, Email: body.Email, Origin: account.OriginLocal,
	})
	if err != nil {
		return nil, userFailure(err)
	}
	// There is somebody now who can sign in: the token for the first set-up has done its work.
	if err := a.Wall.Bootstrap.Finish(); err != nil {
		return nil, err
	}
	shown := shownUser(user)
	c.Changed(route.Change{Subject: user.Name, What: "created", After: shown})
	return route.Created{Body: shown}, nil
}

// userFailure is how somebody is told what is wrong with a user or role.
func userFailure(err error) error {
	if policy, ok := errors.AsType[*account.PolicyError](err); ok {
		return userField("password", policy.Error())
	}
	for _, known := range []struct {
		err     error
		field   string
		message string
	}{
		{account.ErrName, "name", "must have 1 to 64 letters, digits or any of . _ @ -"},
		{account.ErrUnknownRole, "role", "there is no such role"},
		{account.ErrRoleText, "description", account.ErrRoleText.Error()},
		{account.ErrText, "displayName", "display names and mail addresses are short texts in one line"},
		{auth.ErrRoleName, "name", auth.ErrRoleName.Error()},
		{auth.ErrBuiltInRole, "name", auth.ErrBuiltInRole.Error()},
	} {
		if errors.Is(err, known.err) {
			return userField(known.field, known.message)
		}
	}
	for _, known := range []struct {
		err  error
		code string
	}{
		{account.ErrExists, "user_exists"}, {account.ErrLastAdmin, "last_admin"}, {account.ErrRoleInUse, "role_in_use"},
		{account.ErrTooManyUsers, "too_many_users"}, {account.ErrTooManyRoles, "too_many_roles"}, {account.ErrExternal, "external_user"},
	} {
		if errors.Is(err, known.err) {
			return &route.Error{Status: http.StatusConflict, Code: known.code, Message: known.err.Error()}
		}
	}
	switch {
	case errors.Is(err, account.ErrUnknownUser):
		return route.NotFound("user_not_found", "No such user")
	case errors.Is(err, account.ErrBusy):
		return &route.Error{Status: http.StatusServiceUnavailable, Code: "busy", Message: "Too many sign-ins are going on", RetryAfter: time.Second}
	}
	return err
}

func (a *API) changeUser(c *route.Call) (any, error) {
	var body UserChange
	if err := json.NewDecoder(c.Request.Body).Decode(&body); err != nil {
		return nil, invalidRequest()
	}
	before, err := a.mayChange(c, c.PathValue("name"))
	if err != nil {
		return nil, err
	}
	if body.Role != nil {
		if err := a.mayAppoint(c, *body.Role); err != nil {
			return nil, err
		}
	}
	after, err := a.Wall.Users.Update(c.Context(), before.Name, account.Change{
		Role: body.Role, DisplayName: body.DisplayName, Email: body.Email, Disabled: body.Disabled,
	})
	if err != nil {
		return nil, userFailure(err)
	}
	if after.Disabled {
		if _, err := a.Sessions.EndUser(c.Context(), after.Name, ""); err != nil {
			return nil, err
		}
	}
	c.Changed(route.Change{Subject: after.Name, What: "changed", Before: shownUser(before), After: shownUser(after)})
	return shownUser(after), nil
}

func (a *API) deleteUser(c *route.Call) (any, error) {
	before, err := a.mayChange(c, c.PathValue("name"))
	if err != nil {
		return nil, err
	}
	if err := a.Wall.Users.Delete(c.Context(), before.Name); err != nil {
		return nil, userFailure(err)
	}
	if _, err := a.Sessions.EndUser(c.Context(), before.Name, ""); err != nil {
		return nil, err
	}
	c.Changed(route.Change{Subject: before.Name, What: "removed", Before: shownUser(before)})
	return route.Nothing{}, nil
}

func (a *API) setUserPassword(c *route.Call) (any, error) {
	var body NewPassword
	if err := json.NewDecoder(c.Request.Body).Decode(&body); err != nil {
		return nil, invalidRequest()
	}
	user, err := a.mayChange(c, c.PathValue("name"))
	if err != nil {
		return nil, err
	}
	if err := a.Wall.Users.SetPassword(c.Context(), user.Name, body.Password); err != nil {
		return nil, userFailure(err)
	}
	if _, err := a.Sessions.EndUser(c.Context(), user.Name, ""); err != nil {
		return nil, err
	}
	c.Changed(route.Change{Subject: user.Name, What: "password set"})
	return Told{Success: true, Message: "The password is set, and every session of the user has ended."}, nil
}

func (a *API) roles(*route.Call) (any, error) {
	list := RoleList{Roles: []RoleShown{}, Permissions: auth.Permissions()}
	for _, role := range a.Wall.Users.Roles() {
		list.Roles = append(list.Roles, shownRole(role))
	}
	return list, nil
}

func shownRole(role auth.Role) RoleShown {
	builtIn := slices.ContainsFunc(auth.BuiltInRoles(), func(b auth.Role) bool { return b.Name == role.Name })
	return RoleShown{Role: role, BuiltIn: builtIn}
}

func (a *API) putRole(c *route.Call) (any, error) {
	var body RoleDraft
	if err := json.NewDecoder(c.Request.Body).Decode(&body); err != nil {
		if errors.Is(err, auth.ErrUnknownPermission) {
			return nil, userField("permissions", err.Error())
		}
		return nil, invalidRequest()
	}
	role := auth.Role{Name: c.PathValue("name"), Description: body.Description, Permissions: body.Permissions}
	if err := mayGive(c, role); err != nil {
		return nil, err
	}
	before, known := a.Wall.Users.Role(role.Name)
	if known {
		if err := mayGive(c, before); err != nil {
			return nil, err
		}
	}
	if err := a.Wall.Users.PutRole(c.Context(), role); err != nil {
		return nil, userFailure(err)
	}
	change := route.Change{Subject: role.Name, What: "role created", After: role}
	if known {
		change.What, change.Before = "role changed", before
	}
	c.Changed(change)
	return shownRole(role), nil
}

func (a *API) deleteRole(c *route.Call) (any, error) {
	name := c.PathValue("name")
	before, known := a.Wall.Users.Role(name)
	if err := a.Wall.Users.DeleteRole(c.Context(), name); errors.Is(err, account.ErrUnknownRole) {
		return nil, route.NotFound("role_not_found", "No such role")
	} else if err != nil {
		return nil, userFailure(err)
	}
	if known {
		c.Changed(route.Change{Subject: name, What: "role removed", Before: before})
	}
	return route.Nothing{}, nil
}
