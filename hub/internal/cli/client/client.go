// Package client calls the API of a hub, as its local administrator through a
// Unix socket or as the owner of a token through a URL.
package client

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"net/url"
	"strings"
	"syscall"
	"time"
)

// Errors of reaching a hub.
var (
	// ErrNoHub says that no hub answers.
	ErrNoHub = errors.New("no hub answers")
	// ErrDenied says that the socket or the API may not be used.
	ErrDenied = errors.New("not permitted")
	// ErrAnswer says that the answer is not that of a hub.
	ErrAnswer = errors.New("the answer is not one of a hub")
)

const (
	// callLimit bounds calls that change little, workLimit those that start or stop processes.
	callLimit = 15 * time.Second
	workLimit = 90 * time.Second
	// uploadLimit bounds the sending of a package.
	uploadLimit = 10 * time.Minute
	// maxAnswer bounds an answer, in bytes.
	maxAnswer = 32 << 20
	// maxText bounds what is shown of a refusal in plain text, in bytes.
	maxText = 1000
)

var errCallTimeout = errors.New("the hub does not answer in time")

// Problem is what the API says when it refuses a call.
type Problem struct {
	Status int    `json:"-"`
	Detail string `json:"detail"`
	Code   string `json:"code"`
	// Errors are about single fields of what was sent.
	Errors []FieldError `json:"errors"`
}

// FieldError says what is wrong with one field.
type FieldError struct {
	Field   string `json:"field"`
	Message string `json:"message"`
}

// Error is the detail, and a line for each field.
func (p *Problem) Error() string {
	text := p.Detail
	if text == "" {
		text = fmt.Sprintf("the hub answers %d %s", p.Status, http.StatusText(p.Status))
	}
	for _, e := range p.Errors {
		text += "\n  " + strings.TrimPrefix(e.Field+": ", ": ") + e.Message
	}
	return text
}

// IsNotFound tells whether the hub does not have what was asked for.
func IsNotFound(err error) bool {
	problem, ok := errors.AsType[*Problem](err)
	return ok && problem.Status == http.StatusNotFound
}

// Client calls one hub. It is safe for concurrent use.
type Client struct {
	http  *http.Client
	base  string
	token string
	// place is what errors call the hub.
	place string
}

// Local returns a client of the hub whose administrator's socket lies at the path.
func Local(socket string) *Client {
	dial := func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{Timeout: callLimit}).DialContext(ctx, "unix", socket)
	}
	transport := &http.Transport{DialContext: dial, ResponseHeaderTimeout: workLimit}
	return &Client{http: &http.Client{Transport: transport}, base: "http://pulse", place: socket}
}

// Remote returns a client of the hub at the URL.
func Remote(address, token string) (*Client, error) {
	parsed, err := url.Parse(address)
	if err != nil || parsed.Host == "" || parsed.Scheme != "http" && parsed.Scheme != "https" {
		return nil, errors.New("the URL of the hub is not an http or https URL")
	}
	transport := &http.Transport{Proxy: http.ProxyFromEnvironment, ResponseHeaderTimeout: workLimit, ForceAttemptHTTP2: true}
	// A token is for this hub: nobody else gets it by way of a redirect.
	client := &http.Client{Transport: transport, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	return &Client{http: client, base: strings.TrimSuffix(parsed.String(), "/"), token: token, place: parsed.Host}, nil
}

// Close lets go of the connections. It may be called twice.
func (c *Client) Close() error {
	c.http.CloseIdleConnections()
	return nil
}

// call is one call of the API.
type call struct {
	method, path string
	query        url.Values
	body         io.Reader
	headers      map[string]string
	limit        time.Duration // of all of it; 0: callLimit
}

// do makes a call and decodes its answer into the value; nil: there is none to decode.
func (c *Client) do(ctx context.Context, one call, into any) error {
	limit := one.limit
	if limit == 0 {
		limit = callLimit
	}
	ctx, cancel := context.WithTimeoutCause(ctx, limit, errCallTimeout)
	defer cancel()
	response, err := c.send(ctx, one)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if into == nil {
		return nil
	}
	answer, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer))
	if err != nil {
		return fmt.Errorf("read answer: %w", because(ctx, err))
	}
	if raw, ok := into.(*json.RawMessage); ok {
		*raw = answer
		return nil
	}
	if err := json.Unmarshal(answer, into); err != nil {
		return fmt.Errorf("%w: %w", ErrAnswer, err)
	}
	return nil
}

// send sends a call and returns an answer that is no error; the caller closes its body.
func (c *Client) send(ctx context.Context, one call) (*http.Response, error) {
	target := c.base + one.path
	if len(one.query) > 0 {
		target += "?" + one.query.Encode()
	}
	request, err := http.NewRequestWithContext(ctx, one.method, target, one.body)
	if err != nil {
		return nil, fmt.Errorf("make request: %w", err)
	}
	for name, value := range one.headers {
		request.Header.Set(name, value)
	}
	if c.token != "" {
		request.Header.Set("Authorization", "Bearer "+c.token)
	}
	response, err := c.http.Do(request)
	if err != nil {
		return nil, c.unreachable(ctx, err)
	}
	if response.StatusCode >= 200 && response.StatusCode < 300 {
		return response, nil
	}
	defer response.Body.Close()
	return nil, problemOf(response)
}

// unreachable says why there was no answer, without the URL.
func (c *Client) unreachable(ctx context.Context, err error) error {
	err = because(ctx, err)
	if wrapped, ok := errors.AsType[*url.Error](err); ok {
		err = wrapped.Err
	}
	switch {
	case errors.Is(err, fs.ErrPermission):
		return fmt.Errorf("%w: %s belongs to the user that the hub runs as", ErrDenied, c.place)
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, syscall.ECONNREFUSED):
		return fmt.Errorf("%w at %s: is it running?", ErrNoHub, c.place)
	}
	return fmt.Errorf("%w at %s: %w", ErrNoHub, c.place, err)
}

// because returns what ended the context, if it has ended.
func because(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return err
}

func problemOf(response *http.Response) error {
	problem := &Problem{}
	text, err := io.ReadAll(io.LimitReader(response.Body, 1<<20))
	if err == nil && json.Unmarshal(text, problem) != nil && strings.HasPrefix(response.Header.Get("Content-Type"), "text/plain") {
		problem.Detail = strings.TrimSpace(strings.ToValidUTF8(string(text[:min(len(text), maxText)]), "")) // otherwise the status says enough
	}
	problem.Status = response.StatusCode
	if response.StatusCode == http.StatusUnauthorized {
		return fmt.Errorf("%w: %w", ErrDenied, problem)
	}
	return problem
}

// withJSON adds a value as the body of a call.
func (one call) withJSON(value any) (call, error) {
	text, err := json.Marshal(value)
	if err != nil {
		return one, fmt.Errorf("encode request: %w", err)
	}
	one.body, one.headers = bytes.NewReader(text), map[string]string{"Content-Type": "application/json"}
	return one, nil
}
