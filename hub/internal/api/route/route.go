// Package route serves HTTP routes that are declared as values: what protects
// a route, bounds it and describes it follows from its declaration alone.
package route

import (
	"net/http"
	"slices"
	"time"

	"github.com/pulse-hub/pulse/hub/internal/auth"
)

// Handler answers one call. What it returns is rendered as JSON with status
// 200, except for a *Document (sent as it is, compressed when that pays), a
// Raw, a Created, a Nothing and a Taken. An *Error decides the answer itself; any other error is
// logged and answered with status 500.
type Handler func(*Call) (any, error)

// Route is one declared route. It is immutable once served.
type Route struct {
	// Methods are the HTTP methods it answers; GET where it is empty.
	Methods []string
	// Path is where it is found. A last segment {name...} takes the rest of the
	// path, slashes included, and may be empty; {name} takes one segment.
	Path string
	// Access says who may call it.
	Access Access
	// Resource is what the route is about, for roles. Routes of scopes that name
	// one kind of thing, such as docker:manage, need none.
	Resource auth.Resource
	// Unaudited says why calls that change something are not in the audit log:
	// "reports are not changes". Empty: each successful one is.
	Unaudited string
	// Unforged says that a browser may call it without the token against forged
	// requests, because it proves itself in another way or changes nothing of the caller's.
	Unforged bool
	// Limit bounds how often one caller may call it. The zero value is General.
	Limit Limit
	// MaxBody is the most bytes that are read of a request. 0: a request has no body.
	MaxBody int64

	// Area, Summary and Description are for readers of the API description.
	Area, Summary, Description string
	// Query are its query parameters.
	Query []Param
	// Body is a value of the type a request holds; nil: none.
	Body any
	// Answer is a value of the type of a 200 answer; nil: not JSON.
	Answer any
	// Media is the content type of a 200 answer; application/json where it is empty.
	Media string
	// Header is part of every answer, also of those that turn a caller away; nil: nothing.
	Header map[string]string

	Handle Handler
}

// Param describes one query parameter.
type Param struct {
	Name, Description string
	Required          bool
	// Enum are the values it takes; empty: any.
	Enum []string
}

// Access says who may call a route. Routes declare one: the zero value is
// refused by New.
type Access struct {
	declared, public, admin bool
	scope, or               auth.Scope
}

// Public admits everybody.
func Public() Access { return Access{declared: true, public: true} }

// Authenticated admits every caller who has said who they are.
func Authenticated() Access { return Access{declared: true} }

// Scoped admits tokens that have the scope, and people whose role grants its
// action on what the route is about.
func Scoped(scope auth.Scope) Access { return Access{declared: true, scope: scope} }

// Admin is Scoped for what changes or tells how the hub is set up. Roles that
// are not administrators' are admitted if they grant it expressly.
func Admin(scope auth.Scope) Access { return Access{declared: true, admin: true, scope: scope} }

// AdminOf is for what is an administrator's and needs no scope of a token: the
// action is done to what the route is about.
func AdminOf() Access { return Access{declared: true, admin: true} }

// Or admits callers whose token has another scope, too.
func (a Access) Or(scope auth.Scope) Access {
	a.or = scope
	return a
}

// IsPublic reports whether everybody is admitted.
func (a Access) IsPublic() bool { return a.public }

// IsAdmin reports whether only administrators are admitted.
func (a Access) IsAdmin() bool { return a.admin }

// Scope returns the scope a token needs, or the empty string.
func (a Access) Scope() auth.Scope { return a.scope }

// Alternative returns the scope that does as well, or the empty string.
func (a Access) Alternative() auth.Scope { return a.or }

// Permission returns what a role needs to grant, if the route is about a
// resource; false: every caller who has said who they are may call it.
func (r *Route) Permission() (auth.Permission, bool) {
	if r.Access.public || r.Access.scope == "" && !r.Access.admin {
		return auth.Permission{}, false
	}
	return r.permissionOf(r.Access.scope), true
}

func (r *Route) permissionOf(scope auth.Scope) auth.Permission {
	action := scope.Action()
	if scope == "" {
		action = auth.ActionRead
		if r.changes() {
			action = auth.ActionWrite
		}
	}
	if narrow := scope.Resource(); narrow != "" {
		return auth.Permission{Resource: narrow, Action: action}
	}
	return auth.Permission{Resource: r.Resource, Action: action}
}

// changes reports whether the route has a method that changes something.
func (r *Route) changes() bool {
	return slices.ContainsFunc(r.Methods, func(method string) bool {
		return method != http.MethodGet && method != http.MethodHead
	})
}

// Limit is how many requests one caller may send in a sliding window. Callers
// are told apart by their credential, and by their address without one, so
// that many machines behind one address do not take each other's share.
type Limit struct {
	// Name tells limits apart: routes of the same name share the count.
	Name     string
	Requests int
	Window   time.Duration
	// ByAddress counts callers by their address even if they have said who they are.
	ByAddress bool
	// Everywhere counts callers on the hub's own machine, too.
	Everywhere bool
}

// General is the limit of routes that declare none.
func General() Limit { return Limit{Name: "general", Requests: 500, Window: time.Minute} }

// Cheap is the limit of small public answers.
func Cheap() Limit { return Limit{Name: "public", Requests: 1000, Window: time.Minute} }

// SignIns is the limit of ways to sign in, per address.
func SignIns() Limit {
	return Limit{Name: "sign-in", Requests: 10, Window: time.Minute, ByAddress: true, Everywhere: true}
}

// ConfigReads is the limit of reading the configuration.
func ConfigReads() Limit { return Limit{Name: "config reads", Requests: 1000, Window: time.Minute} }

// Unlimited is for routes that bound themselves in another way.
func Unlimited() Limit { return Limit{Name: "unlimited"} }
