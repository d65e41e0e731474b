package sso

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net/http"
	"time"

	"github.com/pulse-hub/pulse/hub/internal/outbound"
)

const (
	// maxAnswer bounds what is read of an answer of a provider, in bytes.
	maxAnswer = 1 << 20
	// callTimeout bounds each call of a provider.
	callTimeout = 15 * time.Second
	// maxHops bounds redirects.
	maxHops = 5
)

var (
	errAnswerTooLong = errors.New("answer is too long")
	errRedirect      = errors.New("redirect to another host is not followed")
)

// NewClient returns an HTTP client for calls of identity providers: each is
// bounded in time and size, and redirects stay on the host, for requests carry
// secrets. A nil pool stands for the certificates of the system.
func NewClient(pool *x509.CertPool) *http.Client {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.TLSClientConfig = &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}
	transport.MaxIdleConnsPerHost = 2
	transport.DialContext = outbound.Dial(outbound.Private) // providers sit in private networks, too
	return &http.Client{
		Transport: bounded{transport}, Timeout: callTimeout,
		CheckRedirect: func(to *http.Request, via []*http.Request) error {
			if len(via) > maxHops || to.URL.Host != via[0].URL.Host || to.URL.Scheme != via[0].URL.Scheme {
				return errRedirect
			}
			return nil
		},
	}
}

// bounded is a transport whose answers end with an error after maxAnswer bytes.
type bounded struct{ next *http.Transport }

// RoundTrip is part of http.RoundTripper.
func (b bounded) RoundTrip(r *http.Request) (*http.Response, error) {
	response, err := b.next.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	response.Body = &boundedBody{ReadCloser: response.Body, left: maxAnswer}
	return response, nil
}

// CloseIdleConnections is what http.Client.CloseIdleConnections calls.
func (b bounded) CloseIdleConnections() { b.next.CloseIdleConnections() }

type boundedBody struct {
	io.ReadCloser
	left int
}

// Read is part of io.Reader.
func (b *boundedBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if b.left -= n; b.left < 0 {
		return 0, errAnswerTooLong
	}
	return n, err
}
