// Package gpu measures graphics processors: those of NVIDIA by nvidia-smi, those of AMD by the kernel's files.
package gpu

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/pulse-hub/pulse/agent/internal/host/command"
	"github.com/pulse-hub/pulse/agent/internal/host/outcome"
	"github.com/pulse-hub/pulse/agent/report"
)

// maxGPUs bounds the list.
const maxGPUs = 32

// Source measures the processors of the machine. It is safe for concurrent use.
type Source struct {
	run command.Run
	sys string
}

// New returns a source that runs nvidia-smi where it is installed and reads the folder sys, usually /sys.
func New(run command.Run, sys string) *Source { return &Source{run: run, sys: sys} }

// Collect measures all processors. It returns what it learned also together with an error.
func (s *Source) Collect(ctx context.Context) ([]report.GPU, error) {
	list := readAMD(s.sys)
	nvidia, err := s.nvidia(ctx)
	list = append(list, nvidia...)
	list = list[:min(len(list), maxGPUs)]
	if len(list) == 0 && err == nil {
		return nil, outcome.None("no graphics processor with a known driver")
	}
	return list, err
}

// nvidia asks nvidia-smi. Having the tool without a processor is no failure: it comes with container runtimes as well.
func (s *Source) nvidia(ctx context.Context) ([]report.GPU, error) {
	result, err := s.run(ctx, "nvidia-smi", "--query-gpu="+nvidiaColumns, "--format=csv,noheader,nounits")
	if errors.Is(err, command.ErrNotInstalled) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	if result.ExitCode == 0 {
		return ParseNVIDIA(result.Stdout), nil
	}
	said := result.Message
	if said == "" { // the tool complains on its standard output
		said, _, _ = strings.Cut(strings.TrimSpace(string(result.Stdout)), "\n")
	}
	if strings.Contains(said, "No devices were found") {
		return nil, nil
	}
	return nil, fmt.Errorf("nvidia-smi: exit code %d: %.200s", result.ExitCode, said)
}
