package gpu

import (
	"strconv"
	"strings"

	"github.com/pulse-hub/pulse/agent/report"
)

// nvidiaColumns are the values asked for (nvidia-smi --help-query-gpu).
const nvidiaColumns = "index,name,utilization.gpu,memory.total,memory.used,temperature.gpu,power.draw,fan.speed"

// mib is the unit in which nvidia-smi counts memory.
const mib = 1 << 20

// ParseNVIDIA reads lines with the columns index, name, busy percent, total and used memory in MiB, degrees Celsius, watts
// and percent of the fan. What a card does not tell, "[N/A]", is left out.
func ParseNVIDIA(raw []byte) []report.GPU {
	var list []report.GPU
	for line := range strings.Lines(string(raw)) {
		fields := strings.Split(strings.TrimSpace(line), ", ")
		const columns = 8
		if len(fields) != columns || len(list) == maxGPUs {
			continue
		}
		gpu := report.GPU{ID: fields[0], Name: fields[1], Vendor: "nvidia"}
		if busy, ok := number(fields[2], 100); ok {
			gpu.UsagePercent = &busy
		}
		total, _ := number(fields[3], 1<<40) // zero for what the card does not tell, here and below
		used, _ := number(fields[4], 1<<40)
		gpu.MemoryTotalBytes, gpu.MemoryUsedBytes = int64(total*mib), int64(used*mib)
		gpu.TemperatureCelsius, _ = number(fields[5], 200)
		gpu.PowerWatts, _ = number(fields[6], 1e5)
		gpu.FanPercent, _ = number(fields[7], 100)
		list = append(list, gpu)
	}
	return list
}

// number reads a value from zero to the greatest believable one.
func number(text string, greatest float64) (float64, bool) {
	value, err := strconv.ParseFloat(strings.TrimSpace(text), 64)
	if err != nil || !(value >= 0 && value <= greatest) {
		return 0, false
	}
	return value, true
}
