package outcome_test

import (
	"errors"
	"fmt"
	"io/fs"
	"testing"
	"time"

	"github.com/pulse-hub/pulse/agent/internal/host/command"
	"github.com/pulse-hub/pulse/agent/internal/host/outcome"
)

func TestOf(t *testing.T) {
	broken := errors.New("broken")
	tests := []struct {
		name     string
		err      error
		state    outcome.State
		remedied bool
		kept     bool
	}{
		{"works", nil, outcome.OK, false, false},
		{"nothing there", outcome.None("no disks"), outcome.Unavailable, false, false},
		{"not installed", fmt.Errorf("run x: %w", command.ErrNotInstalled), outcome.Unavailable, false, false},
		{"missing", outcome.Missing("smartctl is not installed", "install smartmontools"), outcome.Unavailable, true, false},
		{"file forbidden", fmt.Errorf("read: %w", fs.ErrPermission), outcome.Denied, true, true},
		{"forbidden", fmt.Errorf("sda: %w", outcome.Forbidden("needs root", nil)), outcome.Denied, true, true},
		{"slow", fmt.Errorf("run x: %w", command.ErrTimeout), outcome.Failed, true, true},
		{"broken", broken, outcome.Failed, false, true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got := outcome.Of("part", test.err, time.Second)
			if got.Name != "part" || got.State != test.state || got.Duration != time.Second {
				t.Errorf("Of = %+v, want state %s", got, test.state)
			}
			if (got.Remedy != "") != test.remedied || (got.Err != nil) != test.kept || (got.Reason != "") != (test.err != nil) {
				t.Errorf("Of = %+v, want remedy %v, error %v", got, test.remedied, test.kept)
			}
		})
	}
}
