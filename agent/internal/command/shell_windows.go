package command

import (
	"context"
	"os/exec"
	"strconv"
	"syscall"
)

// shell is a command line for cmd.exe, which reads it by rules of its own. Killing it takes what it has started along.
func shell(ctx context.Context, line string) *exec.Cmd {
	command := exec.CommandContext(ctx, "cmd.exe")
	command.SysProcAttr = &syscall.SysProcAttr{CmdLine: "cmd.exe /C " + line}
	command.Cancel = func() error {
		tree := exec.Command("taskkill", "/T", "/F", "/PID", strconv.Itoa(command.Process.Pid)) //nolint:noctx // it is what ends the context's work
		if tree.Run() == nil {
			return nil
		}
		return command.Process.Kill()
	}
	return command
}
