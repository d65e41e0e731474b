package unit

import (
	"math"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestFinite(t *testing.T) {
	for _, v := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
		if got := Finite(v); got != 0 {
			t.Errorf("Finite(%g) = %g, want 0", v, got)
		}
	}
	if got := Percent(0.375); got != 37.5 {
		t.Errorf("Percent(0.375) = %g, want 37.5", got)
	}
	if got := Percent(math.MaxFloat64); got != 0 {
		t.Errorf("Percent of the largest number = %g, want 0", got)
	}
	if PercentOf(nil) != 0 || Fraction(nil) != 0 {
		t.Error("an unknown ratio is not 0")
	}
}

func TestFloatsAreCopiedOnlyToBeCleaned(t *testing.T) {
	clean := []float64{1, 2}
	if got := Floats(clean); &got[0] != &clean[0] {
		t.Error("a clean list was copied")
	}
	dirty := []float64{1, math.NaN(), 3, math.Inf(1)}
	if diff := cmp.Diff([]float64{1, 0, 3, 0}, Floats(dirty)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if !math.IsNaN(dirty[1]) {
		t.Error("the list handed in was changed")
	}
	if diff := cmp.Diff(map[string]float64{"a": 0, "b": 1}, FloatMap(map[string]float64{"a": math.NaN(), "b": 1})); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestPerSecond(t *testing.T) {
	for rate, want := range map[float64]int64{-5: 0, 0: 0, 1.4: 1, 1.5: 2, 1e30: math.MaxInt64, math.Inf(1): 0} {
		if got := PerSecond(rate); got != want {
			t.Errorf("PerSecond(%g) = %d, want %d", rate, got, want)
		}
	}
}

func TestTimes(t *testing.T) {
	at := time.Date(2026, 3, 1, 12, 0, 0, 987_000_000, time.FixedZone("x", 3600))
	if got, want := Millis(at), at.Unix()*1000; got != want {
		t.Errorf("Millis = %d, want %d", got, want)
	}
	if got := ExactMillis(at) % 1000; got != 987 {
		t.Errorf("ExactMillis lost the milliseconds: %d", got)
	}
	for name, f := range map[string]func(time.Time) int64{"Millis": Millis, "ExactMillis": ExactMillis, "UnixSeconds": UnixSeconds} {
		if got := f(time.Time{}); got != 0 {
			t.Errorf("%s of the zero time is %d, want 0", name, got)
		}
	}
	for _, far := range []time.Time{time.Unix(1<<40, 0), time.Unix(-1<<40, 0)} {
		if _, err := Time(far).MarshalJSON(); err != nil {
			t.Errorf("Time(%v) cannot be encoded: %v", far.Unix(), err)
		}
	}
	if got := Time(at); got.Location() != time.UTC || !got.Equal(at) {
		t.Errorf("Time = %v, want %v in UTC", got, at)
	}
}
