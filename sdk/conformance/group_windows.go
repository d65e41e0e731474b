package conformance

import (
	"os"
	"os/exec"
	"syscall"
)

// lead keeps console signals for the caller away from the process.
func lead(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{CreationFlags: syscall.CREATE_NEW_PROCESS_GROUP}
}

// killGroup ends a process.
func killGroup(pid int) {
	if process, err := os.FindProcess(pid); err == nil {
		_ = process.Kill() // an error means that it has ended
	}
}
