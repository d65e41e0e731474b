package conformance

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"runtime"
	"strconv"
	"sync"
	"time"

	"github.com/hashicorp/go-plugin/runner"

	"github.com/pulse-hub/pulse/sdk/launcher"
)

// drainTime is how long output is still read after the process has ended.
const drainTime = 250 * time.Millisecond

var _ runner.Runner = (*child)(nil)

// child is one run of the program: the process side of a go-plugin client. It
// is started once; all methods may be called by several goroutines.
type child struct {
	cmd    *exec.Cmd
	name   string
	stdout *firstLine
	stderr *record
	done   chan struct{} // closed when the process has ended and its output is read

	// confine, if set before the start, confines it; report then says how far.
	confine func(*exec.Cmd) (Confinement, error)
	report  launcher.Report
	// survivors, if set before the start, waits for what outlives the process
	// and would otherwise be killed with its group.
	survivors func()

	mu      sync.Mutex
	stdin   io.Closer // nil until started
	pid     int       // 0 until started
	started time.Time
	ended   bool
}

// newChild returns a process that is not started yet.
func newChild(command []string, dir string) *child {
	c := &child{name: command[0], stdout: newFirstLine(), stderr: &record{}, done: make(chan struct{})}
	// Not CommandContext: the context of a start does not limit the process.
	c.cmd = &exec.Cmd{Path: command[0], Args: command, Dir: dir, WaitDelay: drainTime}
	c.cmd.Stdout, c.cmd.Stderr = c.stdout, c.stderr
	lead(c.cmd)
	return c
}

// Start starts the process, with a pipe for its standard input. A confined one
// has become the plugin when it returns.
func (c *child) Start(ctx context.Context) error {
	stdin, err := c.cmd.StdinPipe()
	if err != nil {
		return fmt.Errorf("open pipe: %w", err)
	}
	c.mu.Lock()
	c.stdin = stdin
	c.mu.Unlock()
	if c.confine == nil {
		return c.begin()
	}
	confinement, err := c.confine(c.cmd)
	if err != nil {
		return err
	}
	defer confinement.Close() // the process does not need it any more
	if err := c.begin(); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, startLimit)
	defer cancel()
	if c.report, err = confinement.Effective(ctx); err != nil {
		_ = c.Kill(ctx) // never fails
		<-c.done
		return err
	}
	return nil
}

// begin starts the process and a goroutine that waits for it; whoever began
// waits for done.
func (c *child) begin() error {
	begun := make(chan error, 1)
	go c.live(begun)
	return <-begun
}

// live is the life of the process, from its start on. It is spent on one
// thread, because a sandbox may end a process with the thread that started it.
func (c *child) live(begun chan<- error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	begin := time.Now()
	if err := c.cmd.Start(); err != nil {
		begun <- fmt.Errorf("start process: %w", err)
		return
	}
	c.mu.Lock()
	c.pid, c.started = c.cmd.Process.Pid, begin
	c.mu.Unlock()
	begun <- nil
	reap(c.cmd, c.survivors)
	c.mu.Lock()
	c.ended = true
	c.mu.Unlock()
	c.stdout.close()
	close(c.done)
}

// exit says how the process ended: "exit status 2"; only after done.
func (c *child) exit() string { return c.cmd.ProcessState.String() }

// closeStdin is how a plugin learns that the hub is gone.
func (c *child) closeStdin() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.stdin != nil {
		_ = c.stdin.Close() // nothing was written that could be lost
	}
}

// handshakeTime is the time from the start to the end of the first line.
func (c *child) handshakeTime() time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.stdout.at().Sub(c.started)
}

// Wait blocks until the process has ended or the context is done.
func (c *child) Wait(ctx context.Context) error {
	select {
	case <-c.done:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// Kill ends the process and its group at once. It does not wait, and does
// nothing for a process that does not run.
func (c *child) Kill(context.Context) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.pid != 0 && !c.ended {
		killGroup(c.pid)
	}
	return nil
}

// ID returns the process number as text, empty until it is started.
func (c *child) ID() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.pid == 0 {
		return ""
	}
	return strconv.Itoa(c.pid)
}

// Name returns the path of the program.
func (c *child) Name() string { return c.name }

// Stdout yields the first line and then ends: go-plugin needs no more.
func (c *child) Stdout() io.ReadCloser { return io.NopCloser(c.stdout) }

// Stderr yields nothing: standard error is recorded.
func (c *child) Stderr() io.ReadCloser { return io.NopCloser(bytes.NewReader(nil)) }

// Diagnose adds nothing to go-plugin's messages.
func (c *child) Diagnose(context.Context) string { return "" }

// PluginToHost returns the address unchanged: both sides share one system.
func (c *child) PluginToHost(network, address string) (string, string, error) {
	return network, address, nil
}

// HostToPlugin returns the address unchanged: both sides share one system.
func (c *child) HostToPlugin(network, address string) (string, string, error) {
	return network, address, nil
}

// errNoCommand says that Options.Command is empty.
var errNoCommand = errors.New("there is no command to start the plugin with")

// resolve finds the program of a command.
func resolve(command []string) ([]string, error) {
	if len(command) == 0 {
		return nil, errNoCommand
	}
	path, err := exec.LookPath(command[0])
	if err != nil {
		return nil, fmt.Errorf("find program: %w", err)
	}
	return append([]string{path}, command[1:]...), nil
}
