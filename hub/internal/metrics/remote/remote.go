// Package remote says how to reach another system that speaks the HTTP interfaces of Prometheus: where it is, and what
// opens it.
package remote

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"golang.org/x/net/http/httpguts"

	"github.com/pulse-hub/pulse/hub/internal/outbound"
)

// ErrEndpoint is returned for an Endpoint that cannot be used; the text says why.
var ErrEndpoint = errors.New("endpoint is not valid")

// An Endpoint is one address and what opens it. Only URL is required.
type Endpoint struct {
	// URL begins with http:// or https:// and has neither user nor password.
	URL string
	// Headers are sent with each request; may be nil. Secret, like the three below.
	Headers map[string]string
	// User and Password are for HTTP Basic, BearerToken is for the scheme Bearer (RFC 6750); one of the two at most.
	User, Password, BearerToken string
	// CAFile holds the certificates in PEM that the server's is checked against; empty: those of the system.
	CAFile string
	// CertFile and KeyFile hold a client certificate in PEM; both or none.
	CertFile, KeyFile string
	// ServerName is the name that the server's certificate must have; empty: that in URL.
	ServerName string
	// SkipVerify takes any certificate, which lets everybody on the way read and answer.
	SkipVerify bool
}

// Validate says what is wrong without touching the network. Its errors hold no secrets.
func (e Endpoint) Validate() error {
	parsed, err := url.Parse(e.URL)
	switch {
	case err != nil: // its text has the address, and that may have a password
		return fmt.Errorf("%w: address cannot be read", ErrEndpoint)
	case parsed.Scheme != "http" && parsed.Scheme != "https", parsed.Host == "":
		return fmt.Errorf("%w: address is not of the form https://host/path", ErrEndpoint)
	case parsed.User != nil:
		return fmt.Errorf("%w: user and password do not belong into the address", ErrEndpoint)
	case e.BearerToken != "" && (e.User != "" || e.Password != ""):
		return fmt.Errorf("%w: there are a bearer token and a user", ErrEndpoint)
	case (e.CertFile == "") != (e.KeyFile == ""):
		return fmt.Errorf("%w: certificate and key belong together", ErrEndpoint)
	}
	for name, value := range e.Headers {
		if !httpguts.ValidHeaderFieldName(name) || !httpguts.ValidHeaderFieldValue(value) {
			return fmt.Errorf("%w: header %.40q", ErrEndpoint, name)
		}
	}
	return nil
}

// Name returns host and path, by which people know the endpoint in logs and metrics.
func (e Endpoint) Name() string {
	parsed, err := url.Parse(e.URL)
	if err != nil {
		return "?"
	}
	return parsed.Host + strings.TrimSuffix(parsed.Path, "/")
}

// transport returns what sends requests with all that opens the endpoint.
func (e Endpoint) transport() (http.RoundTripper, error) {
	settings, err := e.tls()
	if err != nil {
		return nil, err
	}
	return &opener{endpoint: e, next: &http.Transport{
		DialContext: outbound.Dial(outbound.Private),
		Proxy:       http.ProxyFromEnvironment, TLSClientConfig: settings, ForceAttemptHTTP2: true,
		MaxIdleConnsPerHost: 2, IdleConnTimeout: 90 * time.Second, TLSHandshakeTimeout: 10 * time.Second,
		MaxResponseHeaderBytes: 64 << 10,
	}}, nil
}

// Client returns a client for the endpoint; it reads the files of certificates. The client follows no redirects: secrets
// are for this endpoint alone. The timeout bounds a request with the reading of its answer.
func (e Endpoint) Client(timeout time.Duration) (*http.Client, error) {
	transport, err := e.transport()
	if err != nil {
		return nil, err
	}
	return &http.Client{
		Transport: transport, Timeout: timeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}, nil
}

func (e Endpoint) tls() (*tls.Config, error) {
	settings := &tls.Config{MinVersion: tls.VersionTLS12, ServerName: e.ServerName, InsecureSkipVerify: e.SkipVerify} //nolint:gosec // administrators may say so
	if e.CAFile != "" {
		raw, err := os.ReadFile(e.CAFile)
		if err != nil {
			return nil, fmt.Errorf("read certificate authorities: %w", err)
		}
		settings.RootCAs = x509.NewCertPool()
		if !settings.RootCAs.AppendCertsFromPEM(raw) {
			return nil, fmt.Errorf("%w: %s holds no certificate in PEM", ErrEndpoint, e.CAFile)
		}
	}
	if e.CertFile != "" {
		pair, err := tls.LoadX509KeyPair(e.CertFile, e.KeyFile)
		if err != nil {
			return nil, fmt.Errorf("read client certificate: %w", err)
		}
		settings.Certificates = []tls.Certificate{pair}
	}
	return settings, nil
}

// An opener adds what opens the endpoint to each request.
type opener struct {
	endpoint Endpoint
	next     *http.Transport
}

// RoundTrip is part of http.RoundTripper.
func (o *opener) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	for name, value := range o.endpoint.Headers {
		r.Header.Set(name, value)
	}
	switch {
	case o.endpoint.BearerToken != "":
		r.Header.Set("Authorization", "Bearer "+o.endpoint.BearerToken)
	case o.endpoint.User != "" || o.endpoint.Password != "":
		r.SetBasicAuth(o.endpoint.User, o.endpoint.Password)
	}
	return o.next.RoundTrip(r)
}

// CloseIdleConnections lets http.Client.CloseIdleConnections reach the transport.
func (o *opener) CloseIdleConnections() { o.next.CloseIdleConnections() }
