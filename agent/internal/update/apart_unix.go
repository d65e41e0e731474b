//go:build unix

package update

import (
	"os/exec"
	"syscall"
)

// apart gives the process a session, so that what is sent to the agent's group does not reach it.
func apart(command *exec.Cmd) { command.SysProcAttr = &syscall.SysProcAttr{Setsid: true} }
