package write

import (
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/go-hclog"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/metadata"
	"github.com/prometheus/prometheus/tsdb/chunks"
	"github.com/prometheus/prometheus/tsdb/record"
	"github.com/prometheus/prometheus/tsdb/wlog"
	"github.com/prometheus/prometheus/util/compression"
)

// journal is a log that a test writes record by record.
type journal struct {
	t   testing.TB
	dir string
	*wlog.WL
	encoder record.Encoder
}

func newJournal(t testing.TB) *journal {
	t.Helper()
	j := &journal{t: t, dir: filepath.Join(t.TempDir(), "wal")}
	j.open()
	t.Cleanup(func() { _ = j.Close() })
	return j
}

// open opens the log, which begins a new segment.
func (j *journal) open() {
	j.t.Helper()
	log, err := wlog.NewSize(slog.New(slog.DiscardHandler), nil, j.dir, 64<<10, compression.Snappy)
	if err != nil {
		j.t.Fatal(err)
	}
	j.WL = log
}

func (j *journal) define(ref int, name string) {
	j.t.Helper()
	j.write(j.encoder.Series([]record.RefSeries{{Ref: chunks.HeadSeriesRef(ref), Labels: labels.FromStrings("__name__", name)}}, nil))
}

func (j *journal) sample(ref int, times ...int64) {
	j.t.Helper()
	var all []record.RefSample
	for _, at := range times {
		all = append(all, record.RefSample{Ref: chunks.HeadSeriesRef(ref), T: at, V: float64(at)})
	}
	j.write(j.encoder.Samples(all, nil))
}

func (j *journal) write(raw []byte) {
	j.t.Helper()
	if err := j.Log(raw); err != nil {
		j.t.Fatal(err)
	}
}

func (j *journal) next() {
	j.t.Helper()
	if _, err := j.NextSegmentSync(); err != nil {
		j.t.Fatal(err)
	}
}

// truncate moves what is needed of the segments up to one into a checkpoint and removes them.
func (j *journal) truncate(upTo int, mint int64, keep ...int) {
	j.t.Helper()
	first, _, err := wlog.Segments(j.dir)
	if err != nil {
		j.t.Fatal(err)
	}
	kept := func(ref chunks.HeadSeriesRef) bool { return slices.Contains(keep, int(ref)) }
	if _, err := wlog.Checkpoint(slog.New(slog.DiscardHandler), j.WL, first, upTo, kept, mint, false, false); err != nil {
		j.t.Fatal(err)
	}
	if err := j.Truncate(upTo + 1); err != nil {
		j.t.Fatal(err)
	}
}

func (j *journal) tail(at position) *tail { return newTail(j.dir, at, hclog.NewNullLogger()) }

// drain reads what there is as name and time.
func drain(t testing.TB, from *tail) []string {
	t.Helper()
	var all []string
	for {
		batch, err := from.read(nil, 3)
		if err != nil {
			t.Fatal(err)
		}
		if len(batch) == 0 {
			return all
		}
		for _, s := range batch {
			all = append(all, fmt.Sprint(s.series.labels.Get("__name__"), " ", s.at))
		}
	}
}

func check(t *testing.T, what string, got []string, want ...string) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

func TestTailFollowsTheLog(t *testing.T) {
	missing := newTail(filepath.Join(t.TempDir(), "wal"), beginning(), hclog.NewNullLogger())
	check(t, "a log that is not there yet", drain(t, missing))
	j := newJournal(t)
	tail := j.tail(beginning())
	defer tail.close()
	check(t, "an empty log", drain(t, tail))
	j.define(1, "a")
	j.sample(1, 10, 20)
	check(t, "the first samples", drain(t, tail), "a 10", "a 20")
	j.next()
	j.define(2, "b")
	j.sample(2, 30)
	j.sample(1, 40)
	j.next()
	j.sample(2, 50)
	check(t, "two segments later", drain(t, tail), "b 30", "a 40", "b 50")
	j.sample(3, 60)
	check(t, "a series that nobody defined", drain(t, tail))
	if tail.unknown != 1 {
		t.Errorf("%d samples of unknown series, want 1", tail.unknown)
	}
}

func TestTailGoesOnWhereItWas(t *testing.T) {
	j := newJournal(t)
	j.define(1, "a")
	first := j.tail(beginning())
	for n := range int64(30) {
		j.sample(1, n)
		if n%7 == 0 {
			j.next()
		}
		if got := drain(t, first); len(got) != 1 {
			t.Fatalf("read %v after one sample", got)
		}
		j.sample(1, 1000+n)
		again := j.tail(first.at)
		check(t, "after a new start", drain(t, again), fmt.Sprint("a ", 1000+n))
		again.close()
		check(t, "without one", drain(t, first), fmt.Sprint("a ", 1000+n))
	}
	first.close()
}

func TestTailReadsTheCheckpoint(t *testing.T) {
	j := newJournal(t)
	j.define(1, "a")
	j.define(2, "gone")
	j.sample(1, 10)
	j.sample(2, 10)
	running := j.tail(beginning())
	defer running.close()
	check(t, "before", drain(t, running), "a 10", "gone 10")
	stopped := running.at
	j.sample(1, 90)
	j.next()
	j.sample(1, 100)
	j.next()
	j.truncate(1, 95, 1)
	j.sample(1, 110)

	late := j.tail(stopped)
	defer late.close()
	check(t, "one that missed the truncation", drain(t, late), "a 100", "a 110")
	if late.gaps != 1 {
		t.Errorf("%d gaps, want 1", late.gaps)
	}
	fresh := j.tail(beginning())
	defer fresh.close()
	check(t, "a new one", drain(t, fresh), "a 100", "a 110")
	if fresh.gaps != 0 {
		t.Errorf("a new one has %d gaps", fresh.gaps)
	}
	known := j.tail(position{Segment: 2})
	defer known.close()
	check(t, "one behind the checkpoint", drain(t, known), "a 110")

	// The one that was running still has the first segment open, and misses the second.
	check(t, "a slow one", drain(t, running), "a 90", "a 100", "a 110")
	if running.gaps != 1 {
		t.Errorf("a slow one has %d gaps, want 1", running.gaps)
	}
}

func TestTailForgetsSeries(t *testing.T) {
	j := newJournal(t)
	tail := j.tail(beginning())
	defer tail.close()
	j.define(1, "a")
	j.define(2, "gone")
	j.sample(1, 10)
	drain(t, tail)
	j.next()
	j.define(3, "c")
	j.sample(3, 20)
	drain(t, tail)
	j.truncate(0, 15, 1)
	j.next()
	j.sample(1, 30)
	check(t, "after the checkpoint", drain(t, tail), "a 30")
	if len(tail.series) != 2 || tail.series[1] == nil || tail.series[3] == nil {
		t.Errorf("knows %v, want series 1 and 3", tail.series)
	}
}

func TestTailSurvivesRepair(t *testing.T) {
	j := newJournal(t)
	j.define(1, "a")
	j.sample(1, 10)
	tail := j.tail(beginning())
	defer tail.close()
	check(t, "before", drain(t, tail), "a 10")
	j.sample(1, 20)
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	// A commit that the disk had no room for: half a record at the end.
	file, err := os.OpenFile(wlog.SegmentName(j.dir, 0), os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	if err := file.Truncate(tail.at.Offset + 10); err != nil {
		t.Fatal(err)
	}
	_ = file.Close()
	check(t, "half a record", drain(t, tail))
	j.open()
	j.sample(1, 20, 30)
	check(t, "after it was opened again", drain(t, tail), "a 20", "a 30")
}

func TestTailStartsOverWithANewLog(t *testing.T) {
	j := newJournal(t)
	j.define(1, "a")
	j.next()
	j.sample(1, 10)
	tail := j.tail(beginning())
	defer tail.close()
	check(t, "before", drain(t, tail), "a 10")
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.RemoveAll(j.dir); err != nil {
		t.Fatal(err)
	}
	j.open()
	j.define(1, "b")
	j.sample(1, 20)
	check(t, "a log in its place", append(drain(t, tail), drain(t, tail)...), "b 20")
}

func TestPositionsThatMakeNoSenseAreTheBeginning(t *testing.T) {
	path := filepath.Join(t.TempDir(), "position.json")
	want := position{Segment: 3, Offset: 77}
	if err := want.save(path); err != nil {
		t.Fatal(err)
	}
	if got, err := loadPosition(path); err != nil || got != want {
		t.Errorf("%+v, %v; want %+v", got, err, want)
	}
	for _, content := range []string{"", "{", `{"segment":-9}`, `{"segment":1,"offset":-1}`, `[]`} {
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		if got, err := loadPosition(path); err != nil || got != beginning() {
			t.Errorf("%q: %+v, %v", content, got, err)
		}
	}
}

// BenchmarkPassing reads a log and makes requests of it: one operation is 100,000 samples of 1,000 series.
func BenchmarkPassing(b *testing.B) {
	for _, protocol := range []Protocol{V1, V2} {
		b.Run(string(protocol), func(b *testing.B) {
			j := newJournal(b)
			for ref := range 1000 {
				j.write(j.encoder.Series([]record.RefSeries{{Ref: chunks.HeadSeriesRef(ref), Labels: labels.FromStrings(
					"__name__", "pulse_memory_used_bytes", "kind", "vm", "resource", fmt.Sprintf("lab/qemu/%d", ref))}}, nil))
			}
			for round := range int64(100) {
				var all []record.RefSample
				for ref := range 1000 {
					all = append(all, record.RefSample{Ref: chunks.HeadSeriesRef(ref), T: round * 10_000, V: float64(ref)})
				}
				j.write(j.encoder.Samples(all, nil))
			}
			encoder := newEncoder(protocol, labels.EmptyLabels(), func(string) metadata.Metadata { return metadata.Metadata{} })
			bytes, count := 0, 0
			b.ReportAllocs()
			for b.Loop() {
				tail := j.tail(beginning())
				var batch []sample
				for {
					var err error
					if batch, err = tail.read(batch[:0], DefaultBatch); err != nil {
						b.Fatal(err)
					}
					if len(batch) == 0 {
						break
					}
					bytes += len(encoder.encode(batch))
					count += len(batch)
				}
				tail.close()
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(count), "ns/sample")
			b.ReportMetric(float64(bytes)/float64(count), "bytes/sample")
		})
	}
}
