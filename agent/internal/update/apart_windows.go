package update

import (
	"os/exec"
	"syscall"
)

// apart gives the process a group, so that what is sent to the agent's does not reach it.
func apart(command *exec.Cmd) {
	command.SysProcAttr = &syscall.SysProcAttr{CreationFlags: syscall.CREATE_NEW_PROCESS_GROUP}
}
