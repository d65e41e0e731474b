package apiclient

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
)

// Kinds of refusal, by which a [StatusError] can be told apart with errors.Is.
var (
	// ErrUnauthorized means that the server does not know the user (401).
	ErrUnauthorized = errors.New("credentials are not accepted")
	// ErrForbidden means that the user lacks a permission (403).
	ErrForbidden = errors.New("forbidden")
	// ErrNotFound means that the server has no such collection (404), or does not let it be read or watched (405).
	ErrNotFound = errors.New("not served")
	// ErrGone means that a version or a page is too old (410).
	ErrGone = errors.New("too old")
)

// StatusError is a refusal of the API server.
type StatusError struct {
	// Code is the HTTP status.
	Code int
	// Reason is the server's word, such as "Forbidden"; may be empty.
	Reason string
	// Message is the server's text, in one line and cut; may be empty.
	Message string
}

// Error tells the status and the server's text.
func (e *StatusError) Error() string {
	if e.Message == "" {
		return fmt.Sprintf("API server answers %d", e.Code)
	}
	return fmt.Sprintf("API server answers %d: %s", e.Code, e.Message)
}

// Is tells the kinds of refusal apart.
func (e *StatusError) Is(target error) bool {
	switch e.Code {
	case http.StatusUnauthorized:
		return target == ErrUnauthorized
	case http.StatusForbidden:
		return target == ErrForbidden
	case http.StatusNotFound, http.StatusMethodNotAllowed:
		return target == ErrNotFound
	case http.StatusGone:
		return target == ErrGone
	}
	return false
}

// Bounds of what is read and kept of a refusal, in bytes.
const (
	maxStatus  = 64 << 10
	maxMessage = 300
)

func statusError(response *http.Response) *StatusError {
	raw, err := io.ReadAll(io.LimitReader(response.Body, maxStatus))
	if err != nil {
		raw = nil // the status says enough
	}
	refusal := DecodeStatus(raw)
	refusal.Code = response.StatusCode
	return refusal
}

// DecodeStatus reads a Status object (v1), which also ends a watch. What is none gives an error without a text.
func DecodeStatus(raw []byte) *StatusError {
	var status struct {
		Code    int    `json:"code"`
		Reason  string `json:"reason"`
		Message string `json:"message"`
	}
	if json.Unmarshal(raw, &status) != nil {
		return &StatusError{}
	}
	return &StatusError{Code: status.Code, Reason: oneLine(status.Reason), Message: oneLine(status.Message)}
}

// oneLine makes a text fit for a log.
func oneLine(text string) string {
	text = strings.Join(strings.Fields(text), " ")
	if len(text) > maxMessage {
		text = strings.ToValidUTF8(text[:maxMessage], "") + "…"
	}
	return text
}
