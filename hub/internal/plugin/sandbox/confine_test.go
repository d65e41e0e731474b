//go:build linux

package sandbox_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/pulse-hub/pulse/hub/internal/plugin/sandbox"
	"github.com/pulse-hub/pulse/sdk/launcher"
	"github.com/pulse-hub/pulse/sdk/manifest"
)

// nobody is the user that hubs without root are played by.
const nobody = 65534

// hubGroup is a further group of the hub's, such as docker's.
const hubGroup = 4242

// patience is how long any process of a test may take.
const patience = 30 * time.Second

// world is what there is around a plugin: the hub's files, services, and a process to signal.
type world struct {
	hub      int // the hub's user
	data     string
	sockets  string
	database string
	granted  string // ports
	refused  string
	socket   string // of another service
	abstract string // name of another's socket
	neighbor string // process number
}

func newWorld(t *testing.T, hub int) *world {
	t.Helper()
	base := t.TempDir()
	for _, dir := range []string{base, filepath.Dir(base)} { // others have to get through
		if err := os.Chmod(dir, 0o711); err != nil {
			t.Fatal(err)
		}
	}
	w := &world{
		hub: hub, data: filepath.Join(base, "data"), sockets: filepath.Join(base, "sockets"),
		database: filepath.Join(base, "pulse.db"), socket: filepath.Join(base, "docker.sock"),
	}
	for _, dir := range []string{w.data, w.sockets} {
		must(t, os.Mkdir(dir, 0o700))
		must(t, os.Chown(dir, hub, hub))
	}
	must(t, os.WriteFile(w.database, []byte("secret"), 0o600))
	must(t, os.Chown(w.database, hub, hub))
	w.granted, w.refused = w.service(t, "tcp", "127.0.0.1:0"), w.service(t, "tcp", "127.0.0.1:0")
	w.service(t, "unix", w.socket)
	must(t, os.Chmod(w.socket, 0o777))
	w.abstract = base
	w.service(t, "unix", "@"+w.abstract)
	w.neighbor = w.startNeighbor(t)
	return w
}

// service listens until the test ends and returns its port.
func (w *world) service(t *testing.T, network, address string) string {
	t.Helper()
	listener, err := net.Listen(network, address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	_, port, _ := net.SplitHostPort(listener.Addr().String())
	return port
}

// startNeighbor starts a process of the hub's user and returns its number.
func (w *world) startNeighbor(t *testing.T) string {
	t.Helper()
	cmd := &exec.Cmd{Path: "/proc/self/exe", Args: []string{"neighbor", "linger"}, Env: []string{}, SysProcAttr: w.attributes()}
	stdout, err := cmd.StdoutPipe()
	must(t, err)
	must(t, cmd.Start())
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	if _, err := stdout.Read(make([]byte, 16)); err != nil { // it has become what it should
		t.Fatal(err)
	}
	return strconv.Itoa(cmd.Process.Pid)
}

// attributes let a process start as the hub's user would start it.
func (w *world) attributes() *syscall.SysProcAttr {
	attributes := &syscall.SysProcAttr{Setpgid: true}
	if os.Getuid() == 0 {
		attributes.Credential = &syscall.Credential{Uid: uint32(w.hub), Gid: uint32(w.hub), Groups: []uint32{hubGroup}}
	}
	return attributes
}

func (w *world) abilities() sandbox.Abilities {
	host := sandbox.Probe()
	host.Identities = host.Identities && w.hub == 0
	return host
}

// plan plans for a plugin that is granted one port and runs the test binary with the arguments.
func (w *world) plan(t *testing.T, level launcher.Level, args ...string) launcher.Spec {
	t.Helper()
	self, err := os.Open("/proc/self/exe")
	must(t, err)
	defer self.Close()
	needs, err := sandbox.RuntimeOf(self)
	must(t, err)
	network := manifest.Needs{Network: []string{"instance:url"}}
	confinement, err := sandbox.Plan(sandbox.Options{
		Level: level, Needs: network, Granted: network,
		Limits:    manifest.Limits{Memory: 256 << 20, NoFile: 256},
		Instances: []json.RawMessage{json.RawMessage(`{"url":"https://127.0.0.1:` + w.granted + `/api"}`)},
		Args:      append([]string{"plugin"}, args...), Env: []string{"PATH="},
		Runtime: needs, DataDir: w.data, SocketDir: w.sockets,
	}, w.abilities())
	must(t, err)
	if raceDetector {
		confinement.Spec.Limits.DataBytes = 0
		confinement.Spec.Env = append(confinement.Spec.Env, "GORACE=atexit_sleep_ms=0")
	}
	if w.hub == os.Getuid() { // otherwise they are the played hub's
		must(t, sandbox.Own(w.data, confinement.Spec.Identity))
		must(t, sandbox.Own(w.sockets, confinement.Spec.Identity))
	}
	return confinement.Spec
}

// outcome is what became of a confined process.
type outcome struct {
	report         launcher.Report
	reporting      error
	stdout, stderr string
	state          *os.ProcessState
}

// run runs a process through the launcher until it ends.
func (w *world) run(t testing.TB, spec *launcher.Spec) outcome {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	self, err := os.Open("/proc/self/exe")
	must(t, err)
	defer self.Close()
	executable := self
	if spec.Path != "" {
		executable = nil
	}
	start, err := sandbox.NewStart(spec, self, executable)
	must(t, err)
	defer start.Close()
	var stdout, stderr bytes.Buffer
	cmd := exec.CommandContext(ctx, "")
	cmd.Err = nil // of looking for the empty name
	cmd.Stdout, cmd.Stderr, cmd.SysProcAttr = &stdout, &stderr, w.attributes()
	start.Configure(cmd)
	must(t, cmd.Start())
	report, reporting := start.Effective(ctx)
	_ = cmd.Wait() // the state says more
	return outcome{report, reporting, stdout.String(), stderr.String(), cmd.ProcessState}
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// cell is one cell of the table of what the levels stop.
type cell struct {
	name string
	attempt
	// from is the first level that stops it, 0 if none does; allowed cells are as important.
	from launcher.Level
	// rootOnly are cells that another user could not do anyway.
	rootOnly bool
}

func (w *world) cells() []cell {
	return []cell{
		{name: "hub database", attempt: attempt{"read", w.database}, from: launcher.Confined},
		{name: "emptying hub database", attempt: attempt{"truncate", w.database}, from: launcher.Confined},
		{name: "password file", attempt: attempt{"read", "/etc/passwd"}, from: launcher.Confined},
		{name: "listing of /", attempt: attempt{"list", "/"}, from: launcher.Confined},
		{name: "neighbor's environment", attempt: attempt{"read", "/proc/" + w.neighbor + "/environ"}, from: launcher.Confined},
		{name: "trusted certificates", attempt: attempt{"read", "/etc/ssl/certs/ca-certificates.crt"}},
		{name: "names of hosts", attempt: attempt{"read", "/etc/hosts"}},
		{name: "name servers", attempt: attempt{"read", "/etc/resolv.conf"}},
		{name: "time zones", attempt: attempt{"read", "/usr/share/zoneinfo/UTC"}},
		{name: "null device", attempt: attempt{"write", "/dev/null"}},
		{name: "writing to temporary folder", attempt: attempt{"write", "/tmp/pulse-sandbox-" + strconv.Itoa(os.Getpid())}, from: launcher.Confined},
		{name: "writing to data folder", attempt: attempt{"write", filepath.Join(w.data, "state")}},
		{name: "reading back", attempt: attempt{"read", filepath.Join(w.data, "state")}},
		{name: "writing to socket folder", attempt: attempt{"write", filepath.Join(w.sockets, "x")}},
		{name: "running a program", attempt: attempt{"run", "/bin/true"}, from: launcher.Confined},
		{name: "granted port", attempt: attempt{"connect", w.granted}},
		{name: "other port", attempt: attempt{"connect", w.refused}, from: launcher.Confined},
		{name: "other port by Multipath TCP", attempt: attempt{"connect mptcp", w.refused}, from: launcher.Confined},
		{name: "abstract socket of another", attempt: attempt{"connect abstract", w.abstract}, from: launcher.Confined},
		{name: "listening", attempt: attempt{"listen", ""}, from: launcher.Confined},
		{name: "signalling the hub's user's processes", attempt: attempt{"signal", w.neighbor}, from: launcher.Confined},
		{name: "raw socket", attempt: attempt{"raw socket", ""}, from: launcher.Confined, rootOnly: true},
		{name: "mounting", attempt: attempt{"mount", w.sockets}, from: launcher.Confined, rootOnly: true},
		{name: "being root", attempt: attempt{"be root", ""}, from: launcher.Separate, rootOnly: true},
		{name: "giving files away", attempt: attempt{"give", filepath.Join(w.data, "state")}, from: launcher.Confined, rootOnly: true},
		{name: "further groups of the hub", attempt: attempt{"be in group", strconv.Itoa(hubGroup)}, from: launcher.Separate, rootOnly: true},
		{name: "many open files", attempt: attempt{"open files", "300"}, from: launcher.Limited},
		{name: "some open files", attempt: attempt{"open files", "200"}},
	}
}

// TestWhatEachLevelStops is the table of docs: a cell that says denied is
// denied, and one that says allowed is allowed, for root and for others.
func TestWhatEachLevelStops(t *testing.T) {
	if os.Getuid() != 0 {
		testLevels(t, os.Getuid())
		return
	}
	t.Run("hub is root", func(t *testing.T) { testLevels(t, 0) })
	t.Run("hub is nobody", func(t *testing.T) { testLevels(t, nobody) })
}

func testLevels(t *testing.T, hub int) {
	for level := launcher.Limited; level <= launcher.Separate; level++ {
		t.Run(level.String(), func(t *testing.T) {
			w := newWorld(t, hub)
			if lacks := w.abilities().Lacks(level); len(lacks) > 0 {
				t.Skipf("not on this machine: %s", strings.Join(lacks, "; "))
			}
			w.testCells(t, level, "try")
		})
	}
}

// TestGrandchildIsConfinedToo: what a plugin starts is as confined as itself, in whatever session.
func TestGrandchildIsConfinedToo(t *testing.T) {
	w := newWorld(t, os.Getuid())
	if lacks := w.abilities().Lacks(launcher.Confined); len(lacks) > 0 {
		t.Skipf("not on this machine: %s", strings.Join(lacks, "; "))
	}
	w.testCells(t, launcher.Confined, "grandchild")
}

func (w *world) testCells(t *testing.T, level launcher.Level, how string) {
	t.Helper()
	cells := w.cells()
	attempts := make([]attempt, len(cells))
	for i, c := range cells {
		attempts[i] = c.attempt
	}
	text, err := json.Marshal(attempts)
	must(t, err)
	spec := w.plan(t, level, how, string(text))
	got := w.run(t, &spec)
	t.Cleanup(func() { os.Remove("/tmp/pulse-sandbox-" + strconv.Itoa(os.Getpid())) })
	if got.reporting != nil {
		t.Fatalf("start: %v\n%s", got.reporting, got.stderr)
	}
	if got.report.Effective != level || len(got.report.Missing) > 0 {
		t.Fatalf("got %+v, want %s", got.report, level)
	}
	var results []string
	if err := json.Unmarshal([]byte(got.stdout), &results); err != nil || len(results) != len(cells) {
		t.Fatalf("%v: %q\n%s", err, got.stdout, got.stderr)
	}
	for i, c := range cells {
		t.Run(c.name, func(t *testing.T) {
			if c.rootOnly && w.hub != 0 {
				t.Skip("only root could")
			}
			if c.What == "read" && strings.HasPrefix(c.With, "/etc/") || strings.HasPrefix(c.With, "/usr/") {
				if _, err := os.Stat(c.With); err != nil {
					t.Skipf("not on this machine: %v", err)
				}
			}
			denied := c.from != 0 && level >= c.from
			if denied != (results[i] != "") {
				t.Errorf("got error %q, want denied: %v", results[i], denied)
			}
		})
	}
}

// TestOtherUnixSockets: what a level does not stop is said, not hidden.
func TestOtherUnixSockets(t *testing.T) {
	w := newWorld(t, os.Getuid())
	if lacks := w.abilities().Lacks(launcher.Confined); len(lacks) > 0 {
		t.Skipf("not on this machine: %s", strings.Join(lacks, "; "))
	}
	text, err := json.Marshal([]attempt{{"connect unix", w.socket}})
	must(t, err)
	spec := w.plan(t, launcher.Confined, "try", string(text))
	got := w.run(t, &spec)
	var results []string
	must(t, json.Unmarshal([]byte(got.stdout), &results))
	said := strings.Contains(strings.Join(got.report.Open, "\n"), "Unix sockets")
	if connected := results[0] == ""; connected != said {
		t.Errorf("connected: %v (%s), said: %v", connected, results[0], said)
	}
}

func TestLimitsReachThePlugin(t *testing.T) {
	w := newWorld(t, os.Getuid())
	text, err := json.Marshal([]attempt{{"read", "/proc/self/status"}})
	must(t, err)
	spec := w.plan(t, launcher.Limited, "linger", string(text))
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	self, err := os.Open("/proc/self/exe")
	must(t, err)
	defer self.Close()
	start, err := sandbox.NewStart(&spec, self, self)
	must(t, err)
	defer start.Close()
	cmd := exec.CommandContext(ctx, "")
	cmd.Err, cmd.SysProcAttr = nil, w.attributes()
	stdout, err := cmd.StdoutPipe()
	must(t, err)
	start.Configure(cmd)
	must(t, cmd.Start())
	defer func() { cancel(); _ = cmd.Wait() }()
	if _, err := start.Effective(ctx); err != nil {
		t.Fatal(err)
	}
	_, err = stdout.Read(make([]byte, 16))
	must(t, err)

	proc := fmt.Sprintf("/proc/%d/", cmd.Process.Pid)
	read := func(name string) string {
		text, err := os.ReadFile(proc + name)
		must(t, err)
		return string(text)
	}
	if status := read("status"); !strings.Contains(status, "NoNewPrivs:\t1") {
		t.Errorf("rights can be gained: %s", status)
	}
	if score := strings.TrimSpace(read("oom_score_adj")); score != "500" {
		t.Errorf("oom_score_adj is %s, want 500", score)
	}
	if priority, err := unix.Getpriority(unix.PRIO_PROCESS, cmd.Process.Pid); err != nil || 20-priority != 5 {
		t.Errorf("nice is %d, %v; want 5", 20-priority, err)
	}
	if dir, err := os.Readlink(proc + "cwd"); err != nil || dir != w.data {
		t.Errorf("works in %s, %v; want %s", dir, err, w.data)
	}
	if env := read("environ"); env != strings.Join(spec.Env, "\x00")+"\x00" {
		t.Errorf("environment is %q", env)
	}
	wantLimits(t, cmd.Process.Pid, map[int]uint64{
		unix.RLIMIT_CORE: 0, unix.RLIMIT_NOFILE: 256, unix.RLIMIT_DATA: spec.Limits.DataBytes,
	})
	// Standard streams, and what Go's runtime opens for itself (epoll, eventfd).
	for _, entry := range mustList(t, proc+"fd") {
		if target, _ := os.Readlink(proc + "fd/" + entry.Name()); strings.Contains(target, "launch-spec") ||
			strings.HasSuffix(target, ".test") {
			t.Errorf("descriptor %s is left open: %s", entry.Name(), target)
		}
	}
}

func wantLimits(t *testing.T, pid int, limits map[int]uint64) {
	t.Helper()
	for resource, want := range limits {
		var got unix.Rlimit
		if err := unix.Prlimit(pid, resource, nil, &got); err != nil {
			t.Fatal(err)
		}
		if (want > 0 || resource == unix.RLIMIT_CORE) && (got.Cur != want || got.Max != want) {
			t.Errorf("limit %d is %+v, want %d", resource, got, want)
		}
	}
}

func mustList(t *testing.T, dir string) []os.DirEntry {
	t.Helper()
	entries, err := os.ReadDir(dir)
	must(t, err)
	return entries
}

func TestMemoryBeyondTheLimitEndsThePluginCleanly(t *testing.T) {
	if raceDetector {
		t.Skip("the race detector maps more than any limit allows")
	}
	w := newWorld(t, os.Getuid())
	spec := w.plan(t, launcher.Limited, "allocate", "64")
	if got := w.run(t, &spec); got.reporting != nil || !got.state.Success() {
		t.Errorf("64 MiB of 448: %v, %v\n%s", got.reporting, got.state, got.stderr)
	}
	spec = w.plan(t, launcher.Limited, "allocate", "1024")
	got := w.run(t, &spec)
	// Go's runtime says "out of memory" or trips over it, but ends by itself either way.
	if got.reporting != nil || got.state.ExitCode() != 2 || got.stdout != "" || got.stderr == "" {
		t.Errorf("1 GiB of 448 MiB: %v, %v, want exit code 2 and a reason\n%.300s",
			got.reporting, got.state, got.stderr)
	}
}

// TestNothingRunsAtALowerLevelThanRequired asks for a user of its own without giving one.
func TestNothingRunsAtALowerLevelThanRequired(t *testing.T) {
	w := newWorld(t, os.Getuid())
	spec := w.plan(t, launcher.Separate, "try", `[]`)
	spec.Identity = nil
	got := w.run(t, &spec)
	if got.reporting != nil || got.report.Effective >= launcher.Separate || len(got.report.Missing) == 0 ||
		got.report.UIDSeparated || !got.state.Success() {
		t.Errorf("shown: %+v, %v, %v", got.report, got.reporting, got.state)
	}
	spec.Required = true
	got = w.run(t, &spec)
	if !errors.Is(got.reporting, launcher.ErrRefused) || got.stdout != "" || got.state.Success() ||
		len(got.report.Missing) == 0 {
		t.Errorf("required: %+v, %v, printed %q", got.report, got.reporting, got.stdout)
	}
}

func TestWhatCannotRunIsReported(t *testing.T) {
	w := newWorld(t, os.Getuid())
	broken := filepath.Join(w.data, "broken")
	must(t, os.WriteFile(broken, []byte("no program"), 0o755))
	for name, change := range map[string]func(*launcher.Spec){
		"missing executable": func(s *launcher.Spec) { s.Path = filepath.Join(w.data, "none") },
		"no program":         func(s *launcher.Spec) { s.Path = broken },
		"missing directory":  func(s *launcher.Spec) { s.Dir = filepath.Join(w.data, "none") },
	} {
		spec := w.plan(t, launcher.Limited, "exit")
		change(&spec)
		if got := w.run(t, &spec); !errors.Is(got.reporting, launcher.ErrRefused) || got.state.Success() {
			t.Errorf("%s: got %v, %v, want %v", name, got.reporting, got.state, launcher.ErrRefused)
		}
	}
}

// TestExecutableByPath is the way of plugins that need an interpreter.
func TestExecutableByPath(t *testing.T) {
	w := newWorld(t, os.Getuid())
	level := min(w.abilities().Highest(), launcher.Confined)
	spec := w.plan(t, level, "try", `[]`)
	self, err := os.Executable()
	must(t, err)
	spec.Path = self
	if got := w.run(t, &spec); got.reporting != nil || strings.TrimSpace(got.stdout) != "[]" {
		t.Errorf("got %+v, %v, printed %q %s", got.report, got.reporting, got.stdout, got.stderr)
	}
}

// TestPluginEndsWithTheHub: a change of user takes the signal at the hub's end back unless it is asked for again.
func TestPluginEndsWithTheHub(t *testing.T) {
	w := newWorld(t, os.Getuid())
	for level := launcher.Limited; level <= w.abilities().Highest(); level++ {
		t.Run(level.String(), func(t *testing.T) {
			spec := w.plan(t, level, "linger")
			text, err := spec.Encode()
			must(t, err)
			read, write, err := os.Pipe()
			must(t, err)
			defer read.Close()
			hub := &exec.Cmd{
				Path: "/proc/self/exe", Args: []string{"hub", "start-and-linger", string(text)}, Env: []string{}, Stdout: write,
				SysProcAttr: &syscall.SysProcAttr{Setpgid: true},
			}
			must(t, hub.Start())
			defer func() { _ = syscall.Kill(-hub.Process.Pid, syscall.SIGKILL) }() // of a plugin that lives on
			write.Close()
			must(t, read.SetReadDeadline(time.Now().Add(patience)))
			line := make([]byte, 16)
			if n, err := read.Read(line); err != nil || string(line[:n]) != "here\n" {
				t.Fatalf("got %q, %v from the plugin", line[:n], err)
			}
			must(t, hub.Process.Kill())
			_ = hub.Wait()
			if n, err := read.Read(line); n > 0 || err == nil || errors.Is(err, os.ErrDeadlineExceeded) {
				t.Errorf("the plugin lives on: %q, %v", line[:n], err)
			}
		})
	}
}

// startAndLinger is a hub that starts a plugin and does not end it.
func startAndLinger(args []string) int {
	runtime.LockOSThread() // the plugin ends with the thread
	self, err := os.Open("/proc/self/exe")
	if err != nil {
		return 1
	}
	spec, err := launcher.DecodeSpec([]byte(args[0]))
	if err != nil {
		return 1
	}
	start, err := sandbox.NewStart(spec, self, self)
	if err != nil {
		return 1
	}
	cmd := &exec.Cmd{Stdout: os.Stdout, SysProcAttr: &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}}
	start.Configure(cmd)
	if err := cmd.Start(); err != nil {
		return 1
	}
	_ = cmd.Wait()
	return 1
}

// TestEffectiveEndsWithItsContext: a launcher that hangs holds nobody up.
func TestEffectiveEndsWithItsContext(t *testing.T) {
	spec := newWorld(t, os.Getuid()).plan(t, launcher.Limited, "exit")
	self, err := os.Open("/proc/self/exe")
	must(t, err)
	defer self.Close()
	start, err := sandbox.NewStart(&spec, self, self)
	must(t, err)
	defer start.Close()
	cmd := &exec.Cmd{}
	start.Configure(cmd)
	held, err := unix.Dup(int(cmd.ExtraFiles[1].Fd())) // as a launcher does
	must(t, err)
	defer unix.Close(held)
	gone := errors.New("hub is stopping")
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(gone)
	if _, err := start.Effective(ctx); !errors.Is(err, gone) {
		t.Errorf("got %v, want %v", err, gone)
	}
	if err := errors.Join(start.Close(), start.Close()); err != nil {
		t.Errorf("closed twice: %v", err)
	}
}

func BenchmarkStart(b *testing.B) {
	base := b.TempDir()
	spec := launcher.Spec{Level: launcher.Limited, Args: []string{"plugin", "exit"}, Dir: base}
	b.Run("without launcher", func(b *testing.B) {
		for b.Loop() {
			cmd := &exec.Cmd{Path: "/proc/self/exe", Args: spec.Args, Env: []string{}}
			must(b, cmd.Run())
		}
	})
	w := &world{hub: os.Getuid()}
	b.Run("L1", func(b *testing.B) {
		for b.Loop() {
			w.run(b, &spec)
		}
	})
	self, err := os.Open("/proc/self/exe")
	must(b, err)
	defer self.Close()
	needs, err := sandbox.RuntimeOf(self)
	must(b, err)
	confinement, err := sandbox.Plan(sandbox.Options{
		Level: launcher.Confined, Args: spec.Args, Runtime: needs, DataDir: base, SocketDir: base,
	}, sandbox.Probe())
	must(b, err)
	b.Run("L2", func(b *testing.B) {
		for b.Loop() {
			w.run(b, &confinement.Spec)
		}
	})
}
