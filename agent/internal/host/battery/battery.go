// Package battery reads the machine's own batteries from Linux (Documentation/ABI/testing/sysfs-class-power).
package battery

import (
	"path/filepath"

	"github.com/pulse-hub/pulse/agent/internal/host/outcome"
	"github.com/pulse-hub/pulse/agent/internal/host/sysfs"
	"github.com/pulse-hub/pulse/agent/report"
)

// maxBatteries bounds the list.
const maxBatteries = 16

// micro is the kernel's unit of power, current and voltage.
const micro = 1e-6

// Read reads the folder, usually /sys/class/power_supply. Mice and keyboards have batteries of their own, which are left
// out.
func Read(folder string) ([]report.Battery, error) {
	var list []report.Battery
	for _, path := range sysfs.List(folder, "") {
		if sysfs.Line(filepath.Join(path, "type")) != "Battery" || sysfs.Line(filepath.Join(path, "scope")) == "Device" {
			continue
		}
		if battery, ok := read(path); ok && len(list) < maxBatteries {
			list = append(list, battery)
		}
	}
	if len(list) == 0 {
		return nil, outcome.None("no battery")
	}
	return list, nil
}

// read reads one battery. Drivers tell energy or charge, and power or current.
func read(path string) (report.Battery, bool) {
	value := func(name string) float64 {
		number, _ := sysfs.Int(filepath.Join(path, name)) // zero for what the driver does not tell
		return float64(number)
	}
	if sysfs.Line(filepath.Join(path, "present")) == "0" {
		return report.Battery{}, false
	}
	battery := report.Battery{Name: filepath.Base(path), Status: sysfs.Line(filepath.Join(path, "status"))}
	now, full, design := value("energy_now"), value("energy_full"), value("energy_full_design")
	if full <= 0 {
		now, full, design = value("charge_now"), value("charge_full"), value("charge_full_design")
	}
	if capacity, ok := sysfs.Int(filepath.Join(path, "capacity")); ok {
		battery.ChargePercent = bounded(float64(capacity))
	} else if full > 0 {
		battery.ChargePercent = bounded(now / full * 100)
	}
	if design > 0 && full > 0 {
		battery.HealthPercent = bounded(full / design * 100)
	}
	if battery.PowerWatts = value("power_now") * micro; battery.PowerWatts == 0 {
		battery.PowerWatts = value("current_now") * micro * value("voltage_now") * micro
	}
	battery.PowerWatts = max(battery.PowerWatts, -battery.PowerWatts)
	return battery, true
}

func bounded(percent float64) float64 { return min(max(percent, 0), 100) }
