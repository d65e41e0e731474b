//go:build unix

package credential

import (
	"os/exec"
	"syscall"
)

// ownGroup makes that what the program started is killed with it.
func ownGroup(command *exec.Cmd) {
	command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	command.Cancel = func() error { return syscall.Kill(-command.Process.Pid, syscall.SIGKILL) }
}
