package sandbox

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"time"

	"github.com/pulse-hub/pulse/sdk/launcher"
)

// Start is one start of a plugin through the launcher. It is used by one goroutine.
type Start struct {
	spec     *os.File // the child's, until it is started
	child    *os.File // the child's end of the report's pipe
	report   *os.File // the hub's
	launcher *os.File
	plugin   *os.File
}

// NewStart makes what the launcher is given. program is the open, verified
// program that holds the launcher; executable the open, verified plugin, nil if
// the spec has a path. Both stay the caller's and must stay open until the
// process is started.
func NewStart(spec *launcher.Spec, program, executable *os.File) (*Start, error) {
	if (executable == nil) != (spec.Path != "") {
		return nil, fmt.Errorf("%w: either an open executable or a path", launcher.ErrInvalid)
	}
	data, err := spec.Encode()
	if err != nil {
		return nil, err
	}
	file, err := sealed(data)
	if err != nil {
		return nil, fmt.Errorf("write launch spec: %w", err)
	}
	report, child, err := os.Pipe()
	if err != nil {
		file.Close()
		return nil, fmt.Errorf("open report pipe: %w", err)
	}
	return &Start{spec: file, child: child, report: report, launcher: program, plugin: executable}, nil
}

// Configure makes the command, whose standard streams and system attributes
// are the caller's, run the launcher.
func (s *Start) Configure(cmd *exec.Cmd) {
	executable := s.plugin
	if executable == nil {
		executable = s.launcher // something has to be there
	}
	cmd.Path = launcherPath
	cmd.Args = []string{s.launcher.Name(), launcher.Argument}
	cmd.Env = []string{} // the plugin's is in the spec
	cmd.Dir = ""
	cmd.ExtraFiles = []*os.File{s.spec, s.child, executable, s.launcher}
}

// launcherPath is the launcher as the child sees it, the fourth of the extra files.
const launcherPath = "/proc/self/fd/6"

// Effective waits until the process has become the plugin, and returns how it
// is confined. It is to be called once, after the process was started. If the
// process did not become the plugin the error says why, and wraps
// launcher.ErrRefused or launcher.ErrNoReport; the process then ends by itself.
func (s *Start) Effective(ctx context.Context) (launcher.Report, error) {
	s.closeChildEnds() // otherwise the end would never come
	deadline, ok := ctx.Deadline()
	if ok {
		_ = s.report.SetReadDeadline(deadline) // pipes have one wherever there is a launcher
	}
	release := context.AfterFunc(ctx, func() { _ = s.report.SetReadDeadline(time.Unix(1, 0)) })
	defer release()
	report, err := launcher.ReadReport(s.report)
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return launcher.Report{}, fmt.Errorf("wait for sandbox launcher: %w", expired(ctx))
	}
	return report, err
}

// expired returns why the wait ended: the deadline may strike here a moment before it does in the context.
func expired(ctx context.Context) error {
	if err := context.Cause(ctx); err != nil {
		return err
	}
	return context.DeadlineExceeded
}

// Close releases what the start holds. It may be called twice.
func (s *Start) Close() error {
	s.closeChildEnds()
	if err := s.report.Close(); err != nil && !errors.Is(err, os.ErrClosed) {
		return fmt.Errorf("close report pipe: %w", err)
	}
	return nil
}

// closeChildEnds closes what the child has got by now. Nothing can be lost, and twice does no harm.
func (s *Start) closeChildEnds() {
	_ = s.spec.Close()
	_ = s.child.Close()
}
