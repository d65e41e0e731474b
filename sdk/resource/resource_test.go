package resource

import "testing"

func TestCapacityRatios(t *testing.T) {
	tests := []struct {
		name        string
		capacity    Capacity
		ratio, full float64
		known       bool
	}{
		{"nothing known", Capacity{}, 0, 0, false},
		{"plain", Capacity{Total: 100, Used: 25, Free: 75}, 0.25, 0.25, true},
		{"reserved blocks do not count as free", Capacity{Total: 100, Used: 40, Free: 40}, 0.4, 0.5, true},
		{"full for everybody but root", Capacity{Total: 100, Used: 95}, 0.95, 1, true},
		{"only the size is known", Capacity{Total: 100}, 0, 0, true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			ratio, known := test.capacity.Ratio()
			full, fullKnown := test.capacity.FullRatio()
			if ratio != test.ratio || full != test.full || known != test.known || fullKnown != test.known {
				t.Errorf("Ratio %v %v, FullRatio %v %v; want %v, %v, %v", ratio, known, full, fullKnown, test.ratio, test.full, test.known)
			}
		})
	}
}
