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
)

// outcome is how one attempt ended.
type outcome struct {
	verdict verdict
	answer  report.HostAnswer // when accepted
	status  int               // of HTTP; zero without an answer
	err     error             // nil when accepted
	retry   time.Duration     // how long the hub asked to wait; zero when it did not
}

// post makes one attempt. Its deadline is that of the client.
func (s *Sender) post(ctx context.Context, body []byte) outcome {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, s.options.URL+s.options.Path, bytes.NewReader(body))
	if err != nil {
		return outcome{err: withoutURL(err)}
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("X-API-Token", s.options.Token)
	request.Header.Set("Authorization", "Bearer "+s.options.Token)
	request.Header.Set("User-Agent", s.options.UserAgent)
	response, err := s.options.Client.Do(request)
	if err != nil {
		return outcome{err: withoutURL(err)}
	}
	defer func() { _ = response.Body.Close() }() // reading is over: nothing can be lost
	answer, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer))
	if err != nil {
		return outcome{status: response.StatusCode, err: fmt.Errorf("read answer: %w", withoutURL(err))}
	}
	return judge(response, answer)
}

// judge turns an answer into an outcome.
func judge(response *http.Response, body []byte) outcome {
	result := outcome{status: response.StatusCode, retry: retryAfter(response.Header)}
	if response.StatusCode < http.StatusOK || response.StatusCode >= http.StatusMultipleChoices {
		result.verdict = verdictOf(response.StatusCode)
		result.err = describe(response.StatusCode, body)
		return result
	}
	// A captive portal or a proxy's page also answers 200; only a hub's word counts as delivery.
	if err := json.Unmarshal(body, &result.answer); err != nil || !result.answer.Success {
		result.err = ErrUnreadableAnswer
		return result
	}
	result.verdict = accepted
	return result
}

func verdictOf(status int) verdict {
	switch status {
	case http.StatusForbidden:
		return forbidden
	case http.StatusBadRequest, http.StatusRequestEntityTooLarge, http.StatusUnprocessableEntity:
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
