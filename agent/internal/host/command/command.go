// Package command runs outside programs in bounds: of time, of output and of how many run at once.
package command

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"time"
)

// Errors of [Runner.Run].
var (
	// ErrNotInstalled means that no folder of the search path holds the program.
	ErrNotInstalled = errors.New("not installed")
	// ErrTimeout means that the program did not end in time; it was killed.
	ErrTimeout = errors.New("no answer in time")
	// ErrStillRunning means that an earlier run with the same arguments could not be killed and goes on.
	ErrStillRunning = errors.New("an earlier run does not end")
	// ErrOutput means that the program wrote more than is read; it was killed.
	ErrOutput = errors.New("too much output")
)

// Bounds of a run.
const (
	// MaxOutput is how much of the standard output is read, in bytes.
	MaxOutput = 1 << 20
	// maxMessage is how much of the standard error is kept, in bytes.
	maxMessage = 256
	// defaultTimeout is how long a program may take; those who run quick ones give them less.
	defaultTimeout = 2 * time.Minute
	// killGrace is how long a killed program may take to go: one that waits for a dead disk does not.
	killGrace = time.Second
)

// Run runs a program by its bare name and returns what it wrote. An exit code other than zero is no error. It is the form
// in which parts of the agent take a runner.
type Run func(ctx context.Context, name string, args ...string) (Result, error)

// Within returns the same with a time limit for each run; ErrTimeout when it passes.
func (r Run) Within(limit time.Duration) Run {
	return func(ctx context.Context, name string, args ...string) (Result, error) {
		limited, cancel := context.WithTimeoutCause(ctx, limit, ErrTimeout)
		defer cancel()
		return r(limited, name, args...)
	}
}

// Result is what a program said.
type Result struct {
	// Stdout is the standard output; the caller owns it.
	Stdout []byte
	// ExitCode is zero after success.
	ExitCode int
	// Message is the first line of the standard error, cut to a few hundred bytes.
	Message string
}

// Options configures a [Runner].
type Options struct {
	// Path are the folders to search, in order; nil means those of the environment and the usual ones for system tools.
	Path []string
	// Timeout bounds each run in addition to its context; zero means two minutes.
	Timeout time.Duration
}

// Runner runs programs. It is safe for concurrent use.
type Runner struct {
	path    []string
	timeout time.Duration

	mu      sync.Mutex
	running map[string]bool // by name and arguments; bounded by the kinds of calls the agent makes
}

// New returns a runner and touches nothing of the system.
func New(options Options) *Runner {
	runner := &Runner{path: options.Path, timeout: options.Timeout, running: map[string]bool{}}
	if runner.path == nil {
		runner.path = searchPath()
	}
	if runner.timeout == 0 {
		runner.timeout = defaultTimeout
	}
	return runner
}

// Run runs a program found in the search path, with its own process group, in the C locale and in UTC, without the
// agent's environment and without input. Two runs with the same arguments never overlap: the second one ends with
// ErrStillRunning. A program that survives being killed is left to the system and Run returns all the same; its goroutine
// ends with it.
func (r *Runner) Run(ctx context.Context, name string, args ...string) (Result, error) {
	file, ok := lookUp(r.path, name)
	if !ok {
		return Result{}, fmt.Errorf("run %s: %w", name, ErrNotInstalled)
	}
	key := name + "\x00" + strings.Join(args, "\x00")
	if !r.begin(key) {
		return Result{}, fmt.Errorf("run %s: %w", name, ErrStillRunning)
	}
	limited, cancel := context.WithTimeoutCause(ctx, r.timeout, ErrTimeout)
	defer cancel()
	var result Result
	var err error
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		defer r.end(key)
		result, err = r.execute(limited, file, args)
	}()
	if !waitFor(limited, ended) {
		return Result{}, fmt.Errorf("run %s: %w, and it cannot be killed", name, ErrTimeout)
	}
	if err != nil {
		return Result{}, fmt.Errorf("run %s: %w", name, err)
	}
	return result, nil
}

// waitFor reports whether the run ended; once the context has, it waits for the grace only.
func waitFor(ctx context.Context, ended <-chan struct{}) bool {
	select {
	case <-ended:
		return true
	case <-ctx.Done():
	}
	grace := time.NewTimer(2 * killGrace)
	defer grace.Stop()
	select {
	case <-ended:
		return true
	case <-grace.C:
		return false
	}
}

func (r *Runner) begin(key string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.running[key] {
		return false
	}
	r.running[key] = true
	return true
}

func (r *Runner) end(key string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.running, key)
}

// execute runs the program to its end. All it starts is killed with it when the context ends.
func (r *Runner) execute(ctx context.Context, file string, args []string) (Result, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	stdout := &bounded{limit: MaxOutput, full: func() { cancel(ErrOutput) }}
	stderr := &bounded{limit: maxMessage, full: func() {}}
	cmd := exec.CommandContext(ctx, file, args...)
	cmd.Stdout, cmd.Stderr = stdout, stderr
	cmd.Env = environment(r.path)
	cmd.WaitDelay = killGrace
	ownGroup(cmd)
	err := cmd.Run()
	if ctx.Err() != nil {
		return Result{}, context.Cause(ctx)
	}
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		return Result{}, err
	}
	return Result{Stdout: stdout.buffer.Bytes(), ExitCode: cmd.ProcessState.ExitCode(), Message: firstLine(stderr.buffer.Bytes())}, nil
}

// environment is all a program gets to know: nothing of the agent's, which may hold secrets.
func environment(path []string) []string {
	list := []string{"PATH=" + strings.Join(path, string(os.PathListSeparator)), "LC_ALL=C", "LANG=C", "TZ=UTC"}
	for _, name := range []string{"HOME", "SystemRoot"} {
		if value, ok := os.LookupEnv(name); ok {
			list = append(list, name+"="+value)
		}
	}
	return list
}

func firstLine(text []byte) string {
	line, _, _ := bytes.Cut(bytes.TrimSpace(text), []byte{'\n'})
	return strings.ToValidUTF8(string(bytes.TrimSpace(line)), "?")
}

// bounded keeps the beginning of what is written to it and says once when there was more.
type bounded struct {
	buffer   bytes.Buffer
	limit    int
	full     func()
	overflow bool
}

// Write takes everything and keeps what fits, so that the program is not stopped by a broken pipe.
func (b *bounded) Write(data []byte) (int, error) {
	room := b.limit - b.buffer.Len()
	b.buffer.Write(data[:min(room, len(data))])
	if len(data) > room && !b.overflow {
		b.overflow = true
		b.full()
	}
	return len(data), nil
}
