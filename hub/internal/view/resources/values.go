package resources

import (
	"math"
	"time"

	"github.com/pulse-hub/pulse/hub/internal/inventory"
	"github.com/pulse-hub/pulse/hub/internal/view/unit"
	"github.com/pulse-hub/pulse/sdk/resource"
)

// memoryMetric returns nil when the size is not known.
func memoryMetric(c resource.Capacity) *Metric {
	ratio, known := c.Ratio()
	return metric(c, ratio, known)
}

// diskMetric returns nil when the size is not known.
func diskMetric(c resource.Capacity) *Metric {
	ratio, known := c.FullRatio()
	return metric(c, ratio, known)
}

func metric(c resource.Capacity, ratio float64, known bool) *Metric {
	if !known {
		return nil
	}
	used := c.Used
	m := &Metric{Current: percent(ratio), Total: c.Total, Used: &used}
	if c.Free > 0 {
		free := c.Free
		m.Free = &free
	}
	return m
}

// percent has two decimals: more would be noise that the feeds send again and again.
func percent(ratio float64) float64 {
	return math.Round(unit.Percent(ratio)*100) / 100
}

func ratioMetric(ratio *float64) *Metric {
	if ratio == nil {
		return nil
	}
	return &Metric{Current: percent(*ratio)}
}

func finite(v *float64) *float64 {
	if v == nil || unit.Finite(*v) == *v {
		return v
	}
	return nil
}

func ratesOf(e *inventory.Entry) *Rates {
	if e.Rates == nil {
		return nil
	}
	return &Rates{
		NetIn: unit.PerSecond(e.Rates.NetIn), NetOut: unit.PerSecond(e.Rates.NetOut),
		DiskRead: unit.PerSecond(e.Rates.DiskRead), DiskWrite: unit.PerSecond(e.Rates.DiskWrite),
	}
}

func seconds(d time.Duration) *int64 {
	s := unit.Seconds(d)
	return &s
}

// when returns nil for the zero time, so that JSON leaves it out.
func when(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = unit.Time(t)
	return &t
}

// totals sums the counters of a machine's interfaces.
func totals(interfaces []resource.Interface) *Network {
	if len(interfaces) == 0 {
		return nil
	}
	var rx, tx uint64
	for i := range interfaces {
		rx += interfaces[i].RxBytes
		tx += interfaces[i].TxBytes
	}
	return &Network{RxBytes: int64(rx), TxBytes: int64(tx)}
}

func addresses(interfaces []resource.Interface) []string {
	var ips []string
	for i := range interfaces {
		ips = append(ips, interfaces[i].Addresses...)
	}
	return ips
}

func orElse(value, fallback string) string {
	if value == "" {
		return fallback
	}
	return value
}

// detailOf returns the detail of an entry, an empty one if it has none or another.
func detailOf[T any](e *inventory.Entry) *T {
	if detail, ok := any(e.Detail).(*T); ok && detail != nil {
		return detail
	}
	return new(T)
}
