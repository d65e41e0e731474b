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
		if err := s.db.Compact(t.Context()); err != nil {
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
