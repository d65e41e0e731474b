package runner

import (
	"errors"
	"os"
	"os/exec"
	"syscall"

	"golang.org/x/sys/unix"
)

// execute makes cmd run the open file rather than its path: it becomes file
// descriptor 3 of the child, which the child runs through /proc.
func execute(cmd *exec.Cmd, executable *os.File) {
	cmd.Path = "/proc/self/fd/3"
	cmd.ExtraFiles = []*os.File{executable}
}

// processAttributes: a group of its own, and death with the thread of the starter.
func processAttributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}

// enter has the process start in the control group.
func enter(cmd *exec.Cmd, folder *os.File) {
	cmd.SysProcAttr.UseCgroupFD, cmd.SysProcAttr.CgroupFD = true, int(folder.Fd())
}

// reap waits until the process has ended and kills what is left of its group.
// The group goes first: until the process is reaped its number, which is also
// that of the group, cannot belong to anybody else.
func reap(cmd *exec.Cmd, killGroup func()) {
	for {
		err := unix.Waitid(unix.P_PID, cmd.Process.Pid, nil, unix.WEXITED|unix.WNOWAIT, nil)
		if !errors.Is(err, unix.EINTR) {
			break
		}
	}
	killGroup()
	_ = cmd.Wait() // the state says more than the error
}
