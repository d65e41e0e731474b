package history

import (
	"context"
	"math"
	"time"

	"github.com/pulse-hub/pulse/hub/internal/inventory"
	"github.com/pulse-hub/pulse/hub/internal/metrics"
	"github.com/pulse-hub/pulse/hub/internal/view/unit"
	"github.com/pulse-hub/pulse/sdk/resource"
)

// Store reads series; [metrics.Store] is one.
type Store interface {
	Select(ctx context.Context, query metrics.Query) ([]metrics.Result, error)
}

// Request says what moment a view is made at and how far it looks back.
type Request struct {
	Snapshot *inventory.Snapshot
	Now      time.Time
	Span     time.Duration
}

// from returns where the look back begins, in Unix ms.
func (r *Request) from() int64 { return r.Now.Add(-r.Span).UnixMilli() }

// wireMetric says what a metric is called on the wire and in the store, and how its values are told.
type wireMetric struct {
	wire, name string
	// percent: what is stored is a ratio.
	percent bool
	// bursts: it comes in bursts, so that its peaks matter more than its level.
	bursts bool
	// exact: its values are told as they are.
	exact bool
}

// wireMetrics are the metrics that charts know, in the order they are told.
func wireMetrics() []wireMetric {
	return []wireMetric{
		{wire: "cpu", name: metrics.CPUUsageRatio, percent: true, bursts: true},
		{wire: "memory", name: metrics.MemoryUsageRatio, percent: true},
		{wire: "disk", name: metrics.DiskUsageRatio, percent: true},
		{wire: "diskread", name: metrics.DiskReadRate, bursts: true},
		{wire: "diskwrite", name: metrics.DiskWriteRate, bursts: true},
		{wire: "netin", name: metrics.NetworkReceiveRate, bursts: true},
		{wire: "netout", name: metrics.NetworkTransmitRate, bursts: true},
	}
}

// value converts a stored value to the wire, with two decimals unless it is exact.
func (m wireMetric) value(stored float64) float64 {
	if m.exact {
		return unit.Finite(stored)
	}
	if m.percent {
		stored *= 100
	}
	return math.Round(unit.Finite(stored)*100) / 100
}

// current returns the metric's present value and whether it is known.
func (m wireMetric) current(e *inventory.Entry) (float64, bool) {
	stored, known := presentValue(e, m.name)
	return m.value(stored), known
}

func presentValue(e *inventory.Entry, name string) (float64, bool) {
	switch name {
	case metrics.CPUUsageRatio:
		return unit.Fraction(e.Usage.CPU), e.Usage.CPU != nil
	case metrics.MemoryUsageRatio:
		return e.Usage.Memory.Ratio()
	case metrics.DiskUsageRatio:
		if detail, _ := e.Detail.(*resource.Guest); detail != nil && detail.DiskUnknown != "" {
			return 0, false
		}
		return e.Usage.Disk.FullRatio()
	}
	if e.Rates == nil {
		return 0, false
	}
	switch name {
	case metrics.DiskReadRate:
		return e.Rates.DiskRead, true
	case metrics.DiskWriteRate:
		return e.Rates.DiskWrite, true
	case metrics.NetworkReceiveRate:
		return e.Rates.NetIn, true
	case metrics.NetworkTransmitRate:
		return e.Rates.NetOut, true
	}
	return 0, false
}

// second returns the start of t's second in Unix milliseconds.
func second(t time.Time) int64 { return t.Unix() * 1000 }
