package sdk

import (
	"time"

	"github.com/pulse-hub/pulse/sdk/resource"
)

// Builder fills in a resource of a Snapshot. All methods return the Builder.
type Builder struct{ r *resource.Resource }

// Metric adds a measured value. The name is lower-case words joined by underscores, without the unit.
func (b *Builder) Metric(name string, value float64, unit Unit) *Builder {
	b.r.Metrics = append(b.r.Metrics, resource.Metric{Name: name, Value: value, Unit: unit})
	return b
}

// Counter adds a value that only grows until it starts again at zero.
func (b *Builder) Counter(name string, value float64, unit Unit) *Builder {
	b.r.Metrics = append(b.r.Metrics, resource.Metric{Name: name, Value: value, Unit: unit, Counter: true})
	return b
}

// CPU sets the used part of the processors, from 0 to 1.
func (b *Builder) CPU(ratio float64) *Builder {
	b.r.Usage.CPU = &ratio
	return b
}

// Memory sets the used and total bytes of memory.
func (b *Builder) Memory(used, total uint64) *Builder {
	b.r.Usage.Memory = capacity(used, total)
	return b
}

// Swap sets the used and total bytes of swap space.
func (b *Builder) Swap(used, total uint64) *Builder {
	b.r.Usage.Swap = capacity(used, total)
	return b
}

// Disk sets the used and total bytes of the resource's disks.
func (b *Builder) Disk(used, total uint64) *Builder {
	b.r.Usage.Disk = capacity(used, total)
	return b
}

func capacity(used, total uint64) resource.Capacity {
	return resource.Capacity{Total: total, Used: used, Free: total - min(used, total)}
}

// Temperature sets the hottest processor sensor in degrees Celsius.
func (b *Builder) Temperature(celsius float64) *Builder {
	b.r.Usage.Temperature = &celsius
	return b
}

// Traffic sets what has gone through since the counters started, in bytes; the hub derives the rates.
func (b *Builder) Traffic(counters resource.Traffic) *Builder {
	b.r.Usage.Counters = &counters
	return b
}

// Rates sets what goes through at the moment, in bytes per second.
func (b *Builder) Rates(rates resource.Rates) *Builder {
	b.r.Usage.Rates = &rates
	return b
}

// Uptime sets the time since the resource was started.
func (b *Builder) Uptime(uptime time.Duration) *Builder {
	b.r.Uptime = uptime
	return b
}

// Parent sets the id of the resource it belongs to.
func (b *Builder) Parent(id string) *Builder {
	b.r.ParentID = id
	return b
}

// Reason says in a few words why the status is what it is.
func (b *Builder) Reason(text string) *Builder {
	b.r.StatusReason = text
	return b
}

// DisplayName sets what people call the resource.
func (b *Builder) DisplayName(name string) *Builder {
	b.r.DisplayName = name
	return b
}

// Tags adds labels without a value.
func (b *Builder) Tags(tags ...string) *Builder {
	b.r.Tags = append(b.r.Tags, tags...)
	return b
}

// Label sets a label.
func (b *Builder) Label(name, value string) *Builder {
	if b.r.Labels == nil {
		b.r.Labels = map[string]string{}
	}
	b.r.Labels[name] = value
	return b
}

// Detail sets what only this kind of resource has.
func (b *Builder) Detail(detail resource.Detail) *Builder {
	b.r.Detail = detail
	return b
}
