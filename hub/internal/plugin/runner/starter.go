package runner

import (
	"context"
	"os/exec"
	"runtime"
)

// Starter starts all plugin processes of a hub from one thread.
//
// Linux can end a child when its parent dies, but takes the thread that made
// it for the parent. Go ends threads when it likes, so the starts are all made
// by one goroutine that keeps its thread for as long as the hub lives.
type Starter struct {
	requests chan startRequest
	stopped  chan struct{}
}

type startRequest struct {
	cmd    *exec.Cmd
	result chan error
}

// NewStarter returns a starter whose Run is still to be called, once.
func NewStarter() *Starter {
	return &Starter{requests: make(chan startRequest), stopped: make(chan struct{})}
}

// Run starts processes until the context is done. Processes that still run
// then are killed on Linux: call it with a context that outlives them.
func (s *Starter) Run(ctx context.Context) error {
	defer close(s.stopped)
	runtime.LockOSThread() // and never unlock: the thread must not serve anybody else or end earlier
	for {
		select {
		case request := <-s.requests:
			request.result <- request.cmd.Start()
		case <-ctx.Done():
			return nil
		}
	}
}

// start waits for Run to start the command, and for its outcome once Run has taken it.
func (s *Starter) start(ctx context.Context, cmd *exec.Cmd) error {
	request := startRequest{cmd: cmd, result: make(chan error, 1)}
	select {
	case s.requests <- request:
		return <-request.result
	case <-s.stopped:
		return ErrStopped
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
