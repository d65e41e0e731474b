package route

import (
	"encoding/json"
	"net/http"
	"strconv"
	"time"

	"github.com/pulse-hub/pulse/hub/internal/auth"
)

// Error is an answer other than success. It is rendered once, by this package,
// as one JSON body that holds the members of RFC 9457 and those that clients
// of earlier versions read.
type Error struct {
	Status int
	// Code is a word for programs: "invalid_report".
	Code string
	// Message is for people and holds no secret.
	Message string
	// Details is further text by key; may be nil.
	Details map[string]string
	// Fields are what is wrong with single fields of the request; may be nil.
	Fields []Field
	// RequiredScope is the scope that is missing.
	RequiredScope auth.Scope
	// Explanation is a second sentence for people, where clients expect one.
	Explanation string
	// More are further members of the body, where clients expect them; may be nil.
	More map[string]any
	// Allow are the methods to use instead, for status 405.
	Allow string
	// RetryAfter is when to try again, for statuses 429 and 503.
	RetryAfter time.Duration
	// Text renders the message alone, as plain text.
	Text bool
}

// Field is what is wrong with one field of a request.
type Field struct {
	// Field is its path in the request: "host.hostname".
	Field   string `json:"field"`
	Message string `json:"message"`
}

// Error returns the message.
func (e *Error) Error() string { return e.Message }

// Problem is the JSON body of an answer other than success.
type Problem struct {
	// Type is a URI for the kind of problem; "about:blank": what the status says.
	Type string `json:"type"`
	// Title is the name of the status.
	Title string `json:"title"`
	// Status is the HTTP status.
	Status int `json:"status"`
	// Detail says for people what is wrong.
	Detail string `json:"detail"`
	// Errors are what is wrong with single fields of the request.
	Errors []Field `json:"errors,omitempty"`
	// Error is a sentence for people, or a code where earlier versions had one here.
	Error string `json:"error"`
	// Code is a word for programs.
	Code string `json:"code,omitempty"`
	// StatusCode is the HTTP status.
	StatusCode int `json:"status_code"`
	// Timestamp is when it happened, in Unix seconds.
	Timestamp int64 `json:"timestamp"`
	// Details is further text by key.
	Details map[string]string `json:"details,omitempty"`
	// RequiredScope is the scope that the token lacks.
	RequiredScope auth.Scope `json:"requiredScope,omitempty"`
	// Message is a second sentence for people.
	Message string `json:"message,omitempty"`
}

func (e *Error) write(w http.ResponseWriter, now time.Time) {
	header := w.Header()
	if e.Allow != "" {
		header.Set("Allow", e.Allow)
	}
	if e.RetryAfter > 0 {
		header.Set("Retry-After", strconv.Itoa(int((e.RetryAfter+time.Second-1)/time.Second)))
	}
	header.Set("Cache-Control", "no-store")
	if e.Text {
		writeBody(w, e.Status, "text/plain; charset=utf-8", []byte(e.Message+"\n"))
		return
	}
	body, err := e.body(now)
	if err != nil { // plain strings and numbers always encode
		panic(err)
	}
	writeBody(w, e.Status, "application/json", body)
}

// body is the problem with the further members beside its own.
func (e *Error) body(now time.Time) ([]byte, error) {
	body, err := json.Marshal(e.problem(now))
	if err != nil || len(e.More) == 0 {
		return body, err
	}
	more, err := json.Marshal(e.More)
	if err != nil {
		return nil, err
	}
	return append(append(body[:len(body)-1], ','), more[1:]...), nil
}

func (e *Error) problem(now time.Time) Problem {
	return Problem{
		Type: "about:blank", Title: http.StatusText(e.Status), Status: e.Status, Detail: e.Message,
		Errors: e.Fields, Error: e.Message, Code: e.Code, StatusCode: e.Status,
		Timestamp: now.Unix(), Details: e.Details, RequiredScope: e.RequiredScope, Message: e.Explanation,
	}
}

func writeBody(w http.ResponseWriter, status int, contentType string, body []byte) {
	w.Header().Set("Content-Type", contentType)
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	// The content type says that it is no page, and nosniff that it is not to be taken for one. When writing fails the
	// caller has gone: nobody is left to tell.
	_, _ = w.Write(body) //nolint:gosec // G705: see above
}

// NotFoundText is the answer for things and paths that do not exist, as plain text.
func NotFoundText(message string) *Error {
	return &Error{Status: http.StatusNotFound, Message: message, Text: true}
}

// BadRequestText is the answer for requests that make no sense, as plain text.
func BadRequestText(message string) *Error {
	return &Error{Status: http.StatusBadRequest, Message: message, Text: true}
}

// NotFound is the structured answer for things that do not exist.
func NotFound(code, message string) *Error {
	return &Error{Status: http.StatusNotFound, Code: code, Message: message}
}

func unauthenticated(asJSON bool) *Error {
	return &Error{
		Status: http.StatusUnauthorized, Code: "unauthorized", Message: "Authentication required", Text: !asJSON,
	}
}

func missingScope(scope auth.Scope) *Error {
	return &Error{Status: http.StatusForbidden, Message: "missing_scope", RequiredScope: scope}
}

func missingPermission(permission auth.Permission) *Error {
	return &Error{
		Status: http.StatusForbidden, Code: "missing_permission", Message: "Your role does not allow this",
		More: map[string]any{"requiredPermission": permission.String()},
	}
}

func notAdmin() *Error {
	return &Error{Status: http.StatusForbidden, Message: "Admin privileges required"}
}

func methodNotAllowed(allow string) *Error {
	return &Error{
		Status: http.StatusMethodNotAllowed, Code: "method_not_allowed",
		Message: "Only " + allow + " is allowed", Allow: allow,
	}
}

func internal() *Error {
	return &Error{
		Status: http.StatusInternalServerError, Code: "internal_error", Message: "An unexpected error occurred",
	}
}
