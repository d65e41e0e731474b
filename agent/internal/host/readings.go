package host

import (
	"maps"

	"github.com/pulse-hub/pulse/agent/internal/host/outcome"
	"github.com/pulse-hub/pulse/agent/report"
)

// add puts a value into a map that is made when first needed and never grows past maxListed.
func add(to *map[string]float64, name string, value float64) {
	if *to == nil {
		*to = map[string]float64{}
	}
	if len(*to) < maxListed {
		(*to)[name] = value
	}
}

// fillSensors adds readings to reports; each gets maps of its own, as other parts add to them.
func fillSensors(found report.Sensors) (fill, error) {
	if len(found.TemperatureCelsius)+len(found.FanRPM)+len(found.Additional) == 0 {
		return nil, outcome.None("no sensors")
	}
	return func(into *report.Host) {
		into.Sensors.TemperatureCelsius = maps.Clone(found.TemperatureCelsius)
		into.Sensors.FanRPM = maps.Clone(found.FanRPM)
		into.Sensors.Additional = maps.Clone(found.Additional)
	}, nil
}
