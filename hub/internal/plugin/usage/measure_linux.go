package usage

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"
)

// ticksPerSecond is USER_HZ, in which the kernel tells processor time: 100 on
// every processor that Go knows.
const ticksPerSecond = 100

// errStat says that /proc/<pid>/stat does not read as proc_pid_stat(5) says.
var errStat = errors.New("unexpected form of process state")

func (m *Meter) measure(ctx context.Context, leader int) (Usage, error) {
	sum, err := measureOne(leader)
	if err != nil {
		return Usage{}, err
	}
	for _, pid := range m.groups.of(leader) {
		if err := ctx.Err(); err != nil {
			return Usage{}, context.Cause(ctx)
		}
		if pid == leader {
			continue
		}
		// Those that have ended since are not there to be counted.
		if one, err := measureOne(pid); err == nil {
			sum.add(one)
		}
	}
	return sum, nil
}

func measureOne(pid int) (Usage, error) {
	state, err := readStat(pid)
	if err != nil {
		return Usage{}, err
	}
	u := Usage{
		CPUSeconds:  float64(state.ticks) / ticksPerSecond,
		Threads:     state.threads,
		MemoryBytes: state.pages * uint64(os.Getpagesize()),
		FDs:         countFDs(pid),
	}
	if text, err := os.ReadFile(procFile(pid, "smaps_rollup")); err == nil {
		if pss, ok := parsePSS(text); ok {
			u.MemoryBytes, u.Exact = pss, true
		}
	}
	return u, nil
}

// countFDs returns the number of descriptors, 0 if this user may not know.
func countFDs(pid int) int {
	dir, err := os.Open(procFile(pid, "fd"))
	if err != nil {
		return 0
	}
	defer dir.Close()
	names, _ := dir.Readdirnames(-1) // none of a process that has just ended
	return len(names)
}

// stat is what is needed of /proc/<pid>/stat.
type stat struct {
	group   int
	ticks   uint64
	threads int
	pages   uint64 // resident
}

func readStat(pid int) (stat, error) {
	text, err := os.ReadFile(procFile(pid, "stat"))
	if errors.Is(err, os.ErrNotExist) || errors.Is(err, syscall.ESRCH) {
		return stat{}, ErrGone
	}
	if err != nil {
		return stat{}, fmt.Errorf("read process state: %w", err)
	}
	return parseStat(text)
}

// parseStat reads the text of /proc/<pid>/stat, see proc_pid_stat(5). Fields
// are counted from the state, the first after the name, which may hold
// anything. A process that has ended and is not reaped yet is gone.
func parseStat(text []byte) (stat, error) {
	end := bytes.LastIndexByte(text, ')')
	fields := strings.Fields(string(text[end+1:]))
	const (
		state, group, threads, resident = 0, 2, 17, 21
		firstTime, lastTime             = 11, 14 // user, system, and both of children that have ended
	)
	if end < 0 || len(fields) <= resident {
		return stat{}, errStat
	}
	if fields[state] == "Z" || fields[state] == "X" {
		return stat{}, ErrGone
	}
	var s stat
	var err error
	if s.group, err = strconv.Atoi(fields[group]); err != nil {
		return stat{}, errStat
	}
	if s.threads, err = strconv.Atoi(fields[threads]); err != nil {
		return stat{}, errStat
	}
	if s.pages, err = strconv.ParseUint(fields[resident], 10, 64); err != nil {
		return stat{}, errStat
	}
	for _, field := range fields[firstTime : lastTime+1] {
		ticks, err := strconv.ParseUint(field, 10, 64)
		if err != nil {
			return stat{}, errStat
		}
		s.ticks += ticks
	}
	return s, nil
}

// parsePSS finds the line "Pss:   1234 kB" in the text of smaps_rollup, see proc_pid_smaps(5).
func parsePSS(text []byte) (bytes uint64, ok bool) {
	for line := range strings.Lines(string(text)) {
		value, found := strings.CutPrefix(line, "Pss:")
		if !found {
			continue
		}
		kibibytes, err := strconv.ParseUint(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(value), "kB")), 10, 54)
		if err != nil {
			return 0, false
		}
		return kibibytes << 10, true
	}
	return 0, false
}

func procFile(pid int, name string) string { return "/proc/" + strconv.Itoa(pid) + "/" + name }
