package route

import (
	"context"
	"net/http"
	"net/netip"
	"net/url"

	"github.com/pulse-hub/pulse/hub/internal/auth"
)

// Call is one request that was admitted to a route. It belongs to the handler
// until that returns.
type Call struct {
	// Request is the request; its body is bounded by Route.MaxBody.
	Request *http.Request
	// Writer is for handlers that return Taken.
	Writer http.ResponseWriter
	// Principal is who calls; nil on public routes when the request does not say.
	Principal *auth.Principal
	// From is where the request comes from.
	From auth.Origin
	// Client is the address of the caller, as far as it can be trusted.
	Client netip.Addr
	// Direct says that the request came without any forwarding header.
	Direct bool
	// Secure says that the caller's side of the connection is HTTPS.
	Secure bool

	values func(name string) string
	query  url.Values
	change Change
}

// Context ends when the caller goes away.
func (c *Call) Context() context.Context { return c.Request.Context() }

// PathValue returns what the path holds in the place of {name} or {name...}.
func (c *Call) PathValue(name string) string { return c.values(name) }

// Query returns the first value of a query parameter, or the empty string.
func (c *Call) Query(name string) string {
	if c.query == nil {
		c.query = c.Request.URL.Query()
	}
	return c.query.Get(name)
}

// Raw is an answer that is not JSON.
type Raw struct {
	ContentType string
	Body        []byte
	// Header is added to the answer; nil: nothing.
	Header http.Header
}

// Created is an answer with status 201 about something new, rendered as JSON.
type Created struct{ Body any }

// Nothing is an answer with status 204 and no body.
type Nothing struct{}

// Taken is what a handler returns that has answered by itself.
type Taken struct{}
