package sender_test

import (
	"context"
	"encoding/json"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/go-hclog"

	"github.com/pulse-hub/pulse/agent/internal/sender"
	"github.com/pulse-hub/pulse/agent/report"
)

const accepted = `{"success":true,"hostId":"h","lastSeen":"2026-11-23T05:29:53Z","platform":"debian","osName":"debian","osVersion":"12","config":{"commandsEnabled":true}}`

// hub is an HTTP server over in-memory connections, so that it works inside a synctest bubble.
type hub struct {
	mu       sync.Mutex
	away     bool
	answer   func(report.Host) (status int, body string) // nil accepts everything
	received []report.Host                               // those that were accepted, in order
	attempts []time.Time
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

func (h *hub) ServeHTTP(writer http.ResponseWriter, request *http.Request) {
	var body report.Host
	if err := json.NewDecoder(request.Body).Decode(&body); err != nil {
		http.Error(writer, err.Error(), http.StatusBadRequest)
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.attempts = append(h.attempts, time.Now())
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

// sequences lists the numbers of the accepted reports.
func (h *hub) sequences() []uint64 {
	h.mu.Lock()
	defer h.mu.Unlock()
	var list []uint64
	for _, each := range h.received {
		list = append(list, each.Sequence)
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

// bench is a running sender with its hub.
type bench struct {
	*sender.Sender
	hub *hub
	log *journal
}

// start runs a sender inside the current bubble until the test ends.
func start(t *testing.T) bench {
	t.Helper()
	hub := &hub{}
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
	log := &journal{}
	s := sender.New(sender.Options{
		URL: "http://hub.example", Token: "s3cr3t", Path: report.HostPath, MaxBytes: report.MaxHostBytes, UserAgent: "pulse-host-agent/1",
		Client: client, Logger: hclog.New(&hclog.LoggerOptions{Output: log}),
	})
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("Run = %v", err)
		}
		client.CloseIdleConnections()
		server.Close()
	})
	return bench{s, hub, log}
}

// queue queues a report with this number and returns it.
func (b bench) queue(t *testing.T, sequence uint64) report.Host {
	t.Helper()
	value := report.Host{Host: report.HostInfo{Hostname: "h"}, Timestamp: time.Now().UTC(), Sequence: sequence}
	if err := b.Queue(value); err != nil {
		t.Fatal(err)
	}
	return value
}

func TestReportsSurviveAnOutageInOrderWithTheirTimes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bench := start(t)
		var want []report.Host
		cycle := func(sequence uint64) {
			want = append(want, bench.queue(t, sequence))
			time.Sleep(30 * time.Second) // the bubble's clock
		}
		cycle(1)
		bench.hub.set(func(h *hub) { h.answer = func(report.Host) (int, string) { return http.StatusBadGateway, "oops" } })
		for sequence := range uint64(10) {
			cycle(2 + sequence)
		}
		if got := bench.hub.sequences(); len(got) != 1 {
			t.Fatalf("hub that is away accepted %v", got)
		}
		bench.hub.set(func(h *hub) { h.answer = nil })
		cycle(12)
		time.Sleep(time.Minute)
		bench.hub.set(func(h *hub) {
			if diff := cmp.Diff(want, h.received); diff != "" {
				t.Errorf("reports (-queued +received):\n%s", diff)
			}
		})
		if warned := strings.Count(bench.log.String(), "[WARN]"); warned != 1 {
			t.Errorf("one outage was logged %d times:\n%s", warned, bench.log)
		}
		if stats := bench.Stats(); stats.Sent != 12 || stats.Queued != 0 || stats.Dropped != 0 {
			t.Errorf("stats = %+v", stats)
		}
	})
}

func TestUnreachableHub(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bench := start(t)
		bench.hub.set(func(h *hub) { h.away = true })
		bench.queue(t, 1)
		time.Sleep(10 * time.Minute)
		bench.hub.set(func(h *hub) { h.away = false })
		time.Sleep(time.Minute)
		if diff := cmp.Diff([]uint64{1}, bench.hub.sequences()); diff != "" {
			t.Errorf("reports (-want +got):\n%s", diff)
		}
		for _, leak := range []string{"s3cr3t", "http://"} {
			if strings.Contains(bench.log.String(), leak) {
				t.Errorf("log shows %q:\n%s", leak, bench.log)
			}
		}
	})
}

func TestFullQueueDropsTheOldest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bench := start(t)
		bench.hub.set(func(h *hub) { h.away = true })
		var want []uint64
		for sequence := range uint64(sender.Capacity + 15) {
			bench.queue(t, sequence)
			if sequence >= 15 {
				want = append(want, sequence)
			}
			time.Sleep(30 * time.Second)
		}
		if stats := bench.Stats(); stats.Queued != sender.Capacity || stats.Dropped != 15 {
			t.Errorf("stats = %+v, want %d queued and 15 dropped", stats, sender.Capacity)
		}
		bench.hub.set(func(h *hub) { h.away = false })
		time.Sleep(time.Minute)
		if diff := cmp.Diff(want, bench.hub.sequences()); diff != "" {
			t.Errorf("reports (-want +got):\n%s", diff)
		}
	})
}

func TestForbiddenReportsAreDroppedAndLoggedOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bench := start(t)
		bench.hub.set(func(h *hub) {
			h.answer = func(report.Host) (int, string) {
				return http.StatusForbidden, `{"error":"missing scope","code":"missing_scope","status_code":403,"timestamp":1}`
			}
		})
		for sequence := range uint64(5) {
			bench.queue(t, sequence)
			time.Sleep(30 * time.Second)
		}
		if stats := bench.Stats(); stats.Queued != 0 || stats.Dropped != 5 {
			t.Errorf("stats = %+v, want all dropped", stats)
		}
		if logged := strings.Count(bench.log.String(), "[ERROR]"); logged != 1 || !strings.Contains(bench.log.String(), "missing scope") {
			t.Errorf("403 was logged %d times, want once with its reason:\n%s", logged, bench.log)
		}
		bench.hub.set(func(h *hub) { h.answer = nil })
		bench.queue(t, 5)
		time.Sleep(30 * time.Second)
		if diff := cmp.Diff([]uint64{5}, bench.hub.sequences()); diff != "" {
			t.Errorf("reports after permission came back (-want +got):\n%s", diff)
		}
	})
}

func TestReportTheHubCannotReadDoesNotHoldUpTheOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bench := start(t)
		bench.hub.set(func(h *hub) {
			h.answer = func(body report.Host) (int, string) {
				if body.Sequence == 1 {
					return http.StatusBadRequest, `{"error":"bad","code":"invalid_report"}`
				}
				return http.StatusOK, ""
			}
		})
		for sequence := range uint64(4) {
			bench.queue(t, sequence)
		}
		time.Sleep(5 * time.Minute)
		if diff := cmp.Diff([]uint64{0, 2, 3}, bench.hub.sequences()); diff != "" {
			t.Errorf("reports (-want +got):\n%s", diff)
		}
	})
}

func TestSuccessThatIsNotAHubKeepsTheReport(t *testing.T) {
	for name, body := range map[string]string{"portal": "<html>Welcome</html>", "other JSON": `{"success":false}`} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				bench := start(t)
				bench.hub.set(func(h *hub) { h.answer = func(report.Host) (int, string) { return http.StatusAccepted, body } })
				bench.queue(t, 1)
				time.Sleep(time.Minute)
				if stats := bench.Stats(); stats.Sent != 0 || stats.Queued != 1 {
					t.Errorf("stats = %+v, want the report kept", stats)
				}
			})
		})
	}
}

func TestBackOffGrowsToAMinute(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bench := start(t)
		bench.hub.set(func(h *hub) { h.answer = func(report.Host) (int, string) { return http.StatusServiceUnavailable, "" } })
		bench.queue(t, 1)
		time.Sleep(20 * time.Minute)
		bench.hub.set(func(h *hub) {
			for i := 1; i < len(h.attempts); i++ {
				longest := min(5*time.Second<<(i-1), time.Minute)
				if pause := h.attempts[i].Sub(h.attempts[i-1]); pause < longest/2 || pause > longest {
					t.Errorf("pause %d = %s, want %s to %s", i, pause, longest/2, longest)
				}
			}
			if len(h.attempts) < 20 {
				t.Errorf("only %d attempts in 20 minutes", len(h.attempts))
			}
		})
	})
}

func TestTooLargeReportIsRefusedAtOnce(t *testing.T) {
	s := sender.New(sender.Options{MaxBytes: 100, Logger: hclog.NewNullLogger()})
	if err := s.Queue(strings.Repeat("x", 100)); !errors.Is(err, sender.ErrTooLarge) {
		t.Errorf("Queue = %v, want ErrTooLarge", err)
	}
	if stats := s.Stats(); stats.Queued != 0 {
		t.Errorf("stats = %+v, want nothing queued", stats)
	}
}

func BenchmarkQueue(b *testing.B) {
	s := sender.New(sender.Options{MaxBytes: report.MaxHostBytes, Logger: hclog.NewNullLogger()})
	value := &report.Host{Host: report.HostInfo{Hostname: "h"}, Disks: make([]report.Disk, 4), Network: make([]report.NIC, 4)}
	b.ReportAllocs()
	for b.Loop() {
		if err := s.Queue(value); err != nil {
			b.Fatal(err)
		}
	}
}
