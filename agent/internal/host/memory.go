package host

import (
	"context"
	"fmt"
	"runtime"

	"github.com/shirou/gopsutil/v4/mem"

	"github.com/pulse-hub/pulse/agent/report"
)

// memory reads the sizes of memory and swap.
type memory struct {
	virtual func(ctx context.Context) (*mem.VirtualMemoryStat, error)
	// swap is nil where the virtual memory figures include it.
	swap func(ctx context.Context) (*mem.SwapMemoryStat, error)
	// cache returns the size of the cache of ZFS and the least it shrinks to, in bytes; zeros when there is none.
	cache func() (size, least uint64)
}

func newMemory(root string) *memory {
	result := &memory{virtual: mem.VirtualMemoryWithContext, cache: func() (size, least uint64) { return readARC(root) }}
	if runtime.GOOS != "linux" {
		result.swap = mem.SwapMemoryWithContext
	}
	return result
}

func (m *memory) collect(ctx context.Context, into *report.Host) error {
	virtual, err := m.virtual(ctx)
	if err != nil {
		return fmt.Errorf("read memory: %w", err)
	}
	// The system counts the cache of ZFS as used, although it gives most of it back to who needs memory.
	cached, least := m.cache()
	into.Detail.ARCBytes = size(cached)
	available := min(virtual.Available+cached-min(least, cached), virtual.Total)
	used := virtual.Total - available
	into.Metrics.Memory = report.Memory{
		TotalBytes:     size(virtual.Total),
		UsedBytes:      size(used),
		FreeBytes:      size(virtual.Free),
		Usage:          percent(float64(used), float64(virtual.Total)),
		SwapTotalBytes: size(virtual.SwapTotal),
		SwapUsedBytes:  size(virtual.SwapTotal - min(virtual.SwapFree, virtual.SwapTotal)),
	}
	if m.swap == nil {
		return nil
	}
	swap, err := m.swap(ctx)
	if err != nil {
		return fmt.Errorf("read swap: %w", err)
	}
	into.Metrics.Memory.SwapTotalBytes = size(swap.Total)
	into.Metrics.Memory.SwapUsedBytes = size(swap.Used)
	return nil
}
