// Package psi reads Linux's pressure stall information (Documentation/accounting/psi.rst).
package psi

import (
	"errors"
	"io/fs"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/pulse-hub/pulse/agent/internal/host/outcome"
	"github.com/pulse-hub/pulse/agent/internal/host/sysfs"
	"github.com/pulse-hub/pulse/agent/report"
)

// Read reads the files of the folder, usually /proc/pressure. Kernels without the accounting have no such folder, and
// some have it switched off.
func Read(folder string) (*report.Pressure, error) {
	var pressure report.Pressure
	var failed []error
	for _, each := range []struct {
		name string
		into **report.Stall
	}{{"cpu", &pressure.CPU}, {"memory", &pressure.Memory}, {"io", &pressure.IO}} {
		text, err := sysfs.Read(filepath.Join(folder, each.name))
		if err != nil {
			failed = append(failed, err)
			continue
		}
		if stall, ok := Parse(text); ok {
			*each.into = &stall
		}
	}
	if pressure != (report.Pressure{}) {
		return &pressure, nil
	}
	err := errors.Join(failed...)
	if errors.Is(err, fs.ErrPermission) {
		return nil, err
	}
	return nil, outcome.None("the kernel does not account for pressure")
}

// Parse reads one file: two lines such as "some avg10=0.12 avg60=0.10 avg300=0.09 total=123".
func Parse(text string) (report.Stall, bool) {
	var stall report.Stall
	var found bool
	for line := range strings.Lines(text) {
		fields := strings.Fields(line)
		if len(fields) < 2 {
			continue
		}
		value, ok := strings.CutPrefix(fields[1], "avg10=")
		percent, err := strconv.ParseFloat(value, 64)
		if !ok || err != nil || !(percent >= 0 && percent <= 100) {
			continue
		}
		switch fields[0] {
		case "some":
			stall.SomePercent, found = percent, true
		case "full":
			stall.FullPercent = percent
		}
	}
	return stall, found
}
