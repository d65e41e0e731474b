package telemetry

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/pulse-hub/pulse/hub/internal/metrics"
)

// Series adds what the store of measured values says of itself. It is asked once for all metrics when they are read.
func (t *Telemetry) Series(stats func() metrics.Stats) {
	t.registry.MustRegister(&seriesCollector{
		stats:     stats,
		replaying: prometheus.NewDesc("pulse_metrics_replaying", "1 while recent samples are being read back.", nil, nil),
		rejected:  prometheus.NewDesc("pulse_metrics_rejected_samples_total", "Samples that were not stored.", []string{"reason"}, nil),
		disk:      prometheus.NewDesc("pulse_metrics_disk_bytes", "Size of a tier.", []string{"tier"}, nil),
		written:   prometheus.NewDesc("pulse_disk_written_bytes_total", "What the hub has written to disk.", nil, nil),
		perDay:    prometheus.NewDesc("pulse_disk_written_bytes_per_day", "What the hub writes to disk in a day.", nil, nil),
		tiers:     prometheus.NewDesc("pulse_metrics_tier_written_bytes_total", "Blocks that were made of a tier of sums.", []string{"tier"}, nil),
	})
}

type seriesCollector struct {
	stats                                             func() metrics.Stats
	replaying, rejected, disk, written, perDay, tiers *prometheus.Desc
}

// Describe is part of prometheus.Collector.
func (c *seriesCollector) Describe(out chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{c.replaying, c.rejected, c.disk, c.written, c.perDay, c.tiers} {
		out <- d
	}
}

// Collect is part of prometheus.Collector.
func (c *seriesCollector) Collect(out chan<- prometheus.Metric) {
	s := c.stats()
	gauge := func(d *prometheus.Desc, v float64, labels ...string) {
		out <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
	}
	counter := func(d *prometheus.Desc, v uint64, labels ...string) {
		out <- prometheus.MustNewConstMetric(d, prometheus.CounterValue, float64(v), labels...)
	}
	replaying := 0.0
	if s.Replaying {
		replaying = 1
	}
	gauge(c.replaying, replaying)
	gauge(c.disk, float64(s.DiskBytes-s.Fine.DiskBytes-s.Coarse.DiskBytes), "raw")
	gauge(c.disk, float64(s.Fine.DiskBytes), "5m")
	gauge(c.disk, float64(s.Coarse.DiskBytes), "1h")
	counter(c.tiers, s.Fine.WrittenBytes, "5m")
	counter(c.tiers, s.Coarse.WrittenBytes, "1h")
	for reason, n := range map[string]uint64{
		"not_finite": s.Rejected.NotFinite, "future": s.Rejected.Future, "too_old": s.Rejected.TooOld,
		"conflict": s.Rejected.Conflict, "invalid": s.Rejected.Invalid,
	} {
		counter(c.rejected, n, reason)
	}
	if s.Writes.Known {
		counter(c.written, s.Writes.Bytes)
		if s.Writes.PerDay > 0 {
			gauge(c.perDay, float64(s.Writes.PerDay))
		}
	}
}
