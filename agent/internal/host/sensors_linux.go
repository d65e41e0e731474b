package host

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/pulse-hub/pulse/agent/internal/host/sysfs"
	"github.com/pulse-hub/pulse/agent/report"
)

// sensors reads temperatures and fans from the kernel's hardware monitors (Documentation/hwmon/sysfs-interface), and
// from its thermal zones. The library would not tell which of two NVMe disks is which. A disk that died makes its monitor
// hang, which is why this is a part of its own.
type sensors struct {
	// root is the folder of /sys.
	root string
}

func newSensors(root string) *sensors { return &sensors{root: root} }

func (s *sensors) collect(ctx context.Context) (fill, error) {
	chips, err := os.ReadDir(filepath.Join(s.root, "class/hwmon"))
	if err != nil && !os.IsNotExist(err) {
		return nil, fmt.Errorf("list hardware monitors: %w", err)
	}
	var found report.Sensors
	for _, chip := range capped(chips) {
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		readChip(filepath.Join(s.root, "class/hwmon", chip.Name()), &found)
	}
	s.readZones(&found)
	return fillSensors(found)
}

// processorZones are beginnings of types of thermal zones that are the processor's.
var processorZones = []string{"x86_pkg_temp", "cpu", "soc"}

// readZones adds what the thermal zones (Documentation/driver-api/thermal/sysfs-api.rst) know and the monitors do not.
func (s *sensors) readZones(into *report.Sensors) {
	for _, zone := range capped(sysfs.List(filepath.Join(s.root, "class/thermal"), "thermal_zone")) {
		milli, ok := readNumber(filepath.Join(zone, "temp"))
		if !ok {
			continue
		}
		kind := sysfs.Line(filepath.Join(zone, "type"))
		_, known := into.TemperatureCelsius["cpu_package"]
		switch {
		case kind == "" || hasAnyPrefix(kind, processorZones):
			if !known {
				addTemperature(&into.TemperatureCelsius, "cpu_package", milli)
			}
		case !mentions(into.Additional, slug(kind)):
			addTemperature(&into.Additional, slug(kind), milli)
		}
	}
}

// mentions reports whether a name begins with that of the zone: the kernel shows many zones as monitors as well.
func mentions(readings map[string]float64, zone string) bool {
	for name := range readings {
		if strings.HasPrefix(name, zone) {
			return true
		}
	}
	return false
}

// readChip adds what one monitor measures. A sensor that cannot be read now, as is normal for sleeping hardware, is
// left out.
func readChip(folder string, into *report.Sensors) {
	files, err := os.ReadDir(folder)
	if err != nil {
		return
	}
	chip := sysfs.Line(filepath.Join(folder, "name"))
	device := chipDevice(folder)
	for _, file := range files {
		sensor, ok := strings.CutSuffix(file.Name(), "_input")
		if !ok {
			continue
		}
		temperature := strings.HasPrefix(sensor, "temp")
		if !temperature && !strings.HasPrefix(sensor, "fan") {
			continue
		}
		value, ok := readNumber(filepath.Join(folder, file.Name()))
		if !ok {
			continue
		}
		label := sysfs.Line(filepath.Join(folder, sensor+"_label"))
		if temperature {
			placeTemperature(into, reading{chip: chip, device: device, sensor: sensor, label: label, value: value})
			continue
		}
		add(&into.FanRPM, firstNonEmpty(slug(label), chip+"_"+sensor), value)
	}
}

// reading is one temperature in thousandths of a degree Celsius, with all that names it.
type reading struct {
	chip, device, sensor, label string
	value                       float64
}

// packageLabels are what drivers of processors call the whole of it. The first one read wins.
var packageLabels = []string{"package id 0", "tdie", "tctl", "cpu temperature", "cpu_thermal", ""}

// processorChips are drivers of processor sensors.
var processorChips = []string{"coretemp", "k10temp", "zenpower", "cpu_thermal", "k8temp", "via_cputemp", "cpu-thermal", "soc_thermal"}

// placeTemperature files a temperature under the name the hub knows it by.
func placeTemperature(into *report.Sensors, r reading) {
	label := strings.ToLower(r.label)
	known := &into.TemperatureCelsius
	switch {
	case slices.Contains(processorChips, r.chip):
		if core, ok := strings.CutPrefix(label, "core "); ok {
			addTemperature(known, "cpu_core_"+slug(core), r.value)
			return
		}
		if _, taken := (*known)["cpu_package"]; !taken && slices.Contains(packageLabels, label) {
			addTemperature(known, "cpu_package", r.value)
			return
		}
	case r.chip == "nvme" && (label == "composite" || r.sensor == "temp1"):
		addTemperature(known, firstNonEmpty(r.device, "nvme"), r.value)
		return
	case r.chip == "amdgpu" && (label == "edge" || label == "") || r.chip == "nouveau":
		addTemperature(known, r.chip, r.value)
		return
	}
	name := firstNonEmpty(slug(r.label), r.sensor)
	addTemperature(&into.Additional, firstNonEmpty(slug(r.device), slug(r.chip))+"_"+name, r.value)
}

// addTemperature adds a value in thousandths of a degree, unless it is one that no machine survives: drivers report
// such for sockets that are not connected.
func addTemperature(to *map[string]float64, name string, milli float64) {
	if celsius := milli / 1000; celsius > 0 && celsius < 200 {
		add(to, name, celsius)
	}
}

// chipDevice returns the name of the NVMe disk a monitor belongs to, such as "nvme0", or nothing.
func chipDevice(folder string) string {
	target, err := os.Readlink(filepath.Join(folder, "device"))
	if err != nil {
		return ""
	}
	if name := filepath.Base(target); strings.HasPrefix(name, "nvme") {
		return name
	}
	return ""
}

func readNumber(path string) (float64, bool) {
	value, ok := sysfs.Int(path)
	return float64(value), ok
}

// slug writes a label in lower case with underscores.
func slug(label string) string {
	return strings.Join(strings.FieldsFunc(strings.ToLower(label), func(char rune) bool {
		return (char < 'a' || char > 'z') && (char < '0' || char > '9')
	}), "_")
}
