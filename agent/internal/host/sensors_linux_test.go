package host

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pulse-hub/pulse/agent/internal/host/outcome"
	"github.com/pulse-hub/pulse/agent/report"
)

// writeTree writes files below a folder, given as path and text, and links "device" of a monitor to its disk.
func writeTree(t *testing.T, root string, files map[string]string, links map[string]string) {
	t.Helper()
	for path, text := range files {
		full := filepath.Join(root, path)
		if err := os.MkdirAll(filepath.Dir(full), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(full, []byte(text+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for path, target := range links {
		if err := os.Symlink(target, filepath.Join(root, path)); err != nil {
			t.Fatal(err)
		}
	}
}

func TestSensors(t *testing.T) {
	tests := []struct {
		name  string
		files map[string]string
		links map[string]string
		want  report.Sensors
	}{
		{name: "none"},
		{
			name: "intel, two nvme, board",
			files: map[string]string{
				"class/hwmon/hwmon0/name": "coretemp", "class/hwmon/hwmon0/temp1_input": "45500", "class/hwmon/hwmon0/temp1_label": "Package id 0",
				"class/hwmon/hwmon0/temp2_input": "44000", "class/hwmon/hwmon0/temp2_label": "Core 0",
				"class/hwmon/hwmon0/temp3_input": "43000", "class/hwmon/hwmon0/temp3_label": "Core 1",
				"class/hwmon/hwmon1/name": "nvme", "class/hwmon/hwmon1/temp1_input": "38850", "class/hwmon/hwmon1/temp1_label": "Composite",
				"class/hwmon/hwmon1/temp2_input": "50000", "class/hwmon/hwmon1/temp2_label": "Sensor 1",
				"class/hwmon/hwmon2/name": "nvme", "class/hwmon/hwmon2/temp1_input": "40850", "class/hwmon/hwmon2/temp1_label": "Composite",
				"class/hwmon/hwmon3/name": "nct6775", "class/hwmon/hwmon3/fan1_input": "900", "class/hwmon/hwmon3/fan2_input": "0",
				"class/hwmon/hwmon3/fan2_label": "CPU Fan", "class/hwmon/hwmon3/temp1_input": "31000", "class/hwmon/hwmon3/temp1_label": "SYSTIN",
				"class/hwmon/hwmon3/temp2_input": "-62000", "class/hwmon/hwmon3/temp3_input": "NaN", "class/hwmon/hwmon3/in0_input": "1000",
				"class/thermal/thermal_zone0/temp": "20000",
			},
			links: map[string]string{"class/hwmon/hwmon1/device": "../../nvme1", "class/hwmon/hwmon2/device": "../../nvme0"},
			want: report.Sensors{
				TemperatureCelsius: map[string]float64{"cpu_package": 45.5, "cpu_core_0": 44, "cpu_core_1": 43, "nvme1": 38.85, "nvme0": 40.85},
				FanRPM:             map[string]float64{"nct6775_fan1": 900, "cpu_fan": 0},
				Additional:         map[string]float64{"nvme1_sensor_1": 50, "nct6775_systin": 31},
			},
		},
		{
			name: "amd",
			files: map[string]string{
				"class/hwmon/hwmon0/name": "k10temp", "class/hwmon/hwmon0/temp1_input": "51250", "class/hwmon/hwmon0/temp1_label": "Tctl",
				"class/hwmon/hwmon0/temp3_input": "48000", "class/hwmon/hwmon0/temp3_label": "Tccd1",
			},
			want: report.Sensors{
				TemperatureCelsius: map[string]float64{"cpu_package": 51.25}, Additional: map[string]float64{"k10temp_tccd1": 48},
			},
		},
		{
			name:  "thermal zone only",
			files: map[string]string{"class/thermal/thermal_zone0/temp": "47200"},
			want:  report.Sensors{TemperatureCelsius: map[string]float64{"cpu_package": 47.2}},
		},
		{
			name: "thermal zones beside a monitor",
			files: map[string]string{
				"class/hwmon/hwmon0/name": "acpitz", "class/hwmon/hwmon0/temp1_input": "27800",
				"class/thermal/thermal_zone0/type": "acpitz", "class/thermal/thermal_zone0/temp": "27800",
				"class/thermal/thermal_zone1/type": "iwlwifi_1", "class/thermal/thermal_zone1/temp": "39000",
				"class/thermal/thermal_zone2/type": "pch_cannonlake", "class/thermal/thermal_zone2/temp": "-274000",
				"class/thermal/thermal_zone3/type": "cpu-thermal", "class/thermal/thermal_zone3/temp": "51000",
			},
			want: report.Sensors{
				TemperatureCelsius: map[string]float64{"cpu_package": 51},
				Additional:         map[string]float64{"acpitz_temp1": 27.8, "iwlwifi_1": 39},
			},
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			root := t.TempDir()
			writeTree(t, root, test.files, test.links)
			var got report.Host
			fill, err := newSensors(root).collect(t.Context())
			if none := outcome.Of("sensors", err, 0).State == outcome.Unavailable; none != (fill == nil) || err != nil && !none {
				t.Fatal(err)
			}
			if fill != nil {
				fill(&got)
			}
			if diff := cmp.Diff(test.want, got.Sensors); diff != "" {
				t.Errorf("sensors (-want +got):\n%s", diff)
			}
		})
	}
}
