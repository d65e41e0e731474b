package health

import (
	"runtime"
	"runtime/metrics"
	"strconv"
	"strings"
)

// runtimeMetrics lists what is told about the Go runtime: the names that Go's Prometheus client gives, and the runtime's
// own.
var runtimeMetrics = []struct{ name, kind, help, source string }{
	{"go_goroutines", "gauge", "Number of goroutines that currently exist.", "/sched/goroutines:goroutines"},
	{"go_memstats_alloc_bytes", "gauge", "Bytes of allocated heap objects.", "/memory/classes/heap/objects:bytes"},
	{"go_memstats_alloc_bytes_total", "counter", "Bytes ever allocated on the heap.", "/gc/heap/allocs:bytes"},
	{"go_memstats_sys_bytes", "gauge", "Bytes obtained from the system.", "/memory/classes/total:bytes"},
	{"go_memstats_heap_idle_bytes", "gauge", "Bytes of the heap that are free but not returned to the system.", "/memory/classes/heap/free:bytes"},
	{"go_memstats_heap_released_bytes", "gauge", "Bytes of the heap that were returned to the system.", "/memory/classes/heap/released:bytes"},
	{"go_memstats_next_gc_bytes", "gauge", "Size of the heap at which the next collection of garbage begins.", "/gc/heap/goal:bytes"},
	{"go_gc_cycles_total_gc_cycles_total", "counter", "Collections of garbage.", "/gc/cycles/total:gc-cycles"},
	{"go_gc_gogc_percent", "gauge", "The GOGC setting.", "/gc/gogc:percent"},
	{"go_gc_gomemlimit_bytes", "gauge", "The memory limit.", "/gc/gomemlimit:bytes"},
	{"go_sched_gomaxprocs_threads", "gauge", "The GOMAXPROCS setting.", "/sched/gomaxprocs:threads"},
}

// readRuntime reads the values of runtimeMetrics, in their order, without stopping the program as runtime.ReadMemStats
// does.
func readRuntime() []uint64 {
	samples := make([]metrics.Sample, len(runtimeMetrics))
	for i, metric := range runtimeMetrics {
		samples[i].Name = metric.source
	}
	metrics.Read(samples)
	values := make([]uint64, len(samples))
	for i, sample := range samples {
		if sample.Value.Kind() == metrics.KindUint64 {
			values[i] = sample.Value.Uint64()
		}
	}
	return values
}

// encode writes everything in the Prometheus text format, version 0.0.4
// (https://prometheus.io/docs/instrumenting/exposition_formats/).
func encode(info Info, snapshot Snapshot, runtimeValues []uint64) []byte {
	var text exposition
	text.head("pulse_agent_info", "gauge", "What runs, as labels.")
	text.sample("pulse_agent_info", 1, "version", info.Version, "host_enabled", strconv.FormatBool(info.Host),
		"docker_enabled", strconv.FormatBool(info.Docker), "kubernetes_enabled", strconv.FormatBool(info.Kubernetes))
	text.single("pulse_agent_up", "gauge", "Whether the agent runs.", 1)
	text.single("pulse_agent_ready", "gauge", "Whether the first collection is done.", truth(snapshot.Ready))
	text.single("pulse_agent_reports_sent_total", "counter", "Reports the hub accepted.", float64(snapshot.Sent))
	text.single("pulse_agent_report_failures_total", "counter", "Attempts to send a report that did not succeed.", float64(snapshot.Failed))
	text.single("pulse_agent_reports_dropped_total", "counter", "Reports that were given up.", float64(snapshot.Dropped))
	text.single("pulse_agent_reports_queued", "gauge", "Reports that wait for a hub.", float64(snapshot.Queued))
	text.single("pulse_agent_spool_bytes", "gauge", "Size of the files in which reports wait.", float64(snapshot.SpoolBytes))
	text.single("pulse_agent_spool_dropped_total", "counter", "Reports dropped for age, for size or for a broken disk.", float64(snapshot.SpoolDropped))
	text.collectors(snapshot.Collectors)
	text.single("process_start_time_seconds", "gauge", "Start of the process in Unix seconds.", float64(info.Started.UnixMilli())/1e3)
	text.head("go_info", "gauge", "The version of Go.")
	text.sample("go_info", 1, "version", runtime.Version())
	for i, metric := range runtimeMetrics {
		text.single(metric.name, metric.kind, metric.help, float64(runtimeValues[i]))
	}
	return text.buffer
}

// exposition is a text in the making.
type exposition struct{ buffer []byte }

func (e *exposition) collectors(list []Collector) {
	if len(list) == 0 {
		return
	}
	e.head("pulse_agent_collector_duration_seconds", "gauge", "How long the last run of a collector took.")
	for _, each := range list {
		e.sample("pulse_agent_collector_duration_seconds", each.Duration.Seconds(), "module", each.Module, "collector", each.Name)
	}
	e.head("pulse_agent_collector_success", "gauge", "Whether the last run of a collector succeeded.")
	for _, each := range list {
		e.sample("pulse_agent_collector_success", truth(each.OK), "module", each.Module, "collector", each.Name)
	}
}

// single writes a metric that has one sample without labels.
func (e *exposition) single(name, kind, help string, value float64) {
	e.head(name, kind, help)
	e.sample(name, value)
}

func (e *exposition) head(name, kind, help string) {
	e.buffer = append(e.buffer, "# HELP "+name+" "+help+"\n# TYPE "+name+" "+kind+"\n"...)
}

// sample writes one line; labels are names and values in turn.
func (e *exposition) sample(name string, value float64, labels ...string) {
	e.buffer = append(e.buffer, name...)
	for i := 0; i+1 < len(labels); i += 2 {
		separator := byte(',')
		if i == 0 {
			separator = '{'
		}
		e.buffer = append(e.buffer, separator)
		e.buffer = append(e.buffer, labels[i]+`="`+escapeLabel.Replace(labels[i+1])+`"`...)
	}
	if len(labels) > 0 {
		e.buffer = append(e.buffer, '}')
	}
	e.buffer = append(e.buffer, ' ')
	e.buffer = strconv.AppendFloat(e.buffer, value, 'g', -1, 64)
	e.buffer = append(e.buffer, '\n')
}

// escapeLabel writes a label's value as the format wants it.
var escapeLabel = strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`)

func truth(value bool) float64 {
	if value {
		return 1
	}
	return 0
}
