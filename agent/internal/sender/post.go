package sender

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/pulse-hub/pulse/agent/report"
)

// maxAnswer bounds what is read of an answer, in bytes.
const maxAnswer = 64 << 10

// maxRetryAfter bounds how long a hub can ask to be left alone.
const maxRetryAfter = 10 * time.Minute

// verdict is what an attempt means for the report.
type verdict int

const (
	// unreachable: no answer, or one that says nothing about the report. It is tried again.
	unreachable verdict = iota
	// accepted: the hub has it.
	accepted
	// refused: the hub calls the report itself wrong. It is tried again a few times.
	refused
	// forbidden: the token may not report. The report is dropped.
	forbidden
	// misunderstood: the hub no longer understands what it once said it does. The report is sent again without.
	misunderstood
)

// outcome is how one attempt ended.
type outcome struct {
	verdict  verdict
	body     []byte           // of the answer
	status   int              // of HTTP; zero without an answer
	err      error            // nil when accepted
	retry    time.Duration    // how long the hub asked to wait; zero when it did not
	features *report.Features // what the hub says it understands; nil when it did not say
}

// message is a request to a hub.
type message struct {
	path, userAgent string
	body            []byte
	packed          bool
	dated           bool // it says when it was sent
}

// post makes one attempt. Its deadline is that of the client.
func (t *Target) post(ctx context.Context, message message) outcome {
	request, err := t.request(ctx, http.MethodPost, message.path, bytes.NewReader(message.body))
	if err != nil {
		return outcome{err: err}
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("User-Agent", message.userAgent)
	if message.packed {
		request.Header.Set("Content-Encoding", "gzip")
	}
	if message.dated {
		request.Header.Set(report.SentAtHeader, time.Now().UTC().Format(time.RFC3339Nano))
	}
	answer, err := t.do(request)
	if err != nil {
		return outcome{err: err}
	}
	return judge(answer)
}

// request makes a request with the token.
func (t *Target) request(ctx context.Context, method, path string, body io.Reader) (*http.Request, error) {
	request, err := http.NewRequestWithContext(ctx, method, t.options.URL+path, body)
	if err != nil {
		return nil, withoutURL(err)
	}
	request.Header.Set("X-API-Token", t.options.Token)
	request.Header.Set("Authorization", "Bearer "+t.options.Token)
	return request, nil
}

// answer is what a hub answered.
type answer struct {
	status int
	header http.Header
	body   []byte
}

// do sends a request and reads its answer.
func (t *Target) do(request *http.Request) (answer, error) {
	response, err := t.options.Client.Do(request)
	if err != nil {
		return answer{}, withoutURL(err)
	}
	defer func() { _ = response.Body.Close() }() // reading is over: nothing can be lost
	body, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer))
	if err != nil {
		return answer{}, fmt.Errorf("read answer: %w", withoutURL(err))
	}
	return answer{response.StatusCode, response.Header, body}, nil
}

// Post sends a JSON value to another endpoint of the hub, such as the acknowledgement of a command. The error is that of
// the hub, or of the way there, and holds no secret.
func (t *Target) Post(ctx context.Context, path, userAgent string, value any) error {
	body, err := json.Marshal(value)
	if err != nil {
		return fmt.Errorf("encode request: %w", err)
	}
	return t.post(ctx, message{path: path, userAgent: userAgent, body: body}).err
}

// Get asks the hub for something and returns status and body of the answer, of at most 64 KiB. The error means that there
// was no answer, and holds no secret.
func (t *Target) Get(ctx context.Context, path string) (status int, body []byte, err error) {
	request, err := t.request(ctx, http.MethodGet, path, nil)
	if err != nil {
		return 0, nil, err
	}
	found, err := t.do(request)
	return found.status, found.body, err
}

// Try sends an empty report to an endpoint and returns status and body of the answer, as [Target.Get] does: no hub takes
// it, and it says whether that is because of the token.
func (t *Target) Try(ctx context.Context, path string) (status int, body []byte, err error) {
	request, err := t.request(ctx, http.MethodPost, path, http.NoBody)
	if err != nil {
		return 0, nil, err
	}
	request.Header.Set("Content-Type", "application/json")
	found, err := t.do(request)
	return found.status, found.body, err
}

// judge turns an answer into an outcome.
func judge(found answer) outcome {
	result := outcome{status: found.status, body: found.body, retry: retryAfter(found.header)}
	if header, said := found.header[report.FeaturesHeader]; said {
		features := report.ParseFeatures(strings.Join(header, ","))
		result.features = &features
	}
	if found.status < http.StatusOK || found.status >= http.StatusMultipleChoices {
		result.verdict = verdictOf(found.status)
		result.err = describe(found.status, found.body)
		return result
	}
	// A captive portal or a proxy's page also answers 200; only a hub's word counts as delivery.
	var content struct{ Success bool }
	if err := json.Unmarshal(found.body, &content); err != nil || !content.Success {
		result.err = ErrUnreadableAnswer
		result.features = nil
		return result
	}
	result.verdict = accepted
	return result
}

func verdictOf(status int) verdict {
	switch status {
	case http.StatusForbidden:
		return forbidden
	case http.StatusBadRequest, http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType, http.StatusUnprocessableEntity:
		return refused
	}
	return unreachable
}

// describe makes an error of a hub's error answer, or of the status alone.
func describe(status int, body []byte) error {
	var answer report.ErrorAnswer
	if err := json.Unmarshal(body, &answer); err != nil || answer.Error == "" {
		return fmt.Errorf("status %d %s", status, http.StatusText(status))
	}
	const longest = 300 // of outside text in a log
	if answer.RequiredScope != "" {
		return fmt.Errorf("status %d: %.*s: %.*s", status, longest, answer.Error, longest, answer.RequiredScope)
	}
	return fmt.Errorf("status %d: %.*s", status, longest, answer.Error)
}

// retryAfter reads the header of that name if it holds seconds; other forms count as absent.
func retryAfter(header http.Header) time.Duration {
	seconds, err := strconv.Atoi(header.Get("Retry-After"))
	if err != nil || seconds < 0 {
		return 0
	}
	return time.Duration(min(seconds, int(maxRetryAfter/time.Second))) * time.Second
}

// withoutURL strips the URL that package http puts into its errors, as it may hold a password.
func withoutURL(err error) error {
	var wrapped *url.Error
	if errors.As(err, &wrapped) {
		return wrapped.Err
	}
	return err
}
