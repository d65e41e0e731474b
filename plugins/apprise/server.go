package apprise

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/pulse-hub/pulse/plugins/internal/outward"
	"github.com/pulse-hub/pulse/sdk"
	"github.com/pulse-hub/pulse/sdk/fault"
	"github.com/pulse-hub/pulse/sdk/secret"
)

// nearby are the networks that Apprise servers are in beside the Internet.
// What is in none of them and no public address either, the metadata service
// of a cloud above all, is never connected to.
const nearby = "127.0.0.0/8, ::1, 10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16, 100.64.0.0/10, fc00::/7"

// server is an Apprise server (https://github.com/caronc/apprise-api).
type server struct {
	client    *http.Client
	endpoint  string
	targets   []string
	key       string
	keyHeader string
	redact    secret.Redactor
}

func newServer(c config) (carrier, error) {
	endpoint, err := c.endpoint()
	if err != nil {
		return nil, err
	}
	targets, err := c.targets()
	if err != nil {
		return nil, err
	}
	header, err := c.keyHeader()
	if err != nil {
		return nil, err
	}
	allow, err := outward.ParseAllow(nearby)
	if err != nil {
		return nil, fmt.Errorf("networks nearby: %w", err)
	}
	transport := &http.Transport{
		DialContext:     outward.NewGuard(allow, nil).DialContext,
		TLSClientConfig: &tls.Config{MinVersion: tls.VersionTLS12, InsecureSkipVerify: c.SkipTLSVerify}, //nolint:gosec // G402: the setting asks for it
		MaxIdleConns:    2, IdleConnTimeout: 30 * time.Second, MaxResponseHeaderBytes: 64 << 10,
	}
	// A server that has moved has to be entered anew: where it leads to is not for it to say.
	stay := func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &server{
		client: &http.Client{Transport: transport, CheckRedirect: stay}, endpoint: endpoint,
		targets: targets, key: string(c.APIKey), keyHeader: header, redact: redactor(targets),
	}, nil
}

func (s *server) close() { s.client.CloseIdleConnections() }

// payload is what the server is sent.
type payload struct {
	Title string   `json:"title"`
	Body  string   `json:"body"`
	Type  string   `json:"type"`
	URLs  []string `json:"urls,omitempty"`
}

// carry implements carrier.
func (s *server) carry(ctx context.Context, m *sdk.Notification) (carried, error) {
	data, err := json.Marshal(payload{Title: title(m), Body: body(m), Type: kind(m), URLs: s.targets})
	if err != nil {
		return carried{}, sdk.Reject(fmt.Errorf("encode message: %w", err))
	}
	got := carried{bytes: len(data)}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, s.endpoint, bytes.NewReader(data))
	if err != nil {
		return got, sdk.Reject(errors.New("server address makes no request"))
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("User-Agent", "Pulse-Monitoring/2.0")
	request.Header.Set("Idempotency-Key", m.DeliveryID) // for proxies that know it
	if m.DeliveryID == "" || strings.ContainsAny(m.DeliveryID, "\r\n") {
		request.Header.Del("Idempotency-Key")
	}
	if s.key != "" {
		request.Header.Set(s.keyHeader, s.key)
	}
	response, err := s.client.Do(request)
	if err != nil {
		return got, s.failed(ctx, err)
	}
	answer, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer))
	got.status, got.answer = response.StatusCode, s.redact.Redact(clean(string(answer), maxAnswer, true))
	if err != nil {
		_ = response.Body.Close() // it was only read from
		return got, s.failed(ctx, err)
	}
	return got, judge(response)
}

// failed says why there is no answer. The URL is left out: its path may hold the key of a configuration.
func (s *server) failed(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		err = context.Cause(ctx)
	} else if outer, ok := errors.AsType[*url.Error](err); ok {
		err = outer.Err
	}
	if errors.Is(err, outward.ErrRefused) {
		return sdk.Reject(err)
	}
	return again(fmt.Errorf("reach server: %w", err))
}

// judge closes the body and says what an answer means. 204 is that of a server
// that has nobody to tell, 424 that of one that could not tell everybody.
func judge(response *http.Response) error {
	err := sdk.CheckResponse(response)
	switch code := response.StatusCode; {
	case code == http.StatusNoContent:
		return sdk.Reject(errors.New("server knows no targets for the message"))
	case code == http.StatusFailedDependency:
		return &fault.Error{Origin: fault.OriginRemote, Transient: true, Err: errors.New("server could not tell all targets")}
	case code >= 300 && code < 400:
		return sdk.Reject(errors.New("server leads to another address: enter that one"))
	}
	return err
}
