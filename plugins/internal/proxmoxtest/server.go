package proxmoxtest

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pulse-hub/pulse/plugins/internal/proxmoxapi"
)

// Options say what a Server plays.
type Options struct {
	Product proxmoxapi.Product
	Answers Answers
	// Token is the only header Authorization that is let in; User and Password
	// the only login. Without any of them everybody is let in.
	Token          string
	User, Password string
	// Delays keeps the delays of the answers; else they come at once.
	Delays bool
	// Now is the server's clock; nil: time.Now.
	Now func() time.Time
}

// Server is a server or a cluster. It ends with the test.
type Server struct {
	// CA is the authority that signed the certificates, as PEM.
	CA string

	t         testing.TB
	options   Options
	authority authority
	members   []*member
	rewrite   func([]byte) []byte
	done      chan struct{} // closed at the end
	serving   sync.WaitGroup

	mu      sync.Mutex
	faults  []rule
	asked   []string
	logins  int
	tickets map[string]bool
	headers []http.Header
}

// Start serves until the test ends. The nodes are those that the answers name
// in /cluster/status or /config/cluster/status, with their addresses replaced
// by loopback ones; without any there is one.
func Start(t testing.TB, o Options) *Server {
	t.Helper()
	if o.Now == nil {
		o.Now = time.Now
	}
	s := &Server{t: t, options: o, authority: newAuthority(t), done: make(chan struct{}), tickets: map[string]bool{}}
	s.CA = s.authority.pem
	nodes := nodesOf(o.Answers)
	s.listen(nodes)
	s.rewrite = s.rewriter(nodes)
	t.Cleanup(s.close)
	return s
}

// URL returns the address of a node, of the first for "".
func (s *Server) URL(node string) string { return "https://" + s.mustMember(node).address }

// Fingerprint returns that of a node's certificate, of the first for "".
func (s *Server) Fingerprint(node string) string { return s.mustMember(node).fingerprint() }

// Stop ends a node: nothing listens at its address any more.
func (s *Server) Stop(node string) {
	s.t.Helper()
	if err := s.mustMember(node).server.Close(); err != nil {
		s.t.Errorf("stop %s: %v", node, err)
	}
}

// Resume has a stopped node listen at its address again.
func (s *Server) Resume(node string) {
	s.t.Helper()
	m := s.mustMember(node)
	listener, err := new(net.ListenConfig).Listen(s.t.Context(), "tcp", m.address)
	if err != nil {
		s.t.Fatalf("resume %s: %v", m.node, err)
	}
	s.answer(m, listener)
}

// Issue gives a node another certificate. Open connections are not affected.
func (s *Server) Issue(node string, c Certificate) {
	m := s.mustMember(node)
	cert := s.authority.issue(s.t, c)
	m.mu.Lock()
	defer m.mu.Unlock()
	m.cert = cert
}

// Asked returns the paths that were asked for, with their queries, in order.
// Those that are still to be answered are among them.
func (s *Server) Asked() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.asked)
}

// Count returns how many of the requests began with a prefix.
func (s *Server) Count(prefix string) int {
	n := 0
	for _, path := range s.Asked() {
		if strings.HasPrefix(path, prefix) {
			n++
		}
	}
	return n
}

// Logins returns how many tickets were asked for.
func (s *Server) Logins() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.logins
}

// Headers returns those of all requests, logins included.
func (s *Server) Headers() []http.Header {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.headers)
}

// ExpireTickets makes all tickets worthless.
func (s *Server) ExpireTickets() {
	s.mu.Lock()
	defer s.mu.Unlock()
	clear(s.tickets)
}

func (s *Server) close() {
	close(s.done)
	for _, m := range s.members {
		_ = m.server.Close() // a node may have been stopped before
	}
	s.serving.Wait()
}

func (s *Server) handle(w http.ResponseWriter, r *http.Request) {
	path, ok := strings.CutPrefix(r.URL.Path, "/api2/json")
	if !ok {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Date", s.options.Now().UTC().Format(http.TimeFormat))
	w.Header().Set("Content-Type", "application/json;charset=UTF-8")
	fault := s.note(path, r)
	if fault != nil && s.play(w, r, fault) {
		return
	}
	if path == "/access/ticket" && r.Method == http.MethodPost {
		s.login(w, r)
		return
	}
	if !s.admits(r) {
		s.send(w, r, Answer{Status: http.StatusUnauthorized, Reason: "authentication failure", Body: []byte(`{"data":null}`)})
		return
	}
	answer, ok := s.options.Answers.Answer(path, r.URL.Query())
	if !ok {
		answer = s.unknown(path)
	}
	s.send(w, r, answer)
}

func (s *Server) note(path string, r *http.Request) *Fault {
	asked := path
	if r.URL.RawQuery != "" {
		asked += "?" + r.URL.RawQuery
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked = append(s.asked, asked)
	s.headers = append(s.headers, r.Header.Clone())
	for i := len(s.faults) - 1; i >= 0; i-- {
		if strings.HasPrefix(asked, s.faults[i].prefix) {
			return &s.faults[i].fault
		}
	}
	return nil
}

func (s *Server) unknown(path string) Answer {
	if s.options.Product == proxmoxapi.PBS {
		return Answer{Status: http.StatusNotFound, Body: []byte("Path '/api2/json" + path + "' not found.")}
	}
	return Answer{Status: http.StatusNotImplemented, Reason: "Method 'GET " + path + "' not implemented", Body: []byte(`{"data":null}`)}
}

// send writes an answer. A reason phrase of its own needs the connection itself.
func (s *Server) send(w http.ResponseWriter, r *http.Request, a Answer) {
	if s.options.Delays && !s.wait(r.Context(), a.Delay) {
		return
	}
	body := s.rewrite(a.Body)
	if a.Status == 0 {
		a.Status = http.StatusOK
	}
	if a.Reason == "" {
		w.WriteHeader(a.Status)
		_, _ = w.Write(body) // the client may have gone
		return
	}
	conn, buffered, err := http.NewResponseController(w).Hijack()
	if err != nil {
		s.t.Errorf("hijack: %v", err)
		return
	}
	defer func() { _ = conn.Close() }() // nothing more is to be said
	var out bytes.Buffer
	fmt.Fprintf(&out, "HTTP/1.1 %s\r\nDate: %s\r\nContent-Type: application/json;charset=UTF-8\r\nContent-Length: %d\r\nConnection: close\r\n\r\n",
		a.text(), s.options.Now().UTC().Format(http.TimeFormat), len(body))
	out.Write(body)
	_, _ = buffered.Write(out.Bytes()) // the client may have gone
	_ = buffered.Flush()
}

// wait waits and says whether the client is still there.
func (s *Server) wait(ctx context.Context, d time.Duration) bool {
	if d <= 0 {
		return true
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
	case <-s.done:
	}
	return false
}
