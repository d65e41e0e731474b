// Package update replaces the agent's program by a newer one that the hub has, and takes that back when it does not work.
//
// Two processes share the work, so that the judge of an update is not what is judged. One that is short-lived ([Updater],
// "pulse-agent update") fetches the program, checks it, puts it in place, and waits until a report of it was accepted; if
// none is, it puts the old one back. The agent itself ([Follower]) notices that its program is another one and starts that
// in its own place, and notes the first report that is accepted. The agent thus needs no right to write where programs are:
// the first process may run as another user, started by the system.
//
// The files beside the program: the old one with ".backup" at the end until the new one has proven itself, and
// ".pulse-update-info".
package update

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"runtime"
	"runtime/debug"
	"time"

	"github.com/hashicorp/go-hclog"
)

// Errors of [Updater.Run].
var (
	// ErrRolledBack means that the new program did not report, and that the old one is back in its place.
	ErrRolledBack = errors.New("the new program did not report, the old one is back")
	// ErrNotOffered means that the hub has no program for this system.
	ErrNotOffered = errors.New("the hub has no program for this system")
	// ErrUntrusted means that the program is not the one the hub tells of, or none at all.
	ErrUntrusted = errors.New("the program cannot be trusted")
)

// Options is what an [Updater] works with. All but Arch, Trial and Poll are needed.
type Options struct {
	// URL is the base URL of the hub without a trailing slash.
	URL string
	// Client fetches from it. It must not follow redirects, and needs minutes rather than seconds.
	Client *http.Client
	// Version is that of the running program, and Program its path.
	Version, Program string
	// StateDir is where the agent notes that a report was accepted.
	StateDir string
	// Copy is a second place of the program that is brought up to date if it exists; empty: none.
	Copy string
	// Target is the name under which the hub has programs for this system; empty: that of this build.
	Target string
	// Trial is how long a new program has until it reports; zero means two minutes. A hub that is away makes it longer,
	// up to ten times.
	Trial time.Duration
	// Poll is the time between two looks at whether it has; zero means a second.
	Poll   time.Duration
	Logger hclog.Logger
}

// Updater brings the program up to date once. It is used by one goroutine.
type Updater struct {
	Options
	files files
}

// New returns an updater. It touches neither disk nor network.
func New(options Options) *Updater {
	if options.Target == "" {
		options.Target = target()
	}
	if options.Trial == 0 {
		options.Trial = 2 * time.Minute
	}
	if options.Poll == 0 {
		options.Poll = time.Second
	}
	return &Updater{Options: options, files: files{program: options.Program, stateDir: options.StateDir}}
}

// target is the name of this build among the hub's programs.
func target() string {
	arch := runtime.GOARCH
	if arch == "arm" {
		arch = "armv7"
		if build, ok := debug.ReadBuildInfo(); ok {
			for _, setting := range build.Settings {
				if setting.Key == "GOARM" && len(setting.Value) > 0 && setting.Value[0] < '7' {
					arch = "armv6"
				}
			}
		}
	}
	return runtime.GOOS + "-" + arch
}

// Run asks the hub for its version and, if that is newer, puts its program in place and waits until it has reported. It
// returns the version that was put in place, or an empty text when there was nothing to do. A trial that an earlier run
// could not finish is finished first.
func (u *Updater) Run(ctx context.Context) (string, error) {
	if u.files.onTrial() {
		before := u.files.info()
		u.Logger.Info("an earlier update is on trial still", "version", before.To)
		return before.To, u.try(ctx, before)
	}
	offered, err := u.offered(ctx)
	if err != nil {
		return "", fmt.Errorf("ask for the version: %w", err)
	}
	if !newer(offered, u.Version) {
		return "", nil
	}
	if u.files.info().Refused == offered {
		u.Logger.Debug("this version did not work before", "version", offered)
		return "", nil
	}
	u.Logger.Info("update begins", "from", u.Version, "to", offered)
	program, err := u.fetch(ctx)
	if err != nil {
		return "", err
	}
	defer func() { _ = os.Remove(program) }() // gone already when all went well
	if err := probe(ctx, program, offered); err != nil {
		return "", err
	}
	trial := info{From: u.Version, To: offered, At: time.Now()}
	if err := u.files.replace(program, trial); err != nil {
		return "", err
	}
	return offered, u.try(ctx, trial)
}

// offered returns the version of the hub, which is that of its agent.
func (u *Updater) offered(ctx context.Context) (string, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, 15*time.Second, errors.New("the hub did not answer in time"))
	defer cancel()
	response, err := u.get(ctx, "/api/agent/version")
	if err != nil {
		return "", err
	}
	defer func() { _ = response.Body.Close() }() // reading is over
	var answer struct{ Version string }
	if response.StatusCode != http.StatusOK {
		return "", fmt.Errorf("status %d", response.StatusCode)
	}
	if err := json.NewDecoder(http.MaxBytesReader(nil, response.Body, 4<<10)).Decode(&answer); err != nil {
		return "", fmt.Errorf("read answer: %w", err)
	}
	return answer.Version, nil
}

// try waits until the new program has reported, and takes it back otherwise.
func (u *Updater) try(ctx context.Context, trial info) error {
	began := time.Now()
	tick := time.NewTicker(u.Poll)
	defer tick.Stop()
	for !u.files.accepted(trial) {
		select {
		case <-ctx.Done():
			return context.Cause(ctx) // the next run goes on
		case <-tick.C:
		}
		if waited := time.Since(began); waited > u.Trial && (waited > 10*u.Trial || u.answers(ctx)) {
			return u.takeBack(trial)
		}
	}
	u.Logger.Info("update is complete", "from", trial.From, "to", trial.To)
	return u.files.confirm(u.Copy)
}

// answers reports whether the hub is there: a program cannot report to one that is not.
func (u *Updater) answers(ctx context.Context) bool {
	_, err := u.offered(ctx)
	return err == nil
}

func (u *Updater) takeBack(trial info) error {
	if err := u.files.rollBack(info{Refused: trial.To, At: time.Now()}); err != nil {
		return fmt.Errorf("put the old program back: %w", err)
	}
	return fmt.Errorf("%w: version %s", ErrRolledBack, trial.To)
}
