package proxmoxtest

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/hashicorp/go-hclog"
)

// member is one node of the cluster.
type member struct {
	node    string
	address string // host:port
	server  *http.Server
	mu      sync.Mutex
	cert    *tls.Certificate
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
		listeners, err := listenAll(s.t.Context(), len(nodes))
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
func listenAll(ctx context.Context, n int) ([]net.Listener, error) {
	var listeners []net.Listener
	port := "0"
	for i := range n {
		listener, err := new(net.ListenConfig).Listen(ctx, "tcp", net.JoinHostPort(loopback(i), port))
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
	s.answer(m, listener)
	s.members = append(s.members, m)
}

// answer serves a node's connections until its server is closed.
func (s *Server) answer(m *member, listener net.Listener) {
	server := &http.Server{
		Handler: http.HandlerFunc(s.handle), ReadHeaderTimeout: time.Minute, ErrorLog: hclog.NewNullLogger().StandardLogger(nil),
	}
	secured := tls.NewListener(listener, &tls.Config{
		MinVersion:     tls.VersionTLS12,
		GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return m.current(), nil },
	})
	m.server = server
	s.serving.Go(func() {
		if err := server.Serve(secured); !errors.Is(err, http.ErrServerClosed) {
			s.t.Errorf("serve %s: %v", m.node, err)
		}
	})
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
	quoted := make([]string, len(names))
	for i := range names {
		quoted[i] = regexp.QuoteMeta(names[i])
	}
	pattern := regexp.MustCompile(`\b(?:` + strings.Join(quoted, "|") + `)\b`)
	return func(body []byte) []byte {
		// Expressions are slow on answers of megabytes, most of which name nobody.
		if !slices.ContainsFunc(names, func(name string) bool { return bytes.Contains(body, []byte(name)) }) {
			return body
		}
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
