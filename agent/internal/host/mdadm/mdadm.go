// Package mdadm reads the state of Linux software RAID arrays from the kernel and from mdadm.
package mdadm

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/pulse-hub/pulse/agent/internal/host/command"
	"github.com/pulse-hub/pulse/agent/internal/host/outcome"
	"github.com/pulse-hub/pulse/agent/report"
)

// maxArrays bounds the arrays of a report; those that come later in the kernel's order are left out.
const maxArrays = 64

// Source reads the arrays of the machine. It is safe for concurrent use.
type Source struct {
	run    command.Run
	mdstat string
}

// New returns a source that runs mdadm and reads the file mdstat, usually /proc/mdstat.
func New(run command.Run, mdstat string) *Source { return &Source{run: run, mdstat: mdstat} }

// Collect returns the arrays in the kernel's order. An array mdadm gives no answer about is described by what the kernel
// says, which lacks names and ids; the error tells so.
func (s *Source) Collect(ctx context.Context) ([]report.RAIDArray, error) {
	raw, err := os.ReadFile(s.mdstat)
	if errors.Is(err, os.ErrNotExist) {
		return nil, outcome.None("no software RAID in the kernel")
	}
	if err != nil {
		return nil, fmt.Errorf("read array list: %w", err)
	}
	arrays := ParseStat(raw)
	if len(arrays) == 0 {
		return nil, outcome.None("no software RAID arrays")
	}
	arrays = arrays[:min(len(arrays), maxArrays)]
	var failed []error
	for i := range arrays {
		if err := s.describe(ctx, &arrays[i]); err != nil {
			failed = append(failed, fmt.Errorf("%s: %w", arrays[i].Device, err))
		}
	}
	return arrays, errors.Join(failed...)
}

// describe adds what mdadm knows about the array.
func (s *Source) describe(ctx context.Context, array *report.RAIDArray) error {
	result, err := s.run(ctx, "mdadm", "--detail", array.Device)
	if errors.Is(err, command.ErrNotInstalled) {
		return outcome.Missing("mdadm is not installed", "install the package mdadm")
	}
	if err != nil {
		return err
	}
	detail, err := ParseDetail(result.Stdout)
	if err != nil {
		if os.Geteuid() > 0 {
			return outcome.Forbidden("mdadm needs root", err)
		}
		return fmt.Errorf("mdadm: %s: %w", result.Message, err)
	}
	detail.Device, detail.RebuildPercent, detail.RebuildSpeed = array.Device, array.RebuildPercent, array.RebuildSpeed
	*array = detail
	return nil
}
