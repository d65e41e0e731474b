package auth

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// Resource is what a permission is about. It also names the area of a route.
type Resource string

// The resources. ResourceAny stands for all of them.
const (
	ResourceAny           Resource = "*"
	ResourceMonitoring    Resource = "monitoring"
	ResourceAlerts        Resource = "alerts"
	ResourceNotifications Resource = "notifications"
	ResourceNodes         Resource = "nodes"
	ResourcePlugins       Resource = "plugins"
	ResourceHosts         Resource = "hosts"
	ResourceDocker        Resource = "docker"
	ResourceKubernetes    Resource = "kubernetes"
	ResourceCommands      Resource = "commands"
	ResourceSettings      Resource = "settings"
	ResourceUsers         Resource = "users"
	ResourceTokens        Resource = "tokens"
	ResourceAudit         Resource = "audit"
)

// Action is what is done to a resource.
type Action string

// The actions. ActionAny stands for all of them.
const (
	ActionAny    Action = "*"
	ActionRead   Action = "read"
	ActionWrite  Action = "write"
	ActionReport Action = "report"
	ActionManage Action = "manage"
	ActionRun    Action = "run"
)

// Permissions returns every permission there is, without those for anything.
// The slice is the caller's.
func Permissions() []Permission {
	var all []Permission
	for _, resource := range []Resource{
		ResourceMonitoring, ResourceAlerts, ResourceNotifications, ResourceNodes, ResourcePlugins,
		ResourceSettings, ResourceUsers, ResourceTokens,
	} {
		all = append(all, Permission{resource, ActionRead}, Permission{resource, ActionWrite})
	}
	for _, resource := range []Resource{ResourceHosts, ResourceDocker, ResourceKubernetes} {
		all = append(all, Permission{resource, ActionReport}, Permission{resource, ActionManage})
	}
	return append(all, Permission{ResourceAudit, ActionRead}, Permission{ResourceCommands, ActionRun})
}

// Permission is one action on one kind of resource, written "alerts:write".
type Permission struct {
	Resource Resource
	Action   Action
}

// String returns "resource:action".
func (p Permission) String() string { return string(p.Resource) + ":" + string(p.Action) }

// MarshalText is part of encoding.TextMarshaler.
func (p Permission) MarshalText() ([]byte, error) { return []byte(p.String()), nil }

// UnmarshalText is part of encoding.TextUnmarshaler. Either half may be "*".
func (p *Permission) UnmarshalText(text []byte) error {
	resource, action, _ := strings.Cut(string(text), ":")
	wanted := Permission{Resource(resource), Action(action)}
	if !slices.ContainsFunc(Permissions(), wanted.covers) {
		return fmt.Errorf("%w: %.60q", ErrUnknownPermission, text)
	}
	*p = wanted
	return nil
}

// covers reports whether whoever has p has the other one.
func (p Permission) covers(other Permission) bool {
	return (p.Resource == ResourceAny || p.Resource == other.Resource) && (p.Action == ActionAny || p.Action == other.Action)
}

// Reasons why a role is refused.
var (
	// ErrUnknownPermission: no resource or action of that name exists.
	ErrUnknownPermission = errors.New("unknown permission")
	// ErrRoleName: the name is not 1 to 40 lower-case letters, digits and dashes.
	ErrRoleName = errors.New("name of the role must be 1 to 40 lower-case letters, digits and dashes")
	// ErrBuiltInRole: built-in roles are neither changed nor removed.
	ErrBuiltInRole = errors.New("built-in roles cannot be changed")
)

// Role is a named set of permissions. It is immutable.
type Role struct {
	Name string `json:"name"`
	// Description is for people; may be empty.
	Description string `json:"description,omitempty"`
	// Permissions are what it grants.
	Permissions []Permission `json:"permissions"`
}

// The names of the built-in roles.
const (
	RoleAdmin    = "admin"
	RoleOperator = "operator"
	RoleViewer   = "viewer"
)

// Administrator returns the role that grants everything.
func Administrator() Role {
	return Role{Name: RoleAdmin, Description: "May do everything.", Permissions: []Permission{{ResourceAny, ActionAny}}}
}

// Operator returns the role of those who look after what is set up: they see
// it and handle alerts, and change no settings.
func Operator() Role {
	return Role{
		Name: RoleOperator, Description: "Sees what is monitored and handles its alerts. Changes no settings.",
		Permissions: []Permission{
			{ResourceMonitoring, ActionRead},
			{ResourceMonitoring, ActionWrite},
			{ResourceAlerts, ActionRead},
			{ResourceAlerts, ActionWrite},
		},
	}
}

// Viewer returns the role of those who look.
func Viewer() Role {
	return Role{
		Name: RoleViewer, Description: "Sees what is monitored and its alerts.",
		Permissions: []Permission{{ResourceMonitoring, ActionRead}, {ResourceAlerts, ActionRead}},
	}
}

// BuiltInRoles returns the roles that every hub has. The slice is the caller's.
func BuiltInRoles() []Role { return []Role{Administrator(), Operator(), Viewer()} }

// Grants reports whether the role allows it.
func (r Role) Grants(permission Permission) bool {
	return slices.ContainsFunc(r.Permissions, func(p Permission) bool { return p.covers(permission) })
}

// IsAdmin reports whether the role grants everything.
func (r Role) IsAdmin() bool { return r.Grants(Permission{ResourceAny, ActionAny}) }

// Within reports whether another role grants everything that r does.
func (r Role) Within(other Role) bool {
	return !slices.ContainsFunc(r.Permissions, func(p Permission) bool { return !other.Grants(p) })
}

// Scopes returns the scopes that the role covers whole, ScopeAll only for
// administrators. The slice is the caller's.
func (r Role) Scopes() []Scope {
	var scopes []Scope
	for _, scope := range Scopes() {
		if scope == ScopeAll && r.IsAdmin() || scope != ScopeAll && r.coversScope(scope) {
			scopes = append(scopes, scope)
		}
	}
	return scopes
}

func (r Role) coversScope(scope Scope) bool {
	for _, permission := range Permissions() {
		if permission.Action == scope.Action() && slices.Contains(scope.covers(), permission.Resource) && !r.Grants(permission) {
			return false
		}
	}
	return true
}

var roleName = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,39}$`)

// Check says what is wrong with a role that somebody wants to make: ErrRoleName,
// ErrBuiltInRole or nil.
func (r Role) Check() error {
	if !roleName.MatchString(r.Name) {
		return ErrRoleName
	}
	if slices.ContainsFunc(BuiltInRoles(), func(b Role) bool { return b.Name == r.Name }) {
		return ErrBuiltInRole
	}
	return nil
}
