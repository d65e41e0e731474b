package write

import "github.com/prometheus/client_golang/prometheus"

// Collector measures how things stand with the targets of a Writer.
func (w *Writer) Collector() prometheus.Collector {
	desc := func(name, help string, labels ...string) *prometheus.Desc {
		return prometheus.NewDesc("pulse_remote_write_"+name, help, append([]string{"target"}, labels...), nil)
	}
	return &collector{
		writer:  w,
		samples: desc("samples_total", "Samples by how they ended: sent, failed (refused for good) or dropped (the queue was full).", "result"),
		retries: desc("retries_total", "Requests that had to be sent again."),
		queued:  desc("queued_samples", "Samples that wait on disk for the target."),
		bytes:   desc("queued_bytes", "Size of what waits on disk for the target."),
		gaps:    desc("gaps_total", "How often parts of the log were gone before they had been read."),
		last:    desc("last_sent_timestamp_seconds", "When the target last took something; 0: never."),
		up:      desc("up", "Whether the target took the last request."),
	}
}

type collector struct {
	writer                                          *Writer
	samples, retries, queued, bytes, gaps, last, up *prometheus.Desc
}

// Describe is part of prometheus.Collector.
func (c *collector) Describe(out chan<- *prometheus.Desc) {
	for _, desc := range []*prometheus.Desc{c.samples, c.retries, c.queued, c.bytes, c.gaps, c.last, c.up} {
		out <- desc
	}
}

// Collect is part of prometheus.Collector.
func (c *collector) Collect(out chan<- prometheus.Metric) {
	for _, s := range c.writer.Status() {
		counter := func(desc *prometheus.Desc, value uint64, labels ...string) {
			out <- prometheus.MustNewConstMetric(desc, prometheus.CounterValue, float64(value), append([]string{s.Target}, labels...)...)
		}
		gauge := func(desc *prometheus.Desc, value float64) {
			out <- prometheus.MustNewConstMetric(desc, prometheus.GaugeValue, value, s.Target)
		}
		counter(c.samples, s.Sent, "sent")
		counter(c.samples, s.Failed, "failed")
		counter(c.samples, s.Dropped, "dropped")
		counter(c.retries, s.Retries)
		counter(c.gaps, s.Gaps)
		gauge(c.queued, float64(s.QueuedSamples))
		gauge(c.bytes, float64(s.QueuedBytes))
		last, up := 0.0, 0.0
		if !s.LastSent.IsZero() {
			last = float64(s.LastSent.Unix())
		}
		if s.Error == "" {
			up = 1
		}
		gauge(c.last, last)
		gauge(c.up, up)
	}
}
