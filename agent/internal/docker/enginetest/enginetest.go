// Package enginetest gives tests an engine: real ones of their own, and one that only plays.
package enginetest

import (
	"encoding/json"
	"fmt"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// Container is a container of a [Fake].
type Container struct {
	ID, Name, Image   string // the image's id
	Running           bool
	ExitCode          int
	Health            string // empty for no health check
	Started           time.Time
	Config            map[string]any
	HostConfig        map[string]any
	Networks          map[string]map[string]any
	Mounts            []map[string]any
	Pid, RestartCount int
}

// nodeEvent stands for the id of a container in streams of events.
const nodeEvent = "node"

// Image is an image of a [Fake].
type Image struct {
	ID          string
	RepoDigests []string
	Config      map[string]any
}

// Fake plays an engine with a few containers in memory, at a socket of its own.
type Fake struct {
	// Socket is where it listens.
	Socket string
	// Header is added to answers, and may make it a Podman.
	Header http.Header
	// Fault, if not nil, sees each request first and returns a status to answer instead of the truth, or zero. It may
	// block.
	Fault func(*http.Request) int
	// Pulled, if not nil, is called when an image is pulled.
	Pulled func(name string)
	// Starting, if not nil, is called when a container is started, and may change it.
	Starting func(*Container)
	// Swarm, Services, Tasks and Nodes are answered as they are.
	Swarm, Services, Tasks, Nodes any

	server *httptest.Server

	mu         sync.Mutex
	containers []*Container
	images     map[string]Image
	requests   map[string]int
	streams    map[chan string]struct{}
	made       int
}

// NewFake starts an engine that ends with the test.
func NewFake(t testing.TB) *Fake {
	t.Helper()
	fake := &Fake{
		Socket: filepath.Join(shortDir(t), "s"), Header: http.Header{"Api-Version": {"1.41"}},
		images: map[string]Image{}, requests: map[string]int{}, streams: map[chan string]struct{}{},
	}
	fake.Listen(t)
	t.Cleanup(fake.Close)
	return fake
}

// Listen starts listening, also again after Close.
func (f *Fake) Listen(t testing.TB) {
	t.Helper()
	listener, err := new(net.ListenConfig).Listen(t.Context(), "unix", f.Socket)
	if err != nil {
		t.Fatal(err)
	}
	f.server = httptest.NewUnstartedServer(http.HandlerFunc(f.serve))
	f.server.Listener.Close()
	f.server.Listener = listener
	f.server.Start()
}

// Close ends the engine and its connections.
func (f *Fake) Close() {
	f.server.CloseClientConnections()
	f.server.Close()
}

// Add adds a container. What it lacks of name, image and configuration is made up.
func (f *Fake) Add(container Container) *Container {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.made++
	if container.ID == "" {
		container.ID = fmt.Sprintf("%064x", f.made)
	}
	if container.Config == nil {
		container.Config = map[string]any{"Image": "app:1", "Hostname": container.ID[:12]}
	}
	if container.HostConfig == nil {
		container.HostConfig = map[string]any{"NetworkMode": "bridge"}
	}
	if container.Networks == nil {
		container.Networks = map[string]map[string]any{"bridge": {"IPAddress": "172.17.0.2"}}
	}
	if container.Image == "" {
		container.Image = "sha256:old"
	}
	if container.Running && container.Started.IsZero() {
		container.Started = time.Now()
	}
	f.containers = append(f.containers, &container)
	return &container
}

// SetImage gives a name to an image.
func (f *Fake) SetImage(name string, image Image) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.images[name], f.images[image.ID] = image, image
}

// Names returns the names of all containers with a star at those that run, sorted.
func (f *Fake) Names() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	var names []string
	for _, each := range f.containers {
		name := each.Name
		if each.Running {
			name += "*"
		}
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// Container returns a copy of the container with that name or id, and whether there is one.
func (f *Fake) Container(name string) (Container, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if found := f.findLocked(name); found != nil {
		return *found, true
	}
	return Container{}, false
}

// Change changes the container with that name and sends an event about it.
func (f *Fake) Change(name string, change func(*Container)) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if found := f.findLocked(name); found != nil {
		change(found)
		f.tellLocked(found.ID)
	}
}

// Become changes what the engine says about its place in a Swarm. It sends the event of an engine that joins one if so
// told: one that leaves sends none.
func (f *Fake) Become(swarm any, tell bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.Swarm = swarm
	if tell {
		f.tellLocked(nodeEvent)
	}
}

// Requests returns how many requests had that method and path.
func (f *Fake) Requests(request string) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.requests[request]
}

// Listeners returns how many follow the events.
func (f *Fake) Listeners() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.streams)
}

func (f *Fake) findLocked(name string) *Container {
	at := slices.IndexFunc(f.containers, func(each *Container) bool { return each.Name == name || each.ID == name })
	if at < 0 {
		return nil
	}
	return f.containers[at]
}

func (f *Fake) tellLocked(id string) {
	for stream := range f.streams {
		select {
		case stream <- id:
		default:
		}
	}
}

func (f *Fake) serve(writer http.ResponseWriter, request *http.Request) {
	path := request.URL.Path
	if strings.HasPrefix(path, "/v1.") {
		_, path, _ = strings.Cut(path[1:], "/")
		path = "/" + path
	}
	maps.Copy(writer.Header(), f.Header)
	f.mu.Lock()
	f.requests[request.Method+" "+path]++
	f.mu.Unlock()
	if f.Fault != nil {
		if status := f.Fault(request); status != 0 {
			refuse(writer, status, "fault")
			return
		}
	}
	switch path {
	case "/_ping":
		_, _ = writer.Write([]byte("OK"))
	case "/events":
		f.stream(writer, request)
	case "/images/create":
		if f.Pulled != nil {
			f.Pulled(request.URL.Query().Get("fromImage"))
		}
		_, _ = writer.Write([]byte(`{"status":"done"}`))
	default:
		f.mu.Lock()
		defer f.mu.Unlock()
		f.answerLocked(writer, request, path)
	}
}

// stream sends events until the client goes.
func (f *Fake) stream(writer http.ResponseWriter, request *http.Request) {
	ids := make(chan string, 64)
	writer.WriteHeader(http.StatusOK)
	writer.(http.Flusher).Flush()
	f.mu.Lock()
	f.streams[ids] = struct{}{}
	f.mu.Unlock()
	defer func() {
		f.mu.Lock()
		delete(f.streams, ids)
		f.mu.Unlock()
	}()
	for {
		select {
		case <-request.Context().Done():
			return
		case id := <-ids:
			kind := "container"
			if id == nodeEvent {
				kind = "node"
			}
			reply(writer, map[string]any{"Type": kind, "Action": "start", "Actor": map[string]any{"ID": id}})
			writer.(http.Flusher).Flush()
		}
	}
}

func reply(writer http.ResponseWriter, body any) { _ = json.NewEncoder(writer).Encode(body) }

func refuse(writer http.ResponseWriter, status int, message string) {
	writer.WriteHeader(status)
	reply(writer, map[string]string{"message": message})
}
