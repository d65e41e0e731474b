// Package zfs reads the state of ZFS pools from zpool and zfs, old and new.
package zfs

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/pulse-hub/pulse/agent/internal/host/command"
	"github.com/pulse-hub/pulse/agent/internal/host/outcome"
	"github.com/pulse-hub/pulse/agent/report"
)

// maxPools bounds the pools of a report.
const maxPools = 64

// Space is what files can use of a pool, in bytes, parity and reservations left out.
type Space struct{ Used, Free int64 }

// State is what ZFS says about all its pools.
type State struct {
	Pools []report.Pool
	// Usable holds the space by the name of the pool; nil when it could not be asked.
	Usable map[string]Space
}

// Source reads the pools of the machine. It is safe for concurrent use.
type Source struct{ run command.Run }

// New returns a source that runs zpool and zfs.
func New(run command.Run) *Source { return &Source{run: run} }

// Collect returns what it learned also together with an error, which speaks of the rest.
func (s *Source) Collect(ctx context.Context) (State, error) {
	pools, err := s.pools(ctx)
	if err != nil {
		return State{}, err
	}
	if len(pools) == 0 {
		return State{}, outcome.None("no ZFS pools")
	}
	state := State{Pools: pools[:min(len(pools), maxPools)]}
	var failed []error
	if result, err := s.ask(ctx, "zpool", "status"); err != nil {
		failed = append(failed, err)
	} else {
		ParseStatus(result.Stdout, state.Pools)
	}
	if state.Usable, err = s.usable(ctx); err != nil {
		failed = append(failed, err)
	}
	return state, errors.Join(failed...)
}

// pools lists the pools. Tools before OpenZFS know neither exact numbers nor fragmentation.
func (s *Source) pools(ctx context.Context) ([]report.Pool, error) {
	result, err := s.ask(ctx, "zpool", "list", "-Hp", "-o", "name,size,allocated,free,capacity,health,fragmentation")
	if errors.Is(err, errUsage) {
		result, err = s.ask(ctx, "zpool", "list", "-H", "-o", "name,size,allocated,free,capacity,health")
	}
	if errors.Is(err, command.ErrNotInstalled) {
		return nil, outcome.None("ZFS is not installed")
	}
	if err != nil {
		return nil, err
	}
	return ParseList(result.Stdout), nil
}

// usable asks for the space of the data set at the root of each pool.
func (s *Source) usable(ctx context.Context) (map[string]Space, error) {
	result, err := s.ask(ctx, "zfs", "list", "-Hp", "-d", "0", "-o", "name,used,available")
	if errors.Is(err, errUsage) {
		result, err = s.ask(ctx, "zfs", "list", "-H", "-d", "0", "-o", "name,used,available")
	}
	if err != nil {
		return nil, err
	}
	return ParseUsable(result.Stdout), nil
}

// errUsage means that the tool does not know an option.
var errUsage = errors.New("option not known")

// ask runs a tool and turns what it complains about into an error.
func (s *Source) ask(ctx context.Context, name string, args ...string) (command.Result, error) {
	result, err := s.run(ctx, name, args...)
	if err != nil || result.ExitCode == 0 {
		return result, err
	}
	const usage = 2
	switch said := result.Message; {
	case strings.Contains(said, "ermission denied"):
		return result, outcome.Forbidden("no permission to ask ZFS", nil)
	case strings.Contains(said, "/dev/zfs"), strings.Contains(said, "modules"), strings.Contains(said, "connect"):
		return result, outcome.None("ZFS does not run")
	case result.ExitCode == usage:
		return result, fmt.Errorf("%s: %w", name, errUsage)
	default:
		return result, fmt.Errorf("%s: exit code %d: %s", name, result.ExitCode, said)
	}
}
