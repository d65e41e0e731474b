package webhook

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/pulse-hub/pulse/plugins/internal/outward"
	"github.com/pulse-hub/pulse/sdk"
	"github.com/pulse-hub/pulse/sdk/fault"
	"github.com/pulse-hub/pulse/sdk/notification"
)

// posted is what was sent and what came back.
type posted struct {
	outward.Answer
	bytes int
}

// maxAnswer is how much of an answer is told, in bytes.
const maxAnswer = 4 << 10

// rejected is an error that trying again does not help against.
func rejected(format string, args ...any) error {
	return sdk.Reject(fmt.Errorf(format, args...))
}

// undelivered decides on an error of a request: where a message may not go,
// and whom nobody leads to, will be the same the next time.
func undelivered(err error) error {
	if errors.Is(err, outward.ErrRefused) || errors.Is(err, outward.ErrRedirects) {
		return sdk.Reject(err)
	}
	return &fault.Error{Origin: fault.OriginRemote, Transient: true, Err: err}
}

// judge decides on an answer; nil means delivered.
func judge(answer *outward.Answer) error {
	response := &http.Response{StatusCode: answer.Status, Header: answer.Header, Body: http.NoBody}
	err := sdk.CheckResponse(response)
	if err == nil {
		return nil
	}
	verdict := fault.Of(err)
	if answer.Status == http.StatusTooEarly {
		verdict.Transient = true
	}
	if verdict.Transient && verdict.RetryAfter == 0 {
		verdict.RetryAfter = waitOf(answer.Body)
	}
	return verdict
}

// maxWait bounds how long a body may ask to wait.
const maxWait = time.Hour

// waitOf reads how long to wait from the body of an answer as Discord and
// Telegram write it, in seconds; 0 if it does not say.
func waitOf(body []byte) time.Duration {
	var told struct {
		RetryAfter float64 `json:"retry_after"`
		Parameters struct {
			RetryAfter float64 `json:"retry_after"`
		} `json:"parameters"`
	}
	if json.Unmarshal(body, &told) != nil {
		return 0
	}
	seconds := min(max(told.RetryAfter, told.Parameters.RetryAfter, 0), maxWait.Seconds())
	return time.Duration(seconds * float64(time.Second))
}

// told is what is told of a delivery. No secret is in it.
func (c *channel) told(sent posted, err error) (notification.Receipt, error) {
	answer := c.redact.Redact(string(sent.Body))
	receipt := notification.Receipt{
		Status: sent.Status, PayloadBytes: sent.bytes, Answer: strings.ToValidUTF8(answer[:min(len(answer), maxAnswer)], ""),
	}
	if err == nil {
		return receipt, nil
	}
	clean := *fault.Of(err)
	clean.Err = errors.New(c.redact.Redact(err.Error()))
	return receipt, &clean
}
