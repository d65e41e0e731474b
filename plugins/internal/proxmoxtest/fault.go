package proxmoxtest

import (
	"net/http"
	"time"
)

// Fault is a way to fail. Exactly one of its fields is set, or Delay together with another.
type Fault struct {
	Hang     bool          // no answer until the client has gone
	Drip     bool          // headers, and then a byte now and then for ever
	Drop     bool          // the connection ends without an answer
	Redirect string        // to another address
	Answer   *Answer       // another answer
	Delay    time.Duration // before anything else
}

// Hanging returns a fault that never answers.
func Hanging() Fault { return Fault{Hang: true} }

// Failing returns a fault that answers with a status and a reason.
func Failing(status int, reason string) Fault {
	return Fault{Answer: &Answer{Status: status, Reason: reason, Body: []byte(`{"data":null}`)}}
}

// Saying returns a fault that answers with a body.
func Saying(body string) Fault { return Fault{Answer: &Answer{Body: []byte(body)}} }

type rule struct {
	prefix string
	fault  Fault
}

// Fail makes requests fail whose path and query begin with a prefix. The last
// rule that fits counts.
func (s *Server) Fail(prefix string, f Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = append(s.faults, rule{prefix, f})
}

// Heal takes back all rules.
func (s *Server) Heal() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = nil
}

// play fails; it says whether there is nothing left to answer.
func (s *Server) play(w http.ResponseWriter, r *http.Request, f *Fault) bool {
	if !s.wait(r.Context(), f.Delay) {
		return true
	}
	switch {
	case f.Hang:
		s.untilGone(r)
	case f.Drip:
		s.drip(w, r)
	case f.Drop:
		panic(http.ErrAbortHandler)
	case f.Redirect != "":
		http.Redirect(w, r, f.Redirect, http.StatusFound)
	case f.Answer != nil:
		s.send(w, r, *f.Answer)
	default:
		return false
	}
	return true
}

func (s *Server) untilGone(r *http.Request) {
	select {
	case <-r.Context().Done():
	case <-s.done:
	}
}

// dripInterval is the time between two bytes.
const dripInterval = 20 * time.Millisecond

func (s *Server) drip(w http.ResponseWriter, r *http.Request) {
	w.WriteHeader(http.StatusOK)
	_, _ = w.Write([]byte(`{"data":[`)) // the client may have gone
	flusher := http.NewResponseController(w)
	for s.wait(r.Context(), dripInterval) {
		if _, err := w.Write([]byte(" ")); err != nil || flusher.Flush() != nil {
			return
		}
	}
}
