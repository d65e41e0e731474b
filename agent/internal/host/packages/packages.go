// Package packages counts pending package updates, from the index the package manager has: it never refreshes the index
// and never takes the manager's lock.
package packages

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/pulse-hub/pulse/agent/internal/host/command"
	"github.com/pulse-hub/pulse/agent/internal/host/outcome"
	"github.com/pulse-hub/pulse/agent/report"
)

// manager is one package manager.
type manager struct {
	name    string
	program string
	args    []string
	// exits are the exit codes that mean an answer, besides zero.
	exits []int
	count func(raw []byte) (available, security int)
	// security are the arguments that list security updates only, where count cannot tell them; nil elsewhere.
	security []string
}

// managers in the order they are looked for. Zypper is none of them, as even its listings take the lock.
var managers = []manager{
	{name: "apt", program: "apt-get", args: []string{"-s", "-o", "Debug::NoLocking=true", "upgrade"}, count: CountAPT},
	{
		name: "dnf", program: "dnf", args: []string{"--quiet", "--cacheonly", "check-update"}, exits: []int{100}, count: CountDNF,
		security: []string{"--quiet", "--cacheonly", "--security", "check-update"},
	},
	{name: "apk", program: "apk", args: []string{"--no-network", "list", "--upgradable"}, count: countLines("[upgradable from")},
	{name: "pacman", program: "pacman", args: []string{"-Qu"}, exits: []int{1}, count: countLines(" -> ")},
	{name: "pkg", program: "pkg", args: []string{"version", "-U", "-R", "-q", "-l", "<"}, count: countLines("")},
}

// Source asks the package manager. It is safe for concurrent use.
type Source struct {
	run  command.Run
	root string
}

// New returns a source that runs the first package manager that is installed, and reads below the folder root, usually
// "/".
func New(run command.Run, root string) *Source { return &Source{run: run, root: root} }

// Collect counts the updates.
func (s *Source) Collect(ctx context.Context) (*report.Packages, error) {
	for _, each := range managers {
		raw, err := s.ask(ctx, each, each.args)
		if errors.Is(err, command.ErrNotInstalled) {
			continue
		}
		if err != nil {
			return nil, err
		}
		updates := &report.Packages{Manager: each.name, RebootRequired: s.rebootRequired()}
		updates.Available, updates.Security = each.count(raw)
		if each.security != nil {
			if raw, err = s.ask(ctx, each, each.security); err != nil {
				return updates, err
			}
			updates.Security, _ = each.count(raw)
		}
		return updates, nil
	}
	return nil, outcome.None("no package manager that is known")
}

func (s *Source) ask(ctx context.Context, which manager, args []string) ([]byte, error) {
	result, err := s.run(ctx, which.program, args...)
	if err != nil {
		return nil, err
	}
	if result.ExitCode == 0 {
		return result.Stdout, nil
	}
	for _, exit := range which.exits {
		if result.ExitCode == exit && result.Message == "" {
			return result.Stdout, nil
		}
	}
	if strings.Contains(result.Message, "ache-only enabled but no cache") {
		return nil, outcome.Missing("the package manager has no index", "refresh it, or enable its timer")
	}
	return nil, fmt.Errorf("%s: exit code %d: %s", which.program, result.ExitCode, result.Message)
}

// rebootRequired reports whether an update has left Debian's mark, which some others leave as well.
func (s *Source) rebootRequired() bool {
	for _, path := range []string{"run/reboot-required", "var/run/reboot-required", "run/reboot-needed"} {
		if _, err := os.Stat(filepath.Join(s.root, path)); err == nil {
			return true
		}
	}
	return false
}
