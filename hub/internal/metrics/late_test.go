package metrics

import (
	"testing"
	"time"
)

// TestLateSamplesDoNotHideTheLog makes blocks of late samples in time that the head still holds. They must not be
// merged with blocks in order that were written before: a restart would take all of their time for moved into blocks.
func TestLateSamplesDoNotHideTheLog(t *testing.T) {
	dir := t.TempDir()
	s, stop := startModelStore(t, dir)
	h := mustIntern(t, s, Series{Name: DiskUsedBytes, Resource: "r"})
	// Two blocks of two hours leave the head, the third stays: its end is less than an hour and a half ago.
	end := floorTo(time.Now().UnixMilli()-testHour, 6*testHour)
	from, to := end-6*testHour, end+testHour/2
	minute := time.Minute.Milliseconds()
	var batch []Sample
	for at := from; at < to; at += minute {
		batch = append(batch, Sample{h, at, 1})
	}
	for at := end - 2*testHour; at < to; at += minute {
		batch = append(batch, Sample{h, at + 1000, 2})
	}
	mustAppend(t, s, batch...)
	if err := s.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	for range 2 { // the second would merge what the first has made
		if err := s.compact(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	stop()
	s, stop = startModelStore(t, dir)
	defer stop()
	stored := 0
	for _, r := range mustSelect(t, s, Query{Names: []string{DiskUsedBytes}, From: from, To: to}) {
		stored += len(r.Points)
	}
	if stored != len(batch) {
		t.Errorf("%d of %d samples are there after a restart", stored, len(batch))
	}
}

// TestLateSamplesAreFoundAfterARestart compacts late samples whose chunks an earlier run has written, which makes the
// TSDB delete all files of chunks. Chunks that are written afterwards must not be taken for those.
func TestLateSamplesAreFoundAfterARestart(t *testing.T) {
	dir := t.TempDir()
	s, stop := startModelStore(t, dir)
	h := mustIntern(t, s, Series{Name: DiskUsedBytes, Resource: "r"})
	now := time.Now().UnixMilli()
	mustAppend(t, s, Sample{h, now, 0})
	mustAppend(t, s, Sample{h, now - testHour, 1})
	compactLate := func() {
		t.Helper()
		if err := s.db.CompactOOOHead(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	compactLate()
	stop()
	s, stop = startModelStore(t, dir)
	defer stop()
	compactLate()
	h = mustIntern(t, s, Series{Name: DiskUsedBytes, Resource: "r"})
	const count = 100 // more than late samples of one series are held back before they are written to a file
	var batch []Sample
	for i := range int64(count) {
		batch = append(batch, Sample{h, now - testHour + (i+1)*1000, float64(i)})
	}
	mustAppend(t, s, batch...)
	for _, when := range []string{"before", "after"} {
		results := mustSelect(t, s, Query{Names: []string{DiskUsedBytes}, From: now - 2*testHour, To: now})
		if len(results) != 1 || len(results[0].Points) != count+2 {
			t.Errorf("%s a compaction %d samples are found, want %d", when, len(results[0].Points), count+2)
		}
		compactLate()
	}
}

// TestWhatBecomesOfSamples goes through the table in docs/metrics.md.
func TestWhatBecomesOfSamples(t *testing.T) {
	const first, second = 1, 9
	now := time.Now().UnixMilli()
	minute := time.Minute.Milliseconds()
	tests := []struct {
		name   string
		at     int64
		value  float64
		counts Rejections
		stored bool
	}{
		{"newer than the last", now + 1000, second, Rejections{}, true},
		{"late", now - 10*minute, second, Rejections{}, true},
		{"as late as may be", now - day.Milliseconds() + minute, second, Rejections{}, true},
		{"too late", now - day.Milliseconds() - minute, second, Rejections{TooOld: 1}, false},
		{"the same again", now, first, Rejections{}, true},
		{"another value for the newest time", now, second, Rejections{Conflict: 1}, true},
		{"ahead by less than ten minutes", now + 9*minute, second, Rejections{}, true},
		{"ahead by more", now + 11*minute, second, Rejections{Future: 1}, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := openTest(t, Options{})
			runTest(t, s)
			h := mustIntern(t, s, Series{Name: DiskUsedBytes, Resource: "r"})
			other := mustIntern(t, s, Series{Name: DiskUsedBytes, Resource: "other"})
			mustAppend(t, s, Sample{h, now, first})
			mustAppend(t, s, Sample{other, now, 5}, Sample{h, tt.at, tt.value}, Sample{other, now + 1, 6})
			if got := s.Stats().Rejected; got != tt.counts {
				t.Errorf("rejected %+v, want %+v", got, tt.counts)
			}
			for _, when := range []string{"before", "after"} {
				found := 0
				for _, r := range mustSelect(t, s, Query{Names: []string{DiskUsedBytes}, From: tt.at, To: tt.at}) {
					if r.Resource == "r" {
						found += len(r.Points)
					}
				}
				if (found == 1) != tt.stored {
					t.Errorf("%s a compaction it is there %d times, want stored %v", when, found, tt.stored)
				}
				others := mustSelect(t, s, Query{Names: []string{DiskUsedBytes}, Resources: []string{"other"}, From: now, To: now + 1})
				if len(others) != 1 || len(others[0].Points) != 2 {
					t.Errorf("%s a compaction the rest of the batch is %+v", when, others)
				}
				if err := s.db.CompactOOOHead(t.Context()); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
}

// TestASecondLateValue stores two values for a time that is not the newest: there is one of them, and it stays the same.
func TestASecondLateValue(t *testing.T) {
	s := openTest(t, Options{})
	runTest(t, s)
	now := time.Now().UnixMilli()
	h := mustIntern(t, s, Series{Name: DiskUsedBytes, Resource: "r"})
	mustAppend(t, s, Sample{h, now - 2000, 1})
	mustAppend(t, s, Sample{h, now, 2})
	mustAppend(t, s, Sample{h, now - 2000, 9})
	var before float64
	for _, when := range []string{"before", "after"} {
		got := mustSelect(t, s, Query{Names: []string{DiskUsedBytes}, From: now - 2000, To: now})
		if len(got) != 1 || len(got[0].Points) != 2 {
			t.Fatalf("%s a compaction: %+v, want two points", when, got)
		}
		value := got[0].Points[0].Avg
		if when == "before" {
			before = value
		}
		if value != before || value != 1 && value != 9 {
			t.Errorf("%s a compaction the value is %g", when, value)
		}
		if err := s.db.CompactOOOHead(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("of 1 and a later 9, %g is kept", before)
}
