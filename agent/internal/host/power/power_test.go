package power

import (
	"maps"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/pulse-hub/pulse/agent/internal/host/outcome"
	"github.com/pulse-hub/pulse/agent/internal/host/sysfs/sysfstest"
)

const rapl = "class/powercap/intel-rapl:"

// zones are two sockets with their parts.
var zones = map[string]string{
	rapl + "0/name": "package-0", rapl + "0/energy_uj": "1000000", rapl + "0/max_energy_range_uj": "262143328850",
	rapl + "0:0/name": "core", rapl + "0:0/energy_uj": "500000", rapl + "0:1/name": "uncore", rapl + "0:1/energy_uj": "7",
	rapl + "0:2/name": "dram", rapl + "0:2/energy_uj": "100",
	rapl + "1/name": "package-1", rapl + "1/energy_uj": "262143000000", rapl + "1/max_energy_range_uj": "262143328850",
	rapl + "2/name": "psys", rapl + "2/energy_uj": "1",
}

var amd = map[string]string{
	"class/hwmon/hwmon0/name": "k10temp", "class/hwmon/hwmon1/name": "amd_energy",
	"class/hwmon/hwmon1/energy1_label": "Ecore000", "class/hwmon/hwmon1/energy1_input": "0",
	"class/hwmon/hwmon1/energy2_label": "Esocket0", "class/hwmon/hwmon1/energy2_input": "0",
}

func TestPowerIsTheEnergyBetweenTwoReadings(t *testing.T) {
	tests := []struct {
		name        string
		files, then map[string]string
		want        map[string]float64
	}{
		{
			"intel, one counter beginning again", zones,
			map[string]string{rapl + "0/energy_uj": "401000000", rapl + "0:0/energy_uj": "200500000", rapl + "0:2/energy_uj": "20000100", rapl + "1/energy_uj": "99671150"},
			map[string]float64{"cpu_package": 50, "cpu_core": 20, "dram": 2},
		},
		{
			"amd", amd, map[string]string{"class/hwmon/hwmon1/energy1_input": "15000000", "class/hwmon/hwmon1/energy2_input": "350000000"},
			map[string]float64{"cpu_package": 35, "cpu_core": 1.5},
		},
		{"counter reset", amd, map[string]string{"class/hwmon/hwmon1/energy1_input": "900000000000000"}, map[string]float64{"cpu_package": 0}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			meter := New(sysfstest.Tree(t, test.files))
			clock := time.Unix(1795400000, 0)
			meter.now = func() time.Time { return clock }
			if got, err := meter.Read(); got != nil || err != nil {
				t.Errorf("first reading = %v, %v; want nothing", got, err)
			}
			for path, text := range test.then {
				if err := os.WriteFile(filepath.Join(meter.sys, path), []byte(text), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			clock = clock.Add(10 * time.Second)
			got, err := meter.Read()
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, got, cmpopts.EquateApprox(0, 1e-6)); diff != "" {
				t.Errorf("power (-want +got):\n%s", diff)
			}
		})
	}
}

func TestCountersThatCannotBeRead(t *testing.T) {
	if _, err := New(t.TempDir()).Read(); outcome.Of("power", err, 0).State != outcome.Unavailable {
		t.Errorf("without counters: %v, want unavailable", err)
	}
	files := maps.Clone(zones)
	files[rapl+"0/energy_uj"] = "not a number"
	if _, err := New(sysfstest.Tree(t, files)).Read(); outcome.Of("power", err, 0).State != outcome.Failed {
		t.Errorf("with nonsense: %v, want failed", err)
	}
	if os.Geteuid() == 0 {
		t.Skip("root may read everything")
	}
	root := sysfstest.Tree(t, zones)
	if err := os.Chmod(filepath.Join(root, rapl+"0/energy_uj"), 0); err != nil {
		t.Fatal(err)
	}
	if _, err := New(root).Read(); outcome.Of("power", err, 0).State != outcome.Denied {
		t.Errorf("without permission: %v, want denied", err)
	}
}
