package outward

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"
)

const (
	// MaxRedirects is how many redirects are followed.
	MaxRedirects = 3
	// MaxAnswer is how much of an answer is read, in bytes.
	MaxAnswer = 1 << 20
	// maxHeader bounds the header of an answer, in bytes.
	maxHeader = 64 << 10
)

// Request is one HTTP request.
type Request struct {
	Method string
	URL    *url.URL
	Header http.Header
	Body   []byte
	// OnlyHere names the headers that no other server than the one of URL may see.
	OnlyHere []string
}

// Answer is what a server answered.
type Answer struct {
	Status int
	Header http.Header
	Body   []byte // at most MaxAnswer bytes, the caller's
}

// Client makes requests. It is safe for concurrent use.
type Client struct {
	guard     *Guard
	transport *http.Transport
}

// NewClient returns a client that goes where the guard lets it. It takes no
// proxy from the environment: what a proxy connects to cannot be checked.
func NewClient(guard *Guard) *Client {
	transport := &http.Transport{
		DialContext: guard.DialContext, ForceAttemptHTTP2: true, TLSHandshakeTimeout: dialTimeout,
		MaxIdleConns: 4, IdleConnTimeout: 30 * time.Second, MaxResponseHeaderBytes: maxHeader,
	}
	return &Client{guard: guard, transport: transport}
}

// Close gives up the connections that are kept for later.
func (c *Client) Close() { c.transport.CloseIdleConnections() }

// Do makes a request, which ends with ctx at the latest, and follows at most
// MaxRedirects redirects. Each target is checked. Method and body stay what
// they are, except that a 303 is followed with GET: most servers that answer
// 301 or 302 to a POST have only moved. An error never holds the URL; it wraps
// ErrRefused or ErrRedirects, or is one of the network.
func (c *Client) Do(ctx context.Context, r Request) (Answer, error) {
	r.Header = r.Header.Clone()
	for followed := 0; ; followed++ {
		if err := c.guard.Resolve(ctx, r.URL); err != nil {
			return Answer{}, err
		}
		answer, err := c.ask(ctx, &r)
		if err != nil {
			return Answer{}, err
		}
		location := answer.Header.Get("Location")
		if !isRedirect(answer.Status) || location == "" {
			return answer, nil
		}
		if followed == MaxRedirects {
			return answer, fmt.Errorf("%w: more than %d", ErrRedirects, MaxRedirects)
		}
		if err := r.follow(answer.Status, location); err != nil {
			return answer, err
		}
	}
}

func (c *Client) ask(ctx context.Context, r *Request) (Answer, error) {
	request, err := http.NewRequestWithContext(ctx, r.Method, r.URL.String(), bytes.NewReader(r.Body))
	if err != nil {
		return Answer{}, fmt.Errorf("%w: it makes no request", ErrRefused)
	}
	for name, values := range r.Header {
		request.Header[name] = values
	}
	if host := r.Header.Get("Host"); host != "" {
		request.Host = host
	}
	if user := r.URL.User; user != nil && request.Header.Get("Authorization") == "" {
		password, _ := user.Password()
		request.SetBasicAuth(user.Username(), password)
	}
	response, err := c.transport.RoundTrip(request) // an http.Client reads redirects, and its errors hold the URL
	if err != nil {
		return Answer{}, causeOf(ctx, err)
	}
	defer func() { _ = response.Body.Close() }() // it was only read from
	body, err := io.ReadAll(io.LimitReader(response.Body, MaxAnswer))
	if err != nil {
		return Answer{}, fmt.Errorf("read answer: %w", causeOf(ctx, err))
	}
	return Answer{Status: response.StatusCode, Header: response.Header, Body: body}, nil
}

// causeOf tells that the time is over in the words of the one who set it.
func causeOf(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return err
}

func isRedirect(status int) bool {
	switch status {
	case http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther,
		http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
		return true
	}
	return false
}

// follow turns the request into the one that a redirect asks for.
func (r *Request) follow(status int, location string) error {
	target, err := r.URL.Parse(location)
	if err != nil {
		return fmt.Errorf("%w: it leads to no URL", ErrRedirects)
	}
	if r.URL.Scheme == "https" && target.Scheme != "https" {
		return fmt.Errorf("%w: it gives up encryption", ErrRedirects)
	}
	if !sameServer(r.URL, target) {
		for _, name := range r.OnlyHere {
			r.Header.Del(name)
		}
		r.Header.Del("Host")
	} else if target.User == nil {
		target.User = r.URL.User
	}
	if status == http.StatusSeeOther {
		r.Method, r.Body = http.MethodGet, nil
		r.Header.Del("Content-Type")
	}
	r.URL = target
	return nil
}

// sameServer tells whether a redirect stays where it was, or only begins to encrypt.
func sameServer(from, to *url.URL) bool {
	if hostOf(from) != hostOf(to) {
		return false
	}
	return (from.Scheme == to.Scheme && from.Port() == to.Port()) || (from.Scheme == "http" && to.Scheme == "https")
}
