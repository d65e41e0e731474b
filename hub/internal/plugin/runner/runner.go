// Package runner runs one plugin process so that it can be killed, drained and
// outlived: it is the process side of a go-plugin client.
//
// The executable that was verified is run through the same open file, standard
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

	"github.com/pulse-hub/pulse/sdk/launcher"
)

// Errors of starting a process.
var (
	// ErrModified says that the executable is not the one that was approved.
	ErrModified = errors.New("the executable does not have the expected sha256")
	// ErrStopped says that the starter no longer starts processes.
	ErrStopped = errors.New("no process is started any more")
)

// endLimit is how long a process that could not be confined may take to be gone.
const endLimit = 2 * time.Second

// drainTime is how long output is still read after a process has ended, in
// case something that left its process group holds the pipes open.
const drainTime = 250 * time.Millisecond

var _ pluginrunner.Runner = (*Process)(nil)

// Command says what to run and how.
type Command struct {
	// File is the open, verified executable. It stays the caller's and must stay
	// open until Start has returned. Where the system can execute an open file,
	// it executes this one, otherwise the one at Path. Without it, Path is
	// executed on all systems: an interpreter that the operator allows.
	File *os.File
	// Path is where the executable lies, Args what follows its name.
	Path string
	Args []string
	// Dir is the working directory.
	Dir string
	// Env is the whole environment; nothing is taken from the hub's own.
	Env []string
	// Confinement, if not nil, has the process started by the sandbox's launcher.
	Confinement *Confinement
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

	mu     sync.Mutex
	group  *group // nil until started
	pid    int
	exit   Exit
	report *launcher.Report // nil unless it is confined
}

// New returns a process that is not started yet. What it prints goes to output.
func New(starter *Starter, command Command, output Output) *Process {
	return &Process{starter: starter, command: command, output: output, first: newFirstLine(), done: make(chan struct{})}
}

// Start starts the process, and if it is to be confined waits until it is the
// plugin and no longer the launcher. The context limits only the start. After
// an error nothing is left of it.
func (p *Process) Start(ctx context.Context) error {
	cmd, sandboxed, err := p.prepare()
	if err != nil {
		return errors.Join(err, p.command.Confinement.release())
	}
	defer sandboxed.close()
	pipes, err := openPipes()
	if err != nil {
		return errors.Join(err, p.command.Confinement.release())
	}
	cmd.Stdin, cmd.Stdout, cmd.Stderr = pipes.stdin.child, pipes.stdout.child, pipes.stderr.child

	err = p.starter.start(ctx, cmd)
	pipes.closeChildEnds()
	if err != nil {
		pipes.closeHubEnds()
		return errors.Join(fmt.Errorf("start process: %w", err), p.command.Confinement.release())
	}
	group := joinGroup(cmd.Process)
	p.mu.Lock()
	p.group = group
	p.mu.Unlock()
	go p.attend(cmd, group, pipes)
	report, err := sandboxed.effective(ctx)
	if err != nil {
		return p.abandon(fmt.Errorf("confine process: %w", err))
	}
	p.mu.Lock()
	p.pid, p.report = cmd.Process.Pid, report
	p.mu.Unlock()
	return nil
}

// prepare returns the command without its standard streams.
func (p *Process) prepare() (*exec.Cmd, *sandboxed, error) {
	cmd := &exec.Cmd{
		Path: p.command.Path, Args: append([]string{p.command.Path}, p.command.Args...),
		Dir: p.command.Dir, Env: p.command.Env,
		SysProcAttr: processAttributes(),
	}
	if p.command.Confinement != nil {
		sandboxed, err := p.command.confine(cmd)
		return cmd, sandboxed, err
	}
	if p.command.File != nil {
		execute(cmd, p.command.File)
	}
	return cmd, nil, nil
}

// abandon ends a process that has not become the plugin, and says how it ended.
func (p *Process) abandon(reason error) error {
	_ = p.Kill(context.Background()) // never fails
	select {
	case <-p.done:
		return reason
	case <-time.After(endLimit):
		return fmt.Errorf("%w; and it does not end although it was killed", reason)
	}
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

	reap(cmd, func() {
		group.kill()
		p.command.Confinement.kill()
	})
	group.close()
	limit := time.Now().Add(drainTime)
	_ = pipes.stdout.hub.SetReadDeadline(limit) // not on every system; there the group's end closes the pipe
	_ = pipes.stderr.hub.SetReadDeadline(limit)
	pumps.Wait()
	pipes.closeHubEnds()
	_ = p.command.Confinement.release() // what cannot be removed now is when the hub starts next

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

// Kill ends the process and all of its group and control group at once. It does not wait, and
// does nothing for a process that was never started or has already ended.
func (p *Process) Kill(context.Context) error {
	p.mu.Lock()
	group := p.group
	p.mu.Unlock()
	if group != nil {
		group.kill()
		p.command.Confinement.kill()
	}
	return nil
}

// Report returns how the process is confined in fact, nil if it was not started by the launcher.
func (p *Process) Report() *launcher.Report {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.report
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
