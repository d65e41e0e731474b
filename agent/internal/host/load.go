package host

import (
	"context"
	"fmt"

	"github.com/shirou/gopsutil/v4/load"

	"github.com/pulse-hub/pulse/agent/report"
)

// collectLoad reads the load average. It is not for Windows, which has none: the library would imitate it with a goroutine
// that never ends.
func collectLoad(ctx context.Context, into *report.Host) error {
	average, err := load.AvgWithContext(ctx)
	if err != nil {
		return fmt.Errorf("read load average: %w", err)
	}
	into.Host.LoadAverage = []float64{average.Load1, average.Load5, average.Load15}
	return nil
}
