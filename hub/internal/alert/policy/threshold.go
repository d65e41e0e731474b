package policy

import "github.com/pulse-hub/pulse/hub/internal/alert"

// clearGap is how far below its trigger an alert ends where the configuration does not say anything sensible.
const clearGap = 5

// metrics counts the metrics that have thresholds; a metricIndex is below it.
const metrics = 10

// A metricIndex numbers the metrics that have thresholds.
type metricIndex int

const (
	cpu metricIndex = iota
	memory
	disk
	diskRead
	diskWrite
	networkIn
	networkOut
	usage
	temperature
	diskTemperature
)

// A metricSet is a set of metrics, with the bit 1<<i for the metric i.
type metricSet uint16

// indexOf returns the number of a metric; ok is false for types of alerts that have no thresholds of this kind.
func indexOf(m alert.Type) (i metricIndex, ok bool) {
	switch m {
	case alert.CPU:
		return cpu, true
	case alert.Memory:
		return memory, true
	case alert.Disk:
		return disk, true
	case alert.DiskRead:
		return diskRead, true
	case alert.DiskWrite:
		return diskWrite, true
	case alert.NetworkIn:
		return networkIn, true
	case alert.NetworkOut:
		return networkOut, true
	case alert.Usage:
		return usage, true
	case alert.Temperature:
		return temperature, true
	case alert.DiskTemperature:
		return diskTemperature, true
	}
	return 0, false
}

// A slot is where a ThresholdConfig keeps the threshold of one metric. Metrics without a legacy number have a nil legacy.
type slot struct {
	threshold **Threshold
	legacy    **float64
}

// slots returns the slots of all metrics by their numbers.
func (t *ThresholdConfig) slots() [metrics]slot {
	return [metrics]slot{
		cpu:             {&t.CPU, &t.CPULegacy},
		memory:          {&t.Memory, &t.MemoryLegacy},
		disk:            {&t.Disk, &t.DiskLegacy},
		diskRead:        {&t.DiskRead, &t.DiskReadLegacy},
		diskWrite:       {&t.DiskWrite, &t.DiskWriteLegacy},
		networkIn:       {&t.NetworkIn, &t.NetworkInLegacy},
		networkOut:      {&t.NetworkOut, &t.NetworkOutLegacy},
		usage:           {&t.Usage, nil},
		temperature:     {&t.Temperature, nil},
		diskTemperature: {&t.DiskTemperature, nil},
	}
}

// modernise turns legacy numbers into thresholds where there is none, and drops them.
func (t *ThresholdConfig) modernise(margin float64) {
	for _, s := range t.slots() {
		if s.legacy == nil || *s.legacy == nil {
			continue
		}
		if *s.threshold == nil {
			trigger := **s.legacy
			*s.threshold = &Threshold{Trigger: trigger, Clear: max(0, trigger-margin)}
		}
		*s.legacy = nil
	}
}

// ordered returns a threshold of an override or a rule in order: one that is off has nothing but its trigger, an alert
// ends below where it begins, and is critical no sooner than it begins.
func (t Threshold) ordered() Threshold {
	if t.Trigger <= 0 {
		return Threshold{Trigger: t.Trigger}
	}
	if t.Clear >= t.Trigger {
		t.Clear = max(0, t.Trigger-clearGap)
	}
	t.Clear = max(0, t.Clear)
	if t.Critical <= 0 {
		t.Critical = 0
		return t
	}
	t.Critical = max(t.Critical, t.Trigger)
	return t
}

// orderedDefault is ordered for defaults, which also say where an alert ends. A negative trigger becomes the fallback.
func (t Threshold) orderedDefault(fallback Threshold) Threshold {
	if t.Trigger < 0 {
		return fallback
	}
	t = t.ordered()
	if t.Clear <= 0 && t.Trigger > 0 {
		t.Clear = max(0, t.Trigger-clearGap)
	}
	return t
}
