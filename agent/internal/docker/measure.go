package docker

import (
	"context"
	"time"

	"github.com/pulse-hub/pulse/agent/internal/docker/engine"
	"github.com/pulse-hub/pulse/agent/internal/docker/usage"
)

// leastSpan is the least time between two samples whose difference is worth something; within it the result before
// stands.
const leastSpan = 200 * time.Millisecond

// sample is one measurement of processor time and what came of it.
type sample struct {
	started time.Time // when the container was, so that a restart is noticed
	at      time.Time
	cpu     time.Duration
	percent float64
}

// next returns the sample after the one before. The share is that of the time between both; of a container that was not
// measured before, that of all the time since its start.
func (s sample) next(started time.Time, now usage.Usage) sample {
	from, used := s.at, now.CPU-s.cpu
	if !s.started.Equal(started) || used < 0 || from.IsZero() {
		from, used = started, now.CPU
	}
	span := now.At.Sub(from)
	if span < leastSpan && from.Equal(s.at) {
		return s
	}
	next := sample{started: started, at: now.At, cpu: now.CPU}
	if span > 0 {
		next.percent = float64(used) / float64(span) * 100
	}
	return next
}

// measure reads what a running container uses, from the kernel if it can be seen there, else from the engine.
func (c *cache) measure(ctx context.Context, client *engine.Client, known *remembered, buffer []byte) (usage.Usage, error) {
	if client.Local() && !known.located {
		group, err := c.kernel.Locate(known.container.ID, known.container.State.Pid, ownNetwork(known.container))
		if known.located = err == nil; known.located {
			known.group = group
		}
	}
	if known.located {
		if now, err := known.group.Read(buffer); err == nil {
			return now, nil
		}
		known.located = false // it has ended, or moved
	}
	stats, err := client.Stats(ctx, known.container.ID)
	if err != nil {
		return usage.Usage{}, err
	}
	return fromStats(stats), nil
}

// ownNetwork reports whether the container's network traffic is its own.
func ownNetwork(container engine.Container) bool {
	mode := container.HostConfig.NetworkMode
	return mode != "host" && mode != "none" && (len(mode) < 10 || mode[:10] != "container:")
}

// fromStats puts the engine's figures into the kernel's form.
func fromStats(stats engine.Stats) usage.Usage {
	memory := stats.MemoryStats
	cache := memory.Stats.InactiveFile
	if memory.Stats.TotalInactiveFile > 0 {
		cache = memory.Stats.TotalInactiveFile
	}
	now := usage.Usage{
		At:          stats.Read,
		CPU:         time.Duration(min(stats.CPUStats.CPUUsage.TotalUsage, 1<<62)),
		MemoryBytes: signed(memory.Usage - min(cache, memory.Usage)),
		LimitBytes:  signed(memory.Limit),
		Processes:   int(min(stats.PidsStats.Current, 1<<31)),
		BlockIO:     stats.BlkioStats.Bytes != nil,
		Network:     len(stats.Networks) > 0,
	}
	if now.At.IsZero() {
		now.At = time.Now()
	}
	if memory.PrivateWorkingSet > 0 { // Windows, where processor time counts 100 ns
		now.MemoryBytes, now.CPU = signed(memory.PrivateWorkingSet), now.CPU*100
	}
	for _, each := range stats.BlkioStats.Bytes {
		switch each.Op {
		case "Read", "read":
			now.ReadBytes += each.Value
		case "Write", "write":
			now.WriteBytes += each.Value
		}
	}
	for _, each := range stats.Networks {
		now.RxBytes += each.RxBytes
		now.TxBytes += each.TxBytes
	}
	return now
}

// signed converts a size to the wire's signed form.
func signed(bytes uint64) int64 { return int64(min(bytes, 1<<63-1)) }
