package shoutrrr

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/pulse-hub/pulse/plugins/internal/outward"
)

// nearby are the networks that services are in beside the Internet. What is
// in none of them and no public address either, the metadata service of a
// cloud above all, is never connected to.
const nearby = "127.0.0.0/8, ::1, 10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16, 100.64.0.0/10, fc00::/7"

// maxRequests bounds the requests for one message.
const maxRequests = 20

var (
	errElsewhere = errors.New("service leads to another address")
	errTooMany   = errors.New("service leads from one request to the next")
)

// guarded returns what makes requests.
func guarded() (http.RoundTripper, error) {
	allow, err := outward.ParseAllow(nearby)
	if err != nil {
		return nil, fmt.Errorf("networks nearby: %w", err)
	}
	return &http.Transport{
		DialContext: outward.NewGuard(allow, nil).DialContext, DisableKeepAlives: true,
		TLSHandshakeTimeout: 10 * time.Second, MaxResponseHeaderBytes: 64 << 10,
	}, nil
}

// trip makes the requests for one message. The library takes neither a
// context nor a client; what its services have in common is that they make
// their requests with http.DefaultTransport. While a message is on its way a
// trip stands in that place: it gives the requests the message's context,
// lets the guard look at addresses, and sees what the service answers.
type trip struct {
	ctx  context.Context // of the message; the library has no other way in
	base http.RoundTripper

	mu       sync.Mutex
	requests int
	bytes    int64
	status   int // of the last answer; 0: there was none
	header   http.Header
	err      error // of the last request
}

// RoundTrip implements http.RoundTripper.
func (t *trip) RoundTrip(request *http.Request) (*http.Response, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.requests++
	t.bytes += max(request.ContentLength, 0)
	t.status, t.header = 0, nil
	response, err := t.ask(request)
	if t.err = err; err != nil {
		return nil, err
	}
	t.status, t.header = response.StatusCode, response.Header
	return response, nil
}

// ask makes a request unless it is one that a service must not cause.
func (t *trip) ask(request *http.Request) (*http.Response, error) {
	if t.requests > maxRequests {
		return nil, errTooMany
	}
	if from := request.Response; from != nil && from.Request != nil && from.Request.URL.Host != request.URL.Host {
		return nil, errElsewhere
	}
	response, err := t.base.RoundTrip(request.WithContext(t.ctx))
	if err != nil && t.ctx.Err() != nil {
		return nil, context.Cause(t.ctx)
	}
	return response, err
}
