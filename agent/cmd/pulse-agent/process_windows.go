package main

import (
	"context"

	"golang.org/x/sys/windows/svc"

	"github.com/pulse-hub/pulse/agent/app"
)

// serve runs the program, under the control of the service manager if that has started it.
func serve(ctx context.Context, run func(context.Context) int) int {
	if started, err := svc.IsWindowsService(); err != nil || !started {
		return run(ctx)
	}
	running := &service{ctx: ctx, run: run}
	if err := svc.Run("pulse-agent", running); err != nil {
		return 1
	}
	return running.code
}

// service is the program as the service manager sees it. It keeps the context of the process, which that does not pass on.
type service struct {
	ctx  context.Context
	run  func(context.Context) int
	code int
}

// Execute runs until the program ends or is told to.
func (s *service) Execute(_ []string, requests <-chan svc.ChangeRequest, status chan<- svc.Status) (specific bool, code uint32) {
	ctx, cancel := context.WithCancel(s.ctx)
	defer cancel()
	ended := make(chan int, 1)
	go func() { ended <- s.run(ctx) }()
	const accepts = svc.AcceptStop | svc.AcceptShutdown
	status <- svc.Status{State: svc.Running, Accepts: accepts}
	for {
		select {
		case s.code = <-ended:
			return s.code != 0, uint32(s.code)
		case request := <-requests:
			switch request.Cmd {
			case svc.Interrogate:
				status <- request.CurrentStatus
			case svc.Stop, svc.Shutdown:
				status <- svc.Status{State: svc.StopPending}
				cancel()
			}
		}
	}
}

// runInstead ends with an error: no process takes the place of another here, and the service manager starts the new
// program, as it is told to do after failures.
func runInstead(app.Program) error { return app.ErrReplaced }
