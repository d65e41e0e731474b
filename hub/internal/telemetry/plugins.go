package telemetry

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/pulse-hub/pulse/hub/internal/plugin/supervise"
)

// Plugins adds what is known of the plugins' processes and of the calls to them.
func (t *Telemetry) Plugins(status func() []supervise.Status) {
	process := []string{"plugin", "process"}
	method := []string{"plugin", "method"}
	desc := func(name, help string, labels []string) *prometheus.Desc {
		return prometheus.NewDesc("pulse_plugin_"+name, help, labels, nil)
	}
	t.registry.MustRegister(&plugins{
		status:   status,
		up:       desc("up", "Whether the process runs.", process),
		cpu:      desc("cpu_ratio", "Processors that the process and its children use: 1 is one of them.", process),
		memory:   desc("memory_bytes", "Memory of the process and its children; what is shared counts in parts where the system tells.", process),
		restarts: desc("restarts_total", "Starts of the process after the first.", process),
		calls:    desc("calls_total", "Calls that are over.", method),
		errors:   desc("call_errors_total", "Calls that failed.", method),
		duration: desc("call_duration_seconds", "Duration of the last one to two thousand calls.", append(method, "quantile")),
	})
}

// plugins is a prometheus.Collector that asks at each scrape.
type plugins struct {
	status                                             func() []supervise.Status
	up, cpu, memory, restarts, calls, errors, duration *prometheus.Desc
}

// Describe is part of prometheus.Collector.
func (p *plugins) Describe(out chan<- *prometheus.Desc) {
	for _, desc := range []*prometheus.Desc{p.up, p.cpu, p.memory, p.restarts, p.calls, p.errors, p.duration} {
		out <- desc
	}
}

// Collect is part of prometheus.Collector.
func (p *plugins) Collect(out chan<- prometheus.Metric) {
	for _, plugin := range p.status() {
		for i := range plugin.Processes {
			p.process(out, plugin.ID, &plugin.Processes[i])
		}
		for _, calls := range plugin.Calls {
			counter := func(desc *prometheus.Desc, value uint64) {
				out <- prometheus.MustNewConstMetric(desc, prometheus.CounterValue, float64(value), plugin.ID, calls.Method)
			}
			counter(p.calls, calls.Count)
			counter(p.errors, calls.Errors)
			for quantile, value := range map[string]float64{"0.5": calls.P50.Seconds(), "0.99": calls.P99.Seconds()} {
				out <- prometheus.MustNewConstMetric(p.duration, prometheus.GaugeValue, value, plugin.ID, calls.Method, quantile)
			}
		}
	}
}

func (p *plugins) process(out chan<- prometheus.Metric, plugin string, s *supervise.ProcessStatus) {
	metric := func(desc *prometheus.Desc, kind prometheus.ValueType, value float64) {
		out <- prometheus.MustNewConstMetric(desc, kind, value, plugin, s.Name)
	}
	up := 0.0
	if s.Pid != 0 {
		up = 1
	}
	metric(p.up, prometheus.GaugeValue, up)
	metric(p.restarts, prometheus.CounterValue, float64(s.Restarts))
	if !s.Sampled.IsZero() {
		metric(p.cpu, prometheus.GaugeValue, s.CPU)
		metric(p.memory, prometheus.GaugeValue, float64(s.MemoryBytes))
	}
}
