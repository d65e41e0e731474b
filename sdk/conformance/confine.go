package conformance

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/pulse-hub/pulse/sdk/launcher"
	"github.com/pulse-hub/pulse/sdk/manifest"
)

// Confine makes one start of the plugin a confined one, by the rules of a hub:
// at level launcher.Confined, with what the manifest declares and no more. It
// changes the command of the start, which the run then starts. Where there is
// no sandbox the error wraps launcher.ErrUnavailable.
type Confine func(start ConfinedStart) (Confinement, error)

// ConfinedStart is one start that is to be confined.
type ConfinedStart struct {
	// Command would run the plugin unconfined: its path is absolute, its
	// arguments, environment and working folder are complete. Standard streams
	// and system attributes are the run's and stay as they are.
	Command *exec.Cmd
	// Manifest says what the plugin needs; all of it counts as granted.
	Manifest *manifest.Manifest
	// Configs are the configurations of the instances that the process will
	// serve, without their secrets.
	Configs []json.RawMessage
	// DataDir is the one folder that the process may write to. Its sockets are there, too.
	DataDir string
	// Folder is that of the manifest: the plugin's package, which it may read.
	Folder string
}

// Confinement is what a confined start holds.
type Confinement interface {
	// Effective waits until the started process has become the plugin, and
	// returns how it is confined. It is called once.
	Effective(ctx context.Context) (launcher.Report, error)
	// Close releases what the start holds. The process goes on.
	Close() error
}

// startConfined starts the plugin confined to what it needs for these configurations.
func (s *subject) startConfined(ctx context.Context, configs []json.RawMessage) (*process, error) {
	folder, err := filepath.Abs(filepath.Dir(s.options.ManifestPath))
	if err != nil {
		return nil, fmt.Errorf("find package: %w", err)
	}
	p, err := s.startWith(ctx, func(p *process) {
		p.child.confine = func(cmd *exec.Cmd) (Confinement, error) {
			cmd.Dir = p.folder
			return s.options.Confine(ConfinedStart{
				Command: cmd, Manifest: s.manifest, Configs: configs, DataDir: p.folder, Folder: folder,
			})
		}
	})
	if errors.Is(err, launcher.ErrUnavailable) {
		return nil, notApplicablef("there is no sandbox on this system")
	}
	if err != nil {
		return nil, fmt.Errorf("start it confined: %w", err)
	}
	if report := p.child.report; report.Effective < launcher.Confined {
		p.stop()
		return nil, notApplicablef("this machine confines it to %s only: %s", report.Effective, strings.Join(report.Missing, "; "))
	}
	return p, nil
}
