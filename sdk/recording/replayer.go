package recording

import (
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// maxMissed bounds the different requests that a replayer notes as unknown.
const maxMissed = 1000

// Replayer is the other side as it was recorded. It answers a request with
// what the same method, path and query were answered when recorded, in that
// order; the last answer is repeated. Parameters are compared in any order,
// and a number that can be a Unix time counts as any other such number. What
// was not recorded is answered with 404 and noted. It is safe for concurrent use.
type Replayer struct {
	answers map[string][]*Exchange
	address string // of the other side in the recording, and here

	mu     sync.Mutex
	given  map[string]int // how often each was answered
	missed map[string]bool
}

// NewReplayer returns a replayer of a recording, which stays as it is.
// address, "127.0.0.1:8080", is where the replayer will be served: it is
// written where the other side's own address stood.
func NewReplayer(recording *Recording, address string) *Replayer {
	r := &Replayer{
		answers: map[string][]*Exchange{}, address: address,
		given: map[string]int{}, missed: map[string]bool{},
	}
	for i := range recording.Exchanges {
		e := &recording.Exchanges[i]
		key := requestKey(e.Method, e.Path, e.Query)
		r.answers[key] = append(r.answers[key], e)
	}
	return r
}

// unixTime is a number of seconds, or of thousandths of them, since 1970 that lies between 2001 and 2286.
var unixTime = regexp.MustCompile(`^[1-9][0-9]{9}([0-9]{3})?$`)

// requestKey is the same for requests that count as the same.
func requestKey(method, path, query string) string {
	parameters, err := url.ParseQuery(query)
	if err != nil {
		return method + " " + path + "?" + query
	}
	for _, values := range parameters {
		for i := range values {
			if unixTime.MatchString(values[i]) {
				values[i] = "time"
			}
		}
	}
	return method + " " + path + "?" + parameters.Encode()
}

// next returns what a request is answered with; nil if it was not recorded.
func (r *Replayer) next(key string) *Exchange {
	r.mu.Lock()
	defer r.mu.Unlock()
	answers := r.answers[key]
	if len(answers) == 0 {
		if len(r.missed) < maxMissed {
			r.missed[strings.TrimSuffix(key, "?")] = true
		}
		return nil
	}
	index := min(r.given[key], len(answers)-1)
	r.given[key]++
	return answers[index]
}

// Missed returns the requests that were not recorded, sorted: "GET /path?query".
// It holds at most 1000.
func (r *Replayer) Missed() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	missed := make([]string, 0, len(r.missed))
	for request := range r.missed {
		missed = append(missed, request)
	}
	slices.Sort(missed)
	return missed
}

// ServeHTTP answers one request.
func (r *Replayer) ServeHTTP(w http.ResponseWriter, request *http.Request) {
	e := r.next(requestKey(request.Method, request.URL.EscapedPath(), request.URL.RawQuery))
	if e == nil {
		http.Error(w, "this request was not recorded", http.StatusNotFound)
		return
	}
	for name, values := range e.Answered.Header {
		for _, value := range values {
			w.Header().Add(name, r.local(value))
		}
	}
	body := r.local(string(e.Answered.Body))
	if allowsBody(e.Status) && request.Method != http.MethodHead {
		w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	}
	w.WriteHeader(validStatus(e.Status))
	if allowsBody(e.Status) {
		_, _ = fmt.Fprint(w, body) // who does not wait for it does not need it
	}
}

// local puts the replayer's address where the other side's stood.
func (r *Replayer) local(text string) string { return strings.ReplaceAll(text, Upstream, r.address) }

func allowsBody(status int) bool {
	return status >= 200 && status != http.StatusNoContent && status != http.StatusNotModified
}

// validStatus keeps a file from making the server panic, and a switch of
// protocols, of which nothing is recorded, from being promised.
func validStatus(status int) int {
	if status < 200 || status > 999 {
		return http.StatusBadGateway
	}
	return status
}
