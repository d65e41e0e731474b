package gpu_test

import (
	"context"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pulse-hub/pulse/agent/internal/host/command"
	"github.com/pulse-hub/pulse/agent/internal/host/gpu"
	"github.com/pulse-hub/pulse/agent/internal/host/outcome"
	"github.com/pulse-hub/pulse/agent/internal/host/sysfs/sysfstest"
	"github.com/pulse-hub/pulse/agent/report"
)

// listing is of driver 550: a card, and one that tells little.
const listing = `0, NVIDIA GeForce RTX 3060, 37, 12288, 2048, 61, 98.52, 45
1, Tesla K80, [N/A], 11441, 0, 33, [N/A], [N/A]
`

var nvidia = []report.GPU{
	{ID: "0", Name: "NVIDIA GeForce RTX 3060", Vendor: "nvidia", UsagePercent: new(37.0), MemoryTotalBytes: 12288 << 20, MemoryUsedBytes: 2048 << 20, TemperatureCelsius: 61, PowerWatts: 98.52, FanPercent: 45},
	{ID: "1", Name: "Tesla K80", Vendor: "nvidia", MemoryTotalBytes: 11441 << 20, TemperatureCelsius: 33},
}

var amdFiles = map[string]string{
	"class/drm/card0/device/vendor": "0x1002", "class/drm/card0/device/product_name": "Radeon PRO W6600", "class/drm/card0/device/gpu_busy_percent": "12",
	"class/drm/card0/device/mem_info_vram_total": "8589934592", "class/drm/card0/device/mem_info_vram_used": "1073741824",
	"class/drm/card0/device/hwmon/hwmon3/temp1_input": "48500", "class/drm/card0/device/hwmon/hwmon3/power1_average": "27000000",
	"class/drm/card0/device/hwmon/hwmon3/pwm1": "51", "class/drm/card0-DP-1/status": "connected",
	"class/drm/card1/device/vendor": "0x1002", "class/drm/card1/device/power/runtime_status": "suspended", "class/drm/card1/device/gpu_busy_percent": "0",
	"class/drm/card2/device/vendor": "0x8086",
}

var amd = []report.GPU{
	{ID: "card0", Name: "Radeon PRO W6600", Vendor: "amd", UsagePercent: new(12.0), MemoryTotalBytes: 8 << 30, MemoryUsedBytes: 1 << 30, TemperatureCelsius: 48.5, PowerWatts: 27, FanPercent: 20},
	{ID: "card1", Vendor: "amd"},
}

func TestCollect(t *testing.T) {
	driver := command.Result{ExitCode: 9, Stdout: []byte("NVIDIA-SMI has failed because it couldn't communicate with the NVIDIA driver.\n\n")}
	tests := []struct {
		name   string
		result command.Result
		err    error
		files  map[string]string
		want   []report.GPU
		state  outcome.State
	}{
		{"none", command.Result{}, command.ErrNotInstalled, nil, nil, outcome.Unavailable},
		{"nvidia", command.Result{Stdout: []byte(listing)}, nil, nil, nvidia, outcome.OK},
		{"amd", command.Result{}, command.ErrNotInstalled, amdFiles, amd, outcome.OK},
		{"tool without cards", command.Result{ExitCode: 6, Stdout: []byte("No devices were found\n")}, nil, nil, nil, outcome.Unavailable},
		{"no driver", driver, nil, nil, nil, outcome.Failed},
		{"tool hangs beside amd", command.Result{}, command.ErrTimeout, amdFiles, amd, outcome.Failed},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			run := func(context.Context, string, ...string) (command.Result, error) { return test.result, test.err }
			got, err := gpu.New(run, sysfstest.Tree(t, test.files)).Collect(t.Context())
			if state := outcome.Of("gpu", err, 0).State; state != test.state || state == outcome.Failed && test.err != nil && !errors.Is(err, test.err) {
				t.Errorf("state = %s (%v), want %s", state, err, test.state)
			}
			if len(got) == 0 {
				got = nil
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("processors (-want +got):\n%s", diff)
			}
		})
	}
}

func FuzzParseNVIDIA(f *testing.F) {
	f.Add([]byte(listing))
	f.Fuzz(func(t *testing.T, raw []byte) {
		for _, each := range gpu.ParseNVIDIA(raw) {
			if each.MemoryTotalBytes < 0 || each.MemoryUsedBytes < 0 || each.FanPercent > 100 || each.TemperatureCelsius < 0 || !(each.PowerWatts >= 0) {
				t.Errorf("processor = %+v", each)
			}
		}
	})
}
