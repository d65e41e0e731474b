package launcher

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// limit puts level Limited into effect, apart from the memory.
func (r *Report) limit(limits Limits) {
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		r.lack(Limited, "gaining rights is not stopped: "+err.Error())
	}
	for _, step := range []struct {
		what  string
		apply func() error
	}{
		{"core dumps", func() error { return lower(syscall.RLIMIT_CORE, 0) }},
		{"open files", func() error { return lowerUnlessZero(syscall.RLIMIT_NOFILE, limits.NoFile) }},
		{"threads", func() error { return lowerUnlessZero(unix.RLIMIT_NPROC, limits.Processes) }},
		{"processor time under load", func() error { return backSeat(limits.Nice) }},
		{"memory when it is short", func() error { return volunteer(limits.OOMScoreAdj) }},
	} {
		if err := step.apply(); err != nil {
			r.lack(Limited, step.what+" are not limited: "+err.Error())
		}
	}
}

func lowerUnlessZero(resource int, limit uint64) error {
	if limit == 0 {
		return nil
	}
	return lower(resource, limit)
}

// lower sets both limits to the given one, or to what they are if that is
// lower. It goes by package syscall, which would otherwise put the first limit
// of open files back when it becomes another program.
func lower(resource int, limit uint64) error {
	var now syscall.Rlimit
	if err := syscall.Getrlimit(resource, &now); err != nil {
		return fmt.Errorf("read limit: %w", err)
	}
	limit = min(limit, now.Max)
	if err := syscall.Setrlimit(resource, &syscall.Rlimit{Cur: limit, Max: limit}); err != nil {
		return fmt.Errorf("set limit: %w", err)
	}
	return nil
}

// limitMemory limits what can be written to rather than the addresses in use:
// a Go program reserves many more of those than it ever fills.
func limitMemory(bytes uint64) error {
	if err := lowerUnlessZero(syscall.RLIMIT_DATA, bytes); err != nil {
		return fmt.Errorf("limit memory: %w", err)
	}
	return nil
}

// backSeat lowers the priority to nice, unless it is lower already.
func backSeat(nice int) error {
	now, err := unix.Getpriority(unix.PRIO_PROCESS, 0)
	if err != nil {
		return fmt.Errorf("read priority: %w", err)
	}
	if 20-now >= nice { // the system call counts the other way round
		return nil
	}
	return unix.Setpriority(unix.PRIO_PROCESS, 0, nice)
}

// volunteer raises the score by which the system chooses whom to end, unless
// it is higher already.
func volunteer(score int) error {
	const file = "/proc/self/oom_score_adj"
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	if now, err := strconv.Atoi(strings.TrimSpace(string(text))); err != nil || now >= score {
		return err
	}
	return os.WriteFile(file, []byte(strconv.Itoa(score)), 0)
}
