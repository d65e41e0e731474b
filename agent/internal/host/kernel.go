package host

import (
	"context"
	"path/filepath"

	"github.com/pulse-hub/pulse/agent/internal/host/power"
	"github.com/pulse-hub/pulse/agent/internal/host/psi"
	"github.com/pulse-hub/pulse/agent/report"
)

// pressureSource reads the pressure stall information below the root.
func pressureSource(root string) func(context.Context, *report.Host) error {
	folder := filepath.Join(root, "proc/pressure")
	return func(_ context.Context, into *report.Host) (err error) {
		into.Detail.Pressure, err = psi.Read(folder)
		return err
	}
}

// powerSource meters the processors below the root.
func powerSource(root string) func(context.Context, *report.Host) error {
	meter := power.New(filepath.Join(root, "sys"))
	return func(_ context.Context, into *report.Host) (err error) {
		into.Sensors.PowerWatts, err = meter.Read()
		return err
	}
}
