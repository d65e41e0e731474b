package signal

import (
	"math"
	"regexp"
	"testing"
	"time"
)

func TestSeedIsStableAndIndependent(t *testing.T) {
	s := Seed(1)
	if a, b := s.Float("x"), Seed(1).Float("x"); a != b {
		t.Errorf("same seed and name: got %v and %v", a, b)
	}
	if s.Float("x") == s.Float("y") || s.Float("x") == Seed(2).Float("x") || s.Float("x") == s.Child("c").Float("x") {
		t.Error("another name or seed gives the same figure")
	}
	var sum float64
	for i := range 1000 {
		sum += s.Child("n").Float(string(rune('a' + i)))
	}
	if mean := sum / 1000; mean < 0.45 || mean > 0.55 {
		t.Errorf("mean of 1000 figures is %v, want about 0.5", mean)
	}
}

func TestSeedShapes(t *testing.T) {
	tests := []struct{ name, got, want string }{
		{"uuid", Seed(1).UUID("a"), `^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`},
		{"mac", Seed(1).MAC("a"), `^02(:[0-9a-f]{2}){5}$`},
		{"hex", Seed(1).Hex("a", 64), `^[0-9a-f]{64}$`},
		{"odd hex", Seed(1).Hex("a", 7), `^[0-9a-f]{7}$`},
	}
	for _, tt := range tests {
		if !regexp.MustCompile(tt.want).MatchString(tt.got) {
			t.Errorf("%s: got %q, want %s", tt.name, tt.got, tt.want)
		}
	}
	for i := range 100 {
		if v := Seed(i).Int("n", 3, 5); v < 3 || v > 5 {
			t.Fatalf("Int(3, 5) = %d", v)
		}
		if v := Seed(i).Duration("d", time.Minute, time.Hour); v < time.Minute || v > time.Hour {
			t.Fatalf("Duration(1m, 1h) = %v", v)
		}
	}
}

func TestWaveStaysInItsRangeAndTotalIsItsArea(t *testing.T) {
	shape := Shape{Base: 10, Daily: 20, Noise: 6, Burst: 50}
	w := NewWave(7, shape)
	const step = 5 * time.Second
	at, sum := Genesis().Add(400*24*time.Hour), 0.0
	from := at
	lowest, highest, last := math.Inf(1), 0.0, 0.0
	for range 2 * 86400 / 5 {
		v := (w.At(at) + w.At(at.Add(step))) / 2
		lowest, highest = min(lowest, v), max(highest, v)
		sum += v * step.Seconds()
		at = at.Add(step)
		total := w.Total(from, at)
		if total < last {
			t.Fatalf("Total fell from %v to %v at %v", last, total, at)
		}
		last = total
	}
	if lowest < shape.Base || highest > 86 || highest < 40 {
		t.Errorf("range %v to %v, want within 10 to 86 and reaching 40", lowest, highest)
	}
	if off := math.Abs(sum-last) / sum; off > 1e-5 {
		t.Errorf("Total is %v, summed up it is %v", last, sum)
	}
	if got := w.Total(at, at); got != 0 {
		t.Errorf("Total of nothing = %v", got)
	}
}

func TestCycle(t *testing.T) {
	day := Daily(90 * time.Minute)
	at := time.Date(2026, 5, 4, 1, 0, 0, 0, time.UTC)
	if got, want := day.Last(at), time.Date(2026, 5, 3, 1, 30, 0, 0, time.UTC); !got.Equal(want) {
		t.Errorf("Last = %v, want %v", got, want)
	}
	if got, want := day.Next(at), time.Date(2026, 5, 4, 1, 30, 0, 0, time.UTC); !got.Equal(want) {
		t.Errorf("Next = %v, want %v", got, want)
	}
	if got := day.Since(day.Last(at)); got != 0 {
		t.Errorf("Since the run itself = %v, want 0", got)
	}
	if got := Weekly(0).Last(at).Weekday(); got != time.Sunday {
		t.Errorf("Weekly runs on %v", got)
	}
	before := Genesis().Add(-time.Hour)
	if got := day.Last(before); got.After(before) {
		t.Errorf("Last(%v) = %v, which is later", before, got)
	}
}

func TestFillRisesAndStartsAgain(t *testing.T) {
	f := Fill{Low: 0.2, High: 0.9, Cycle: Daily(0)}
	for _, tt := range []struct {
		at   time.Duration
		want float64
	}{{0, 0.2}, {12 * time.Hour, 0.55}, {24*time.Hour - 1, 0.2}} {
		if got := f.At(Genesis().Add(tt.at)); math.Abs(got-tt.want) > 0.01 {
			t.Errorf("At(%v) = %v, want %v", tt.at, got, tt.want)
		}
	}
}

func TestBounded(t *testing.T) {
	for _, tt := range []struct{ in, lo, hi float64 }{{-1, 0, 0}, {0.5, 0.5, 0.5}, {0.8, 0.8, 0.8}, {1, 0.85, 0.95}, {9, 0.99, 1}} {
		if got := Bounded(tt.in); got < tt.lo || got > tt.hi {
			t.Errorf("Bounded(%v) = %v, want %v to %v", tt.in, got, tt.lo, tt.hi)
		}
	}
}

func BenchmarkWaveAt(b *testing.B) {
	w := NewWave(1, Shape{Base: 1, Daily: 1, Noise: 1, Burst: 1})
	at := Genesis().Add(500 * 24 * time.Hour)
	b.ReportAllocs()
	for b.Loop() {
		w.At(at)
	}
}
