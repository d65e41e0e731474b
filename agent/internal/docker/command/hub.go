package command

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"

	"github.com/pulse-hub/pulse/agent/report"
)

// errRefused means that the hub does not take the acknowledgement, now or later: it has given the command up.
var errRefused = errors.New("hub does not take the acknowledgement")

// errNotTaken means that the hub could not take it now.
var errNotTaken = errors.New("hub answers with an error")

// errLate is the cause when the hub does not answer.
var errLate = errors.New("no answer from the hub in time")

// ackTimeout bounds one acknowledgement.
const ackTimeout = 15 * time.Second

// Hub is where commands come from and are acknowledged.
type Hub struct {
	// URL is the base URL without a trailing slash, and Token the API token.
	URL, Token string
	// UserAgent is sent along.
	UserAgent string
	// Client sends the requests.
	Client *http.Client
}

// acknowledge tells the hub about a command. The error wraps errRefused when it is of no use to try again.
func (h Hub) acknowledge(ctx context.Context, id string, ack report.CommandAck) error {
	ctx, cancel := context.WithTimeoutCause(ctx, ackTimeout, errLate)
	defer cancel()
	body, err := json.Marshal(ack)
	if err != nil {
		return fmt.Errorf("encode acknowledgement: %w", err)
	}
	target := h.URL + "/api/agents/docker/commands/" + url.PathEscape(id) + "/ack"
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, target, bytes.NewReader(body))
	if err != nil {
		return errRefused // its error would quote the address
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("X-API-Token", h.Token)
	request.Header.Set("Authorization", "Bearer "+h.Token)
	if h.UserAgent != "" {
		request.Header.Set("User-Agent", h.UserAgent)
	}
	response, err := h.Client.Do(request)
	if err != nil {
		return withoutAddress(ctx, err)
	}
	defer response.Body.Close()
	// Best effort: a connection that cannot be used again is replaced.
	_, _ = io.CopyN(io.Discard, response.Body, 16<<10)
	switch code := response.StatusCode; {
	case code < 300:
		return nil
	case code == http.StatusTooManyRequests, code == http.StatusRequestTimeout, code >= 500:
		return fmt.Errorf("%w: status %d", errNotTaken, code)
	default:
		return fmt.Errorf("%w: status %d", errRefused, code)
	}
}

func withoutAddress(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	var wrapped *url.Error
	if errors.As(err, &wrapped) {
		return wrapped.Err
	}
	return err
}
