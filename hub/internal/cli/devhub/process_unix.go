//go:build unix

package devhub

import (
	"os/exec"
	"syscall"
)

// endGently has the end of the context tell the hub to end. The hub leads a
// group of its own: a Ctrl-C at the terminal would reach it as well otherwise,
// and the second signal ends a hub at once.
func endGently(command *exec.Cmd) {
	command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	command.Cancel = func() error { return command.Process.Signal(syscall.SIGTERM) }
}
