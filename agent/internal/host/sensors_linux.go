package host

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/pulse-hub/pulse/agent/report"
)

// sensors reads temperatures and fans from the kernel's hardware monitors (Documentation/hwmon/sysfs-interface), and
// from the first thermal zone where there are none. The library would not tell which of two NVMe disks is which.
type sensors struct {
	// root is the folder of /sys.
	root string
}

func newSensors() *sensors { return &sensors{root: "/sys"} }

func (s *sensors) collect(ctx context.Context, into *report.Host) error {
	chips, err := os.ReadDir(filepath.Join(s.root, "class/hwmon"))
	if err != nil && !os.IsNotExist(err) {
		return fmt.Errorf("list hardware monitors: %w", err)
	}
	readings := &into.Sensors
	for _, chip := range capped(chips) {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		readChip(filepath.Join(s.root, "class/hwmon", chip.Name()), readings)
	}
	if len(readings.TemperatureCelsius) == 0 {
		zone := filepath.Join(s.root, "class/thermal/thermal_zone0/temp")
		if milli, ok := readNumber(zone); ok {
			addTemperature(&readings.TemperatureCelsius, "cpu_package", milli)
		}
	}
	return nil
}

// readChip adds what one monitor measures. A sensor that cannot be read now, as is normal for sleeping hardware, is
// left out.
func readChip(folder string, into *report.Sensors) {
	files, err := os.ReadDir(folder)
	if err != nil {
		return
	}
	chip := readLine(filepath.Join(folder, "name"))
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
		label := readLine(filepath.Join(folder, sensor+"_label"))
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

// add puts a value into a map that is made when first needed and never grows past maxListed.
func add(to *map[string]float64, name string, value float64) {
	if *to == nil {
		*to = map[string]float64{}
	}
	if len(*to) < maxListed {
		(*to)[name] = value
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

// readLine returns the trimmed text of a small file, or nothing when it cannot be read.
func readLine(path string) string {
	raw, err := os.ReadFile(path)
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(raw))
}

func readNumber(path string) (float64, bool) {
	value, err := strconv.ParseInt(readLine(path), 10, 64)
	return float64(value), err == nil
}

// slug writes a label in lower case with underscores.
func slug(label string) string {
	return strings.Join(strings.FieldsFunc(strings.ToLower(label), func(char rune) bool {
		return (char < 'a' || char > 'z') && (char < '0' || char > '9')
	}), "_")
}
