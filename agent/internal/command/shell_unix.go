//go:build unix

package command

import (
	"context"
	"os/exec"
	"syscall"
)

// shell is a command line in a process group of its own, all of which is killed with it.
func shell(ctx context.Context, line string) *exec.Cmd {
	command := exec.CommandContext(ctx, "sh", "-c", line)
	command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	command.Cancel = func() error { return syscall.Kill(-command.Process.Pid, syscall.SIGKILL) }
	return command
}
