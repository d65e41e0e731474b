package gpu

import (
	"path/filepath"
	"strings"

	"github.com/pulse-hub/pulse/agent/internal/host/sysfs"
	"github.com/pulse-hub/pulse/agent/report"
)

// vendorAMD is AMD's PCI vendor id.
const vendorAMD = "0x1002"

// fullPWM is the value of a fan at full speed (Documentation/hwmon/sysfs-interface).
const fullPWM = 255

// readAMD reads the cards of the amdgpu driver (Documentation/gpu/amdgpu/thermal.rst). A card that is powered down is
// not woken by reading its values.
func readAMD(sys string) []report.GPU {
	var list []report.GPU
	for _, card := range sysfs.List(filepath.Join(sys, "class/drm"), "card") {
		device := filepath.Join(card, "device")
		if strings.Contains(filepath.Base(card), "-") || sysfs.Line(filepath.Join(device, "vendor")) != vendorAMD {
			continue // "card0-DP-1" is a socket of card0
		}
		gpu := report.GPU{ID: filepath.Base(card), Name: sysfs.Line(filepath.Join(device, "product_name")), Vendor: "amd"}
		if sysfs.Line(filepath.Join(device, "power/runtime_status")) != "suspended" {
			measureAMD(device, &gpu)
		}
		list = append(list, gpu)
	}
	return list
}

func measureAMD(device string, gpu *report.GPU) {
	if busy, ok := sysfs.Int(filepath.Join(device, "gpu_busy_percent")); ok && busy >= 0 && busy <= 100 {
		percent := float64(busy)
		gpu.UsagePercent = &percent
	}
	gpu.MemoryTotalBytes = positive(filepath.Join(device, "mem_info_vram_total"))
	gpu.MemoryUsedBytes = positive(filepath.Join(device, "mem_info_vram_used"))
	for _, monitor := range sysfs.List(filepath.Join(device, "hwmon"), "hwmon") {
		gpu.TemperatureCelsius = float64(positive(filepath.Join(monitor, "temp1_input"))) / 1e3
		power := positive(filepath.Join(monitor, "power1_average"))
		if power == 0 {
			power = positive(filepath.Join(monitor, "power1_input"))
		}
		gpu.PowerWatts = float64(power) / 1e6
		gpu.FanPercent = min(float64(positive(filepath.Join(monitor, "pwm1")))/fullPWM*100, 100)
	}
}

// positive reads a number that is at least zero; zero when there is none.
func positive(path string) int64 {
	value, _ := sysfs.Int(path)
	return max(value, 0)
}
