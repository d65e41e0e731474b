package sender

import (
	"crypto/tls"
	"net"
	"net/http"
	"time"
)

// ClientOptions configures [NewClient].
type ClientOptions struct {
	// Insecure turns off verification of the hub's certificate.
	Insecure bool
}

// NewClient returns a client for talking to a hub: 15 seconds for a whole request, TLS 1.2 or newer, proxies from the
// environment, one idle connection. It follows no redirects, as each would be handed the token.
func NewClient(options ClientOptions) *http.Client {
	dialer := &net.Dialer{Timeout: 10 * time.Second, KeepAlive: 30 * time.Second}
	return &http.Client{
		Timeout: 15 * time.Second,
		Transport: &http.Transport{
			Proxy:       http.ProxyFromEnvironment,
			DialContext: dialer.DialContext,
			TLSClientConfig: &tls.Config{
				MinVersion:         tls.VersionTLS12,
				InsecureSkipVerify: options.Insecure, //nolint:gosec // G402: asked for with --insecure
			},
			TLSHandshakeTimeout: 10 * time.Second,
			MaxIdleConns:        1,
			MaxConnsPerHost:     2, // a module that waits for a slow answer leaves room for another
			IdleConnTimeout:     90 * time.Second,
			ReadBufferSize:      4 << 10,
			WriteBufferSize:     4 << 10,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}
