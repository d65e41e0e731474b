//go:build !linux

package conformance

import (
	"context"
	"os/exec"
)

// reap waits until the process has ended and kills what is left of its group. Nothing survives it here.
func reap(cmd *exec.Cmd, _ func()) {
	_ = cmd.Wait() // the state says more than the error
	killGroup(cmd.Process.Pid)
}

// endsWithParent says that there is no way to tell what survives a process.
func endsWithParent(context.Context, *subject) error {
	return notApplicablef("what a process leaves behind is looked at on Linux only")
}

// measure says that there is no way to look from outside.
func measure(int) (usage, error) {
	return usage{}, notApplicablef("what a process uses is looked at on Linux only")
}
