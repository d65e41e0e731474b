package conformance

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/hashicorp/go-hclog"
)

const (
	// maxRequests bounds the requests that a stand-in remembers; later ones are answered and forgotten.
	maxRequests = 100
	// maxRequestBody bounds what it remembers of a request's body, in bytes.
	maxRequestBody = 1 << 20
	// standInPatience is how long a connection may take to say or take something.
	standInPatience = time.Second
)

// standIn is an HTTP server in the place of a plugin's other side. It takes
// whatever comes and answers with an empty JSON object.
type standIn struct {
	listener net.Listener
	server   http.Server
	serving  sync.WaitGroup

	mu       sync.Mutex
	visited  int
	requests []asked
}

// asked is a request that a stand-in was sent.
type asked struct {
	header http.Header
	url    *url.URL
	body   []byte
}

// openStandIn returns a stand-in that serves until close.
func openStandIn(ctx context.Context) (*standIn, error) {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("listen: %w", err)
	}
	s := &standIn{listener: listener}
	s.server = http.Server{
		Handler:     http.HandlerFunc(s.answer),
		ReadTimeout: standInPatience, WriteTimeout: 2 * standInPatience,
		ConnState: s.noteConnection,
		ErrorLog:  hclog.NewNullLogger().StandardLogger(nil),
	}
	s.serving.Go(func() { _ = s.server.Serve(listener) }) // ends when the server is closed
	return s, nil
}

func (s *standIn) address() string { return s.listener.Addr().String() }

func (s *standIn) noteConnection(_ net.Conn, state http.ConnState) {
	if state == http.StateNew {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.visited++
	}
}

func (s *standIn) answer(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(io.LimitReader(r.Body, maxRequestBody)) // what has arrived counts
	s.mu.Lock()
	if len(s.requests) < maxRequests {
		s.requests = append(s.requests, asked{header: r.Header, url: r.URL, body: body})
	}
	s.mu.Unlock()
	w.Header().Set("Content-Type", "application/json")
	_, _ = io.WriteString(w, "{}") // who does not wait for it does not need it
}

// visits returns how many connections there have been.
func (s *standIn) visits() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.visited
}

// take returns the requests since the last time.
func (s *standIn) take() []asked {
	s.mu.Lock()
	defer s.mu.Unlock()
	requests := s.requests
	s.requests = nil
	return requests
}

// close ends all connections and waits for it.
func (s *standIn) close() {
	_ = s.server.Close() // of connections that are of no use any more
	s.serving.Wait()
}

// mentions tells whether a text is anywhere in the request.
func (a *asked) mentions(text string) bool {
	var header strings.Builder
	_ = a.header.Write(&header) // to memory
	return strings.Contains(header.String(), text) || strings.Contains(a.url.String(), text) || bytes.Contains(a.body, []byte(text))
}

// marks collects the values by which a provider knows a message again, with where they are.
func (a *asked) marks(into map[string]string) {
	for name, values := range a.header {
		mark(into, "header "+name, strings.Join(values, ","))
	}
	for name, values := range a.url.Query() {
		mark(into, "parameter "+name, strings.Join(values, ","))
	}
	var body any
	if json.Unmarshal(a.body, &body) == nil {
		markMembers(into, "member ", body)
	}
}

func markMembers(into map[string]string, path string, value any) {
	switch value := value.(type) {
	case map[string]any:
		for name, member := range value {
			if text, ok := member.(string); ok {
				mark(into, path+name, text)
			}
			markMembers(into, path+name+".", member)
		}
	case []any:
		for _, element := range value {
			markMembers(into, path, element)
		}
	}
}

// mark keeps what goes by one of the names that providers have for it.
func mark(into map[string]string, place, value string) {
	name := strings.ToLower(place)
	for _, word := range []string{"idempot", "dedup", "delivery"} {
		if strings.Contains(name, word) {
			into[place] += value + "\n"
		}
	}
}
