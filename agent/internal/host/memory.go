package host

import (
	"context"
	"fmt"
	"runtime"

	"github.com/shirou/gopsutil/v3/mem"

	"github.com/pulse-hub/pulse/agent/report"
)

// memory reads the sizes of memory and swap.
type memory struct {
	virtual func(ctx context.Context) (*mem.VirtualMemoryStat, error)
	// swap is nil where the virtual memory figures include it.
	swap func(ctx context.Context) (*mem.SwapMemoryStat, error)
}

func newMemory() *memory {
	if runtime.GOOS == "linux" {
		return &memory{virtual: mem.VirtualMemoryWithContext}
	}
	return &memory{virtual: mem.VirtualMemoryWithContext, swap: mem.SwapMemoryWithContext}
}

func (m *memory) collect(ctx context.Context, into *report.Host) error {
	virtual, err := m.virtual(ctx)
	if err != nil {
		return fmt.Errorf("read memory: %w", err)
	}
	used := virtual.Total - min(virtual.Available, virtual.Total)
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
