// Package power computes what processors draw from the energy counters of Linux's powercap (intel-rapl, also AMD) and of
// the amd_energy driver.
package power

import (
	"errors"
	"io/fs"
	"path/filepath"
	"strings"
	"time"

	"github.com/pulse-hub/pulse/agent/internal/host/outcome"
	"github.com/pulse-hub/pulse/agent/internal/host/sysfs"
)

// Names of the parts, as the hub knows them.
const (
	packages = "cpu_package"
	cores    = "cpu_core"
	memory   = "dram"
)

// maxCounters bounds the counters read.
const maxCounters = 128

// micro is the unit of the counters: a millionth of a joule.
const micro = 1e-6

// believable is the greatest power of one counter in watts; more is a counter that was reset.
const believable = 5000

// Meter computes power from the energy spent between two readings. Read must not be called concurrently with itself.
type Meter struct {
	sys      string
	now      func() time.Time
	counters []counter // found at the first reading
	searched bool
	last     time.Time
}

// counter is one energy counter.
type counter struct {
	part string
	path string
	wrap uint64 // the value after which it begins again; zero when unknown
	last uint64
	ok   bool // last is a reading
}

// New returns a meter that reads below the folder sys, usually /sys.
func New(sys string) *Meter { return &Meter{sys: sys, now: time.Now} }

// Read returns the power since the reading before in watts by "cpu_package", "cpu_core" and "dram", summed over sockets;
// nil at the first reading. Since Linux 5.10 only root may read the counters, as they leak secrets.
func (m *Meter) Read() (map[string]float64, error) {
	if !m.searched {
		m.counters = find(m.sys)
		m.searched = true
	}
	if len(m.counters) == 0 {
		return nil, outcome.None("no energy counters")
	}
	now := m.now()
	seconds := now.Sub(m.last).Seconds()
	m.last = now
	var watts map[string]float64
	var failed []error
	for i := range m.counters {
		each := &m.counters[i]
		spent, ok, err := each.spent()
		if err != nil {
			failed = append(failed, err)
		}
		if power := float64(spent) * micro / seconds; ok && seconds > 0 && power <= believable {
			if watts == nil {
				watts = map[string]float64{}
			}
			watts[each.part] += power
		}
	}
	err := errors.Join(failed...)
	if errors.Is(err, fs.ErrPermission) {
		return watts, outcome.Forbidden("no permission to read the energy counters", err)
	}
	return watts, err
}

// spent reads the counter and returns the difference to the reading before.
func (c *counter) spent() (microjoules uint64, ok bool, err error) {
	now, err := sysfs.Uint(c.path)
	if err != nil {
		c.ok = false
		return 0, false, err
	}
	before, known := c.last, c.ok
	c.last, c.ok = now, true
	switch {
	case !known:
		return 0, false, nil
	case now >= before:
		return now - before, true, nil
	case c.wrap > before:
		return c.wrap - before + now, true, nil
	}
	return 0, false, nil // the counter was reset
}

// find looks for counters. The driver for AMD alone is used only where powercap has nothing.
func find(sys string) []counter {
	var list []counter
	add := func(part, path string, wrap uint64) {
		if part != "" && len(list) < maxCounters {
			list = append(list, counter{part: part, path: path, wrap: wrap})
		}
	}
	for _, zone := range sysfs.List(filepath.Join(sys, "class/powercap"), "intel-rapl:") {
		wrap, _ := sysfs.Uint(filepath.Join(zone, "max_energy_range_uj")) // zero means unknown
		add(zonePart(sysfs.Line(filepath.Join(zone, "name"))), filepath.Join(zone, "energy_uj"), wrap)
	}
	if len(list) > 0 {
		return list
	}
	for _, chip := range sysfs.List(filepath.Join(sys, "class/hwmon"), "hwmon") {
		if sysfs.Line(filepath.Join(chip, "name")) != "amd_energy" {
			continue
		}
		for _, label := range sysfs.List(chip, "energy") {
			if base, ok := strings.CutSuffix(label, "_label"); ok {
				add(labelPart(sysfs.Line(label)), base+"_input", 0)
			}
		}
	}
	return list
}

// zonePart names the part of a powercap zone. "psys" is the whole machine and "uncore" the graphics; neither is told.
func zonePart(name string) string {
	switch {
	case strings.HasPrefix(name, "package"):
		return packages
	case name == "core":
		return cores
	case name == "dram":
		return memory
	}
	return ""
}

// labelPart names the part of a counter of amd_energy, "Esocket0" or "Ecore012".
func labelPart(label string) string {
	switch {
	case strings.HasPrefix(label, "Esocket"):
		return packages
	case strings.HasPrefix(label, "Ecore"):
		return cores
	}
	return ""
}
