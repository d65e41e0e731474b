package proxmoxapi

import (
	"context"
	"fmt"
	"maps"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/pulse-hub/pulse/sdk/resource"
)

// maxMembers bounds the endpoints that are learnt from a cluster.
const maxMembers = 64

// Client reads from one server or one cluster. It is safe for concurrent use.
type Client struct {
	options Options
	now     func() time.Time
	pins    *pins
	tickets *tickets
	lanes   lanes

	mu        sync.Mutex
	endpoints []*endpoint // the configured ones first; never empty
	current   int         // the place of the one that is asked
	requests  map[string]uint64
	skew      time.Duration
	skewKnown bool
}

// New returns a Client. It does not dial. The error is made of
// schema.FieldErrors by the fields of Connection.
func New(o Options) (*Client, error) { return newClient(o, time.Now) }

// newClient returns a Client with a clock of the caller's.
func newClient(o Options, now func() time.Time) (*Client, error) {
	if err := o.validate(); err != nil {
		return nil, err
	}
	o = o.withDefaults()
	pins, err := newPins(o.TLS, now)
	if err != nil {
		return nil, err
	}
	c := &Client{
		options: o, now: now, pins: pins, tickets: newTickets(),
		lanes: newLanes(max(o.Parallel/2, 1)), requests: map[string]uint64{},
	}
	for _, address := range o.Endpoints {
		u, err := parseEndpoint(address, o.Product)
		if err != nil {
			return nil, err
		}
		c.endpoints = append(c.endpoints, newEndpoint(u, o.Parallel, pins))
	}
	return c, nil
}

// Get asks for a path below /api2/json and decodes the member data of the
// answer into what into points to. A value of an unexpected type within data is
// left out rather than failing the whole. Errors are *fault.Error.
//
// See Path for paths with names in them.
func (c *Client) Get(ctx context.Context, path string, query url.Values, into any) error {
	return c.GetWithin(ctx, c.options.Timeout, path, query, into)
}

// GetWithin is Get with a time limit of its own instead of Options.Timeout.
func (c *Client) GetWithin(ctx context.Context, limit time.Duration, path string, query url.Values, into any) error {
	ctx, cancel := context.WithTimeoutCause(ctx, limit, timedOut(limit))
	defer cancel()
	body, err := c.fetch(ctx, request{path: strings.Trim(path, "/"), query: query})
	if err != nil {
		return err
	}
	return decodeData(body, into)
}

// Path joins segments to a path and escapes them.
func Path(segments ...string) string {
	escaped := make([]string, len(segments))
	for i, segment := range segments {
		escaped[i] = url.PathEscape(segment)
	}
	return strings.Join(escaped, "/")
}

// Requests returns how many requests were sent, by the node they were about,
// as paths below nodes/ name it; "" is the cluster as a whole. Every try
// counts, and so does every login. The map is the caller's.
func (c *Client) Requests() map[string]uint64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return maps.Clone(c.requests)
}

// Skew returns how far the server's clock is ahead of the hub's, to about a
// second, and whether it is known.
func (c *Client) Skew() (time.Duration, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.skew, c.skewKnown
}

// ToleratedSkew is how far apart the clocks may be before anybody is told.
const ToleratedSkew = 30 * time.Second

// ClockProblem says that the server's clock is wrong, or the hub's; false if
// they go together, or that is not known.
func (c *Client) ClockProblem() (resource.Problem, bool) {
	skew, known := c.Skew()
	if !known || skew.Abs() <= ToleratedSkew {
		return resource.Problem{}, false
	}
	side := "ahead of"
	if skew < 0 {
		side = "behind"
	}
	return resource.Problem{
		Code: CodeClock, Message: fmt.Sprintf("its clock is %s %s that of Pulse", skew.Abs().Round(time.Second), side), Transient: true,
	}, true
}

// Endpoint returns the address that is asked at present: scheme, host and port.
func (c *Client) Endpoint() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	u := c.endpoints[c.current].url
	return u.Scheme + "://" + u.Host
}

// Member is a node of a cluster that the client may go on with when the
// endpoint it asks does not answer.
type Member struct {
	Host        string // name or IP address
	Fingerprint string // of its certificate, SHA-256; may be empty
	Local       bool   // it is the one that is asked at present
}

// Learn takes the members of a cluster, as a server that could be trusted
// named them: their certificates are trusted from now on, and they are asked
// when the configured endpoints do not answer, at the port of the first of
// these. Members learnt earlier are forgotten, except the one in use.
func (c *Client) Learn(members []Member) {
	if len(members) > maxMembers {
		members = members[:maxMembers]
	}
	c.pins.learn(members)
	c.mu.Lock()
	defer c.mu.Unlock()
	first := c.endpoints[0].url
	configured := len(c.options.Endpoints)
	kept := c.endpoints[:configured:configured]
	inUse := c.endpoints[c.current]
	if c.current >= configured {
		kept = append(kept, inUse)
		c.current = configured
	}
	for _, member := range members {
		if member.Local || member.Host == "" {
			continue
		}
		u := *first
		u.Host = joinPort(member.Host, first.Port())
		if !holds(kept, u.Host) {
			kept = append(kept, c.known(&u))
		}
	}
	for _, gone := range c.endpoints {
		if !holds(kept, gone.url.Host) {
			gone.transport.CloseIdleConnections()
		}
	}
	c.endpoints = kept
}

// known returns the endpoint of a URL, a new one if there is none.
func (c *Client) known(u *url.URL) *endpoint {
	for _, e := range c.endpoints {
		if e.url.Host == u.Host {
			return e
		}
	}
	return newEndpoint(u, c.options.Parallel, c.pins)
}

// Close ends idle connections. It may be called more than once.
func (c *Client) Close() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, e := range c.endpoints {
		e.transport.CloseIdleConnections()
	}
}
