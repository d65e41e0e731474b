package proxmoxtest

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"maps"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
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

	mu      sync.Mutex
	faults  []rule
	asked   []string
	logins  int
	tickets map[string]bool
	headers []http.Header
}

// member is one node of the cluster.
type member struct {
	node    string
	address string // host:port
	server  *http.Server
	mu      sync.Mutex
	cert    *tls.Certificate
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

// row is a node in the answers.
type row struct {
	Name string `json:"name"`
	Node string `json:"node"`
	IP   string `json:"ip"`
	Sum  string `json:"ssl_fingerprint"`
}

func rows(answers Answers, path string) []row {
	answer, ok := answers.Answer(path, nil)
	if !ok {
		return nil
	}
	var into struct {
		Data []row `json:"data"`
	}
	if json.Unmarshal(answer.Body, &into) != nil {
		return nil
	}
	return into.Data
}

func nodesOf(answers Answers) []row {
	var nodes []row
	for _, path := range []string{"/cluster/status", "/config/cluster/status"} {
		for _, r := range rows(answers, path) {
			if r.IP != "" {
				nodes = append(nodes, r)
			}
		}
	}
	if len(nodes) == 0 {
		return []row{{Name: "localhost"}}
	}
	return nodes
}

// tries is how often a port is looked for that is free at every address.
const tries = 20

func (s *Server) listen(nodes []row) {
	s.t.Helper()
	for range tries {
		listeners, err := listenAll(len(nodes))
		if err != nil {
			continue
		}
		for i, listener := range listeners {
			s.serve(nodes[i].Name, listener)
		}
		return
	}
	s.t.Fatal("no port is free at all addresses")
}

// listenAll opens the same port at consecutive loopback addresses.
func listenAll(n int) ([]net.Listener, error) {
	var listeners []net.Listener
	port := "0"
	for i := range n {
		listener, err := net.Listen("tcp", net.JoinHostPort(loopback(i), port))
		if err != nil {
			for _, l := range listeners {
				_ = l.Close() // another port is tried
			}
			return nil, err
		}
		_, port, _ = net.SplitHostPort(listener.Addr().String())
		listeners = append(listeners, listener)
	}
	return listeners, nil
}

func loopback(i int) string { return fmt.Sprintf("127.0.%d.%d", i/200, 11+i%200) }

func (s *Server) serve(node string, listener net.Listener) {
	host, _, _ := net.SplitHostPort(listener.Addr().String())
	m := &member{node: node, address: listener.Addr().String(), cert: s.authority.issue(s.t, Certificate{Names: []string{host, node}})}
	m.server = &http.Server{
		Handler: http.HandlerFunc(s.handle), ReadHeaderTimeout: time.Minute, ErrorLog: log.New(io.Discard, "", 0),
	}
	secured := tls.NewListener(listener, &tls.Config{
		MinVersion:     tls.VersionTLS12,
		GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return m.current(), nil },
	})
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		if err := m.server.Serve(secured); !errors.Is(err, http.ErrServerClosed) {
			s.t.Errorf("serve %s: %v", node, err)
		}
	}()
	s.t.Cleanup(func() { <-ended })
	s.members = append(s.members, m)
}

func (m *member) current() *tls.Certificate {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.cert
}

// rewriter replaces the nodes' addresses and fingerprints in answers by those of the members.
func (s *Server) rewriter(nodes []row) func([]byte) []byte {
	place := map[string]string{}
	for i, r := range nodes {
		if host, _, _ := net.SplitHostPort(s.members[i].address); r.IP != "" {
			place[r.IP] = host
		}
	}
	for _, r := range rows(s.options.Answers, "/nodes") {
		if m := s.member(r.Node); m != nil && r.Sum != "" {
			place[r.Sum] = m.fingerprint()
		}
	}
	if len(place) == 0 {
		return func(body []byte) []byte { return body }
	}
	names := slices.SortedFunc(maps.Keys(place), func(a, b string) int { return len(b) - len(a) })
	for i := range names {
		names[i] = regexp.QuoteMeta(names[i])
	}
	pattern := regexp.MustCompile(`\b(?:` + strings.Join(names, "|") + `)\b`)
	return func(body []byte) []byte {
		return pattern.ReplaceAllFunc(body, func(found []byte) []byte { return []byte(place[string(found)]) })
	}
}

func (s *Server) member(node string) *member {
	for _, m := range s.members {
		if m.node == node {
			return m
		}
	}
	return nil
}

func (s *Server) mustMember(node string) *member {
	s.t.Helper()
	if node == "" {
		return s.members[0]
	}
	m := s.member(node)
	if m == nil {
		s.t.Fatalf("no node %q", node)
	}
	return m
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

func (s *Server) login(w http.ResponseWriter, r *http.Request) {
	user, password := r.FormValue("username"), r.FormValue("password")
	s.mu.Lock()
	s.logins++
	known := s.tickets[password]
	ticket := s.options.Product.String()[:3] + ":" + user + ":" + strconv.Itoa(s.logins) + "::a+b/c="
	good := user == s.options.User && (password == s.options.Password || known) && s.options.User != ""
	if good {
		s.tickets[ticket] = true
	}
	s.mu.Unlock()
	if !good {
		s.send(w, r, Answer{Status: http.StatusUnauthorized, Reason: "authentication failure", Body: []byte(`{"data":null}`)})
		return
	}
	body, err := json.Marshal(map[string]any{"data": map[string]any{
		"ticket": ticket, "username": user, "CSRFPreventionToken": "6B03A848:none",
	}})
	if err != nil {
		s.t.Errorf("marshal ticket: %v", err)
	}
	s.send(w, r, Answer{Body: body})
}

func (s *Server) admits(r *http.Request) bool {
	if s.options.Token == "" && s.options.User == "" {
		return true
	}
	if s.options.Token != "" && r.Header.Get("Authorization") == s.options.Token {
		return true
	}
	for _, cookie := range r.Cookies() {
		ticket, err := url.QueryUnescape(cookie.Value)
		s.mu.Lock()
		known := s.tickets[ticket]
		s.mu.Unlock()
		if err == nil && known && strings.HasSuffix(cookie.Name, "AuthCookie") {
			return true
		}
	}
	return false
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
