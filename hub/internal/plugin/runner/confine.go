package runner

import (
	"context"
	"os"
	"os/exec"

	"github.com/pulse-hub/pulse/hub/internal/plugin/sandbox"
	"github.com/pulse-hub/pulse/hub/internal/plugin/sandbox/cgroup"
	"github.com/pulse-hub/pulse/sdk/launcher"
)

// Confinement is how a process is confined, and by what.
type Confinement struct {
	// Spec is what the launcher is told; path, arguments, environment and folder are the Command's.
	Spec launcher.Spec
	// Launcher is the open, verified program that holds the launcher. It stays
	// the caller's and must stay open until Start has returned.
	Launcher *os.File
	// Cgroup is the control group that the process starts in, nil for none.
	// Start takes it over: it is closed when the process has ended, or was never there.
	Cgroup *cgroup.Group
}

// sandboxed is a start by the launcher, nil for one without.
type sandboxed struct{ start *sandbox.Start }

// confine makes the command that of the launcher, which then becomes the plugin.
func (c *Command) confine(cmd *exec.Cmd) (*sandboxed, error) {
	spec := c.Confinement.Spec
	spec.Args, spec.Env, spec.Dir, spec.Path = cmd.Args, c.Env, c.Dir, ""
	if c.File == nil {
		spec.Path = c.Path
	}
	start, err := sandbox.NewStart(&spec, c.Confinement.Launcher, c.File)
	if err != nil {
		return nil, err
	}
	start.Configure(cmd)
	if c.Confinement.Cgroup != nil {
		enter(cmd, c.Confinement.Cgroup.Folder())
	}
	return &sandboxed{start: start}, nil
}

// effective waits for the launcher's report.
func (s *sandboxed) effective(ctx context.Context) (*launcher.Report, error) {
	if s == nil {
		return nil, nil
	}
	report, err := s.start.Effective(ctx)
	if err != nil {
		return nil, err
	}
	return &report, nil
}

func (s *sandboxed) close() {
	if s != nil {
		_ = s.start.Close() // of pipes and memory that nobody needs any more
	}
}

// kill ends everything in the control group, wherever it went.
func (c *Confinement) kill() {
	if c != nil && c.Cgroup != nil {
		_ = c.Cgroup.Kill() // it may be gone, and the process group is killed, too
	}
}

// release gives the control group back. It waits until it is empty, for 2 seconds at most.
func (c *Confinement) release() error {
	if c == nil || c.Cgroup == nil {
		return nil
	}
	return c.Cgroup.Close(context.Background())
}
