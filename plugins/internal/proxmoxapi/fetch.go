package proxmoxapi

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	"github.com/pulse-hub/pulse/sdk/fault"
)

// request is one thing to ask for.
type request struct {
	path  string // below /api2/json/
	query url.Values
	form  url.Values // posted if not nil
}

// fetch asks the endpoints in turn until one answers.
func (c *Client) fetch(ctx context.Context, r request) ([]byte, error) {
	leave, err := c.lanes.take(ctx, nodeOf(r.path))
	if err != nil {
		return nil, err
	}
	defer leave()
	first := c.choose(r)
	var firstErr error
	for e, tried := first, 0; tried <= maxMembers; tried++ {
		body, err := c.fetchFrom(ctx, e, r)
		if !elsewhere(err) {
			if err == nil || fault.Of(err).Code != CodeBusy {
				c.use(e)
			}
			return body, err
		}
		if firstErr == nil {
			firstErr = err
		}
		next := c.advance(e, err)
		if ctx.Err() != nil || next == first || next == e {
			break
		}
		e = next
	}
	return nil, firstErr
}

// returnAfter is how long the first endpoint is left alone after it has failed.
const returnAfter = 5 * time.Minute

// choose returns the endpoint to ask: the one in use, or now and then the first
// again, with a call that has time for another one.
func (c *Client) choose(r request) *endpoint {
	c.mu.Lock()
	defer c.mu.Unlock()
	first := c.endpoints[0]
	if c.current != 0 && nodeOf(r.path) == "" && c.now().Sub(first.failedAt) >= returnAfter {
		first.failedAt = c.now() // other calls do not wait for the outcome
		return first
	}
	return c.endpoints[c.current]
}

// use goes on with an endpoint that has answered.
func (c *Client) use(e *endpoint) {
	c.mu.Lock()
	defer c.mu.Unlock()
	e.failure = nil
	for i := range c.endpoints {
		if c.endpoints[i] == e && i < c.current {
			c.current = i // back to one that comes first
		}
	}
}

// Failures returns the errors of the endpoints that did not answer when they
// were last asked, by host and port. The map is the caller's.
func (c *Client) Failures() map[string]error {
	c.mu.Lock()
	defer c.mu.Unlock()
	failures := map[string]error{}
	for _, e := range c.endpoints {
		if e.failure != nil {
			failures[e.url.Host] = e.failure
		}
	}
	return failures
}

// advance moves on from an endpoint that does not answer, unless another call
// has done so already, and returns the one after it.
func (c *Client) advance(from *endpoint, err error) *endpoint {
	c.mu.Lock()
	defer c.mu.Unlock()
	from.failure, from.failedAt = err, c.now()
	place := c.current // where from is no longer known
	for i, e := range c.endpoints {
		if e == from {
			place = (i + 1) % len(c.endpoints)
		}
	}
	if c.endpoints[c.current] == from {
		c.current = place
	}
	return c.endpoints[place]
}

// fetchFrom asks one endpoint, with a new login if the old one has expired.
func (c *Client) fetchFrom(ctx context.Context, e *endpoint, r request) ([]byte, error) {
	ctx, cancel := c.share(ctx, r)
	defer cancel()
	if c.options.Auth.TokenID != "" {
		header := c.options.Product.token(c.options.Auth.TokenID, string(c.options.Auth.TokenSecret))
		return c.send(ctx, e, r, func(h http.Header) { h.Set("Authorization", header) })
	}
	for try := 0; ; try++ {
		ticket, err := c.ticket(ctx, e)
		if err != nil {
			return nil, err
		}
		cookie := c.options.Product.cookie() + "=" + url.QueryEscape(ticket)
		body, err := c.send(ctx, e, r, func(h http.Header) { h.Set("Cookie", cookie) })
		if known := fault.Of(err); err == nil || known.Code != fault.CodeAuth || try > 0 {
			return body, err
		}
		c.tickets.drop(ticket)
	}
}

// share leaves half of the time for the next endpoint where there is one to
// go on with.
func (c *Client) share(ctx context.Context, r request) (context.Context, context.CancelFunc) {
	deadline, ok := ctx.Deadline()
	c.mu.Lock()
	alone := len(c.endpoints) == 1
	c.mu.Unlock()
	if !ok || alone || nodeOf(r.path) != "" {
		return context.WithCancel(ctx)
	}
	half := time.Until(deadline) / 2
	return context.WithTimeoutCause(ctx, half, timedOut(half))
}

// send does one HTTP request and returns the body of the answer.
func (c *Client) send(ctx context.Context, e *endpoint, r request, login func(http.Header)) ([]byte, error) {
	release, err := e.take(ctx)
	if err != nil {
		return nil, err
	}
	defer release()
	var connected atomic.Bool
	traced := httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GotConn: func(httptrace.GotConnInfo) { connected.Store(true) },
	})
	message, err := r.message(traced, e.url)
	if err != nil {
		return nil, &fault.Error{Origin: fault.OriginPlugin, Code: CodeBadRequest, Err: err}
	}
	login(message.Header)
	c.count(nodeOf(r.path))
	started := c.now()
	response, err := e.client.Do(message)
	if err != nil {
		return nil, failure(ctx, e, r, err, connected.Load())
	}
	defer func() { _ = response.Body.Close() }() // what was wanted of it has been read
	c.noteClock(response.Header.Get("Date"), started, c.now())
	body, err := io.ReadAll(io.LimitReader(response.Body, c.options.MaxBytes+1))
	if err == nil {
		err = ctx.Err() // a server may end its answer properly because we are about to leave
	}
	if err != nil {
		return nil, failure(ctx, e, r, fmt.Errorf("read answer: %w", err), true)
	}
	if int64(len(body)) > c.options.MaxBytes {
		return nil, fault.Newf(fault.OriginRemote, CodeTooLarge, "the answer is longer than %d bytes", c.options.MaxBytes)
	}
	return body, judge(e, response, body)
}

// message returns the HTTP request.
func (r request) message(ctx context.Context, base *url.URL) (*http.Request, error) {
	u := base.String() + r.path
	if len(r.query) > 0 {
		u += "?" + r.query.Encode()
	}
	if r.form == nil {
		return http.NewRequestWithContext(ctx, http.MethodGet, u, nil)
	}
	message, err := http.NewRequestWithContext(ctx, http.MethodPost, u, strings.NewReader(r.form.Encode()))
	if err == nil {
		message.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	return message, err
}

// failure judges an error of the transport. Only a node that hangs is not the
// endpoint's fault: the endpoint passes such calls on.
func failure(ctx context.Context, e *endpoint, r request, err error, connected bool) error {
	known := transportFault(ctx, e.url.Host, err)
	endpointDown := !connected || nodeOf(r.path) == "" || known.Code != CodeTimeout
	if endpointDown && !errors.Is(err, context.Canceled) {
		known.Err = &endpointError{known.Err}
	}
	return known
}

// endpointError marks errors after which another endpoint may do better.
type endpointError struct{ error }

// Unwrap returns the cause.
func (e *endpointError) Unwrap() error { return e.error }

func elsewhere(err error) bool {
	_, ok := errors.AsType[*endpointError](err)
	return ok
}

func (c *Client) count(node string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.requests[node]++
}

// noteClock compares the server's clock with ours. The header Date has whole
// seconds: on average the server is half a second further.
func (c *Client) noteClock(date string, sent, received time.Time) {
	at, err := http.ParseTime(date)
	if err != nil {
		return
	}
	middle := sent.Add(received.Sub(sent) / 2)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.skew, c.skewKnown = at.Add(time.Second/2).Sub(middle).Round(time.Second/10), true
}
