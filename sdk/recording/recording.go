// Package recording keeps what a hub asked of a plugin and what the plugin's
// other side answered, without the secrets, and repeats it elsewhere: an author
// finds a bug without the system on which it shows.
//
// A Recorder wraps the connection to the plugin and, with a Proxy, stands
// between the plugin and its other side. What it has collected is a Recording,
// which is written to a file (docs/format/pulserec.md). Play asks the same of
// another build of the plugin, or of one in another language, with a Replayer
// in the place of the other side, and tells what it answers differently.
package recording

import (
	"encoding/json"
	"net/http"
	"time"
)

// Extension is that of a recording's file name.
const Extension = ".pulserec"

// Upstream is the address that stands in a recording for that of the other
// side, in configurations as in answers. Nobody has it.
const Upstream = "upstream.invalid:80"

// Bounds of a recording.
const (
	// MaxBodyBytes bounds what is kept of one HTTP body.
	MaxBodyBytes = 4 << 20
	// MaxBodiesBytes bounds all of them together.
	MaxBodiesBytes = 64 << 20
	// MaxCallBytes bounds what is kept of the answers of one call, as JSON.
	MaxCallBytes = 16 << 20
	// MaxCallsBytes bounds that of all calls together.
	MaxCallsBytes = 64 << 20
	// MaxEntries bounds the number of calls and exchanges.
	MaxEntries = 100_000
)

// Recording is what was recorded. It holds no secret that was configured or
// went by one of the names that secrets have.
type Recording struct {
	// Plugin and Version are what the plugin says of itself; empty if it was not asked.
	Plugin, Version string
	// Recorded is when it began.
	Recorded time.Time
	// Dropped counts calls and exchanges that came after the bounds were reached.
	Dropped int
	// Calls are those of the hub, in the order in which they began.
	Calls []Call
	// Exchanges are those with the other side, in the order in which they began.
	Exchanges []Exchange
}

// Call is one call from a hub to the plugin. Messages are proto JSON.
type Call struct {
	// Method is the service and its method: "Source/Collect".
	Method  string          `json:"method"`
	Request json.RawMessage `json:"request"`
	// Answers are the messages of the answer, several for a stream.
	Answers []json.RawMessage `json:"answers,omitempty"`
	// Failure is the error that the call ended with, nil if there was none.
	Failure *Failure `json:"failure,omitempty"`
	// Cut says that not all answers were kept.
	Cut     bool      `json:"cut,omitempty"`
	Began   time.Time `json:"began"`
	Seconds float64   `json:"seconds"`
}

// Failure is the error of a call.
type Failure struct {
	// Code is that of gRPC as a word: "Unavailable".
	Code    string `json:"code"`
	Message string `json:"message"`
	// Fault is the pulse.plugin.v1.Fault that came with it, if one did.
	Fault json.RawMessage `json:"fault,omitempty"`
}

// Exchange is one HTTP request to the other side and its answer.
type Exchange struct {
	Method string `json:"method"`
	// Path is as it was sent, escaped, and Query without the question mark.
	Path   string  `json:"path"`
	Query  string  `json:"query,omitempty"`
	Asked  Content `json:"asked,omitzero"`
	Status int     `json:"status"`
	// Answered is what came back. Bodies that came compressed are not any more.
	Answered Content `json:"answered,omitzero"`
	// Failure says why nothing came back; the status is then the proxy's own 502.
	Failure string    `json:"failure,omitempty"`
	Began   time.Time `json:"began"`
}

// Content is what a request or an answer holds.
type Content struct {
	Header http.Header `json:"header,omitempty"`
	Body   Body        `json:"body,omitempty"`
	// Cut says that the body is not whole.
	Cut bool `json:"cut,omitempty"`
}
