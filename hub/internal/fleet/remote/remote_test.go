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

	"github.com/pulse-hub/pulse/hub/internal/approve"
	"github.com/pulse-hub/pulse/hub/internal/audit"
	"github.com/pulse-hub/pulse/hub/internal/auth"
)

// frame is a frame as JSON.
type frame = map[string]any

// bench is a hub that runs, and knows the token "good" until it is revoked.
type bench struct {
	*Hub
	t       *testing.T
	url     string
	revoked atomic.Bool
	desk    *approve.Desk
	later   atomic.Int64 // what the desk's clock is ahead, in nanoseconds
}

// silent is a journal that nobody reads.
type silent struct{}

func (silent) Add(context.Context, audit.Event) error { return nil }

func person(name string) *auth.Principal {
	return auth.NewPerson(auth.MethodSession, name, "s1", auth.Administrator())
}

// approved returns the id of an approval of anna's.
func (b *bench) approved(command approve.Command) string {
	b.t.Helper()
	approval, err := b.desk.Request(b.t.Context(), approve.Draft{Command: command, By: person("anna")})
	if err != nil {
		b.t.Fatal(err)
	}
	if _, err := b.desk.Decide(b.t.Context(), approval.ID, person("anna"), true); err != nil {
		b.t.Fatal(err)
	}
	return approval.ID
}

// grant returns the right to run a command.
func (b *bench) grant(command approve.Command) approve.Grant {
	b.t.Helper()
	grant, err := b.desk.Redeem(b.t.Context(), b.approved(command), command, person("anna"))
	if err != nil {
		b.t.Fatal(err)
	}
	return grant
}

func newBench(t *testing.T) *bench {
	t.Helper()
	b := &bench{t: t}
	b.Hub = New(Options{
		Recognize: func(token string) bool { return token == "good" && !b.revoked.Load() },
		Logger:    hclog.NewNullLogger(),
		Now:       func() time.Time { return time.Date(2026, 11, 23, 5, 30, 19, 0, time.UTC) },
	})
	b.desk = approve.New(approve.Options{
		Audit: silent{}, Now: func() time.Time { return b.Now().Add(time.Duration(b.later.Load())) },
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
				grant := b.grant(approve.Command{
					Agent: "agent-pve1", Text: payload["command"].(string), TargetID: target, Timeout: 300 * time.Second,
				})
				running.Go(func() {
					result, err := b.Execute(t.Context(), grant)
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
	if _, err := b.Execute(t.Context(), b.grant(approve.Command{Agent: "b", Text: "true"})); !errors.Is(err, ErrNotConnected) {
		t.Errorf("execute gave %v", err)
	}
	told.gone()
}

func TestLostConnectionEndsTheWait(t *testing.T) {
	b := newBench(t)
	a := b.join("a")
	done := make(chan error, 1)
	grant := b.grant(approve.Command{Agent: "a", Text: "sleep 1000"})
	go func() {
		_, err := b.Execute(t.Context(), grant)
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
		grant := b.grant(approve.Command{Agent: "a", Text: "sleep 1000"})
		waiting.Go(func() {
			if _, err := b.Execute(ctx, grant); !errors.Is(err, stop) {
				t.Errorf("execute gave %v", err)
			}
		})
	}
	for range maxWaiting {
		a.expect("execute_command")
	}
	if _, err := b.Execute(ctx, b.grant(approve.Command{Agent: "a", Text: "true"})); !errors.Is(err, ErrBusy) {
		t.Errorf("one too many gave %v", err)
	}
	cancel(stop)
	waiting.Wait()
	// Outputs are cut, and an answer that nobody waits for is dropped.
	a.send(frame{"type": "command_result", "payload": frame{"request_id": "nobody"}})
	done := make(chan Result, 1)
	grant := b.grant(approve.Command{Agent: "a", Text: "yes"})
	go func() {
		result, err := b.Execute(t.Context(), grant)
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

func TestNobodyIsConnected(t *testing.T) {
	b := newBench(t)
	if _, err := b.Execute(t.Context(), b.grant(approve.Command{Agent: "a", Text: "true"})); !errors.Is(err, ErrNotConnected) {
		t.Errorf("execute gave %v", err)
	}
}

// TestNothingRunsWithoutItsApproval tries whatever is not an approval of that
// very command, and then has the agent say that the next thing it heard is
// what was approved.
func TestNothingRunsWithoutItsApproval(t *testing.T) {
	b := newBench(t)
	a, other := b.join("a"), b.join("b")
	reboot := approve.Command{Agent: "a", Text: "reboot", Target: approve.TargetVM, TargetID: "104"}
	tests := map[string]struct {
		command approve.Command
		by      *auth.Principal
		want    error
	}{
		"another command":      {approve.Command{Agent: "a", Text: "reboot -f", Target: approve.TargetVM, TargetID: "104"}, person("anna"), approve.ErrMismatch},
		"another agent":        {approve.Command{Agent: "b", Text: "reboot", Target: approve.TargetVM, TargetID: "104"}, person("anna"), approve.ErrMismatch},
		"another target":       {approve.Command{Agent: "a", Text: "reboot"}, person("anna"), approve.ErrMismatch},
		"another machine":      {approve.Command{Agent: "a", Text: "reboot", Target: approve.TargetVM, TargetID: "105"}, person("anna"), approve.ErrMismatch},
		"for longer":           {approve.Command{Agent: "a", Text: "reboot", Target: approve.TargetVM, TargetID: "104", Timeout: time.Hour}, person("anna"), approve.ErrMismatch},
		"another user":         {reboot, person("ben"), approve.ErrNotYours},
		"nobody in particular": {reboot, nil, approve.ErrNotYours},
	}
	for name, tt := range tests {
		grant, err := b.desk.Redeem(t.Context(), b.approved(reboot), tt.command, tt.by)
		if !errors.Is(err, tt.want) {
			t.Errorf("%s: redeeming gave %v, want %v", name, err, tt.want)
		}
		if _, err := b.Execute(t.Context(), grant); !errors.Is(err, approve.ErrGrant) {
			t.Errorf("%s: execute gave %v", name, err)
		}
	}
	late := b.grant(reboot)
	b.later.Add(int64(time.Minute))
	if _, err := b.Execute(t.Context(), late); !errors.Is(err, approve.ErrGrant) {
		t.Errorf("an expired grant gave %v", err)
	}
	once := b.grant(reboot)
	var running sync.WaitGroup
	running.Go(func() {
		if _, err := b.Execute(t.Context(), once); err != nil {
			t.Error(err)
		}
	})
	order := a.expect("execute_command")
	if _, err := b.Execute(t.Context(), once); !errors.Is(err, approve.ErrGrant) {
		t.Errorf("a used grant gave %v", err)
	}
	want := frame{"request_id": order["id"], "command": "reboot", "target_type": "vm", "target_id": "104", "timeout": 60.0}
	if diff := cmp.Diff(want, order["payload"]); diff != "" {
		t.Error(diff)
	}
	a.send(frame{"type": "command_result", "payload": frame{"request_id": order["id"], "success": true}})
	running.Wait()
	for _, one := range []*agent{a, other} { // neither has heard anything else
		one.send(frame{"type": "agent_ping"})
		one.expect("pong")
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
