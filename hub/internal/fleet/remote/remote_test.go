package remote

import (
	"context"
	"encoding/json"
	"errors"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/go-hclog"
)

// frame is a frame as JSON.
type frame = map[string]any

// bench is a hub that runs, and knows the token "good" until it is revoked.
type bench struct {
	*Hub
	t       *testing.T
	url     string
	revoked atomic.Bool
}

func newBench(t *testing.T) *bench {
	t.Helper()
	b := &bench{t: t}
	b.Hub = New(Options{
		Recognize: func(token string) bool { return token == "good" && !b.revoked.Load() },
		Logger:    hclog.NewNullLogger(),
		Now:       func() time.Time { return time.Date(2026, 11, 23, 5, 30, 19, 0, time.UTC) },
	})
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- b.Run(ctx) }()
	server := httptest.NewServer(b.Hub)
	b.url = server.URL
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
		server.Close()
	})
	eventually(t, "hub takes connections", func() bool {
		b.mu.Lock()
		defer b.mu.Unlock()
		return b.running
	})
	return b
}

func eventually(t *testing.T, what string, true func() bool) {
	t.Helper()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	late := time.After(10 * time.Second)
	for !true() {
		select {
		case <-tick.C:
		case <-late:
			t.Fatalf("not in ten seconds: %s", what)
		}
	}
}

// agent is the other side of a connection.
type agent struct {
	t      *testing.T
	socket *websocket.Conn
}

func (b *bench) dial() *agent {
	b.t.Helper()
	socket, response, err := websocket.Dial(b.t.Context(), b.url, nil)
	if err != nil {
		b.t.Fatal(err)
	}
	if response.Body != nil {
		_ = response.Body.Close()
	}
	socket.SetReadLimit(frameLimit)
	b.t.Cleanup(func() { _ = socket.CloseNow() })
	return &agent{b.t, socket}
}

func (a *agent) send(message any) {
	a.t.Helper()
	encoded, err := json.Marshal(message)
	if err != nil {
		a.t.Fatal(err)
	}
	if err := a.socket.Write(a.t.Context(), websocket.MessageText, encoded); err != nil {
		a.t.Fatal(err)
	}
}

func (a *agent) receive() (frame, error) {
	ctx, cancel := context.WithTimeout(a.t.Context(), 10*time.Second)
	defer cancel()
	_, data, err := a.socket.Read(ctx)
	if err != nil {
		return nil, err
	}
	var message frame
	err = json.Unmarshal(data, &message)
	return message, err
}

func (a *agent) expect(kind string) frame {
	a.t.Helper()
	message, err := a.receive()
	if err != nil || message["type"] != kind {
		a.t.Fatalf("received %v, %v; want %s", message, err, kind)
	}
	return message
}

// gone waits for the end of the connection.
func (a *agent) gone() {
	a.t.Helper()
	for {
		if _, err := a.receive(); err != nil {
			if errors.Is(err, context.DeadlineExceeded) {
				a.t.Error("the connection is still open")
			}
			return
		}
	}
}

func hello(id, token string) frame {
	return frame{"type": "agent_register", "timestamp": time.Now(), "payload": frame{
		"agent_id": id, "hostname": "pve1", "version": "5.0.13", "platform": "linux", "token": token,
	}}
}

func (b *bench) join(id string) *agent {
	b.t.Helper()
	a := b.dial()
	a.send(hello(id, "good"))
	a.expect("registered")
	eventually(b.t, id+" is connected", func() bool {
		for _, one := range b.Agents() {
			if one.ID == id {
				return true
			}
		}
		return false
	})
	return a
}

// TestTranscript plays the agent's side of a recorded connection, and expects
// the hub's side of it.
func TestTranscript(t *testing.T) {
	raw, err := os.ReadFile("testdata/agent-ws-transcript.json")
	if err != nil {
		t.Fatal(err)
	}
	var transcript struct {
		Accepted []struct {
			Dir string
			Msg frame
		}
	}
	if err := json.Unmarshal(raw, &transcript); err != nil {
		t.Fatal(err)
	}
	b := newBench(t)
	var results []Result
	var running sync.WaitGroup
	a := b.dial()
	request := ""
	for _, step := range transcript.Accepted {
		payload, _ := step.Msg["payload"].(map[string]any)
		switch {
		case step.Msg == nil:
		case step.Dir == "agent->hub":
			if _, has := payload["token"]; has {
				payload["token"] = "good"
			}
			if _, has := payload["request_id"]; has {
				payload["request_id"] = request
			}
			a.send(step.Msg)
			running.Wait()
		default:
			if step.Msg["type"] == "execute_command" {
				target, _ := payload["target_id"].(string)
				command := Command{Text: payload["command"].(string), Target: TargetHost, TargetID: target, Timeout: 300 * time.Second}
				running.Go(func() {
					result, err := b.Execute(t.Context(), "agent-pve1", command)
					if err != nil {
						t.Error(err)
					}
					results = append(results, result)
				})
			}
			got := a.expect(step.Msg["type"].(string))
			if id, has := got["id"].(string); has {
				request = id
				payload["request_id"], step.Msg["id"] = id, id
			}
			step.Msg["timestamp"] = got["timestamp"]
			if diff := cmp.Diff(step.Msg, got); diff != "" {
				t.Errorf("(-recorded +got):\n%s", diff)
			}
		}
	}
	want := []Result{
		{Success: true, Stdout: "(canned output for: uptime)\n", Duration: 34 * time.Millisecond},
		{Success: true, Stdout: "(canned output for: systemctl restart nginx)\n", Duration: 34 * time.Millisecond},
	}
	if diff := cmp.Diff(want, results); diff != "" {
		t.Error(diff)
	}
	agents := []Agent{{ID: "agent-pve1", Hostname: "pve1", Version: "5.0.13", Platform: "linux", ConnectedAt: b.Now()}}
	if diff := cmp.Diff(agents, b.Agents()); diff != "" {
		t.Error(diff)
	}
}

func TestStrangersAreTurnedAway(t *testing.T) {
	b := newBench(t)
	for name, first := range map[string]any{
		"a bad token":       hello("a", "bad"),
		"no token":          hello("a", ""),
		"no id":             hello("", "good"),
		"a long name":       hello(strings.Repeat("x", 300), "good"),
		"something else":    frame{"type": "agent_ping"},
		"no payload at all": frame{"type": "agent_register"},
	} {
		a := b.dial()
		a.send(first)
		answer := a.expect("registered")["payload"].(map[string]any)
		if answer["success"] != false || answer["message"] == "" {
			t.Errorf("%s: %v", name, answer)
		}
		if name == "a bad token" && answer["message"] != "Invalid token" {
			t.Errorf("%s: %v", name, answer)
		}
		a.gone()
	}
	if got := b.Agents(); len(got) != 0 {
		t.Errorf("connected: %v", got)
	}
}

func TestNewConnectionReplacesTheOld(t *testing.T) {
	b := newBench(t)
	old := b.join("a")
	b.join("a")
	old.gone()
	if got := b.Agents(); len(got) != 1 {
		t.Errorf("connected: %v", got)
	}
}

func TestRevokedTokenEndsTheConnection(t *testing.T) {
	b := newBench(t)
	pinging, told := b.join("a"), b.join("b")
	b.revoked.Store(true)
	pinging.send(frame{"type": "agent_ping"})
	pinging.gone()
	if _, err := b.Execute(t.Context(), "b", Command{Text: "true"}); !errors.Is(err, ErrNotConnected) {
		t.Errorf("execute gave %v", err)
	}
	told.gone()
}

func TestLostConnectionEndsTheWait(t *testing.T) {
	b := newBench(t)
	a := b.join("a")
	done := make(chan error, 1)
	go func() {
		_, err := b.Execute(t.Context(), "a", Command{Text: "sleep 1000"})
		done <- err
	}()
	a.expect("execute_command")
	_ = a.socket.CloseNow()
	if err := <-done; !errors.Is(err, ErrLost) {
		t.Errorf("execute gave %v", err)
	}
}

func TestExecuteHasBounds(t *testing.T) {
	b := newBench(t)
	a := b.join("a")
	ctx, cancel := context.WithCancelCause(t.Context())
	stop := errors.New("enough")
	var waiting sync.WaitGroup
	for range maxWaiting {
		waiting.Go(func() {
			if _, err := b.Execute(ctx, "a", Command{Text: "sleep 1000"}); !errors.Is(err, stop) {
				t.Errorf("execute gave %v", err)
			}
		})
	}
	for range maxWaiting {
		a.expect("execute_command")
	}
	if _, err := b.Execute(ctx, "a", Command{Text: "true"}); !errors.Is(err, ErrBusy) {
		t.Errorf("one too many gave %v", err)
	}
	cancel(stop)
	waiting.Wait()
	// Outputs are cut, and an answer that nobody waits for is dropped.
	a.send(frame{"type": "command_result", "payload": frame{"request_id": "nobody"}})
	done := make(chan Result, 1)
	go func() {
		result, err := b.Execute(t.Context(), "a", Command{Text: "yes"})
		if err != nil {
			t.Error(err)
		}
		done <- result
	}()
	id := a.expect("execute_command")["id"]
	a.send(frame{"type": "command_result", "payload": frame{"request_id": id, "exit_code": 3, "stdout": strings.Repeat("y", MaxOutput+100)}})
	result := <-done
	if len(result.Stdout) != MaxOutput+len(cutMarker) || !strings.HasSuffix(result.Stdout, cutMarker) || result.ExitCode != 3 {
		t.Errorf("%d bytes of output, exit code %d", len(result.Stdout), result.ExitCode)
	}
}

func TestOrders(t *testing.T) {
	tests := []struct {
		command Command
		want    executeCommand
		err     error
	}{
		{Command{Text: "a"}, executeCommand{Command: "a", TargetType: TargetHost, Timeout: 60}, nil},
		{Command{Text: "a", Target: TargetVM, TargetID: "104", Timeout: 1500 * time.Millisecond}, executeCommand{Command: "a", TargetType: TargetVM, TargetID: "104", Timeout: 2}, nil},
		{Command{Text: "a", Timeout: 24 * time.Hour}, executeCommand{Command: "a", TargetType: TargetHost, Timeout: 3600}, nil},
		{Command{Text: "a", Target: TargetContainer}, executeCommand{}, ErrTarget},
		{Command{Text: "a", Target: TargetContainer, TargetID: "1; reboot"}, executeCommand{}, ErrTarget},
		{Command{Text: "a", Target: TargetContainer, TargetID: "-c"}, executeCommand{}, ErrTarget},
		{Command{Text: "a", Target: "moon"}, executeCommand{}, ErrTarget},
	}
	for _, tt := range tests {
		got, err := tt.command.order()
		if !errors.Is(err, tt.err) || got != tt.want {
			t.Errorf("%+v gave %+v, %v", tt.command, got, err)
		}
	}
}

func TestNobodyIsConnected(t *testing.T) {
	b := newBench(t)
	if _, err := b.Execute(t.Context(), "a", Command{Text: "true"}); !errors.Is(err, ErrNotConnected) {
		t.Errorf("execute gave %v", err)
	}
}

// FuzzFrame feeds a connection whatever an agent may send.
func FuzzFrame(f *testing.F) {
	f.Add([]byte(`{"request_id":"r","success":true,"stdout":"x","duration_ms":-1}`))
	f.Add([]byte(`{"request_id":5}`))
	f.Fuzz(func(t *testing.T, payload []byte) {
		c := &connection{waiting: map[string]chan Result{}}
		result, err := c.await("r")
		if err != nil {
			t.Fatal(err)
		}
		c.settle(payload)
		c.abandon()
		if got, ok := <-result; ok && (got.Duration < 0 || len(got.Stdout) > MaxOutput+len(cutMarker)) {
			t.Errorf("result %+v", got)
		}
	})
}
