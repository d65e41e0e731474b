// Package engine speaks the Engine API of Docker, which Podman speaks too, with one engine.
//
// It is written on net/http rather than on the public client for three reasons. An update of a container must carry its
// configuration over as the engine wrote it, and a typed client loses the members it does not know. A report needs a
// tenth of what the engine says, and decoding the rest would be most of the cost. And the public client brings
// tracing and 1.2 MB into a program that is to stay small. The API is described at
// https://docs.docker.com/reference/api/engine/; versions 1.24 to 1.47 are spoken.
package engine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// Errors of calls. An answer with a status of 400 or above is a [StatusError].
var (
	// ErrUnreachable means that nobody listens.
	ErrUnreachable = errors.New("engine is not reachable")
	// ErrTimeout means that the engine listens and does not answer.
	ErrTimeout = errors.New("no answer from the engine in time")
	// ErrTooOld means that the engine speaks only versions of the API from before 2016.
	ErrTooOld = errors.New("engine is too old")
)

// Bounds of calls.
const (
	// CallTimeout bounds each call that is not a stream.
	CallTimeout = 5 * time.Second
	// maxAnswer is the largest answer that is read, in bytes: enough for a list of ten thousand containers.
	maxAnswer = 32 << 20
	// maxMessage is how much of the engine's own words an error keeps, in bytes.
	maxMessage = 512
)

// Versions of the API.
const (
	oldestMinor = 24
	newestMinor = 47
)

// Runtime is the product behind the API.
type Runtime string

// Runtimes.
const (
	Docker Runtime = "docker"
	Podman Runtime = "podman"
)

// StatusError is an answer by which the engine refuses.
type StatusError struct {
	// Code is the HTTP status, 400 or above.
	Code int
	// Message is the engine's, cut to a few hundred bytes.
	Message string
}

// Error returns the engine's message, or the status when it gave none.
func (e *StatusError) Error() string {
	if e.Message == "" {
		return "engine answers " + strconv.Itoa(e.Code)
	}
	return e.Message
}

// Missing reports whether the error says that the thing asked for does not exist.
func Missing(err error) bool {
	var status *StatusError
	return errors.As(err, &status) && status.Code == http.StatusNotFound
}

// Client talks to one engine. It is safe for concurrent use and does not change.
type Client struct {
	http    *http.Client
	base    string // scheme and host
	prefix  string // path of the version
	minor   int
	runtime Runtime
	local   bool
}

// Dial finds out what listens at the endpoint and how to talk to it. The errors may be ErrUnreachable, ErrTimeout or
// ErrTooOld.
func Dial(ctx context.Context, endpoint Endpoint) (*Client, error) {
	transport, err := endpoint.transport()
	if err != nil {
		return nil, err
	}
	client := &Client{http: &http.Client{Transport: transport}, base: endpoint.base(), local: endpoint.Local(), runtime: Docker}
	if err := client.negotiate(ctx); err != nil {
		client.Close()
		return nil, err
	}
	return client, nil
}

// negotiate settles the version of the API.
func (c *Client) negotiate(ctx context.Context) error {
	ctx, cancel := context.WithTimeoutCause(ctx, CallTimeout, ErrTimeout)
	defer cancel()
	response, err := c.send(ctx, request{method: http.MethodGet, path: "/_ping"})
	if err != nil {
		return fmt.Errorf("ping: %w", err)
	}
	defer finish(response)
	if response.Header.Get("Libpod-Api-Version") != "" {
		c.runtime = Podman
	}
	c.minor = oldestMinor // engines that do not say so know this one
	if text, ok := strings.CutPrefix(response.Header.Get("Api-Version"), "1."); ok {
		if c.minor, err = strconv.Atoi(text); err != nil || c.minor < oldestMinor {
			return ErrTooOld
		}
	}
	c.minor = min(c.minor, newestMinor)
	c.prefix = "/v1." + strconv.Itoa(c.minor)
	return nil
}

// Runtime returns the product.
func (c *Client) Runtime() Runtime { return c.runtime }

// Local reports whether the engine runs on this machine, so that its processes can be seen here.
func (c *Client) Local() bool { return c.local }

// Close ends idle connections. The client can still be used.
func (c *Client) Close() { c.http.CloseIdleConnections() }

// request is one call.
type request struct {
	method, path string
	query        url.Values
	body         any // encoded as JSON; nil for none
	header       http.Header
}

// get makes a call and decodes its answer.
func (c *Client) get(ctx context.Context, path string, query url.Values, into any) error {
	return c.call(ctx, request{method: http.MethodGet, path: path, query: query}, into)
}

// call makes a call within CallTimeout and decodes its answer unless into is nil.
func (c *Client) call(ctx context.Context, request request, into any) error {
	ctx, cancel := context.WithTimeoutCause(ctx, CallTimeout, ErrTimeout)
	defer cancel()
	return c.exchange(ctx, request, into)
}

// exchange makes a call for as long as the context allows.
func (c *Client) exchange(ctx context.Context, request request, into any) error {
	response, err := c.send(ctx, request)
	if err != nil {
		return err
	}
	defer finish(response)
	if into == nil {
		return nil
	}
	if err := json.NewDecoder(io.LimitReader(response.Body, maxAnswer)).Decode(into); err != nil {
		return fmt.Errorf("read answer: %w", explain(ctx, err))
	}
	return nil
}

// send makes a call and returns an answer below 400, whose body the caller must close.
func (c *Client) send(ctx context.Context, request request) (*http.Response, error) {
	target := c.base + c.prefix + request.path
	if len(request.query) > 0 {
		target += "?" + request.query.Encode()
	}
	body, err := encode(request.body)
	if err != nil {
		return nil, err
	}
	outgoing, err := http.NewRequestWithContext(ctx, request.method, target, body)
	if err != nil {
		return nil, fmt.Errorf("make request: %w", err)
	}
	for name, values := range request.header {
		outgoing.Header[name] = values
	}
	if request.body != nil {
		outgoing.Header.Set("Content-Type", "application/json")
	}
	response, err := c.http.Do(outgoing)
	if err != nil {
		return nil, explain(ctx, err)
	}
	if response.StatusCode >= http.StatusBadRequest {
		defer finish(response)
		return nil, refusal(response)
	}
	return response, nil
}

func encode(body any) (io.Reader, error) {
	if body == nil {
		return http.NoBody, nil
	}
	text, err := json.Marshal(body)
	if err != nil {
		return nil, fmt.Errorf("encode request: %w", err)
	}
	return strings.NewReader(string(text)), nil
}

// refusal reads what the engine says about a status of 400 or above.
func refusal(response *http.Response) error {
	refused := &StatusError{Code: response.StatusCode}
	var said struct {
		Message string `json:"message"`
	}
	// Best effort: without words there is still the status.
	if json.NewDecoder(io.LimitReader(response.Body, 1<<16)).Decode(&said) == nil {
		refused.Message = cut(strings.TrimSpace(said.Message))
	}
	return refused
}

func cut(message string) string {
	if len(message) > maxMessage {
		return strings.ToValidUTF8(message[:maxMessage], "")
	}
	return message
}

// explain puts errors of the connection into terms of this package.
func explain(ctx context.Context, err error) error {
	var dial *net.OpError
	switch {
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case errors.As(err, &dial) && dial.Op == "dial":
		return fmt.Errorf("%w: %w", ErrUnreachable, dial.Err)
	}
	var wrapped *url.Error
	if errors.As(err, &wrapped) {
		return wrapped.Err // without the address
	}
	return err
}

// finish reads what is left of an answer, so that the connection can be used again, and closes it.
func finish(response *http.Response) {
	// Best effort: a connection that cannot be used again is replaced.
	_, _ = io.CopyN(io.Discard, response.Body, 1<<16)
	_ = response.Body.Close()
}
