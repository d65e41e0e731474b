// Package route serves HTTP routes that are declared as values: what protects
// a route, bounds it and describes it follows from its declaration alone.
package route

import (
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
	// Access says who may call it. The zero value admits authenticated callers only.
	Access Access
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

// Access says who may call a route.
type Access struct {
	public, admin bool
	scope, or     auth.Scope
}

// Public admits everybody.
func Public() Access { return Access{public: true} }

// Authenticated admits every caller who has said who they are.
func Authenticated() Access { return Access{} }

// Scoped admits callers whose token has the scope.
func Scoped(scope auth.Scope) Access { return Access{scope: scope} }

// Admin admits administrators whose token has the scope.
func Admin(scope auth.Scope) Access { return Access{admin: true, scope: scope} }

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

// Limit is how many requests one caller may send in a sliding window. Callers
// are told apart by their credential, and by their address without one, so
// that many machines behind one address do not take each other's share.
type Limit struct {
	// Name tells limits apart: routes of the same name share the count.
	Name     string
	Requests int
	Window   time.Duration
}

// General is the limit of routes that declare none.
func General() Limit { return Limit{"general", 500, time.Minute} }

// Cheap is the limit of small public answers.
func Cheap() Limit { return Limit{"public", 1000, time.Minute} }

// ConfigReads is the limit of reading the configuration.
func ConfigReads() Limit { return Limit{"config reads", 1000, time.Minute} }

// Unlimited is for routes that bound themselves in another way.
func Unlimited() Limit { return Limit{Name: "unlimited"} }
