package proxmoxapi

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/pulse-hub/pulse/sdk/fault"
)

// maxReason bounds what is told of a server's own words, in bytes.
const maxReason = 300

// The statuses of pveproxy for a node that it cannot reach. They say nothing
// about the node that was asked.
const (
	statusNoConnection = 595
	statusBroken       = 596
)

// StatusError is an answer with an HTTP status that is no success. It is
// within the *fault.Error that Client returns.
type StatusError struct {
	Status int
	// Reason is what the server says, on one line and at most 300 bytes long.
	Reason string
}

// Error returns the reason, or the status if there is none.
func (e *StatusError) Error() string {
	if e.Reason == "" {
		return fmt.Sprintf("the server answers %d %s", e.Status, http.StatusText(e.Status))
	}
	return e.Reason
}

// ReasonOf returns what the server said, "" if the error is no answer of a server.
func ReasonOf(err error) string {
	if known, ok := errors.AsType[*StatusError](err); ok {
		return known.Reason
	}
	return ""
}

// judge turns a status that is no success into an error.
func judge(e *endpoint, response *http.Response, body []byte) error {
	if response.StatusCode >= 200 && response.StatusCode < 300 {
		return nil
	}
	answer := &StatusError{Status: response.StatusCode, Reason: reason(response.Status, body)}
	known := &fault.Error{Origin: fault.OriginRemote, Code: answer.code(), Err: answer}
	switch known.Code {
	case fault.CodeAuth:
		known.Err = fmt.Errorf("the login is refused: %w", answer)
	case CodeForbidden:
		known.Err = fmt.Errorf("%s: %w", missing(answer.Reason), answer)
	case CodeRedirect:
		known.Err = &endpointError{fmt.Errorf("%s sends elsewhere: %w", e.url.Host, answer)}
	case CodeNodeDown, CodeServerError, CodeNoQuorum:
		known.Transient = true
	case fault.CodeRateLimited:
		known.Transient, known.RetryAfter = true, retryAfter(response.Header.Get("Retry-After"))
	}
	if known.Code == CodeServerError && behindProxy(response.StatusCode) {
		known.Err = &endpointError{answer}
	}
	return known
}

// behindProxy says whether a status is that of a proxy that does not reach the API.
func behindProxy(status int) bool {
	return status == http.StatusBadGateway || status == http.StatusGatewayTimeout
}

func (e *StatusError) code() string {
	switch {
	case e.Status == http.StatusUnauthorized:
		return fault.CodeAuth
	case e.Status == http.StatusForbidden:
		return CodeForbidden
	case e.Status == http.StatusNotFound, e.Status == http.StatusNotImplemented:
		return fault.CodeNotFound
	case e.Status == http.StatusTooManyRequests, e.Status == http.StatusServiceUnavailable:
		return fault.CodeRateLimited
	case e.Status == statusNoConnection, e.Status == statusBroken:
		return CodeNodeDown
	case strings.Contains(e.Reason, "no quorum"):
		return CodeNoQuorum
	case e.Status < 400:
		return CodeRedirect
	case e.Status < 500:
		return e.badRequest()
	}
	return CodeServerError
}

// badRequest tells apart what Proxmox Backup Server answers with 400: nearly everything.
func (e *StatusError) badRequest() string {
	lower := strings.ToLower(e.Reason)
	switch {
	case strings.Contains(lower, "permission check failed"):
		return CodeForbidden
	case strings.Contains(lower, "authentication failed"), strings.Contains(lower, "invalid credentials"):
		return fault.CodeAuth
	}
	return CodeBadRequest
}

// privilege is how Proxmox VE names what is missing: "Permission check failed (/vms/100, VM.Audit)".
var privilege = regexp.MustCompile(`\((/[^,()]*), ([A-Za-z|.]+)\)`)

// missing names the privilege that the account lacks, where the answer does.
func missing(reason string) string {
	if found := privilege.FindStringSubmatch(reason); found != nil {
		return "the account lacks the privilege " + found[2] + " on " + found[1]
	}
	return "the account lacks a privilege"
}

// reason returns the server's own words: the message of the body, the faults
// of the parameters, a body that is bare text, or the reason phrase.
func reason(status string, body []byte) string {
	var answer struct {
		Message Text            `json:"message"`
		Errors  map[string]Text `json:"errors"`
	}
	words := ""
	switch err := json.Unmarshal(body, &answer); {
	case err == nil:
		words = strings.TrimSpace(string(answer.Message))
		for _, field := range slices.Sorted(maps.Keys(answer.Errors)) {
			words += " " + field + ": " + strings.TrimSpace(string(answer.Errors[field]))
		}
	case len(body) > 0 && body[0] != '<' && body[0] != '{':
		words = string(body)
	}
	if strings.TrimSpace(words) == "" {
		_, words, _ = strings.Cut(status, " ")
	}
	return oneLine(words)
}

// oneLine makes text from outside fit for a line of a log or a form.
func oneLine(text string) string {
	text = strings.ToValidUTF8(text[:min(len(text), 4*maxReason)], "")
	words := strings.FieldsFunc(text, func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) })
	text = strings.Join(words, " ")
	if len(text) > maxReason {
		text = strings.ToValidUTF8(text[:maxReason-len("…")], "") + "…"
	}
	return text
}

// maxRetryAfter bounds how long a server may ask to wait.
const maxRetryAfter = time.Hour

func retryAfter(header string) time.Duration {
	seconds, err := strconv.ParseUint(header, 10, 24)
	if err != nil {
		return 0
	}
	return min(time.Duration(seconds)*time.Second, maxRetryAfter)
}

// decodeData decodes the member data of an answer. A value of another type
// than expected somewhere within data leaves its place as it is.
func decodeData(body []byte, into any) error {
	envelope := struct {
		Data any `json:"data"`
	}{into}
	err := json.Unmarshal(body, &envelope)
	if mismatch, ok := errors.AsType[*json.UnmarshalTypeError](err); ok && mismatch.Field != "data" && mismatch.Field != "" {
		return nil
	}
	if err != nil {
		return &fault.Error{Origin: fault.OriginRemote, Code: CodeBadAnswer, Transient: true, Err: fmt.Errorf("decode answer: %w", plain(err))}
	}
	return nil
}

// plain leaves the names of our types out of an error.
func plain(err error) error {
	if mismatch, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		return fmt.Errorf("a JSON %s where another type was expected", mismatch.Value)
	}
	return err
}
