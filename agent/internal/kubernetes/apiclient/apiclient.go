// Package apiclient speaks HTTP to a Kubernetes API server and tells its refusals apart.
package apiclient

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/pulse-hub/pulse/agent/internal/kubernetes/credential"
	"github.com/pulse-hub/pulse/agent/internal/kubernetes/kubeconfig"
)

// ErrAccess means that a client cannot be made of an access: a bad URL, or no certificates in the authority's file.
var ErrAccess = errors.New("access cannot be used")

// Limits of connections. A dozen watches and a list share one connection of HTTP/2, of which each stream may fill its own
// buffer: small ones make the server wait for the agent rather than the agent hold megabytes.
const (
	dialTimeout   = 10 * time.Second
	headerTimeout = 30 * time.Second
	idleTimeout   = 90 * time.Second
	maxIdle       = 4
	pingAfter     = 30 * time.Second
	pingTimeout   = 15 * time.Second
	streamBuffer  = 256 << 10
	sharedBuffer  = 1 << 20
)

// Client is a client of one API server. It is safe for concurrent use.
type Client struct {
	base      *url.URL
	server    string
	userAgent string
	transport *http.Transport
	client    *http.Client
	source    *credential.Source
}

// Open returns a client for the access. It reads the certificate authority's file and connects to nothing.
func Open(access kubeconfig.Access, userAgent string) (*Client, error) {
	base, err := url.Parse(access.Server)
	if err != nil || base.Host == "" || base.Scheme != "https" && base.Scheme != "http" {
		return nil, fmt.Errorf("%w: the server is no URL", ErrAccess)
	}
	server := access.Server
	if base.User != nil || base.RawQuery != "" || base.Fragment != "" {
		base.User, base.RawQuery, base.Fragment = nil, "", ""
		server = base.String()
	}
	base.Path = strings.TrimRight(base.Path, "/")
	authority, err := authorities(access)
	if err != nil {
		return nil, err
	}
	proxy, err := proxyOf(access)
	if err != nil {
		return nil, err
	}
	source := credential.New(access)
	transport := newTransport(access, authority, source)
	transport.Proxy = proxy
	return &Client{
		base: base, server: server, userAgent: userAgent, transport: transport, source: source,
		client: &http.Client{
			Transport: transport,
			// A redirect would carry the credentials elsewhere; it counts as a refusal.
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
	}, nil
}

func newTransport(access kubeconfig.Access, authority *x509.CertPool, source *credential.Source) *http.Transport {
	dialer := net.Dialer{Timeout: dialTimeout, KeepAlive: pingAfter}
	return &http.Transport{
		DialContext: dialer.DialContext,
		TLSClientConfig: &tls.Config{
			MinVersion: tls.VersionTLS12, RootCAs: authority, ServerName: access.ServerName,
			InsecureSkipVerify: access.Insecure, GetClientCertificate: source.Certificate, //nolint:gosec // G402: the kubeconfig asks for it
		},
		TLSHandshakeTimeout: dialTimeout, ResponseHeaderTimeout: headerTimeout, IdleConnTimeout: idleTimeout,
		MaxIdleConnsPerHost: maxIdle, ForceAttemptHTTP2: true, DisableCompression: access.DisableCompression,
		// A connection that died without a word is noticed by pings, else a watch would wait on it for minutes.
		HTTP2: &http.HTTP2Config{
			SendPingTimeout: pingAfter, PingTimeout: pingTimeout,
			MaxReceiveBufferPerStream: streamBuffer, MaxReceiveBufferPerConnection: sharedBuffer,
		},
	}
}

// authorities returns whom to trust; nil for whom the system trusts.
func authorities(access kubeconfig.Access) (*x509.CertPool, error) {
	raw := access.CAData
	if raw == nil && access.CAFile != "" {
		var err error
		if raw, err = os.ReadFile(access.CAFile); err != nil {
			return nil, fmt.Errorf("read certificate authority: %w", err)
		}
	}
	if raw == nil {
		return nil, nil
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(raw) {
		return nil, fmt.Errorf("%w: no certificate in the certificate authority", ErrAccess)
	}
	return pool, nil
}

func proxyOf(access kubeconfig.Access) (func(*http.Request) (*url.URL, error), error) {
	if access.ProxyURL == "" {
		return http.ProxyFromEnvironment, nil
	}
	proxy, err := url.Parse(access.ProxyURL)
	if err != nil || proxy.Host == "" {
		return nil, fmt.Errorf("%w: the proxy is no URL", ErrAccess)
	}
	return http.ProxyURL(proxy), nil
}

// Server returns the base URL as configured, without a password that might be in it.
func (c *Client) Server() string { return c.server }

// Request is one request.
type Request struct {
	// Path is below the base URL, such as "/api/v1/pods".
	Path  string
	Query url.Values
	// Accept is the kind of answer wanted; empty means JSON.
	Accept string
}

// Get returns the body of a successful answer, which the caller must close. Refusals are of type *StatusError. Credentials
// that were refused are renewed and tried once more.
func (c *Client) Get(ctx context.Context, request Request) (io.ReadCloser, error) {
	body, err := c.try(ctx, request)
	if errors.Is(err, ErrUnauthorized) && c.source.Refused() {
		c.transport.CloseIdleConnections() // a new client certificate needs a new connection
		return c.try(ctx, request)
	}
	return body, err
}

func (c *Client) try(ctx context.Context, request Request) (io.ReadCloser, error) {
	target := *c.base
	target.Path += request.Path
	target.RawQuery = request.Query.Encode()
	built, err := http.NewRequestWithContext(ctx, http.MethodGet, target.String(), nil)
	if err != nil {
		return nil, ErrAccess // the text would hold the URL
	}
	accept := request.Accept
	if accept == "" {
		accept = "application/json"
	}
	built.Header.Set("Accept", accept)
	built.Header.Set("User-Agent", c.userAgent)
	if err := c.source.Authorize(ctx, built.Header); err != nil {
		return nil, err
	}
	response, err := c.client.Do(built) //nolint:bodyclose // the caller closes it
	if err != nil {
		return nil, withoutURL(ctx, err)
	}
	if response.StatusCode != http.StatusOK {
		defer discard(response.Body)
		return nil, statusError(response)
	}
	return response.Body, nil
}

// withoutURL takes the URL out of an error of net/http. A context that ended is named by its cause.
func withoutURL(ctx context.Context, err error) error {
	var wrapped *url.Error
	if errors.As(err, &wrapped) {
		err = wrapped.Err
	}
	if ctx.Err() != nil {
		err = context.Cause(ctx)
	}
	return fmt.Errorf("ask API server: %w", err)
}

// Close ends connections that are not in use. Others end with their requests.
func (c *Client) Close() { c.transport.CloseIdleConnections() }

// discard reads a little of what is left, so that the connection can be used again, and closes.
func discard(body io.ReadCloser) {
	_, _ = io.CopyN(io.Discard, body, 4<<10) // only to keep the connection
	_ = body.Close()
}
