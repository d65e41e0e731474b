//go:build linux

package roadtest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/pulse-hub/pulse/plugins/internal/proxmoxtest"
)

// big is a cluster such as few have.
var big = proxmoxtest.Size{Nodes: 50, Guests: 5000, Storages: 200}

const (
	// firstLook is the time in which the guests are looked into for the first time.
	firstLook = time.Minute
	// window is the time over which is measured.
	window = time.Minute
)

// BenchmarkBigCluster measures hub and plugin while they watch a cluster in
// which every guest's load changes every ten seconds: processor time from
// /proc in percent of one processor, memory of the plugin as proportional set
// size, requests as the cluster counts them. The cluster is played by this
// process, on the same processors.
func BenchmarkBigCluster(b *testing.B) {
	h := startHub(b)
	system := play(b, pve, proxmoxtest.NewCluster(big), 0)
	h.add(b, pve, "big", system)
	until(b, time.Minute, func() string {
		if guests := h.guests(b); guests != big.Guests {
			return fmt.Sprintf("%d guests", guests)
		}
		return ""
	})
	plugin := h.pluginPID(b)
	time.Sleep(firstLook)
	for b.Loop() {
		hubTime, pluginTime := cpuTime(b, h.pid), cpuTime(b, plugin)
		polls, requests := system.Count("/cluster/resources"), system.Count("")
		began := time.Now()
		time.Sleep(window)
		passed := time.Since(began)
		b.ReportMetric(100*(cpuTime(b, h.pid)-hubTime)/passed.Seconds(), "hub-cpu-%")
		b.ReportMetric(100*(cpuTime(b, plugin)-pluginTime)/passed.Seconds(), "plugin-cpu-%")
		b.ReportMetric(pss(b, plugin)/1e6, "plugin-MB")
		b.ReportMetric(pss(b, h.pid)/1e6, "hub-MB")
		b.ReportMetric(float64(system.Count("/cluster/resources")-polls)/passed.Minutes(), "status-polls/min")
		b.ReportMetric(float64(system.Count("")-requests)/passed.Minutes()/float64(big.Nodes), "requests/node/min")
	}
	b.ReportMetric(0, "ns/op")
}

// guests counts the machines and containers that the hub shows.
func (h *hub) guests(t testing.TB) int {
	var state struct {
		VMs        []struct{} `json:"vms"`
		Containers []struct{} `json:"containers"`
	}
	h.read(t, "/api/state", &state)
	return len(state.VMs) + len(state.Containers)
}

// pluginPID returns the process of the plugin for Proxmox VE.
func (h *hub) pluginPID(t testing.TB) int {
	var plugin struct {
		Processes []struct {
			PID int `json:"pid"`
		} `json:"processes"`
	}
	h.read(t, "/api/plugins/pulse.proxmox", &plugin)
	if len(plugin.Processes) != 1 {
		t.Fatalf("pulse.proxmox has %d processes", len(plugin.Processes))
	}
	return plugin.Processes[0].PID
}

func (h *hub) read(t testing.TB, path string, into any) {
	t.Helper()
	status, answer := h.do(t, http.MethodGet, path, nil)
	if status != http.StatusOK {
		t.Fatalf("GET %s gave %d", path, status)
	}
	if err := json.Unmarshal(answer, into); err != nil {
		t.Fatalf("GET %s: %v", path, err)
	}
}

// cpuTime returns the seconds of processor time a process has taken, see proc_pid_stat(5).
func cpuTime(t testing.TB, pid int) float64 {
	t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(text), ") ")
	fields := strings.Fields(rest)
	const user, system, ticksPerSecond = 11, 12, 100
	return (parsed(t, fields[user]) + parsed(t, fields[system])) / ticksPerSecond
}

// pss returns the proportional set size of a process in bytes, see proc_pid_smaps(5).
func pss(t testing.TB, pid int) float64 {
	t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/smaps_rollup", pid))
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(text), "\nPss:")
	return parsed(t, strings.Fields(rest)[0]) * 1024
}

func parsed(t testing.TB, text string) float64 {
	t.Helper()
	value, err := strconv.ParseFloat(text, 64)
	if err != nil {
		t.Fatal(err)
	}
	return value
}
