//go:build unix

package command

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/go-hclog"

	"github.com/pulse-hub/pulse/agent/internal/command/allow"
)

// peer is the hub's end of a connection.
type peer struct {
	t      *testing.T
	socket *websocket.Conn
}

func (p *peer) send(kind, id string, payload any) {
	p.t.Helper()
	raw, err := json.Marshal(payload)
	if err != nil {
		p.t.Fatal(err)
	}
	p.sendRaw(envelope{Type: kind, ID: id, Timestamp: time.Now(), Payload: raw})
}

func (p *peer) sendRaw(frame any) {
	p.t.Helper()
	data, err := json.Marshal(frame)
	if err != nil {
		p.t.Fatal(err)
	}
	if err := p.socket.Write(p.t.Context(), websocket.MessageText, data); err != nil {
		p.t.Fatalf("send to the agent: %v", err)
	}
}

// next returns the next frame that is no ping.
func (p *peer) next() envelope {
	p.t.Helper()
	for {
		_, data, err := p.socket.Read(p.t.Context())
		if err != nil {
			p.t.Fatalf("read from the agent: %v", err)
		}
		var frame envelope
		if err := json.Unmarshal(data, &frame); err != nil {
			p.t.Fatal(err)
		}
		if frame.Type == "agent_ping" {
			p.sendRaw(envelope{Type: "pong", Timestamp: time.Now()})
			continue
		}
		return frame
	}
}

func (p *peer) result() result {
	p.t.Helper()
	frame := p.next()
	var told result
	if err := json.Unmarshal(frame.Payload, &told); err != nil || frame.Type != "command_result" || frame.ID != told.RequestID {
		p.t.Fatalf("the agent says %+v: %v", frame, err)
	}
	return told
}

// order has the agent run a command and returns what became of it.
func (p *peer) order(asked order) result {
	p.t.Helper()
	asked.RequestID = "r1"
	p.send("execute_command", "r1", asked)
	told := p.result()
	told.DurationMs = 0
	return told
}

// stage is a hub that agents connect to, and an agent.
type stage struct {
	*Runner
	peers chan *peer
	stop  func()
	log   *log
}

type log struct {
	mu   sync.Mutex
	text strings.Builder
}

func (l *log) Write(data []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(data)
}

func (l *log) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// newStage has the agent run what its owner has allowed: anything if that is enabled and no list is given.
func newStage(t *testing.T, enabled bool, allowed ...allow.Pattern) *stage {
	t.Helper()
	s := &stage{peers: make(chan *peer), log: &log{}}
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	hub := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/api/agent/ws" || r.Header.Get("Authorization") != "" || r.Header.Get("X-API-Token") != "" {
			t.Errorf("the agent asks for %s with %v", r.URL, r.Header)
		}
		socket, err := websocket.Accept(w, r, nil)
		if err != nil {
			t.Errorf("accept: %v", err)
			return
		}
		socket.SetReadLimit(16 << 20)
		select {
		case s.peers <- &peer{t: t, socket: socket}:
			<-ctx.Done() // the connection is the test's
		case <-ctx.Done():
		}
		_ = socket.CloseNow()
	}))
	s.Runner = New(Options{
		URL: hub.URL, Token: "secret", Client: hub.Client(), AgentID: "agent-pve1", Hostname: "pve1", Version: "5.0.13", Platform: "linux",
		Enabled: enabled, Allow: allowed, Logger: hclog.New(&hclog.LoggerOptions{Output: s.log}),
	})
	s.pause = time.Millisecond
	ended := make(chan error, 1)
	go func() { ended <- s.Run(ctx) }()
	s.stop = sync.OnceFunc(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("Run = %v", err)
		}
		hub.Close()
	})
	t.Cleanup(s.stop)
	return s
}

// connected returns the hub's end after the registration.
func (s *stage) connected(t *testing.T) *peer {
	t.Helper()
	select {
	case p := <-s.peers:
		if first := p.next(); first.Type != "agent_register" {
			t.Fatalf("the first frame is %+v", first)
		}
		p.send("registered", "", registered{Success: true, Message: "Registered"})
		return p
	case <-time.After(20 * time.Second):
		t.Fatal("the agent does not connect")
	}
	return nil
}

// TestRecordedConversation holds the agent to what a real one and a real hub said to each other.
func TestRecordedConversation(t *testing.T) {
	raw, err := os.ReadFile("testdata/transcript.json")
	if err != nil {
		t.Fatal(err)
	}
	type line struct {
		Dir     string
		Control string
		Msg     *struct {
			Type, ID string
			Payload  map[string]any
		}
	}
	var recorded struct{ Accepted []line }
	if err := json.Unmarshal(raw, &recorded); err != nil {
		t.Fatal(err)
	}
	s := newStage(t, true)
	p := <-s.peers
	orders := 0
	for _, line := range recorded.Accepted {
		switch {
		case line.Control == "ping":
			go func() { _ = p.socket.Ping(t.Context()) }() // answered while the test reads
		case line.Msg == nil || line.Msg.Type == "agent_ping" || line.Msg.Type == "pong":
		case line.Dir == "hub->agent":
			message := *line.Msg
			if message.Type == "execute_command" {
				message.Payload["command"] = "printf 'a\\n'"
				orders++
			}
			p.send(message.Type, message.ID, message.Payload)
		default:
			frame := p.next()
			var got map[string]any
			if err := json.Unmarshal(frame.Payload, &got); err != nil {
				t.Fatal(err)
			}
			if frame.Type != line.Msg.Type || frame.ID != line.Msg.ID || frame.Timestamp.IsZero() {
				t.Errorf("the agent says %q with id %q, recorded is %q with %q", frame.Type, frame.ID, line.Msg.Type, line.Msg.ID)
			}
			want := line.Msg.Payload
			if frame.Type == "agent_register" {
				want["token"] = "secret"
			} else {
				want["stdout"], want["duration_ms"] = "a\n", got["duration_ms"]
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s differs from the recording (-want +got):\n%s", frame.Type, diff)
			}
		}
	}
	if orders == 0 {
		t.Error("the recording has no order")
	}
	if strings.Contains(s.log.String(), "secret") {
		t.Errorf("the log holds the token:\n%s", s.log)
	}
}

func TestCommands(t *testing.T) {
	bin := t.TempDir()
	for _, name := range []string{"pct", "qm"} {
		if err := os.WriteFile(filepath.Join(bin, name), []byte("#!/bin/sh\necho "+name+` "$@"`+"\n"), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("PATH", bin+":"+os.Getenv("PATH"))
	t.Setenv("PULSE_TOKEN", "secret")
	p := newStage(t, true).connected(t)
	for name, test := range map[string]struct {
		asked order
		want  result
	}{
		"works":            {order{Command: "echo a; echo b >&2", TargetType: "host"}, result{Success: true, Stdout: "a\n", Stderr: "b\n"}},
		"fails":            {order{Command: "echo a; exit 3"}, result{Stdout: "a\n", ExitCode: 3}},
		"container":        {order{Command: "uptime", TargetType: "container", TargetID: "101"}, result{Success: true, Stdout: "pct exec 101 -- uptime\n"}},
		"machine":          {order{Command: "uptime", TargetType: "vm", TargetID: "102"}, result{Success: true, Stdout: "qm guest exec 102 -- uptime\n"}},
		"wrong guest":      {order{Command: "uptime", TargetType: "vm", TargetID: "1; reboot"}, result{ExitCode: -1, Error: "the id of the target is not valid"}},
		"wrong target":     {order{Command: "uptime", TargetType: "cloud"}, result{ExitCode: -1, Error: "the type of the target is not known"}},
		"empty":            {order{Command: " "}, result{ExitCode: -1, Error: "the command is empty"}},
		"time-out":         {order{Command: "echo a; sleep 600", Timeout: 1}, result{ExitCode: -1, Stdout: "a\n", Error: "command timed out"}},
		"no text":          {order{Command: `printf '\377'`}, result{Success: true, Stdout: "\uFFFD"}},
		"keeps secrets":    {order{Command: "env | grep -c PULSE_"}, result{ExitCode: 1, Stdout: "0\n"}},
		"leaves something": {order{Command: "sleep 3 & echo a"}, result{Success: true, Stdout: "a\n"}},
	} {
		test.want.RequestID = "r1"
		if diff := cmp.Diff(test.want, p.order(test.asked)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

func TestTheMachineHasTheLastWord(t *testing.T) {
	const nothing = "this machine allows no commands: its agent runs without --enable-commands and --commands-allow"
	const another = "this machine does not allow this command: it is not in --commands-allow of its agent"
	bin := t.TempDir()
	if err := os.WriteFile(filepath.Join(bin, "pct"), []byte("#!/bin/sh\necho pct \"$@\"\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", bin+":"+os.Getenv("PATH"))
	ran := func(output string) result { return result{Success: true, Stdout: output} }
	refused := func(why string) result { return result{ExitCode: -1, Error: why} }
	list := []allow.Pattern{"echo * b", "echo 'x;y'", "pct exec * -- uptime"}
	type says struct {
		asked order
		want  result
	}
	listed := map[string]says{
		"matches":               {order{Command: "echo a b"}, ran("a b\n")},
		"matches when trimmed":  {order{Command: " \n\techo a b\r\n"}, ran("a b\n")},
		"is written as that":    {order{Command: "echo 'x;y'", TargetType: "host"}, ran("x;y\n")},
		"matches in a guest":    {order{Command: "\nuptime", TargetType: "container", TargetID: "101"}, ran("pct exec 101 -- uptime\n")},
		"is for the host":       {order{Command: "echo a b", TargetType: "container", TargetID: "101"}, refused(another)},
		"is for another target": {order{Command: "uptime", TargetType: "vm", TargetID: "101"}, refused(another)},
		"is not there":          {order{Command: "echo a"}, refused(another)},
		"goes on":               {order{Command: "echo a b; echo c"}, refused(another)},
		"goes on below":         {order{Command: "echo a b\necho c"}, refused(another)},
		"has a substitution":    {order{Command: "echo $(id) b"}, refused(another)},
		"looks like it":         {order{Command: "echo а b"}, refused(another)},
		"is very long":          {order{Command: "echo " + strings.Repeat("a", 500_000) + " b"}, refused(another)},
		"is empty":              {order{Command: "\n"}, refused("the command is empty")},
		"has a bad target":      {order{Command: "uptime", TargetType: "container", TargetID: "1 2"}, refused("the id of the target is not valid")},
	}
	for name, owner := range map[string]struct {
		enabled bool
		list    []allow.Pattern
		orders  map[string]says
	}{
		"a list":                      {false, list, listed},
		"commands enabled and a list": {true, list, listed},
		"nothing said": {false, nil, map[string]says{
			"the hub alone": {order{Command: "echo a"}, refused(nothing)},
			"in a guest":    {order{Command: "uptime", TargetType: "container", TargetID: "101"}, refused(nothing)},
		}},
		"commands enabled": {true, nil, map[string]says{"anything": {order{Command: "echo a; echo b"}, ran("a\nb\n")}}},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStage(t, owner.enabled, owner.list...)
			yes := true
			s.Override(&yes)
			p := s.connected(t)
			for name, each := range owner.orders {
				each.want.RequestID = "r1"
				if diff := cmp.Diff(each.want, p.order(each.asked)); diff != "" {
					t.Errorf("a command that %s (-want +got):\n%s", name, diff)
				}
			}
		})
	}
}

func TestOutputIsBounded(t *testing.T) {
	p := newStage(t, true).connected(t)
	told := p.order(order{Command: "head -c 3000000 /dev/zero | tr '\\0' x; head -c 1048576 /dev/zero | tr '\\0' y >&2"})
	if !told.Success || len(told.Stdout) != maxOutput+len(cutMarker) || !strings.HasSuffix(told.Stdout, "xxx\n... (output truncated)") {
		t.Errorf("the output has %d bytes", len(told.Stdout))
	}
	if told.Stderr != strings.Repeat("y", maxOutput) {
		t.Errorf("an output that just fits has %d bytes", len(told.Stderr))
	}
}

func TestCommandsRunAtTheSameTimeButNotTooMany(t *testing.T) {
	p := newStage(t, true).connected(t)
	dir := t.TempDir()
	signal := filepath.Join(dir, "go")
	for i := range maxRunning + 1 {
		id := strconv.Itoa(i)
		p.send("execute_command", id, order{RequestID: id, Command: "touch " + dir + "/" + id + "; until [ -e " + signal + " ]; do sleep 0.02; done"})
	}
	if told := p.result(); told.RequestID != strconv.Itoa(maxRunning) || told.Error != "too many commands run already" {
		t.Errorf("the first to end is %+v", told)
	}
	eventually(t, "not all run", func() bool {
		found, _ := filepath.Glob(dir + "/[0-9]")
		return len(found) == maxRunning
	})
	if err := os.WriteFile(signal, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for range maxRunning {
		if told := p.result(); !told.Success {
			t.Errorf("%+v", told)
		}
	}
}

func TestFilesAreNotRead(t *testing.T) {
	p := newStage(t, true).connected(t)
	p.send("read_file", "f", map[string]any{"request_id": "f", "path": "/etc/shadow", "target_type": "host"})
	if told := p.result(); told.Success || told.Error == "" || told.Stdout != "" {
		t.Errorf("the agent answers %+v", told)
	}
	p.send("reboot", "x", nil)
	p.send("execute_command", "x", "nonsense")
	if told := p.order(order{Command: "true"}); !told.Success {
		t.Errorf("after what it does not know the agent answers %+v", told)
	}
}

func TestHubSwitchesCommands(t *testing.T) {
	pid := filepath.Join(t.TempDir(), "pid")
	line := "sleep 600 & echo $! >" + pid + "; wait"
	s := newStage(t, false, allow.Pattern(line))
	yes, no := true, false
	s.Override(&yes)
	p := s.connected(t)
	p.send("execute_command", "r", order{RequestID: "r", Command: line})
	var child int
	eventually(t, "the command does not start", func() bool {
		raw, _ := os.ReadFile(pid)
		child, _ = strconv.Atoi(strings.TrimSpace(string(raw)))
		return child > 0
	})
	s.Override(&no)
	eventually(t, "what the command started lives on", func() bool { return !alive(child) })
	for { // until the connection is over
		if _, _, err := p.socket.Read(t.Context()); err != nil {
			break
		}
	}
	s.Override(&yes)
	s.connected(t)
	s.Override(nil)
	s.stop()
	if got := strings.Count(s.log.String(), "may run commands"); got != 2 {
		t.Errorf("the log says %d times that commands run:\n%s", got, s.log)
	}
}

func TestConnectsAgainAfterFailures(t *testing.T) {
	s := newStage(t, true)
	for range 3 {
		p := <-s.peers
		p.next()
		p.send("registered", "", registered{Message: "Invalid token"})
		_ = p.socket.Close(websocket.StatusPolicyViolation, "Invalid token")
	}
	p := s.connected(t)
	_ = p.socket.CloseNow()
	p = s.connected(t)
	if told := p.order(order{Command: "true"}); !told.Success {
		t.Errorf("the agent answers %+v", told)
	}
	if got := strings.Count(s.log.String(), "the hub refuses the agent: Invalid token"); got != 1 {
		t.Errorf("the log says %d times that the hub refuses:\n%s", got, s.log)
	}
}

// alive reports whether a process runs; one that is only not reaped yet does not.
func alive(pid int) bool {
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return syscall.Kill(pid, 0) == nil && !os.IsNotExist(err)
	}
	return !strings.Contains(string(raw), ") Z ")
}

// eventually waits for something that another process does.
func eventually(t *testing.T, problem string, happened func() bool) {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	deadline := time.Now().Add(20 * time.Second)
	for !happened() {
		if time.Now().After(deadline) {
			t.Fatal(problem)
		}
		<-tick.C
	}
}

func FuzzOrders(f *testing.F) {
	f.Add([]byte(`{"type":"execute_command","id":"a","payload":{"request_id":"a","command":"uptime","target_type":"container","target_id":"101","timeout":300}}`))
	f.Add([]byte(`{"type":"read_file","payload":null}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		frame, ok := decode(data)
		if !ok {
			return
		}
		var asked order
		if json.Unmarshal(frame.Payload, &asked) != nil {
			return
		}
		if limit := asked.timeout(); limit <= 0 || limit > maxTimeout {
			t.Errorf("%q may run for %s", data, limit)
		}
		line, err := asked.line()
		if err == nil && asked.TargetType == "vm" && !strings.HasPrefix(line, "qm guest exec ") {
			t.Errorf("%q runs %q", data, line)
		}
	})
}
