//go:build !linux

package host

import (
	"context"
	"fmt"
	"runtime"

	"github.com/shirou/gopsutil/v3/host"

	"github.com/pulse-hub/pulse/agent/report"
)

// sensors reads temperatures where the library can do so cheaply.
type sensors struct{}

func newSensors() *sensors { return &sensors{} }

func (*sensors) collect(ctx context.Context, into *report.Host) error {
	// On Windows the library asks WMI, which may take seconds and rarely knows.
	if runtime.GOOS == "windows" {
		return nil
	}
	readings, err := host.SensorsTemperaturesWithContext(ctx)
	if isNotImplemented(err) {
		return nil
	}
	if err != nil && len(readings) == 0 {
		return fmt.Errorf("read temperatures: %w", err)
	}
	for _, reading := range capped(readings) {
		if reading.Temperature <= 0 {
			continue
		}
		if into.Sensors.Additional == nil {
			into.Sensors.Additional = map[string]float64{}
		}
		into.Sensors.Additional[reading.SensorKey] = reading.Temperature
	}
	return nil
}
