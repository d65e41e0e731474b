// Package smart asks whole disks, by smartctl and without waking those that sleep, how healthy and how worn they are.
package smart

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/pulse-hub/pulse/agent/internal/host/command"
	"github.com/pulse-hub/pulse/agent/internal/host/outcome"
	"github.com/pulse-hub/pulse/agent/report"
)

// maxDisks bounds how many disks are asked; those that come later in the system's order are left out.
const maxDisks = 128

// Source asks the disks of the machine. Collect must not be called concurrently with itself.
type Source struct {
	run command.Run
	// list returns the names of disks that may answer, such as "sda", and the disk's path for smartctl.
	list  func(ctx context.Context) ([]disk, error)
	known map[string]Disk // the last answer of each disk that is still there, for those that fall asleep
}

// disk is one whole disk that may answer.
type disk struct{ name, path string }

// Disk is what one disk says.
type Disk struct {
	Health report.SMART
	Wear   report.DiskWear
}

// New returns a source that runs smartctl and finds disks below the folder sys, usually /sys, or, where that does not
// exist, by smartctl's own scan.
func New(run command.Run, sys string) *Source {
	source := &Source{run: run, known: map[string]Disk{}}
	source.list = func(ctx context.Context) ([]disk, error) { return listDisks(ctx, sys, run) }
	return source
}

// Collect asks all disks one after the other. It returns what it learned also together with an error, which speaks of
// the disks that gave no answer.
func (s *Source) Collect(ctx context.Context) ([]Disk, error) {
	disks, err := s.list(ctx)
	if errors.Is(err, command.ErrNotInstalled) {
		return nil, notInstalled()
	}
	if err != nil {
		return nil, err
	}
	if len(disks) == 0 {
		return nil, outcome.None("no disk that assesses itself")
	}
	var answers []Disk
	var failed []error
	known := make(map[string]Disk, len(disks))
	for _, each := range disks[:min(len(disks), maxDisks)] {
		answer, err := s.ask(ctx, each)
		switch {
		case errors.Is(err, command.ErrNotInstalled):
			return nil, notInstalled()
		case errors.Is(err, errUnsupported):
			continue
		case err != nil:
			failed = append(failed, fmt.Errorf("%s: %w", each.name, err))
			continue
		}
		known[each.name] = answer
		answers = append(answers, answer)
	}
	s.known = known
	if len(answers) == 0 && len(failed) == 0 {
		return nil, outcome.None("no disk that assesses itself")
	}
	return answers, errors.Join(failed...)
}

func notInstalled() error {
	return outcome.Missing("smartctl is not installed", "install the package smartmontools")
}

// ask asks one disk. A sleeping one is described by what it said when it was awake.
func (s *Source) ask(ctx context.Context, which disk) (Disk, error) {
	// "o" adds the text for people, which is the only place where old versions say that a disk sleeps.
	result, err := s.run(ctx, "smartctl", "-n", "standby", "-i", "-A", "-H", "--json=o", which.path)
	if err != nil {
		return Disk{}, err
	}
	answer, err := Parse(which.name, result.Stdout)
	if err != nil {
		return Disk{}, err
	}
	if !answer.Health.Standby {
		return answer, nil
	}
	before := s.known[which.name]
	answer.Health.Model, answer.Health.Serial = first(answer.Health.Model, before.Health.Model), first(answer.Health.Serial, before.Health.Serial)
	answer.Health.WWN, answer.Health.Type = first(answer.Health.WWN, before.Health.WWN), first(answer.Health.Type, before.Health.Type)
	if before.Wear.Device != "" {
		answer.Wear = before.Wear
	}
	return answer, nil
}

// first returns the first text that is not empty.
func first(texts ...string) string {
	for _, text := range texts {
		if text = strings.TrimSpace(text); text != "" {
			return text
		}
	}
	return ""
}
