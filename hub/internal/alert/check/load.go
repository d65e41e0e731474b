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

// eachRate calls judge for every rate, in the unit of its threshold.
func eachRate(rates *resource.Rates, judge func(kind alert.Type, label string, value float64)) {
	judge(alert.DiskRead, "disk read", rates.DiskRead/bytesPerMB)
	judge(alert.DiskWrite, "disk write", rates.DiskWrite/bytesPerMB)
	judge(alert.NetworkIn, "network in", rates.NetIn/bytesPerMB)
	judge(alert.NetworkOut, "network out", rates.NetOut/bytesPerMB)
}
