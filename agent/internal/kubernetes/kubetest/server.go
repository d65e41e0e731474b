// Package kubetest is a small Kubernetes API server for tests: collections that are listed in pages and watched, and the
// ways in which real ones fail.
package kubetest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// Collections every server has; others are not served before something is put into them.
var builtIn = []string{
	"/api/v1/nodes", "/api/v1/namespaces", "/api/v1/pods", "/api/v1/services", "/api/v1/persistentvolumes",
	"/api/v1/persistentvolumeclaims", "/api/v1/events", "/apis/apps/v1/deployments", "/apis/apps/v1/statefulsets",
	"/apis/apps/v1/daemonsets", "/apis/batch/v1/jobs", "/apis/batch/v1/cronjobs",
}

// Object is an object as its JSON.
type Object = map[string]any

// Server is an API server. It is safe for concurrent use.
type Server struct {
	// URL is the base URL.
	URL string
	// HTTP is the server itself.
	HTTP *httptest.Server

	mu          sync.Mutex
	version     int
	collections map[string]*collection
	refusals    map[string]int // HTTP status by verb and path, such as "watch /api/v1/pods"
	seen        map[string]int // requests, by verb and path
	token       string         // that must be sent; empty for none
	pause       chan struct{}  // requests wait until it is closed; nil when they need not
	cut         chan struct{}  // closed to cut watches
}

type collection struct {
	objects map[string]Object // by namespace and name
	events  []event
	oldest  int           // versions before it are gone
	changed chan struct{} // closed with each change
}

type event struct {
	version int
	kind    string
	object  Object
}

// New starts a server that speaks HTTP and ends with the test.
func New(tb testing.TB) *Server {
	tb.Helper()
	server := newServer()
	server.HTTP = httptest.NewServer(server)
	server.URL = server.HTTP.URL
	tb.Cleanup(server.close)
	return server
}

// NewUnstarted returns a server whose HTTP member has yet to be started, for instance with TLS. It ends with the test.
func NewUnstarted(tb testing.TB) *Server {
	tb.Helper()
	server := newServer()
	server.HTTP = httptest.NewUnstartedServer(server)
	tb.Cleanup(server.close)
	return server
}

func newServer() *Server {
	server := &Server{
		version: 1, collections: map[string]*collection{}, refusals: map[string]int{}, seen: map[string]int{}, cut: make(chan struct{}),
	}
	for _, path := range builtIn {
		server.collections[path] = newCollection()
	}
	return server
}

func newCollection() *collection {
	return &collection{objects: map[string]Object{}, changed: make(chan struct{})}
}

func (s *Server) close() {
	s.Resume()
	s.CutWatches()
	s.HTTP.CloseClientConnections()
	s.HTTP.Close()
}

// Put adds an object to a collection such as "/api/v1/pods", or replaces the one of the same name.
func (s *Server) Put(path string, object Object) {
	s.mu.Lock()
	defer s.mu.Unlock()
	at, ok := s.collections[path]
	if !ok {
		at = newCollection()
		s.collections[path] = at
	}
	s.version++
	object = stamped(object, s.version)
	kind := "ADDED"
	if _, known := at.objects[key(object)]; known {
		kind = "MODIFIED"
	}
	at.objects[key(object)] = object
	at.add(event{s.version, kind, object})
}

// Delete removes an object.
func (s *Server) Delete(path, namespace, name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	at := s.collections[path]
	object, ok := at.objects[namespace+"/"+name]
	if !ok {
		return
	}
	delete(at.objects, namespace+"/"+name)
	s.version++
	at.add(event{s.version, "DELETED", stamped(object, s.version)})
}

func (c *collection) add(what event) {
	c.events = append(c.events, what)
	close(c.changed)
	c.changed = make(chan struct{})
}

// stamped copies an object with a version.
func stamped(object Object, version int) Object {
	fresh, meta := Object{}, Object{}
	for name, value := range object {
		fresh[name] = value
	}
	if old, ok := object["metadata"].(Object); ok {
		for name, value := range old {
			meta[name] = value
		}
	}
	meta["resourceVersion"] = strconv.Itoa(version)
	fresh["metadata"] = meta
	return fresh
}

func key(object Object) string {
	meta, _ := object["metadata"].(Object)
	return text(meta, "namespace") + "/" + text(meta, "name")
}

func text(meta Object, name string) string {
	value, _ := meta[name].(string)
	return value
}

// Refuse answers a verb (get, list or watch) on a path with a status; zero serves it again.
func (s *Server) Refuse(verb, path string, status int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.refusals[verb+" "+path] = status
}

// RequireToken lets in only who sends this token.
func (s *Server) RequireToken(token string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.token = token
}

// Compact forgets all versions before now, as etcd does.
func (s *Server) Compact() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, each := range s.collections {
		each.oldest, each.events = s.version, nil
	}
}

// CutWatches breaks the connections of all watches.
func (s *Server) CutWatches() {
	s.mu.Lock()
	defer s.mu.Unlock()
	close(s.cut)
	s.cut = make(chan struct{})
}

// Pause lets requests that begin from now on wait until Resume.
func (s *Server) Pause() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.pause == nil {
		s.pause = make(chan struct{})
	}
}

// Resume ends Pause.
func (s *Server) Resume() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.pause != nil {
		close(s.pause)
		s.pause = nil
	}
}

// Seen returns how often a verb was asked for on a path. Pages of a list count one by one.
func (s *Server) Seen(verb, path string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.seen[verb+" "+path]
}

var pathOfCollection = regexp.MustCompile(`^(/api/v1|/apis/[^/]+/[^/]+)(?:/namespaces/([^/]+))?/([a-z]+)$`)

// ServeHTTP implements http.Handler.
func (s *Server) ServeHTTP(writer http.ResponseWriter, request *http.Request) {
	verb := "get"
	parts := pathOfCollection.FindStringSubmatch(request.URL.Path)
	if parts != nil {
		verb = "list"
	}
	if request.URL.Query().Get("watch") == "true" {
		verb = "watch"
	}
	status, pause := s.admit(verb, request)
	if pause != nil {
		select {
		case <-pause:
		case <-request.Context().Done():
			return
		}
	}
	switch {
	case status != 0:
		refuse(writer, status)
	case parts == nil:
		s.single(writer, request.URL.Path)
	case verb == "list":
		s.list(writer, request, parts[1]+"/"+parts[3], parts[2])
	default:
		s.watch(writer, request, parts[1]+"/"+parts[3], parts[2])
	}
}

// admit notes a request and returns the status to refuse it with, and what it must wait for.
func (s *Server) admit(verb string, request *http.Request) (status int, pause chan struct{}) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.seen[verb+" "+request.URL.Path]++
	status = s.refusals[verb+" "+request.URL.Path]
	if s.token != "" && request.Header.Get("Authorization") != "Bearer "+s.token {
		status = http.StatusUnauthorized
	}
	return status, s.pause
}

func refuse(writer http.ResponseWriter, status int) {
	writer.Header().Set("Content-Type", "application/json")
	writer.WriteHeader(status)
	_ = json.NewEncoder(writer).Encode(statusObject(status))
}

func statusObject(status int) Object {
	return Object{"kind": "Status", "apiVersion": "v1", "metadata": Object{}, "status": "Failure", "code": status,
		"reason": strings.ReplaceAll(http.StatusText(status), " ", ""), "message": "refused: " + http.StatusText(status)}
}

func (s *Server) single(writer http.ResponseWriter, path string) {
	if path == "/version" {
		_ = json.NewEncoder(writer).Encode(Object{"gitVersion": "v1.31.2"})
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	at := strings.LastIndex(path, "/")
	if found, ok := s.collections[path[:at]]; ok {
		if object, ok := found.objects["/"+path[at+1:]]; ok {
			_ = json.NewEncoder(writer).Encode(object)
			return
		}
	}
	refuse(writer, http.StatusNotFound)
}

// list answers with one page. The token of the next page is the version of the list and the number of objects before it.
func (s *Server) list(writer http.ResponseWriter, request *http.Request, path, namespace string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	found, ok := s.collections[path]
	if !ok {
		refuse(writer, http.StatusNotFound)
		return
	}
	query := request.URL.Query()
	version, from := s.version, 0
	if next := query.Get("continue"); next != "" {
		_, _ = fmt.Sscanf(next, "%d-%d", &version, &from)
		if version < found.oldest {
			refuse(writer, http.StatusGone)
			return
		}
	}
	keys := found.keys(namespace)
	from = min(from, len(keys))
	page, meta := keys[from:], Object{"resourceVersion": strconv.Itoa(version)}
	if limit, err := strconv.Atoi(query.Get("limit")); err == nil && limit < len(page) {
		page = page[:limit]
		meta["continue"] = fmt.Sprintf("%d-%d", version, from+limit)
	}
	_, _ = writer.Write([]byte(`{"kind":"List","apiVersion":"v1","metadata":`))
	encoder := json.NewEncoder(writer)
	_ = encoder.Encode(meta)
	_, _ = writer.Write([]byte(`,"items":[`))
	for i, each := range page {
		if i > 0 {
			_, _ = writer.Write([]byte{','})
		}
		_ = encoder.Encode(found.objects[each])
	}
	_, _ = writer.Write([]byte(`]}`))
}

// keys returns the objects of a namespace, or of all, in order.
func (c *collection) keys(namespace string) []string {
	var keys []string
	for each := range c.objects {
		if namespace == "" || strings.HasPrefix(each, namespace+"/") {
			keys = append(keys, each)
		}
	}
	slices.Sort(keys)
	return keys
}

// watch sends events as they come until the request ends, or watches are cut.
func (s *Server) watch(writer http.ResponseWriter, request *http.Request, path, namespace string) {
	since, _ := strconv.Atoi(request.URL.Query().Get("resourceVersion"))
	flusher, _ := writer.(http.Flusher)
	encoder := json.NewEncoder(writer)
	first := true
	for {
		events, gone, changed, cut := s.since(path, since)
		if gone {
			_ = encoder.Encode(Object{"type": "ERROR", "object": statusObject(http.StatusGone)})
			return
		}
		for _, each := range events {
			if namespace == "" || strings.HasPrefix(key(each.object), namespace+"/") {
				_ = encoder.Encode(Object{"type": each.kind, "object": each.object})
			}
			since = each.version
		}
		if first {
			_ = encoder.Encode(Object{"type": "BOOKMARK", "object": Object{"metadata": Object{"resourceVersion": strconv.Itoa(since)}}})
		}
		first = false
		flusher.Flush()
		select {
		case <-changed:
		case <-cut:
			panic(http.ErrAbortHandler)
		case <-request.Context().Done():
			return
		}
	}
}

// since returns the events after a version, whether some of them are gone, and channels that tell of news.
func (s *Server) since(path string, version int) (events []event, gone bool, changed, cut chan struct{}) {
	s.mu.Lock()
	defer s.mu.Unlock()
	found := s.collections[path]
	for _, each := range found.events {
		if each.version > version {
			events = append(events, each)
		}
	}
	return events, version < found.oldest, found.changed, s.cut
}
