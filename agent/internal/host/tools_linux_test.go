package host

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/go-hclog"

	"github.com/pulse-hub/pulse/agent/internal/host/command"
	"github.com/pulse-hub/pulse/agent/internal/host/outcome"
	"github.com/pulse-hub/pulse/agent/internal/host/sysfs/sysfstest"
	"github.com/pulse-hub/pulse/agent/report"
)

// tools writes shell scripts by their names and returns the folder.
func tools(t *testing.T, scripts map[string]string) string {
	t.Helper()
	folder := t.TempDir()
	for name, body := range scripts {
		if err := os.WriteFile(filepath.Join(folder, name), []byte("#!/bin/sh\n"+body+"\n"), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	return folder
}

func TestToolThatNeverReturnsDegradesOnePart(t *testing.T) {
	root := sysfstest.Tree(t, map[string]string{
		"sys/block/sda/size": "1000", "sys/block/sda/device/model": "disk", "proc/mdstat": "md0 : active raid1 sda1[0]\n      1 blocks [1/1] [U]",
	})
	path := tools(t, map[string]string{
		"smartctl": "/bin/sleep 600",
		"mdadm":    `printf '/dev/md0:\n     Raid Level : raid1\n          State : clean\n           Name : h:0\n'`,
		"zpool":    `if [ $1 = list ]; then printf 'tank\t100\t40\t60\t40\tONLINE\t5\n'; fi`,
		"zfs":      `printf 'tank\t30\t50\n'`,
	})
	collector := New(Options{
		Logger: hclog.NewNullLogger(), Root: root, detect: func() string { return "kvm" },
		Run: command.New(command.Options{Path: []string{path}, Timeout: time.Second}).Run,
	})
	states := map[string]outcome.State{}
	for _, each := range collector.Probe(t.Context()) {
		states[each.Name] = each.State
	}
	for name, want := range map[string]outcome.State{"smart": outcome.Failed, "mdadm": outcome.OK, "zfs": outcome.OK, "cpu": outcome.OK, "virtualization": outcome.OK} {
		if states[name] != want {
			t.Errorf("%s is %q, want %q", name, states[name], want)
		}
	}
	got, err := collector.Collect(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var smart []report.DegradedPart
	for _, each := range got.Detail.Degraded {
		if each.Part == "smart" {
			smart = append(smart, each)
		}
	}
	if len(smart) != 1 || len(got.RAID) != 1 || got.RAID[0].Name != "h:0" || len(got.Detail.Pools) != 1 || got.Detail.Virtualization != "kvm" {
		t.Errorf("degraded %+v, arrays %+v, pools %+v", got.Detail.Degraded, got.RAID, got.Detail.Pools)
	}
}

func TestARC(t *testing.T) {
	root := sysfstest.Tree(t, map[string]string{"proc/spl/kstat/zfs/arcstats": "13 1 0x01 123 33456 8054 9142\nname                            type data\nhits                            4    99\nc_min                           4    1000\nsize                            4    5000"})
	if size, least := readARC(root); size != 5000 || least != 1000 {
		t.Errorf("readARC = %d, %d; want 5000, 1000", size, least)
	}
	if size, least := readARC(t.TempDir()); size != 0 || least != 0 {
		t.Errorf("without ZFS readARC = %d, %d", size, least)
	}
}

func FuzzParseARC(f *testing.F) {
	f.Add("size                            4    5000")
	f.Fuzz(func(t *testing.T, line string) {
		if name, value := parseARC(line); name == "" && value != 0 {
			t.Errorf("parseARC(%q) = %d without a name", line, value)
		}
	})
}

func TestNVIDIATemperatureDoesNotTouchTheSensorsPart(t *testing.T) {
	found := report.Sensors{TemperatureCelsius: map[string]float64{"cpu_package": 40}}
	fill, err := fillSensors(found)
	if err != nil {
		t.Fatal(err)
	}
	var into report.Host
	fill(&into)
	add(&into.Sensors.TemperatureCelsius, "nvidia0", 60)
	if diff := cmp.Diff(map[string]float64{"cpu_package": 40}, found.TemperatureCelsius); diff != "" {
		t.Errorf("readings changed (-want +got):\n%s", diff)
	}
}

// cpuTime is the processor time this process has used.
func cpuTime(b *testing.B) time.Duration {
	b.Helper()
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		b.Fatal(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

// BenchmarkCollectCPU measures one collection with all its parts known, in processor time, which other processes of the
// machine do not blur.
func BenchmarkCollectCPU(b *testing.B) {
	collector := New(Options{Logger: hclog.NewNullLogger()})
	if _, err := collector.Collect(b.Context()); err != nil { // the first one waits for its sample
		b.Fatal(err)
	}
	for _, each := range collector.lanes {
		if each.after == 0 {
			each.once(b.Context())
		}
	}
	b.ReportAllocs()
	began := cpuTime(b)
	for b.Loop() {
		if _, err := collector.Collect(b.Context()); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64((cpuTime(b)-began).Microseconds())/float64(b.N)/1e3, "cpu-ms/op")
}
