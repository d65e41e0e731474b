//go:build !linux

package usage

import (
	"context"
	"errors"
	"fmt"

	"github.com/shirou/gopsutil/v4/process"
)

// groups is not needed: here it is the children that count, and theirs.
type groups struct{}

// maxGenerations bounds how far down children are looked for.
const maxGenerations = 8

func (m *Meter) measure(ctx context.Context, leader int) (Usage, error) {
	root, err := process.NewProcessWithContext(ctx, int32(leader))
	if errors.Is(err, process.ErrorProcessNotRunning) {
		return Usage{}, ErrGone
	}
	if err != nil {
		return Usage{}, fmt.Errorf("look at process: %w", err)
	}
	var sum Usage
	generation := []*process.Process{root}
	for range maxGenerations {
		var next []*process.Process
		for _, one := range generation {
			sum.add(measureOne(ctx, one))
			children, _ := one.ChildrenWithContext(ctx) // it has none, or has ended
			next = append(next, children...)
		}
		generation = next
	}
	if ctx.Err() != nil {
		return Usage{}, context.Cause(ctx)
	}
	return sum, nil
}

// measureOne returns what can be learned; what the system does not tell stays 0.
func measureOne(ctx context.Context, one *process.Process) Usage {
	var u Usage
	if times, err := one.TimesWithContext(ctx); err == nil {
		u.CPUSeconds = times.User + times.System
	}
	if memory, err := one.MemoryInfoWithContext(ctx); err == nil {
		u.MemoryBytes = memory.RSS
	}
	if threads, err := one.NumThreadsWithContext(ctx); err == nil {
		u.Threads = int(threads)
	}
	if fds, err := one.NumFDsWithContext(ctx); err == nil {
		u.FDs = int(fds)
	}
	return u
}
