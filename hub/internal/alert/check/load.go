package check

import (
	"github.com/pulse-hub/pulse/hub/internal/alert"
	"github.com/pulse-hub/pulse/sdk/resource"
)

// bytesPerMB is what thresholds of rates mean by a megabyte.
const bytesPerMB = 1 << 20

// judgeMemory judges the memory.
func (b *bench) judgeMemory(usage *resource.Usage, kinds []string) {
	ratio, known := usage.Memory.Ratio()
	b.judge(metric{Type: alert.Memory, Value: percent(ratio), Label: "memory", Kinds: kinds, Unknown: !known})
}

// judgeCPU judges the processors, unless what they do says nothing now.
func (b *bench) judgeCPU(usage *resource.Usage, kinds []string, unknown bool) {
	m := metric{Type: alert.CPU, Label: "cpu", Kinds: kinds, Unknown: unknown || usage.CPU == nil}
	if usage.CPU != nil {
		m.Value = percent(*usage.CPU)
	}
	b.judge(m)
}

// judgeDisk judges a disk as a whole.
func (b *bench) judgeDisk(disk resource.Capacity, kinds []string, unknown bool) {
	ratio, known := disk.FullRatio()
	b.judge(metric{Type: alert.Disk, Value: percent(ratio), Label: "disk", Kinds: kinds, Unknown: unknown || !known})
}

// perSecond turns bytes per second into the unit of thresholds of rates.
func perSecond(bytes float64) float64 { return bytes / bytesPerMB }

// eachRate calls judge for every rate, in the unit of its threshold.
func eachRate(rates *resource.Rates, judge func(kind alert.Type, label string, value float64)) {
	judge(alert.DiskRead, "disk read", perSecond(rates.DiskRead))
	judge(alert.DiskWrite, "disk write", perSecond(rates.DiskWrite))
	judge(alert.NetworkIn, "network in", perSecond(rates.NetIn))
	judge(alert.NetworkOut, "network out", perSecond(rates.NetOut))
}
