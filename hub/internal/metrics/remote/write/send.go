package write

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// errTimeout is the cause of a request that took too long.
var errTimeout = errors.New("the target did not answer in time")

const (
	// maxRefusal is how much of a refusal is read, in bytes.
	maxRefusal = 512
	// maxPause bounds how long a target may ask us to wait.
	maxPause = 5 * time.Minute
	// writtenHeader says how many samples a target has taken, in version 2.
	writtenHeader = "X-Prometheus-Remote-Write-Samples-Written"
)

// A refusal is an answer other than success.
type refusal struct {
	status int
	text   string
	// retry says that the same request may be taken later, pause for how long the target wants peace.
	retry bool
	pause time.Duration
	// written is how many samples were taken nevertheless.
	written int
}

func (r *refusal) Error() string {
	if r.text == "" {
		return fmt.Sprintf("status %d", r.status)
	}
	return fmt.Sprintf("status %d: %s", r.status, r.text)
}

// A sender posts requests to one target. It is safe for concurrent use.
type sender struct {
	client   *http.Client
	address  string
	protocol Protocol
	agent    string
	timeout  time.Duration
}

// send posts one request. Its error is a *refusal when the target has answered; any other means that it may not have
// got the request.
func (s *sender) send(ctx context.Context, r request) error {
	ctx, cancel := context.WithTimeoutCause(ctx, s.timeout, errTimeout)
	defer cancel()
	post, err := http.NewRequestWithContext(ctx, http.MethodPost, s.address, bytes.NewReader(r.body))
	if err != nil {
		return errors.New("make request: address cannot be read") // its own text has the address
	}
	post.Header.Set("Content-Type", s.protocol.contentType())
	post.Header.Set("Content-Encoding", "snappy")
	post.Header.Set("X-Prometheus-Remote-Write-Version", s.protocol.version())
	post.Header.Set("User-Agent", s.agent)
	answer, err := s.client.Do(post)
	if err != nil {
		return withoutAddress(ctx, err)
	}
	defer answer.Body.Close()
	text, _ := io.ReadAll(io.LimitReader(answer.Body, maxRefusal)) // it only explains
	_, _ = io.Copy(io.Discard, io.LimitReader(answer.Body, 64<<10))
	if answer.StatusCode/100 == 2 {
		return nil
	}
	return refusalOf(answer, string(text))
}

func refusalOf(answer *http.Response, text string) *refusal {
	r := &refusal{status: answer.StatusCode, text: firstLine(text)}
	r.retry = answer.StatusCode == http.StatusTooManyRequests || answer.StatusCode/100 == 5
	if seconds, err := strconv.Atoi(answer.Header.Get("Retry-After")); err == nil && seconds > 0 {
		r.pause = min(time.Duration(seconds)*time.Second, maxPause)
	}
	if n, err := strconv.Atoi(answer.Header.Get(writtenHeader)); err == nil && n > 0 {
		r.written = n
	}
	return r
}

// firstLine returns the first line of a text that somebody else wrote, fit for a log.
func firstLine(text string) string {
	text, _, _ = strings.Cut(strings.TrimSpace(text), "\n")
	return strings.ToValidUTF8(text, "?")
}

// withoutAddress leaves the address out of an error of the client: its query may have a secret.
func withoutAddress(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	var wrapped *url.Error
	if errors.As(err, &wrapped) {
		return fmt.Errorf("post: %w", wrapped.Err)
	}
	return fmt.Errorf("post: %w", err)
}

// isBad says that a target has refused a request as a whole because of something in it.
func isBad(err error) bool {
	var r *refusal
	return errors.As(err, &r) && r.status == http.StatusBadRequest && r.written == 0
}

// writtenOf returns how many samples of a refused request were taken nevertheless.
func writtenOf(err error, samples int) int {
	var r *refusal
	if errors.As(err, &r) {
		return min(r.written, samples)
	}
	return 0
}
