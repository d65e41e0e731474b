package conformance

import (
	"context"
	"fmt"
	"io"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// orphanScript makes a shell the parent of the program and gives the program
// the shell's standard input, which a command in the background is not given.
const orphanScript = `exec 4<&0; "$0" "$@" <&4 4<&- & exec 4<&-; wait`

// orphan is a plugin whose parent is a shell that can end without it.
type orphan struct {
	process *process
	// ours and theirs are the ends of a pipe into which nobody writes: it ends with all that has theirs.
	ours, theirs *os.File
	ended        chan struct{} // closed when nobody has theirs any more
}

// startOrphan starts the plugin below a shell. The caller has to stop it.
func (s *subject) startOrphan(ctx context.Context) (*orphan, error) {
	ours, theirs, err := os.Pipe()
	if err != nil {
		return nil, fmt.Errorf("open pipe: %w", err)
	}
	o := &orphan{ours: ours, theirs: theirs, ended: make(chan struct{})}
	o.process, err = s.startWith(ctx, func(p *process) {
		cmd := p.child.cmd
		cmd.Args = append([]string{"/bin/sh", "-c", orphanScript}, cmd.Args...)
		cmd.Path = cmd.Args[0]
		cmd.ExtraFiles = []*os.File{theirs}
		p.child.survivors = o.wait
	})
	_ = theirs.Close() // a duplicate of what the processes have
	go func() {
		defer close(o.ended)
		_, _ = io.Copy(io.Discard, ours) // ends with the processes or with stop
	}()
	if err != nil {
		o.close()
		return nil, err
	}
	return o, nil
}

// wait waits for the plugin to end, but not for ever.
func (o *orphan) wait() {
	select {
	case <-o.ended:
	case <-time.After(endLimit + drainTime):
	}
}

func (o *orphan) stop() {
	o.process.stop()
	o.close()
}

func (o *orphan) close() {
	_ = o.ours.Close() // nothing comes from it
	<-o.ended
}

// endsWithParent ends the parent alone. Standard input stays open: it is this process that holds it.
func endsWithParent(ctx context.Context, s *subject) error {
	if s.startErr != nil {
		return notApplicablef("the plugin does not start")
	}
	o, err := s.startOrphan(ctx)
	if err != nil {
		return fmt.Errorf("start it below a shell: %w", err)
	}
	defer o.stop()
	if err := unix.Kill(o.process.child.cmd.Process.Pid, unix.SIGKILL); err != nil {
		return fmt.Errorf("end parent: %w", err)
	}
	select {
	case <-o.ended:
		return nil
	case <-time.After(endLimit):
		return fmt.Errorf("the process still runs %v after its parent has ended", endLimit)
	}
}
