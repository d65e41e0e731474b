// Package launcher confines its own process as a hub says and then becomes the
// plugin, so that a plugin in any language is confined before its first instruction.
//
// The hub runs "<program> __exec" with an open Spec, a pipe for the Report and
// usually the verified executable at fixed descriptors. The process keeps its
// number, group and standard streams; every other descriptor is closed.
package launcher

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
)

// Argument is the one argument with which a program that holds a launcher is asked to be it.
const Argument = "__exec"

// Descriptors that the launcher is started with. More may be open; none but
// the standard streams reaches the plugin.
const (
	// SpecFD is where the Spec is read until its end.
	SpecFD = 3
	// ReportFD is where the Report goes.
	ReportFD = 4
	// ExecutableFD is the executable, unless the Spec has a path.
	ExecutableFD = 5
)

// ErrUnavailable says that there is no launcher for this system.
var ErrUnavailable = errors.New("the sandbox launcher is not available on this system")

// exitRefused is the exit code of a launcher that ran nothing, as a shell has it for a program it cannot run.
const exitRefused = 126

// Main becomes the plugin that the spec describes. It only returns, with an
// exit code, when that came to nothing; the report then says why.
func Main() int {
	report := os.NewFile(ReportFD, "report")
	// By hand there is none, and the descriptor may be one of Go's runtime.
	if info, err := report.Stat(); err != nil || info.Mode()&fs.ModeNamedPipe == 0 {
		fmt.Fprintln(os.Stderr, "this is how a hub starts its plugins; it is of no use by hand")
		return exitRefused
	}
	outcome := Report{}
	err := launch(&outcome, report)
	outcome.Refused = err.Error()
	if _, writing := report.Write(outcome.encode()); writing != nil {
		fmt.Fprintf(os.Stderr, "sandbox: %v\n", err) // the hub is gone; its journal may not be
	}
	return exitRefused
}

// launch does not return unless it fails.
func launch(outcome *Report, report io.Writer) error {
	file := os.NewFile(SpecFD, "spec")
	data, err := io.ReadAll(io.LimitReader(file, MaxSpecBytes+1))
	if err != nil {
		return fmt.Errorf("read launch spec: %w", err)
	}
	_ = file.Close() // it was only read from
	spec, err := DecodeSpec(data)
	if err != nil {
		return err
	}
	outcome.Requested = spec.Level
	return become(spec, outcome, report)
}
