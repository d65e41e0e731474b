package metrics

import (
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestInternRefusesBadSeries(t *testing.T) {
	long := strings.Repeat("x", 600)
	tests := []struct {
		name   string
		series Series
		ok     bool
	}{
		{"plain", Series{Name: Up, Resource: "r"}, true},
		{"all fields", Series{Name: Up, Resource: "r", Kind: "vm", Extra: []Label{{"a", "1"}, {"b", "2"}}}, true},
		{"any text as resource", Series{Name: Up, Resource: "pve/hôst 1:{}\"", Kind: "vm"}, true},
		{"no name", Series{Resource: "r"}, false},
		{"name with a space", Series{Name: "a b", Resource: "r"}, false},
		{"name starts with a digit", Series{Name: "1a", Resource: "r"}, false},
		{"long name", Series{Name: long, Resource: "r"}, false},
		{"no resource", Series{Name: Up}, false},
		{"long resource", Series{Name: Up, Resource: long}, false},
		{"resource is not UTF-8", Series{Name: Up, Resource: "\xff"}, false},
		{"kind is not UTF-8", Series{Name: Up, Resource: "r", Kind: "\xff"}, false},
		{"extra label not sorted", Series{Name: Up, Resource: "r", Extra: []Label{{"b", "1"}, {"a", "2"}}}, false},
		{"extra label twice", Series{Name: Up, Resource: "r", Extra: []Label{{"a", "1"}, {"a", "2"}}}, false},
		{"extra label is a field", Series{Name: Up, Resource: "r", Extra: []Label{{LabelKind, "1"}}}, false},
		{"extra label is internal", Series{Name: Up, Resource: "r", Extra: []Label{{"__name__", "1"}}}, false},
		{"extra label is empty", Series{Name: Up, Resource: "r", Extra: []Label{{"a", ""}}}, false},
		{"many extra labels", Series{Name: Up, Resource: "r", Extra: make([]Label, 9)}, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			h, err := newHandle(tt.series, 0)
			if tt.ok != (err == nil) || !tt.ok && !errors.Is(err, ErrBadSeries) {
				t.Fatalf("newHandle = %v, want ok = %v", err, tt.ok)
			}
			if !tt.ok {
				return
			}
			if diff := cmp.Diff(tt.series, seriesOf(h.labels)); diff != "" {
				t.Errorf("series read back from labels (-want +got):\n%s", diff)
			}
		})
	}
}

func TestInternIsBoundedAndSwept(t *testing.T) {
	set := &handles{limit: 3, byKey: make(map[seriesKey]*Handle)}
	get := func(resource string, extra ...Label) (*Handle, error) {
		return set.intern(Series{Name: Up, Resource: resource, Extra: extra})
	}
	a, err := get("a")
	if err != nil {
		t.Fatal(err)
	}
	if again, _ := get("a"); again != a {
		t.Error("the same series has two handles")
	}
	b, _ := get("a", Label{"x", "1"})
	if b == a {
		t.Error("an extra label makes no difference")
	}
	if _, err := get("b"); err != nil {
		t.Fatal(err)
	}
	if _, err := get("c"); !errors.Is(err, ErrTooManySeries) {
		t.Errorf("fourth series = %v, want %v", err, ErrTooManySeries)
	}
	if _, err := get("a"); err != nil {
		t.Errorf("known series while full = %v", err)
	}
	now := time.Now().UnixMilli()
	a.lastUsed = now + 1000
	if n := set.sweep(now + 500); n != 2 || set.len() != 1 {
		t.Errorf("swept %d and kept %d, want 2 and 1", n, set.len())
	}
	if _, err := get("c"); err != nil {
		t.Errorf("new series after the sweep = %v", err)
	}
	if got := b.Series(); got.Resource != "a" || len(got.Extra) != 1 {
		t.Errorf("a swept handle lost its series: %+v", got)
	}
}

func TestKeysOfExtraLabelsDoNotMix(t *testing.T) {
	a := keyOf(Series{Extra: []Label{{"a", "1:b"}, {"c", "2"}}})
	b := keyOf(Series{Extra: []Label{{"a", "1"}, {"b", "1:c2"}}})
	if a == b {
		t.Errorf("two lists of labels share the key %+v", a)
	}
}

func TestASweptHandleNamesTheSameSeries(t *testing.T) {
	s := openTest(t, Options{})
	runTest(t, s)
	now := time.Now().UnixMilli()
	series := Series{Name: Up, Resource: "r"}
	before := mustIntern(t, s, series)
	mustAppend(t, s, Sample{before, now - 2, 1})
	s.handles.sweep(math.MaxInt64)
	after := mustIntern(t, s, series)
	if before == after {
		t.Fatal("the handle was not swept")
	}
	mustAppend(t, s, Sample{after, now - 1, 1}, Sample{before, now, 1})
	got := mustSelect(t, s, Query{Names: []string{Up}, From: now - 10, To: now})
	if len(got) != 1 || len(got[0].Points) != 3 {
		t.Errorf("got %+v, want one series of 3 points", got)
	}
}

func TestRounding(t *testing.T) {
	tests := []struct {
		name     string
		in, want float64
	}{
		{CPUUsageRatio, 0.1, 1638.0 / 16384},
		{CPUUsageRatio, 1, 1},
		{CPUUsageRatio, 0, 0},
		{NetworkReceiveRate, 1234.56, 1235},
		{NetworkReceiveRate, 1e300, 1e300},
		{MemoryUsedBytes, 1 << 60, 1 << 60},
		{MemoryUsedBytes, 12345678901, 12345678901},
		{TemperatureCelsius, 45.5, 45.5},
		{TemperatureCelsius, -3.1, -198.0 / 64},
		{"plugin_things", 0.123456789, 0.123456789},
	}
	for _, tt := range tests {
		t.Run(fmt.Sprint(tt.name, " ", tt.in), func(t *testing.T) {
			if got := roundingFor(tt.name).apply(tt.in); got != tt.want {
				t.Errorf("rounded %v to %v, want %v", tt.in, got, tt.want)
			}
		})
	}
}

func TestFloorTo(t *testing.T) {
	tests := []struct{ at, step, want int64 }{
		{0, 10, 0}, {9, 10, 0}, {10, 10, 10}, {-1, 10, -10}, {-10, 10, -10}, {-11, 10, -20},
	}
	for _, tt := range tests {
		if got := floorTo(tt.at, tt.step); got != tt.want {
			t.Errorf("floorTo(%d, %d) = %d, want %d", tt.at, tt.step, got, tt.want)
		}
	}
}
