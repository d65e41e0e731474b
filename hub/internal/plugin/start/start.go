// Package start starts plugins as confined as their trust asks for and the
// machine allows, and tells how confined they are in fact.
package start

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/hashicorp/go-hclog"

	"github.com/pulse-hub/pulse/hub/internal/plugin/launch"
	"github.com/pulse-hub/pulse/hub/internal/plugin/runner"
	"github.com/pulse-hub/pulse/hub/internal/plugin/sandbox"
	"github.com/pulse-hub/pulse/hub/internal/plugin/sandbox/cgroup"
	"github.com/pulse-hub/pulse/hub/internal/plugin/supervise"
	"github.com/pulse-hub/pulse/hub/internal/plugin/usage"
	"github.com/pulse-hub/pulse/sdk/launcher"
)

// Options are what a Launcher needs.
type Options struct {
	// SocketBase is the folder below which sockets are made; empty means socketdir.DefaultBase().
	SocketBase string
	// Program is the path of the program that holds the sandbox's launcher,
	// pulse-plugins, and ProgramSHA256 the hash it must have at each start, in
	// lower-case hexadecimal; without one it is run as it is found. Without a
	// program, plugins are run unconfined, except those that must not be.
	Program       string
	ProgramSHA256 string
	// Runtimes are the interpreters that the operator allows.
	Runtimes Runtimes
	// Passages are folders of the hub below which plugins' data and packages
	// lie. Where plugins have users of their own, everybody is allowed to go
	// through them, though not to look around.
	Passages []string
	// LookupEnv reads the hub's environment (os.LookupEnv); plugins get the few harmless variables of it.
	LookupEnv func(name string) (string, bool)
	// Host is what the machine allows; nil means sandbox.Probe().
	Host   *sandbox.Abilities
	Logger hclog.Logger
}

// Launcher starts plugins. It is safe for concurrent use.
type Launcher struct {
	options  Options
	host     sandbox.Abilities
	launcher *launch.Launcher
	meter    *usage.Meter
	starts   atomic.Uint64

	treeOnce sync.Once
	tree     *cgroup.Tree // nil if there are no control groups, and before the first is needed
}

var _ supervise.Launcher = (*Launcher)(nil)

// New returns a launcher that waits for its Run.
func New(options Options) *Launcher {
	host := sandbox.Probe()
	if options.Host != nil {
		host = *options.Host
	}
	host.Launcher = host.Launcher && options.Program != ""
	return &Launcher{
		options: options, host: host, meter: usage.NewMeter(),
		launcher: launch.New(launch.Options{
			SocketBase: options.SocketBase, OtherUsers: host.Launcher && host.Identities, Logger: options.Logger,
		}),
	}
}

// Run starts plugins until the context is done, which must not be before the
// last of them has been stopped.
func (l *Launcher) Run(ctx context.Context) error {
	err := l.launcher.Run(ctx)
	l.treeOnce.Do(func() {}) // from now on there will be none
	if l.tree != nil {
		err = errors.Join(err, l.tree.Close())
	}
	return err
}

// Launch starts a process of a plugin. The context limits the start and not
// the process. Besides what package launch says, the error wraps
// sandbox.ErrTooLow if the plugin cannot be confined as required, ErrRuntime if
// its interpreter is not allowed, and runner.ErrModified if the program with
// the launcher is not the expected one; then nothing is run.
func (l *Launcher) Launch(ctx context.Context, what supervise.Launch) (supervise.Process, error) {
	executable, err := what.Plugin.Program.Open(ctx)
	if err != nil {
		return nil, fmt.Errorf("open program: %w", err)
	}
	defer func() { _ = executable.Close() }() // it was only read
	target, err := l.options.Runtimes.resolve(executable)
	if err != nil {
		return nil, err
	}
	if err := makeFolder(what.Plugin.DataDir, what.DataDir); err != nil {
		return nil, err
	}
	command := launch.Command{
		Command: runner.Command{
			File: target.file, Path: target.path, Args: target.args, Dir: what.DataDir, Env: l.environment(what),
		},
		WithoutMTLS: what.Plugin.Manifest.Transport.MTLS != nil && !*what.Plugin.Manifest.Transport.MTLS,
		Calls:       what.Calls, Host: what.Host,
	}
	plan, err := l.plan(what, executable, target, command.Env)
	if err != nil {
		return nil, err
	}
	if plan.bare() {
		return l.run(ctx, what, command, plan)
	}
	program, err := l.openProgram(what.Plugin, executable)
	if err != nil {
		return nil, fmt.Errorf("open sandbox launcher: %w", err)
	}
	defer program.Close()
	if err := plan.own(what); err != nil {
		return nil, err
	}
	command.Group = plan.group()
	command.Confinement = &runner.Confinement{Spec: plan.confinement.Spec, Launcher: program}
	if plan.confinement.Cgroup != nil {
		command.Confinement.Cgroup = l.makeGroup(what.Name, *plan.confinement.Cgroup)
	}
	return l.run(ctx, what, command, plan)
}

func (l *Launcher) run(ctx context.Context, what supervise.Launch, command launch.Command, plan *plan) (*Process, error) {
	running, err := l.launcher.Launch(ctx, command, what.Journal)
	if err != nil {
		return nil, errors.Join(err, closeGroup(command.Confinement))
	}
	return &Process{Process: running, plan: plan, meter: l.meter}, nil
}

// openProgram opens the program that holds the launcher, verified. If that is
// the very file that was opened and verified as the plugin's, as with all
// bundled plugins, it is not read once more.
func (l *Launcher) openProgram(plugin supervise.Plugin, executable *supervise.Executable) (*os.File, error) {
	expected := l.options.ProgramSHA256
	if executable.Interpreter != "" || expected == "" || !plugin.Verified || plugin.Digest != expected {
		return runner.OpenVerified(l.options.Program, expected)
	}
	program, err := runner.OpenVerified(l.options.Program, "")
	if err != nil {
		return nil, err
	}
	if same, err := sameFile(program, executable.File); err == nil && same {
		return program, nil
	}
	program.Close()
	return runner.OpenVerified(l.options.Program, expected)
}

func sameFile(a, b *os.File) (bool, error) {
	one, err := a.Stat()
	if err != nil {
		return false, err
	}
	other, err := b.Stat()
	if err != nil {
		return false, err
	}
	return os.SameFile(one, other), nil
}

// closeGroup closes the control group of a process that there is not. Most
// often the runner has done so.
func closeGroup(confinement *runner.Confinement) error {
	if confinement == nil || confinement.Cgroup == nil {
		return nil
	}
	return confinement.Cgroup.Close(context.Background())
}

// environment returns the plugin's environment without what go-plugin adds.
func (l *Launcher) environment(what supervise.Launch) []string {
	env := runner.Environment(what.DataDir, l.options.LookupEnv)
	limit := uint64(what.Plugin.Manifest.Limits.Memory)
	if limit == 0 && what.Plugin.Level >= launcher.Limited {
		limit = sandbox.DefaultMemoryBytes
	}
	if limit > 0 {
		// Go's collector works harder in the last fifth, instead of the system ending the process.
		env = append(env, "GOMEMLIMIT="+strconv.FormatUint(limit/5*4, 10))
	}
	return env
}

// makeGroup returns a control group for one process, nil if there can be none,
// which is said once and costs the plugin nothing but exact limits.
func (l *Launcher) makeGroup(name string, limits cgroup.Limits) *cgroup.Group {
	l.treeOnce.Do(func() {
		tree, err := cgroup.Open()
		if err != nil {
			l.options.Logger.Warn("plugins get no control groups", "error", err)
			return
		}
		l.tree = tree
	})
	if l.tree == nil {
		return nil
	}
	unique := strings.ReplaceAll(name, "/", "-") + "-" + strconv.FormatUint(l.starts.Add(1), 10)
	group, err := l.tree.Make(unique, limits)
	if err != nil {
		l.options.Logger.Warn("plugin gets no control group", "plugin", name, "error", err)
		return nil
	}
	return group
}
