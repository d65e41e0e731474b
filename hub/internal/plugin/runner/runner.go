// Package runner runs one plugin process so that it can be killed, drained and
// outlived: it is the process side of a go-plugin client.
//
// The executable is verified and run through the same open file, standard
// input is a pipe whose end tells the plugin that the hub is gone, the process
// leads a group of its own that is killed as one, and everything it prints is
// read to the end whether or not somebody wants it.
package runner

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"sync"
	"time"

	pluginrunner "github.com/hashicorp/go-plugin/runner"
)

// Errors of starting a process.
var (
	// ErrModified says that the executable is not the one that was approved.
	ErrModified = errors.New("the executable does not have the expected sha256")
	// ErrStopped says that the starter no longer starts processes.
	ErrStopped = errors.New("no process is started any more")
)

// drainTime is how long output is still read after a process has ended, in
// case something that left its process group holds the pipes open.
const drainTime = 250 * time.Millisecond

var _ pluginrunner.Runner = (*Process)(nil)

// Command says what to run and how.
type Command struct {
	// Path is the executable, Args what follows its name.
	Path string
	Args []string
	// SHA256 is the lower-case hexadecimal hash the executable must have.
	// Empty: it is run as it is found, which only a development build may be.
	SHA256 string
	// Dir is the working directory.
	Dir string
	// Env is the whole environment; nothing is taken from the hub's own.
	Env []string
}

// Output takes what a process prints, in pieces of at most MaxLine bytes
// without the newline. The slices are only valid during the call. Both methods
// may be called at the same time and must not block.
type Output interface {
	Stdout(line []byte)
	Stderr(line []byte)
}

// Exit is how a process ended.
type Exit struct {
	At time.Time
	// Code is the exit code, -1 if a signal ended it.
	Code int
	// Signal is the signal's name, empty if none ended it.
	Signal string
}

// String says it in words: "exit code 2", "signal killed".
func (e Exit) String() string {
	if e.Signal != "" {
		return "signal " + e.Signal
	}
	return "exit code " + strconv.Itoa(e.Code)
}

// Process is one run of a plugin's executable. It is started once, by go-plugin
// or a test; all methods may be called by several goroutines.
type Process struct {
	starter *Starter
	command Command
	output  Output
	first   *firstLine
	done    chan struct{}

	mu    sync.Mutex
	group *group // nil until started
	pid   int
	exit  Exit
}

// New returns a process that is not started yet. What it prints goes to output.
func New(starter *Starter, command Command, output Output) *Process {
	return &Process{starter: starter, command: command, output: output, first: newFirstLine(), done: make(chan struct{})}
}

// Start verifies the executable and starts it. The context limits only the start.
func (p *Process) Start(ctx context.Context) error {
	executable, err := openVerified(p.command.Path, p.command.SHA256)
	if err != nil {
		return err
	}
	defer executable.Close()

	pipes, err := openPipes()
	if err != nil {
		return err
	}
	cmd := &exec.Cmd{
		Path: p.command.Path, Args: append([]string{p.command.Path}, p.command.Args...),
		Dir: p.command.Dir, Env: p.command.Env,
		Stdin: pipes.stdin.child, Stdout: pipes.stdout.child, Stderr: pipes.stderr.child,
		SysProcAttr: processAttributes(),
	}
	execute(cmd, executable)

	err = p.starter.start(ctx, cmd)
	pipes.closeChildEnds()
	if err != nil {
		pipes.closeHubEnds()
		return fmt.Errorf("start process: %w", err)
	}
	group := joinGroup(cmd.Process)
	p.mu.Lock()
	p.group, p.pid = group, cmd.Process.Pid
	p.mu.Unlock()
	go p.attend(cmd, group, pipes)
	return nil
}

// attend reads what the process prints until it has ended, and everything it
// started in its group with it. It ends by closing p.done.
func (p *Process) attend(cmd *exec.Cmd, group *group, pipes *pipes) {
	var pumps sync.WaitGroup
	pumps.Go(func() {
		eachLine(pipes.stdout.hub, func(line []byte) {
			if !p.first.offer(line) {
				p.output.Stdout(line)
			}
		})
	})
	pumps.Go(func() { eachLine(pipes.stderr.hub, p.output.Stderr) })

	reap(cmd, group)
	group.close()
	limit := time.Now().Add(drainTime)
	_ = pipes.stdout.hub.SetReadDeadline(limit) // not on every system; there the group's end closes the pipe
	_ = pipes.stderr.hub.SetReadDeadline(limit)
	pumps.Wait()
	pipes.closeHubEnds()

	p.mu.Lock()
	p.exit = exitOf(cmd.ProcessState)
	p.mu.Unlock()
	// Only now: whoever learns that there is no first line finds the reason in Exit.
	p.first.close()
	close(p.done)
}

// Done is closed when the process has ended and its output has been read. It
// stays open for a process that was never started.
func (p *Process) Done() <-chan struct{} { return p.done }

// Exit returns how the process ended; the zero value until Done is closed.
func (p *Process) Exit() Exit {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.exit
}

// FirstLine returns the first line of standard output, empty until there is one.
func (p *Process) FirstLine() string { return p.first.text() }

// Pid returns the process number, 0 until it is started.
func (p *Process) Pid() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.pid
}

// Wait blocks until the process has ended or the context is done.
func (p *Process) Wait(ctx context.Context) error {
	select {
	case <-p.done:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// Kill ends the process and all of its group at once. It does not wait, and
// does nothing for a process that was never started or has already ended.
func (p *Process) Kill(context.Context) error {
	p.mu.Lock()
	group := p.group
	p.mu.Unlock()
	if group != nil {
		group.kill()
	}
	return nil
}

// ID returns the process number as text, empty until it is started.
func (p *Process) ID() string {
	if pid := p.Pid(); pid != 0 {
		return strconv.Itoa(pid)
	}
	return ""
}

// Name returns the path of the executable.
func (p *Process) Name() string { return p.command.Path }

// Stdout yields the first line of standard output and then ends: go-plugin
// needs no more, and its scanner would stop reading at a long line.
func (p *Process) Stdout() io.ReadCloser { return p.first }

// Stderr yields nothing: standard error goes to the Output.
func (p *Process) Stderr() io.ReadCloser { return io.NopCloser(eof{}) }

// Diagnose adds nothing to go-plugin's messages; whoever started the process
// knows its output and exit.
func (p *Process) Diagnose(context.Context) string { return "" }

// PluginToHost returns the address unchanged: both sides share one system.
func (p *Process) PluginToHost(network, address string) (string, string, error) {
	return network, address, nil
}

// HostToPlugin returns the address unchanged: both sides share one system.
func (p *Process) HostToPlugin(network, address string) (string, string, error) {
	return network, address, nil
}

func exitOf(state *os.ProcessState) Exit {
	exit := Exit{At: time.Now(), Code: -1}
	if state == nil {
		return exit
	}
	exit.Code = state.ExitCode()
	exit.Signal = signalOf(state)
	return exit
}

type eof struct{}

func (eof) Read([]byte) (int, error) { return 0, io.EOF }
