package battery_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/pulse-hub/pulse/agent/internal/host/battery"
	"github.com/pulse-hub/pulse/agent/internal/host/outcome"
	"github.com/pulse-hub/pulse/agent/internal/host/sysfs/sysfstest"
	"github.com/pulse-hub/pulse/agent/report"
)

func TestRead(t *testing.T) {
	tests := []struct {
		name  string
		files map[string]string
		want  []report.Battery
	}{
		{"none", map[string]string{"AC/type": "Mains", "AC/online": "1"}, nil},
		{"mouse", map[string]string{"hidpp_battery_0/type": "Battery", "hidpp_battery_0/scope": "Device", "hidpp_battery_0/capacity": "50"}, nil},
		{"empty bay", map[string]string{"BAT1/type": "Battery", "BAT1/present": "0"}, nil},
		{"energy", map[string]string{
			"BAT0/type": "Battery", "BAT0/present": "1", "BAT0/status": "Discharging", "BAT0/capacity": "83",
			"BAT0/energy_now": "39000000", "BAT0/energy_full": "47000000", "BAT0/energy_full_design": "50000000", "BAT0/power_now": "6250000",
		}, []report.Battery{{Name: "BAT0", ChargePercent: 83, Status: "Discharging", HealthPercent: 94, PowerWatts: 6.25}}},
		{"charge, no capacity", map[string]string{
			"BAT0/type": "Battery", "BAT0/status": "Charging", "BAT0/charge_now": "1500000", "BAT0/charge_full": "3000000",
			"BAT0/charge_full_design": "2900000", "BAT0/current_now": "-1000000", "BAT0/voltage_now": "12000000",
		}, []report.Battery{{Name: "BAT0", ChargePercent: 50, Status: "Charging", HealthPercent: 100, PowerWatts: 12}}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, err := battery.Read(sysfstest.Tree(t, test.files))
			if none := outcome.Of("battery", err, 0).State == outcome.Unavailable; none != (test.want == nil) {
				t.Errorf("Read = %v, want unavailable %v", err, test.want == nil)
			}
			if diff := cmp.Diff(test.want, got, cmpopts.EquateApprox(0, 1e-9)); diff != "" {
				t.Errorf("batteries (-want +got):\n%s", diff)
			}
		})
	}
}
