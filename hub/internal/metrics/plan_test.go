package metrics

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pulse-hub/pulse/hub/internal/metrics/rollup"
)

// pieces makes spans of the beginnings and ends of pieces.
func pieces(ends ...int64) (out spans) {
	for i := 0; i+1 < len(ends); i += 2 {
		out = append(out, rollup.Window{From: ends[i], To: ends[i+1]})
	}
	return out
}

func TestSpans(t *testing.T) {
	for _, tt := range []struct {
		name      string
		got, want spans
	}{
		{"joined", pieces(5, 7, 1, 3, 3, 4, 6, 9, 2, 2).joined(), pieces(1, 4, 5, 9)},
		{"common", pieces(0, 10, 20, 30).common(pieces(5, 25, 29, 40)), pieces(5, 10, 20, 25, 29, 30)},
		{"without the middle", pieces(0, 10).without(pieces(3, 5)), pieces(0, 3, 5, 10)},
		{"without both ends", pieces(0, 10).without(pieces(-5, 2, 8, 20)), pieces(2, 8)},
		{"without all", pieces(0, 10, 12, 14).without(pieces(0, 14)), nil},
		{"without what is elsewhere", pieces(0, 10).without(pieces(10, 12, -3, 0)), pieces(0, 10)},
		{"widened", pieces(-3, 1, 9, 11).widened(5), pieces(-5, 15)},
		{"narrowed", pieces(-3, 11, 6, 9, 15, 20).narrowed(5), pieces(0, 10, 15, 20)},
	} {
		if diff := cmp.Diff(tt.want, tt.got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.name, diff)
		}
	}
}

// TestMarksOfLateSamples follows marks through plans: one goes when the head was compacted in a run that began after it.
func TestMarksOfLateSamples(t *testing.T) {
	l := newLatecomers()
	length := sumWindow.Milliseconds()
	count := func() int {
		n := int64(0)
		for _, w := range l.windows(1 << 62) {
			n += (w.To - w.From) / length
		}
		return int(n)
	}
	l.mark([]int64{0, 5 * length})
	steps := []struct {
		name  string
		until int64
		mark  []int64
		want  int
	}{
		{"a plan without a compaction keeps them", 0, nil, 2},
		{"a compaction that began before the new one takes the old ones", length, []int64{7 * length}, 1},
		{"a plan without a compaction keeps that", length, nil, 1},
		{"the next compaction takes it", 2 * length, nil, 0},
	}
	for _, step := range steps {
		l.mark(step.mark)
		l.planned(step.until)
		if got := count(); got != step.want {
			t.Errorf("%s: %d marks, want %d", step.name, got, step.want)
		}
	}
	if got := addWindow([]int64{0, length}, 5); !cmp.Equal(got, []int64{length, 0}) {
		t.Errorf("windows = %v, want the one of the last time at the end", got)
	}
}

func TestMeterTellsADay(t *testing.T) {
	var m meter
	start := time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
	m.start = mark{start, 1000}
	m.marks = []mark{m.start}
	for _, tt := range []struct {
		after  time.Duration
		bytes  uint64
		perDay uint64
	}{
		{5 * time.Minute, 1100, 0},
		{time.Hour, 2000, 24_000},
		{24 * time.Hour, 25_000, 24_000},
		{48 * time.Hour, 25_000 + 47_000, 47_000},
	} {
		for at := m.marks[len(m.marks)-1].at.Add(time.Hour); at.Before(start.Add(tt.after)); at = at.Add(time.Hour) {
			m.readLocked(at, m.marks[len(m.marks)-1].bytes) // nothing written but at the end
		}
		got := m.readLocked(start.Add(tt.after), tt.bytes)
		if got.PerDay != tt.perDay || got.Bytes != tt.bytes-1000 {
			t.Errorf("after %s: %+v, want %d a day", tt.after, got, tt.perDay)
		}
	}
	if len(m.marks) > marksPerDay+1 {
		t.Errorf("%d marks are kept", len(m.marks))
	}
}
