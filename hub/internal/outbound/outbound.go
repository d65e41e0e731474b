// Package outbound makes the HTTP clients that the hub itself asks others
// with, each bound to where it may go and to how much and how long it listens.
//
// An address is checked as it is written, in each redirect, and, what counts,
// when a connection is made: after the name was resolved, for a name may
// resolve to something else a moment later.
package outbound

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"time"
)

var (
	// ErrRefused says that an address is none that the client may reach. Trying again does not help.
	ErrRefused = errors.New("address is refused")
	// ErrRedirects says that an answer leads on and on, or to where it must not.
	ErrRedirects = errors.New("redirect is not followed")
	// ErrTooLarge says that an answer has more bytes than the client reads.
	ErrTooLarge = errors.New("answer is too large")
)

const (
	// MaxRedirects is how many redirects are followed.
	MaxRedirects = 5
	// DefaultTimeout is how long a request may take where the options do not say.
	DefaultTimeout = 30 * time.Second
	// DefaultMaxAnswer is how many bytes an answer may have where they do not say.
	DefaultMaxAnswer = 1 << 20
	// dialTimeout bounds how long a connection may take to be made, and again its handshake.
	dialTimeout = 10 * time.Second
	// maxHeader bounds the header of an answer, in bytes.
	maxHeader = 64 << 10
	// idleConnections is how many connections are kept for later.
	idleConnections = 4
)

// Reach says where a client may go.
type Reach int

const (
	// Public is the Internet only. It is for addresses that an answer or a
	// message brings along, such as those of previews and of webhooks.
	Public Reach = iota
	// Private is the own network and the own machine as well. It is for what
	// administrators set up: servers to watch, providers of identities and
	// models, stores of measured values.
	Private
)

// Options are what a client is built from. The zero value is usable.
type Options struct {
	Reach Reach
	// Allow are networks that a Public client may reach all the same. Its own
	// machine and the metadata services of clouds are not reached even if listed.
	Allow []netip.Prefix
	// TLS is how servers are recognised; nil: by the certificates of the system, from TLS 1.2 on.
	TLS *tls.Config
	// Timeout bounds a request up to the last byte of its answer; 0: DefaultTimeout.
	Timeout time.Duration
	// MaxAnswer bounds an answer, unpacked, in bytes; 0: DefaultMaxAnswer.
	MaxAnswer int64
	// OnlyHere names headers that no other server than the one of the request
	// may see, besides Authorization, Cookie and those of proxies.
	OnlyHere []string
	// Resolver is who knows names; nil: the system's.
	Resolver *net.Resolver
}

// Client makes requests. It is safe for concurrent use.
type Client struct {
	http      *http.Client
	transport *http.Transport
}

// New builds a client that has not asked anybody yet. A Public client takes no
// proxy from the environment, for what a proxy connects to cannot be checked;
// a Private one does.
func New(options Options) *Client {
	if options.Timeout <= 0 {
		options.Timeout = DefaultTimeout
	}
	if options.MaxAnswer <= 0 {
		options.MaxAnswer = DefaultMaxAnswer
	}
	guard := &guard{reach: options.Reach, allow: options.Allow, resolver: options.Resolver}
	transport := &http.Transport{
		DialContext: guard.dial, TLSClientConfig: atLeastTLS12(options.TLS), ForceAttemptHTTP2: true, TLSHandshakeTimeout: dialTimeout,
		MaxIdleConns: idleConnections, IdleConnTimeout: time.Minute, MaxResponseHeaderBytes: maxHeader,
	}
	if options.Reach == Private {
		transport.Proxy = http.ProxyFromEnvironment
	}
	follower := &follower{guard: guard, next: transport, max: options.MaxAnswer, onlyHere: options.OnlyHere}
	return &Client{transport: transport, http: &http.Client{
		Transport: follower, Timeout: options.Timeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }, // followed below
	}}
}

func atLeastTLS12(config *tls.Config) *tls.Config {
	if config == nil {
		return &tls.Config{MinVersion: tls.VersionTLS12}
	}
	config = config.Clone()
	config.MinVersion = max(config.MinVersion, tls.VersionTLS12)
	return config
}

// HTTP returns the client for libraries that want one. It must not be changed.
// Its errors hold URLs, unlike those of Do.
func (c *Client) HTTP() *http.Client { return c.http }

// Do makes a request and follows up to MaxRedirects redirects. Method and body
// stay what they are, except that a 303 is followed with GET: most servers that
// answer 301 or 302 to a POST have only moved. The caller closes the body,
// reading which fails with ErrTooLarge after the most bytes there may be. An
// error holds of URLs at most the host; it wraps ErrRefused or ErrRedirects, or
// is one of the network.
func (c *Client) Do(request *http.Request) (*http.Response, error) {
	response, err := c.http.Do(request)
	if bare, ok := errors.AsType[*url.Error](err); ok {
		err = bare.Err
	}
	return response, err
}

// Close gives up the connections that are kept for later.
func (c *Client) Close() { c.transport.CloseIdleConnections() }

// Read makes a GET request and returns the whole answer, which is the caller's,
// and its status.
func (c *Client) Read(ctx context.Context, address string) (body []byte, status int, err error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, 0, fmt.Errorf("%w: it makes no request", ErrRefused)
	}
	response, err := c.Do(request)
	if err != nil {
		return nil, 0, err
	}
	defer func() { _ = response.Body.Close() }() // it was only read from
	body, err = io.ReadAll(response.Body)
	if err != nil {
		return nil, response.StatusCode, fmt.Errorf("read answer: %w", err)
	}
	return body, response.StatusCode, nil
}

// boundedBody is an answer that ends with an error when there is too much of it.
type boundedBody struct {
	io.ReadCloser
	left int64
}

// Read is part of io.Reader.
func (b *boundedBody) Read(p []byte) (int, error) {
	if b.left < 0 {
		return 0, ErrTooLarge
	}
	if int64(len(p)) > b.left+1 { // one more, to see whether there is more
		p = p[:b.left+1]
	}
	n, err := b.ReadCloser.Read(p)
	if b.left -= int64(n); b.left < 0 {
		return n - 1, ErrTooLarge
	}
	return n, err
}
