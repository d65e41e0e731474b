package inventory

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pulse-hub/pulse/sdk/resource"
)

// counted is an observation of one host whose receive counter stands at bytes.
func counted(after time.Duration, sequence, bytes uint64, late bool) Observation {
	return Observation{
		At: start.Add(after), Sequence: sequence, Late: late, Complete: true,
		Resources: []resource.Resource{{
			ID: "h", Kind: resource.KindHost, Usage: resource.Usage{Counters: &resource.Traffic{NetIn: bytes}},
		}},
	}
}

// told is what consumers are told by one observation: rate, mark and time.
type told struct {
	Rate  float64
	Late  bool
	After time.Duration
}

func drainTold(sub *Subscription) []told {
	var list []told
	for len(sub.batches) > 0 {
		batch := <-sub.batches
		for _, change := range batch.Changes {
			one := told{Rate: -1, Late: batch.Late, After: batch.At.Sub(start)}
			if change.After.Rates != nil {
				one.Rate = change.After.Rates.NetIn
			}
			list = append(list, one)
		}
	}
	return list
}

func TestLateObservationsBelongToTheHistory(t *testing.T) {
	b := newBench(t)
	sub := b.Subscribe("test", 100)
	b.apply(counted(0, 1, 0, false))
	b.now = start.Add(10 * time.Minute)
	before := b.Snapshot()
	// The outage is told in order, each report newer than all that is known.
	for i := range uint64(3) {
		outcome := b.apply(counted(time.Duration(i+1)*10*time.Second, i+2, (i+1)*100, true))
		if !outcome.Late {
			t.Error("a late observation was taken for the present")
		}
	}
	if b.Snapshot() != before {
		t.Error("late observations changed the present")
	}
	b.apply(counted(10*time.Minute, 5, 6000, false))
	want := []told{
		{-1, false, 0},
		{10, true, 10 * time.Second}, {10, true, 20 * time.Second}, {10, true, 30 * time.Second},
		{10, false, 10 * time.Minute}, // 5700 bytes in the 570 seconds since the last late one
	}
	if diff := cmp.Diff(want, drainTold(sub)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestLateReadingsDoNotDisturbThePresent(t *testing.T) {
	b := newBench(t)
	sub := b.Subscribe("test", 100)
	b.apply(counted(100*time.Second, 10, 1000, false))
	b.apply(counted(20*time.Second, 2, 200, true)) // nothing older is known
	b.apply(counted(30*time.Second, 3, 400, true))
	b.apply(counted(110*time.Second, 11, 1100, false))
	want := []told{
		{-1, false, 100 * time.Second}, {-1, true, 20 * time.Second}, {20, true, 30 * time.Second}, {10, false, 110 * time.Second},
	}
	if diff := cmp.Diff(want, drainTold(sub)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestNumbersMakeRepeatsKnown(t *testing.T) {
	b := newBench(t)
	steps := []struct {
		name     string
		after    time.Duration
		sequence uint64
		late     bool
		repeated bool
	}{
		{"first", 0, 1, false, false},
		{"again", 0, 1, false, true},
		{"again, a little later by the hub's clock", 300 * time.Millisecond, 1, false, true},
		{"next", 10 * time.Second, 2, false, false},
		{"one of before", 0, 1, false, true},
		{"late", 5 * time.Second, 7, true, false},
		{"late again", 5 * time.Second, 7, true, true},
		{"a source that counts anew", 20 * time.Second, 1, false, false},
	}
	for _, step := range steps {
		if got := b.apply(counted(step.after, step.sequence, 0, step.late)).Repeated; got != step.repeated {
			t.Errorf("%s: repeated is %t, want %t", step.name, got, step.repeated)
		}
	}
}

func TestSequencesAreRemembered(t *testing.T) {
	var s sequences
	for _, n := range []uint64{5, 3, 4, 9, 1} {
		if s.has(n) {
			t.Errorf("%d was there before it came", n)
		}
		s.add(n)
	}
	if diff := cmp.Diff([]span{{1, 1}, {3, 5}, {9, 9}}, s.spans, cmp.AllowUnexported(span{})); diff != "" {
		t.Error(diff)
	}
	for n, want := range map[uint64]bool{0: false, 1: true, 2: false, 3: true, 5: true, 6: false, 9: true, 10: false} {
		if s.has(n) != want {
			t.Errorf("has(%d) is %t", n, !want)
		}
	}
	for n := range uint64(1000) {
		s.add(100 + 2*n)
	}
	if len(s.spans) != maxSpans || !s.has(100+2*999) || s.has(1) {
		t.Errorf("%d runs are kept", len(s.spans))
	}
}

func TestSettingsStayWithTheResource(t *testing.T) {
	b := newBench(t)
	settings := &Settings{DisplayName: "Mine"}
	if err := b.Annotate(t.Context(), "lab/h", settings); err != nil {
		t.Fatal(err)
	}
	sub := b.Subscribe("test", 100)
	b.apply(counted(0, 1, 0, false))
	entry, _ := b.Snapshot().Get("lab/h")
	if entry.Settings != settings {
		t.Error("a resource came without the settings it was given before")
	}
	b.apply(counted(10*time.Second, 2, 10, false))
	<-sub.Batches()
	<-sub.Batches()
	if err := b.Annotate(t.Context(), "lab/h", nil); err != nil {
		t.Fatal(err)
	}
	batch := <-sub.Batches()
	if batch.Measured || len(batch.Changes) != 1 || batch.Changes[0].Before.Settings != settings || batch.Changes[0].After.Settings != nil {
		t.Errorf("consumers are told %+v", batch)
	}
	if entry, _ = b.Snapshot().Get("lab/h"); entry.Settings != nil || entry.Rates == nil {
		t.Errorf("the resource is %+v", entry)
	}
}
