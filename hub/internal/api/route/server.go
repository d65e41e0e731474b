package route

import (
	"net/http"
	"net/netip"
	"strings"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/hashicorp/go-hclog"
)

// Observer is told about every answer.
type Observer interface {
	// Answered is called with the path of the route as declared, or "other"
	// for what no route serves. It must not block.
	Answered(route, method string, status int, duration time.Duration)
}

// Options are what a handler is built from.
type Options struct {
	Routes []Route
	// Auth recognises callers.
	Auth Authenticator
	// Browsers guards calls of browsers that are signed in; nil: there are none.
	Browsers Browsers
	// Audit writes down what was changed; nil: nobody does.
	Audit Audit
	// Page serves every path outside /api that no route has.
	Page http.Handler
	// Observer may be nil.
	Observer Observer
	Logger   hclog.Logger
	// TrustedProxies are believed about the address of the caller.
	TrustedProxies []netip.Prefix
	// AllowedOrigins are the web origins whose pages may read answers, separated by commas; "*": all; empty: none.
	AllowedOrigins string
	// ReadOnly refuses everything but reading, for public demonstrations.
	ReadOnly bool
	// Now is the clock; nil is time.Now.
	Now func() time.Time
}

type server struct {
	Options
	limits     *limiter
	compressor compressor
}

// New returns a handler for the routes. Paths below /api that no route has are
// answered with 401 to strangers and 404 to others. It panics when two routes
// claim the same method and path: the table of routes is code, not input.
func New(options Options) http.Handler {
	s := &server{Options: options, limits: newLimiter()}
	if s.Now == nil {
		s.Now = time.Now
	}
	gin.SetMode(gin.ReleaseMode) // gin prints its routes otherwise
	engine := gin.New()
	engine.RedirectTrailingSlash = false
	engine.HandleMethodNotAllowed = true
	engine.Use(s.observe, s.contain, s.protect)
	for _, e := range endpoints(options.Routes) {
		for _, method := range allMethods() {
			engine.Handle(method, ginPath(e.path), func(c *gin.Context) { s.dispatch(c, e) })
		}
	}
	engine.NoRoute(s.unrouted)
	engine.NoMethod(s.unrouted)
	return engine
}

func allMethods() []string {
	return []string{
		http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete,
	}
}

// unrouted answers what no route has: the page outside /api, and inside it the
// same wall as everywhere before admitting that there is nothing.
func (s *server) unrouted(c *gin.Context) {
	if !isAPI(c.Request.URL.Path) {
		c.Status(http.StatusOK) // gin starts with 404 here, and the page decides for itself
		s.Page.ServeHTTP(c.Writer, c.Request)
		return
	}
	if _, failure := s.admit(c, &Route{Access: Authenticated(), Unforged: true}, originOf(c.Request, s.TrustedProxies)); failure != nil {
		failure.write(c.Writer, s.Now())
		return
	}
	NotFoundText("404 page not found").write(c.Writer, s.Now())
}

func isAPI(path string) bool { return path == "/api" || strings.HasPrefix(path, "/api/") }

// dispatch runs the route of the endpoint that has the method.
func (s *server) dispatch(c *gin.Context, e *endpoint) {
	e, values := e.resolve(c)
	route, ok := e.methods[c.Request.Method]
	if !ok {
		s.refuseMethod(c, e)
		return
	}
	c.Set(routeKey, route.Path)
	for name, value := range route.Header {
		c.Writer.Header().Set(name, value)
	}
	from := originOf(c.Request, s.TrustedProxies)
	principal, failure := s.admit(c, route, from)
	if failure != nil {
		s.noteRefusal(c, route, principal, from, failure)
		failure.write(c.Writer, s.Now())
		return
	}
	if c.Request.Body != nil {
		c.Request.Body = http.MaxBytesReader(c.Writer, c.Request.Body, route.MaxBody)
	}
	call := &Call{
		Request: c.Request, Writer: c.Writer, Principal: principal, values: values,
		Client: from.Client, Direct: from.Direct, Secure: from.Secure, From: from,
	}
	s.openRecord(c, call, route)
	answer, err := route.Handle(call)
	s.closeRecord(call, route, err)
	s.answer(c, answer, err)
}

func (r *Route) limit() Limit {
	if r.Limit.Name == "" {
		return General()
	}
	return r.Limit
}

// refuseMethod answers a method that the path does not have; strangers learn
// which ones it has only where the path is public.
func (s *server) refuseMethod(c *gin.Context, e *endpoint) {
	wall := Route{Access: Authenticated(), Unforged: true}
	if e.public {
		wall.Access = Public()
	}
	if _, failure := s.admit(c, &wall, originOf(c.Request, s.TrustedProxies)); failure != nil {
		failure.write(c.Writer, s.Now())
		return
	}
	methodNotAllowed(e.allow).write(c.Writer, s.Now())
}
