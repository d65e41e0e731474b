//go:build unix

package conformance

import (
	"os/exec"
	"syscall"
)

// lead makes the process the leader of a group of its own.
func lead(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} }

// killGroup ends a process and all that it started in its group.
func killGroup(pid int) { _ = syscall.Kill(-pid, syscall.SIGKILL) } // an error means that nobody is left
