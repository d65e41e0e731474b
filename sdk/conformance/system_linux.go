package conformance

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// reap waits until the process has ended and kills what is left of its group,
// once survivors, if given, has returned. The group goes first: until the
// process is reaped nobody else has its number.
func reap(cmd *exec.Cmd, survivors func()) {
	for {
		err := unix.Waitid(unix.P_PID, cmd.Process.Pid, nil, unix.WEXITED|unix.WNOWAIT, nil)
		if !errors.Is(err, unix.EINTR) {
			break
		}
	}
	if survivors != nil {
		survivors()
	}
	killGroup(cmd.Process.Pid)
	_ = cmd.Wait() // the state says more than the error
}

// measure reads what a process uses, see proc(5).
func measure(pid int) (usage, error) {
	folder := "/proc/" + strconv.Itoa(pid)
	files, err := os.ReadDir(folder + "/fd")
	if err != nil {
		return usage{}, fmt.Errorf("count file descriptors: %w", err)
	}
	status, err := os.ReadFile(folder + "/status")
	if err != nil {
		return usage{}, fmt.Errorf("read process status: %w", err)
	}
	u := usage{files: len(files)}
	for line := range strings.Lines(string(status)) {
		name, value, _ := strings.Cut(line, ":")
		fields := strings.Fields(value)
		if len(fields) == 0 {
			continue
		}
		number, err := strconv.ParseUint(fields[0], 10, 53)
		switch {
		case err != nil:
		case name == "VmRSS":
			u.memory = number << 10 // in kB
		case name == "Threads":
			u.threads = int(number)
		}
	}
	return u, nil
}
