package sender_test

import (
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"

	"github.com/pulse-hub/pulse/agent/internal/module"
	"github.com/pulse-hub/pulse/agent/internal/sender"
	"github.com/pulse-hub/pulse/agent/internal/spool"
	"github.com/pulse-hub/pulse/agent/report"
)

// allFeatures is what a hub of today says.
const allFeatures = "gzip, sequence, replay, detail"

const accepted = `{"success":true,"hostId":"h","lastSeen":"2026-11-23T05:29:53Z","platform":"debian","osName":"debian","osVersion":"12","config":{"commandsEnabled":true}}`

// hub is an HTTP server over in-memory connections, so that it works inside a synctest bubble.
type hub struct {
	mu         sync.Mutex
	away       bool
	answer     func(report.Host) (status int, body string) // nil accepts everything
	retryAfter string
	features   string        // the header; empty for a legacy hub
	received   []report.Host // those that were accepted, in order
	requests   []request     // all, in order
	attempts   []time.Time
}

// request is how a report arrived.
type request struct {
	packed bool
	body   []byte // unpacked
}

// pipes is a listener of in-memory connections.
type pipes struct {
	connections chan net.Conn
	closed      chan struct{}
	once        sync.Once
}

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case connection := <-p.connections:
		return connection, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error { p.once.Do(func() { close(p.closed) }); return nil }

func (p *pipes) Addr() net.Addr { return &net.UnixAddr{Name: "hub", Net: "pipe"} }

func (h *hub) set(change func(*hub)) {
	h.mu.Lock()
	defer h.mu.Unlock()
	change(h)
}

func (h *hub) ServeHTTP(writer http.ResponseWriter, got *http.Request) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.away {
		panic(http.ErrAbortHandler) // a connection from before
	}
	if h.features != "" {
		writer.Header().Set(report.FeaturesHeader, h.features)
	}
	if h.retryAfter != "" {
		writer.Header().Set("Retry-After", h.retryAfter)
	}
	arrived := request{packed: got.Header.Get("Content-Encoding") == "gzip"}
	from := io.Reader(got.Body)
	if arrived.packed && strings.Contains(h.features, "gzip") {
		from, _ = gzip.NewReader(got.Body)
	}
	arrived.body, _ = io.ReadAll(from)
	h.attempts = append(h.attempts, time.Now())
	h.requests = append(h.requests, arrived)
	var body report.Host
	if err := json.Unmarshal(arrived.body, &body); err != nil {
		http.Error(writer, err.Error(), http.StatusBadRequest)
		return
	}
	if h.answer != nil {
		if status, text := h.answer(body); status != http.StatusOK {
			writer.WriteHeader(status)
			_, _ = writer.Write([]byte(text))
			return
		}
	}
	h.received = append(h.received, body)
	_, _ = writer.Write([]byte(accepted))
}

// names lists the numbers the test gave the accepted reports, which are in their tags.
func (h *hub) names() []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	var list []string
	for _, each := range h.received {
		list = append(list, each.Tags...)
	}
	return list
}

// journal is a log that may be read while it is written.
type journal struct {
	mu   sync.Mutex
	text strings.Builder
}

func (j *journal) Write(part []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.Write(part)
}

func (j *journal) String() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.String()
}

// bench is a running outbox with its hubs.
type bench struct {
	*sender.Outbox
	hub  *hub // the first
	hubs []*hub
	log  *journal
	stop func()
}

// setup is what a test wants different.
type setup struct {
	dir      string // of the spool; memory when empty
	features string
	hubs     []*hub // one that is made when empty
	hear     func(module.Answer) error
	keep     bool // forbidden reports are kept
	maxBytes int64
}

// start runs an outbox inside the current bubble until the test ends.
func start(t *testing.T, setup setup) bench {
	t.Helper()
	if len(setup.hubs) == 0 {
		setup.hubs = []*hub{{features: setup.features}}
	}
	var targets []*sender.Target
	var names []string
	for i, hub := range setup.hubs {
		target := sender.NewTarget(sender.TargetOptions{Place: i, URL: fmt.Sprintf("http://hub%d.example", i), Token: "s3cr3t", Client: connect(t, hub), StateDir: setup.dir})
		targets, names = append(targets, target), append(names, target.Key())
	}
	log := &journal{}
	logger := hclog.New(&hclog.LoggerOptions{Output: log})
	outbox := sender.New(sender.Options{
		Module:  module.Info{Name: "host", Path: report.HostPath, MaxBytes: report.MaxHostBytes, UserAgent: "pulse-host-agent/1", DropForbidden: !setup.keep},
		Spool:   spool.Open(spool.Options{Dir: setup.dir, MaxBytes: max(setup.maxBytes, 1<<20), MaxAge: 24 * time.Hour, Readers: names, Logger: logger}),
		Targets: targets, Hear: setup.hear, Logger: logger,
	})
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- outbox.Run(ctx) }()
	stop := sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("Run = %v", err)
		}
	})
	t.Cleanup(stop)
	return bench{outbox, setup.hubs[0], setup.hubs, log, stop}
}

// connect returns a client whose every address is the hub's.
func connect(t *testing.T, hub *hub) *http.Client {
	t.Helper()
	listener := &pipes{connections: make(chan net.Conn), closed: make(chan struct{})}
	server := &httptest.Server{Listener: listener, Config: &http.Server{Handler: hub}}
	server.Start()
	client := sender.NewClient(sender.ClientOptions{})
	client.Transport.(*http.Transport).DialContext = func(ctx context.Context, _, _ string) (net.Conn, error) {
		hub.mu.Lock()
		away := hub.away
		hub.mu.Unlock()
		if away {
			return nil, errors.New("connection refused")
		}
		near, far := net.Pipe()
		select {
		case listener.connections <- far:
			return near, nil
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	t.Cleanup(func() {
		client.CloseIdleConnections()
		server.Close()
	})
	return client
}

// queue puts a report with this name and returns it.
func (b bench) queue(t *testing.T, name int) report.Host {
	t.Helper()
	value := report.Host{Host: report.HostInfo{Hostname: "h"}, Tags: []string{strconv.Itoa(name)}, Timestamp: time.Now().UTC()}
	if err := b.Put(&value); err != nil {
		t.Fatal(err)
	}
	return value
}

// reports are the names of reports from the first to the last.
func reports(first, last int) (list []string) {
	for name := first; name <= last; name++ {
		list = append(list, strconv.Itoa(name))
	}
	return list
}

func (b bench) total() (total sender.Stats) {
	for _, each := range b.Stats() {
		total.Sent += each.Sent
		total.Failed += each.Failed
		total.Dropped += each.Dropped
		total.Waiting += each.Waiting
	}
	return total
}
