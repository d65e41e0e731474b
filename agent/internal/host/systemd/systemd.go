// Package systemd asks systemctl for the units that have failed.
package systemd

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/pulse-hub/pulse/agent/internal/host/command"
	"github.com/pulse-hub/pulse/agent/internal/host/outcome"
)

// Bounds of the answer.
const (
	maxUnits = 64
	maxName  = 255 // bytes, systemd's own bound
)

// Source asks systemd. It is safe for concurrent use.
type Source struct {
	run     command.Run
	runtime string
}

// New returns a source that runs systemctl when the folder runtime, usually /run/systemd/system, exists: that is how
// sd_booted(3) tells that systemd runs the machine.
func New(run command.Run, runtime string) *Source { return &Source{run: run, runtime: runtime} }

// Failed returns the names of the failed units in systemd's order.
func (s *Source) Failed(ctx context.Context) ([]string, error) {
	if _, err := os.Stat(s.runtime); err != nil {
		return nil, outcome.None("systemd does not run this machine")
	}
	result, err := s.run(ctx, "systemctl", "list-units", "--failed", "--plain", "--no-legend", "--no-pager")
	if errors.Is(err, command.ErrNotInstalled) {
		return nil, outcome.None("systemctl is not installed")
	}
	if err != nil {
		return nil, err
	}
	if result.ExitCode != 0 {
		return nil, fmt.Errorf("systemctl: exit code %d: %s", result.ExitCode, result.Message)
	}
	return Parse(result.Stdout), nil
}

// Parse reads the lines of "systemctl list-units --plain --no-legend": name, load, active and sub state, description.
func Parse(raw []byte) []string {
	var units []string
	for line := range strings.Lines(string(raw)) {
		fields := strings.Fields(strings.TrimLeft(line, "●*× ")) // old versions mark failed units even when told not to
		const columns = 4
		if len(fields) < columns || len(fields[0]) > maxName || fields[2] != "failed" {
			continue
		}
		if units = append(units, fields[0]); len(units) == maxUnits {
			break
		}
	}
	return units
}
