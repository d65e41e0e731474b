package proxmoxapi

import (
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"
)

// The bounds of getting a connection. They are shorter than a call's, so that
// another endpoint has its turn within it.
const (
	dialTimeout      = 3 * time.Second
	handshakeTimeout = 4 * time.Second
	idleTimeout      = 90 * time.Second
	maxHeaderBytes   = 64 << 10
)

// endpoint is one address of the API.
type endpoint struct {
	url       *url.URL // ends in /api2/json/
	transport *http.Transport
	client    *http.Client
	slots     chan struct{}

	// Guarded by the client's mutex.
	failure  error // of the last call, nil if it answered
	failedAt time.Time
}

func newEndpoint(u *url.URL, parallel int, pins *pins) *endpoint {
	host := u.Hostname()
	transport := &http.Transport{
		DialContext: (&net.Dialer{Timeout: dialTimeout}).DialContext,
		TLSClientConfig: &tls.Config{
			MinVersion: tls.VersionTLS12,
			// The check is in VerifyConnection: pins come before authorities.
			InsecureSkipVerify: true, //nolint:gosec // G402: VerifyConnection compares the fingerprint
			VerifyConnection:   func(state tls.ConnectionState) error { return pins.verify(host, state) },
		},
		TLSHandshakeTimeout:    handshakeTimeout,
		MaxIdleConnsPerHost:    parallel,
		MaxConnsPerHost:        parallel,
		IdleConnTimeout:        idleTimeout,
		MaxResponseHeaderBytes: maxHeaderBytes,
	}
	return &endpoint{
		url: u, transport: transport, slots: make(chan struct{}, parallel),
		client: &http.Client{Transport: transport, CheckRedirect: sameHost},
	}
}

// maxRedirects is generous: the API itself has none.
const maxRedirects = 3

// sameHost lets redirects to the same host pass; any other becomes the answer itself.
func sameHost(to *http.Request, via []*http.Request) error {
	from := via[0].URL
	if to.URL.Scheme != from.Scheme || to.URL.Host != from.Host || len(via) > maxRedirects {
		return http.ErrUseLastResponse
	}
	return nil
}

// take waits for a place among the calls to the endpoint.
func (e *endpoint) take(ctx context.Context) (release func(), err error) { return take(ctx, e.slots) }

func take(ctx context.Context, slots chan struct{}) (release func(), err error) {
	select {
	case slots <- struct{}{}:
		return func() { <-slots }, nil
	case <-ctx.Done():
		known := transportFault(ctx, "", ctx.Err())
		if known.Code == CodeTimeout {
			known.Code = CodeBusy
		}
		return nil, known
	}
}

// lanes bound the calls about one node, so that a node that hangs cannot take
// all places of an endpoint.
type lanes struct {
	width int
	mu    *sync.Mutex
	open  map[string]*lane
}

type lane struct {
	slots   chan struct{}
	holders int
}

func newLanes(width int) lanes {
	return lanes{width: width, mu: new(sync.Mutex), open: map[string]*lane{}}
}

// take waits for a place in a node's lane. Calls about no node have none.
func (l lanes) take(ctx context.Context, node string) (release func(), err error) {
	if node == "" {
		return func() {}, nil
	}
	l.mu.Lock()
	own := l.open[node]
	if own == nil {
		own = &lane{slots: make(chan struct{}, l.width)}
		l.open[node] = own
	}
	own.holders++
	l.mu.Unlock()
	leave, err := take(ctx, own.slots)
	if err != nil {
		l.leave(node, own)
		return nil, err
	}
	return func() {
		leave()
		l.leave(node, own)
	}, nil
}

func (l lanes) leave(node string, own *lane) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if own.holders--; own.holders == 0 {
		delete(l.open, node)
	}
}

// nodeOf returns the node that a path is about, "" for none.
func nodeOf(path string) string {
	rest, ok := strings.CutPrefix(path, "nodes/")
	if !ok {
		return ""
	}
	node, _, _ := strings.Cut(rest, "/")
	return node
}

// holds says whether an endpoint of the host and port is among these.
func holds(endpoints []*endpoint, host string) bool {
	for _, e := range endpoints {
		if e.url.Host == host {
			return true
		}
	}
	return false
}

func joinPort(host, port string) string {
	return net.JoinHostPort(strings.Trim(host, "[]"), port)
}
