package launcher

import (
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"strconv"
	"syscall"

	"golang.org/x/sys/unix"
)

// become confines the calling thread and lets it become the plugin, which ends
// all other threads. Everything that belongs to a thread (no_new_privs, nice,
// Landlock, seccomp, the signal at the parent's end) is therefore set on this one.
func become(spec *Spec, outcome *Report, report io.Writer) error {
	runtime.LockOSThread()
	parent := os.Getppid()
	if err := inheritNothing(); err != nil {
		return err
	}
	if err := os.Chdir(spec.Dir); err != nil {
		return fmt.Errorf("change directory: %w", err)
	}
	outcome.Effective = spec.Level
	outcome.limit(spec.Limits) // before the user changes: then /proc/self is no longer ours
	fence, err := outcome.buildFence(spec)
	if err != nil {
		return err
	}
	outcome.separate(spec)
	if spec.Level >= Confined {
		outcome.renounce()
		outcome.filterSockets()
		outcome.enforce(fence)
	}
	if err := dieWithParent(parent); err != nil {
		return err
	}
	if spec.Required && outcome.Effective < spec.Level {
		return fmt.Errorf("only %s of the %s that is required can be had here", outcome.Effective, spec.Level)
	}
	if _, err := report.Write(outcome.encode()); err != nil {
		return fmt.Errorf("write sandbox report: %w", err)
	}
	// Last of all: this process itself is no plugin and may need more.
	if err := limitMemory(spec.Limits.DataBytes); err != nil {
		return err
	}
	path := spec.Path
	if path == "" {
		path = "/proc/self/fd/" + strconv.Itoa(ExecutableFD)
	}
	err = syscall.Exec(path, spec.Args, spec.Env)
	return fmt.Errorf("run plugin: %w", err)
}

// inheritNothing lets every descriptor but the standard streams end with this program.
func inheritNothing() error {
	err := unix.CloseRange(3, ^uint(0)>>1, unix.CLOSE_RANGE_CLOEXEC)
	if err == nil {
		return nil
	}
	// Before Linux 5.11.
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		return fmt.Errorf("list descriptors: %w", err)
	}
	for _, entry := range entries {
		if fd, err := strconv.Atoi(entry.Name()); err == nil && fd > 2 {
			unix.CloseOnExec(fd)
		}
	}
	return nil
}

// dieWithParent asks for the signal that the hub's runner asked for: a change
// of user takes it back, and it belongs to the thread that asked.
func dieWithParent(parent int) error {
	if err := unix.Prctl(unix.PR_SET_PDEATHSIG, uintptr(unix.SIGKILL), 0, 0, 0); err != nil {
		return fmt.Errorf("ask for the signal at the hub's end: %w", err)
	}
	if os.Getppid() != parent {
		return errors.New("the hub has ended")
	}
	return nil
}
