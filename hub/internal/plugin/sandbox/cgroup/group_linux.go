package cgroup

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

const (
	// cpuPeriod is over which time the limit on processor time is kept.
	cpuPeriod = 100 * time.Millisecond
	// removeLimit is how long the processes of a killed group may take to be gone.
	removeLimit = 2 * time.Second
	// pollInterval is how often the end of a context is looked for meanwhile.
	pollInterval = 50 * time.Millisecond
)

// Group is the control group of one process and all it starts.
type Group struct {
	path     string
	limiting []string

	mu  sync.Mutex
	dir *os.File // nil once closed
}

// Make makes a group. The name must be free and a single path element. Limits
// without a controller are left out; Limiting says which are kept.
func (t *Tree) Make(name string, limits Limits) (*Group, error) {
	if name != filepath.Base(name) || !filepath.IsLocal(name) {
		return nil, fmt.Errorf("make control group: %q is no name", name)
	}
	g := &Group{path: filepath.Join(t.path, name)}
	if err := os.Mkdir(g.path, 0o755); err != nil { //nolint:gosec // G301: the kernel decides who may write there
		return nil, fmt.Errorf("make control group: %w", err)
	}
	err := g.limit(t.controllers, limits)
	if err == nil {
		g.dir, err = os.Open(g.path)
	}
	if err != nil {
		_ = syscall.Rmdir(g.path) // nobody was ever in it
		return nil, fmt.Errorf("make control group: %w", err)
	}
	return g, nil
}

func (g *Group) limit(controllers []string, limits Limits) error {
	for _, setting := range []struct {
		controller, file, value string
		wanted                  bool
	}{
		{Memory, "memory.max", strconv.FormatUint(limits.MemoryBytes, 10), limits.MemoryBytes > 0},
		{Memory, "memory.oom.group", "1", limits.MemoryBytes > 0},
		{Pids, "pids.max", strconv.FormatUint(limits.Threads, 10), limits.Threads > 0},
		{CPU, "cpu.max", quota(limits.Processors), limits.Processors > 0},
	} {
		if !setting.wanted || !slices.Contains(controllers, setting.controller) {
			continue
		}
		if err := write(g.path, setting.file, setting.value); err != nil {
			return fmt.Errorf("limit %s: %w", setting.controller, err)
		}
		if !slices.Contains(g.limiting, setting.controller) {
			g.limiting = append(g.limiting, setting.controller)
		}
	}
	return nil
}

// quota is the text of cpu.max: microseconds of processor time, per microseconds.
func quota(processors float64) string {
	period := cpuPeriod.Microseconds()
	return fmt.Sprintf("%d %d", max(int64(processors*float64(period)), 1000), period)
}

// Limiting returns the controllers whose limits the group keeps.
func (g *Group) Limiting() []string { return slices.Clone(g.limiting) }

// Folder is the open folder of the group, for syscall.SysProcAttr.CgroupFD. It
// is valid until Close.
func (g *Group) Folder() *os.File {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.dir
}

// Kill ends all processes of the group at once, wherever their own groups and
// sessions are, and does not wait for them.
func (g *Group) Kill() error {
	if err := write(g.path, "cgroup.kill", "1"); err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("kill control group: %w", err)
	}
	return nil
}

// Close kills what still runs, waits until it is gone, for 2 seconds at most,
// and removes the group. It may be called twice.
func (g *Group) Close(ctx context.Context) error {
	g.mu.Lock()
	dir := g.dir
	g.dir = nil
	g.mu.Unlock()
	if dir == nil {
		return nil
	}
	defer dir.Close()
	if err := g.Kill(); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, removeLimit)
	defer cancel()
	if err := g.awaitEmpty(ctx); err != nil {
		return err
	}
	if err := syscall.Rmdir(g.path); err != nil && !errors.Is(err, syscall.ENOENT) {
		return fmt.Errorf("remove control group: %w", err)
	}
	return nil
}

// awaitEmpty waits until no process is in the group. The kernel announces a
// change of cgroup.events as an exceptional condition.
func (g *Group) awaitEmpty(ctx context.Context) error {
	events, err := os.Open(filepath.Join(g.path, "cgroup.events"))
	if err != nil {
		return fmt.Errorf("watch control group: %w", err)
	}
	defer events.Close()
	for {
		text := make([]byte, 256)
		n, err := events.ReadAt(text, 0)
		if n == 0 {
			return fmt.Errorf("watch control group: %w", err)
		}
		if strings.Contains(string(text[:n]), "populated 0") {
			return nil
		}
		if err := ctx.Err(); err != nil {
			return fmt.Errorf("empty control group: %w", context.Cause(ctx))
		}
		watched := []unix.PollFd{{Fd: int32(events.Fd()), Events: unix.POLLPRI}}
		if _, err := unix.Poll(watched, int(pollInterval/time.Millisecond)); err != nil && !errors.Is(err, unix.EINTR) {
			return fmt.Errorf("watch control group: %w", err)
		}
	}
}
