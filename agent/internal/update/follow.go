package update

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"github.com/hashicorp/go-hclog"
)

// ErrReplaced means that the program is another one now, which should run in the place of this process.
var ErrReplaced = errors.New("the program was replaced")

// Rhythm of a [Follower].
const (
	firstCheck = 5 * time.Second
	checkEvery = time.Hour
	lookEvery  = 2 * time.Second
	// spread keeps a fleet that started together from asking together.
	spread = 10 * time.Minute
)

// FollowerOptions is what a [Follower] works with.
type FollowerOptions struct {
	// Version is that of the running program, and Program its path.
	Version, Program string
	// StateDir is where it is noted that a report was accepted.
	StateDir string
	// Delivered reports whether a hub has accepted a report.
	Delivered func() bool
	// Update starts an update in a process of its own, and returns when that has begun; nil: others start updates.
	Update func(ctx context.Context) error
	Logger hclog.Logger
}

// Follower is the agent's own part in updates.
type Follower struct {
	FollowerOptions
	files       files
	updatedFrom string
}

// NewFollower returns a follower. It reads what is known of the last update.
func NewFollower(options FollowerOptions) *Follower {
	f := &Follower{FollowerOptions: options, files: files{program: options.Program, stateDir: options.StateDir}}
	if last := f.files.info(); last.To == options.Version && f.files.acceptedVersion() != options.Version {
		f.updatedFrom = last.From
	}
	return f
}

// UpdatedFrom returns the version before an update that this process is the first to run after; empty: there was none.
func (f *Follower) UpdatedFrom() string { return f.updatedFrom }

// Run follows the program until the context ends, and returns nil then, or ErrReplaced as soon as there is another one.
func (f *Follower) Run(ctx context.Context) error {
	began, err := os.Stat(f.Program)
	if err != nil {
		f.Logger.Warn("the program cannot be found, so updates are not noticed", "error", err)
		<-ctx.Done()
		return nil
	}
	look := time.NewTicker(lookEvery)
	defer look.Stop()
	check := time.NewTimer(firstCheck)
	defer check.Stop()
	accepted := false
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-check.C:
			check.Reset(checkEvery + rand.N(spread))
			f.update(ctx)
		case <-look.C:
			accepted = accepted || f.noteAccepted()
			now, err := os.Stat(f.Program)
			if err == nil && (!os.SameFile(began, now) || !began.ModTime().Equal(now.ModTime())) {
				f.Logger.Info("the program was replaced")
				return ErrReplaced
			}
		}
	}
}

// noteAccepted notes the first report that was accepted, and returns whether that is done.
func (f *Follower) noteAccepted() bool {
	if !f.Delivered() {
		return false
	}
	if err := write(f.files.acceptedFile(), []byte(f.Version+"\n")); err != nil {
		f.Logger.Warn("the first accepted report cannot be noted, updates would be taken back", "error", err)
	}
	return true
}

func (f *Follower) update(ctx context.Context) {
	if f.Update == nil {
		return
	}
	if err := f.Update(ctx); err != nil && ctx.Err() == nil {
		f.Logger.Warn("update cannot be started", "error", err)
	}
}

// CanReplace reports whether this process may replace the program, which is a matter of its folder. A version that is no
// release, such as that of a working tree, is never replaced.
func CanReplace(program, version string) bool {
	if _, ok := parseVersion(version); !ok {
		return false
	}
	probe, err := os.CreateTemp(filepath.Dir(program), ".pulse-agent-probe-*")
	if err != nil {
		return false
	}
	_ = probe.Close() // it is empty
	return os.Remove(probe.Name()) == nil
}

// Detached is the variable that tells a process to start itself anew, apart from who started it, and to end.
const Detached = "PULSE_AGENT_DETACH"

// Start starts the program with the arguments in a process that outlives this one, and waits until that has begun.
func Start(ctx context.Context, program string, args []string) error {
	command := exec.CommandContext(ctx, program, args...)
	command.Env = append(os.Environ(), Detached+"=1")
	command.Stdout, command.Stderr = os.Stdout, os.Stderr
	if err := command.Run(); err != nil {
		return fmt.Errorf("start update: %w", err)
	}
	return nil
}

// Detach starts the program with the arguments in a session of its own, and does not wait for it.
func Detach(program string, args []string) error {
	command := exec.Command(program, args...) //nolint:noctx // it is to outlive everything here
	for _, variable := range os.Environ() {
		if variable != Detached+"=1" {
			command.Env = append(command.Env, variable)
		}
	}
	command.Stdout, command.Stderr = os.Stdout, os.Stderr
	apart(command)
	if err := command.Start(); err != nil {
		return fmt.Errorf("start update: %w", err)
	}
	return command.Process.Release()
}
