//go:build !linux

package host

import (
	"context"
	"fmt"

	gopssensors "github.com/shirou/gopsutil/v4/sensors"

	"github.com/pulse-hub/pulse/agent/report"
)

// sensors reads the temperatures the library knows.
type sensors struct{}

func newSensors(string) *sensors { return &sensors{} }

func (*sensors) collect(ctx context.Context) (fill, error) {
	readings, err := gopssensors.TemperaturesWithContext(ctx)
	if err != nil && !isNotImplemented(err) && len(readings) == 0 {
		return nil, fmt.Errorf("read temperatures: %w", err)
	}
	var found report.Sensors
	for _, reading := range capped(readings) {
		if reading.Temperature > 0 {
			add(&found.Additional, reading.SensorKey, reading.Temperature)
		}
	}
	return fillSensors(found)
}
