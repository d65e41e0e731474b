package psi_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pulse-hub/pulse/agent/internal/host/outcome"
	"github.com/pulse-hub/pulse/agent/internal/host/psi"
	"github.com/pulse-hub/pulse/agent/internal/host/sysfs/sysfstest"
	"github.com/pulse-hub/pulse/agent/report"
)

const (
	oldCPU = "some avg10=31.62 avg60=34.99 avg300=26.75 total=6496002509"
	io     = "some avg10=3.57 avg60=2.11 avg300=2.84 total=399372778\nfull avg10=2.29 avg60=1.42 avg300=2.25 total=223029570"
)

func TestRead(t *testing.T) {
	tests := []struct {
		name  string
		files map[string]string
		want  *report.Pressure
		state outcome.State
	}{
		{"all", map[string]string{"cpu": oldCPU, "io": io, "memory": "some avg10=0.00 avg60=0.00 avg300=0.00 total=0\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=0"},
			&report.Pressure{CPU: &report.Stall{SomePercent: 31.62}, IO: &report.Stall{SomePercent: 3.57, FullPercent: 2.29}, Memory: &report.Stall{}}, outcome.OK},
		{"one", map[string]string{"io": io}, &report.Pressure{IO: &report.Stall{SomePercent: 3.57, FullPercent: 2.29}}, outcome.OK},
		{"none", nil, nil, outcome.Unavailable},
		{"nonsense", map[string]string{"io": "some avg10=900 x"}, nil, outcome.Unavailable},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, err := psi.Read(sysfstest.Tree(t, test.files))
			if state := outcome.Of("psi", err, 0).State; state != test.state {
				t.Errorf("state = %s (%v), want %s", state, err, test.state)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("pressure (-want +got):\n%s", diff)
			}
		})
	}
}

func FuzzParse(f *testing.F) {
	f.Add(oldCPU)
	f.Add(io)
	f.Fuzz(func(t *testing.T, text string) {
		stall, _ := psi.Parse(text)
		if !(stall.SomePercent >= 0 && stall.SomePercent <= 100 && stall.FullPercent >= 0 && stall.FullPercent <= 100) {
			t.Errorf("stall = %+v", stall)
		}
	})
}
