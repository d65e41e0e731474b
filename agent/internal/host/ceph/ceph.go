// Package ceph asks the ceph command line tool for the state of the cluster the machine is part of.
package ceph

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"github.com/pulse-hub/pulse/agent/internal/host/command"
	"github.com/pulse-hub/pulse/agent/internal/host/outcome"
	"github.com/pulse-hub/pulse/agent/report"
)

// Source asks the cluster. It is safe for concurrent use.
type Source struct {
	run    command.Run
	config string
}

// New returns a source that runs ceph when the folder config, usually /etc/ceph, has a configuration and a keyring.
func New(run command.Run, config string) *Source { return &Source{run: run, config: config} }

// Collect returns the state of the cluster. When only the pools could not be read it returns the rest and an error.
func (s *Source) Collect(ctx context.Context) (*report.Ceph, error) {
	if !exists(s.config, "*.conf") || !exists(s.config, "*.keyring") {
		return nil, outcome.None("no Ceph configuration with a keyring")
	}
	raw, err := s.ask(ctx, "status")
	if err != nil {
		return nil, err
	}
	cluster, err := ParseStatus(raw)
	if err != nil {
		return nil, err
	}
	cluster.CollectedAt = time.Now().UTC().Truncate(time.Second)
	if raw, err = s.ask(ctx, "df"); err == nil {
		cluster.Pools, err = ParsePools(raw)
	}
	return cluster, err
}

func exists(folder, pattern string) bool {
	// The only error is that of a malformed pattern.
	files, _ := filepath.Glob(filepath.Join(folder, pattern))
	return len(files) > 0
}

// ask runs one command of ceph. The timeout of the tool itself is the shorter one, so that it can say what it misses.
func (s *Source) ask(ctx context.Context, what string) ([]byte, error) {
	result, err := s.run(ctx, "ceph", "--connect-timeout", "5", what, "--format", "json")
	switch {
	case errors.Is(err, command.ErrNotInstalled):
		return nil, outcome.Missing("the ceph tool is not installed", "install the package ceph-common")
	case err != nil:
		return nil, err
	case result.ExitCode == 0:
		return result.Stdout, nil
	case strings.Contains(result.Message, "ermission denied"), strings.Contains(result.Message, "keyring"):
		return nil, outcome.Forbidden("no readable keyring for Ceph", nil)
	}
	return nil, fmt.Errorf("ceph %s: exit code %d: %s", what, result.ExitCode, result.Message)
}
