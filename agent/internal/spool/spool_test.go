package spool_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/go-hclog"

	"github.com/pulse-hub/pulse/agent/internal/spool"
)

const day = 24 * time.Hour

func options(dir string, readers ...string) spool.Options {
	return spool.Options{Dir: dir, MaxBytes: 64 << 20, MaxAge: day, Readers: readers, Logger: hclog.NewNullLogger()}
}

func open(t *testing.T, options spool.Options) *spool.Log {
	t.Helper()
	log := spool.Open(options)
	t.Cleanup(func() {
		if err := log.Close(); err != nil {
			t.Errorf("Close = %v", err)
		}
	})
	return log
}

// add appends a record and returns its sequence.
func add(t *testing.T, log *spool.Log, body []byte) uint64 {
	t.Helper()
	sequence := log.Next()
	if err := log.Append(spool.Record{Sequence: sequence, At: time.Now().UTC().Truncate(time.Millisecond), Body: body}); err != nil {
		t.Fatal(err)
	}
	return sequence
}

// drain reads and acknowledges at most so many records and returns their sequences.
func drain(reader *spool.Reader, count int) (list []uint64) {
	for range count {
		record, ok := reader.Peek()
		if !ok {
			break
		}
		list = append(list, record.Sequence)
		reader.Ack(record.Sequence)
	}
	return list
}

func filesIn(t *testing.T, dir string) (count int, size int64) {
	t.Helper()
	list, err := filepath.Glob(filepath.Join(dir, "*.spool"))
	if err != nil {
		t.Fatal(err)
	}
	for _, each := range list {
		info, err := os.Stat(each)
		if err != nil {
			t.Fatal(err)
		}
		size += info.Size()
	}
	return len(list), size
}

func TestRecordsComeBackAsTheyWere(t *testing.T) {
	log := open(t, options(t.TempDir(), "hub"))
	want := spool.Record{Sequence: log.Next(), At: time.UnixMilli(time.Now().UnixMilli()).UTC(), Body: []byte("report")}
	if err := log.Append(want); err != nil {
		t.Fatal(err)
	}
	for range 2 { // until it is acknowledged
		got, ok := log.Reader(0).Peek()
		if diff := cmp.Diff(want, got); diff != "" || !ok {
			t.Errorf("Peek = %v (-want +got):\n%s", ok, diff)
		}
	}
	log.Reader(0).Ack(want.Sequence)
	if _, ok := log.Reader(0).Peek(); ok {
		t.Error("an acknowledged record comes again")
	}
}

func TestSpoolOfAHubThatAnswersStaysTiny(t *testing.T) {
	dir := t.TempDir()
	log := open(t, options(dir, "hub"))
	for range 5000 {
		add(t, log, make([]byte, 2000))
		drain(log.Reader(0), 1)
		if count, size := filesIn(t, dir); count != 1 || size > 100 {
			t.Fatalf("%d files of %d bytes", count, size)
		}
	}
}

func TestReopen(t *testing.T) {
	dir := t.TempDir()
	log := spool.Open(options(dir, "a", "b"))
	var all []uint64
	for i := range 300 {
		all = append(all, add(t, log, make([]byte, 1000*(i%5))))
	}
	drain(log.Reader(0), 200)
	drain(log.Reader(1), 10)
	if err := log.Close(); err != nil {
		t.Fatal(err)
	}
	if err := log.Close(); err != nil {
		t.Errorf("second Close = %v", err)
	}
	if err := log.Append(spool.Record{}); !errors.Is(err, spool.ErrClosed) {
		t.Errorf("Append after Close = %v", err)
	}

	log = open(t, options(dir, "b", "a", "c"))
	if next := log.Next(); next <= all[299] {
		t.Errorf("next sequence %d is not beyond %d", next, all[299])
	}
	for i, want := range [][]uint64{all[10:], all[200:], all} {
		if got := drain(log.Reader(i), 1000); !slices.Equal(got, want) {
			t.Errorf("reader %d: %d records from %d on, want %d from %d on", i, len(got), got[0], len(want), want[0])
		}
	}
}

func TestSequencesGrowWhenTheClockIsSetBack(t *testing.T) {
	dir := t.TempDir()
	var last uint64
	synctest.Test(t, func(t *testing.T) { // the bubble's clock begins in 2000
		time.Sleep(365 * day)
		log := open(t, options(dir, "hub"))
		for range 3000 {
			last = add(t, log, nil)
			drain(log.Reader(0), 1)
		}
	})
	synctest.Test(t, func(t *testing.T) {
		log := open(t, options(dir, "hub"))
		if next := log.Next(); next <= last || next > last+2000 {
			t.Errorf("next sequence = %d after %d", next, last)
		}
	})
}

func TestSizeIsBounded(t *testing.T) {
	dir := t.TempDir()
	opt := options(dir, "up", "down")
	opt.MaxBytes = 1 << 20
	log := open(t, opt)
	var all []uint64
	for range 4000 {
		all = append(all, add(t, log, make([]byte, 1000)))
		drain(log.Reader(0), 1)
		if stats := log.Stats(); stats.Bytes > opt.MaxBytes {
			t.Fatalf("%d bytes", stats.Bytes)
		}
	}
	stats := log.Stats()
	got := drain(log.Reader(1), 5000)
	if !slices.Equal(got, all[len(all)-len(got):]) || len(got) < 800 {
		t.Errorf("%d records are left, or not the newest", len(got))
	}
	if stats.Dropped != uint64(len(all)-len(got)) || stats.Waiting != len(got) {
		t.Errorf("stats = %+v, want %d dropped", stats, len(all)-len(got))
	}
}

func TestAgeIsBounded(t *testing.T) {
	for name, dir := range map[string]string{"disk": t.TempDir(), "memory": ""} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				log := open(t, options(dir, "hub"))
				var all []uint64
				for range 50 {
					all = append(all, add(t, log, []byte("x")))
					time.Sleep(time.Hour)
				}
				add(t, log, nil)
				if got := drain(log.Reader(0), 100)[:24]; !slices.Equal(got, all[26:]) || log.Stats().Dropped != 26 {
					t.Errorf("left %d of 50, dropped %d", len(got), log.Stats().Dropped)
				}
			})
		})
	}
}

func TestMemoryOnly(t *testing.T) {
	blocked := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(blocked, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, dir := range []string{"", filepath.Join(blocked, "spool")} {
		log := open(t, options(dir, "a", "b"))
		var all []uint64
		for range 70 {
			all = append(all, add(t, log, []byte("x")))
		}
		if stats := log.Stats(); !stats.Memory || stats.Dropped != 10 || stats.Waiting != 60 || (stats.Problem != nil) != (dir != "") {
			t.Errorf("stats = %+v", stats)
		}
		if got := drain(log.Reader(0), 100); !slices.Equal(got, all[10:]) {
			t.Errorf("%d records", len(got))
		}
		if kept := log.Reader(1).KeepNewest(5); kept != 55 || log.Stats().Waiting != 5 {
			t.Errorf("KeepNewest = %d, stats %+v", kept, log.Stats())
		}
	}
}

func TestTwoAgentsDoNotShareASpool(t *testing.T) {
	dir := t.TempDir()
	first := spool.Open(options(dir, "hub"))
	second := open(t, options(dir, "hub"))
	if !second.Stats().Memory || second.Stats().Problem == nil || first.Stats().Memory {
		t.Errorf("first %+v, second %+v", first.Stats(), second.Stats())
	}
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	if third := open(t, options(dir, "hub")); third.Stats().Memory {
		t.Errorf("third %+v", third.Stats())
	}
}

// disk gives out files and takes only so many bytes.
type disk struct{ free int }

type diskFile struct {
	*os.File
	disk *disk
}

var errFull = errors.New("no space left on device")

func (d *disk) open(path string) (spool.File, error) {
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	return &diskFile{file, d}, err
}

func (f *diskFile) WriteAt(bytes []byte, at int64) (int, error) {
	if len(bytes) > f.disk.free {
		written, _ := f.File.WriteAt(bytes[:f.disk.free], at) // as a real one does
		f.disk.free = 0
		return written, errFull
	}
	f.disk.free -= len(bytes)
	return f.File.WriteAt(bytes, at)
}

func TestFullDisk(t *testing.T) {
	dir := t.TempDir()
	full := &disk{free: 10_500}
	opt := options(dir, "a", "b")
	opt.OpenFile = full.open
	log := spool.Open(opt)
	var all []uint64
	for range 10 {
		all = append(all, add(t, log, make([]byte, 1000)))
	}
	for range 70 {
		all = append(all, add(t, log, make([]byte, 1000)))
	}
	stats := log.Stats()
	if !stats.Memory || !errors.Is(stats.Problem, errFull) || stats.Dropped != 10 {
		t.Errorf("stats = %+v, want the newest in memory", stats)
	}
	want := slices.Concat(all[:10], all[20:]) // ten on disk, sixty in memory
	if got := drain(log.Reader(0), 75); !slices.Equal(got, want) {
		t.Errorf("first reader got %d records, want %d", len(got), len(want))
	}
	full.free = 1 << 20
	want = append(want, add(t, log, nil))
	if stats := log.Stats(); stats.Memory || stats.Problem != nil || stats.Waiting != len(want) {
		t.Errorf("stats = %+v, want all on disk", stats)
	}
	if err := log.Close(); err != nil {
		t.Fatal(err)
	}
	log = open(t, opt)
	if got := drain(log.Reader(1), 100); !slices.Equal(got, want) {
		t.Errorf("after a restart: %d records, want %d", len(got), len(want))
	}
}

func TestEveryCutLeavesWhatWasWhole(t *testing.T) {
	source := t.TempDir()
	log := spool.Open(options(source, "a", "b"))
	var ends []int64
	var all []uint64
	for i := range 5 {
		all = append(all, add(t, log, bytes.Repeat([]byte{byte(i)}, 10*i)))
		ends = append(ends, log.Stats().Bytes)
	}
	if err := log.Close(); err != nil {
		t.Fatal(err)
	}
	raw, err := os.ReadFile(filepath.Join(source, "0000000000000001.spool"))
	if err != nil {
		t.Fatal(err)
	}
	for cut := range raw {
		for _, flip := range []bool{false, true} {
			t.Run(fmt.Sprint(cut, flip), func(t *testing.T) {
				damaged := slices.Clone(raw[:cut])
				if flip {
					damaged = slices.Clone(raw)
					damaged[cut] ^= 0x40
				}
				dir := t.TempDir()
				if err := os.WriteFile(filepath.Join(dir, "0000000000000001.spool"), damaged, 0o600); err != nil {
					t.Fatal(err)
				}
				whole := 0
				for whole < len(ends) && ends[whole] <= int64(cut) {
					whole++
				}
				if flip && cut >= 8 && cut < 20 { // the reserved sequence is not needed to read the records
					whole = len(ends)
				}
				log := open(t, options(dir, "a"))
				again := add(t, log, []byte("after"))
				if got := drain(log.Reader(0), 10); !slices.Equal(got, append(slices.Clone(all[:whole]), again)) {
					t.Errorf("records %v, want %v and %d", got, all[:whole], again)
				}
			})
		}
	}
}

// TestAgainstAModel runs random operations on a log and on plain slices.
func TestAgainstAModel(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	dir := t.TempDir()
	opt := options(dir, "a", "b")
	opt.MaxBytes = 32 << 20
	log := spool.Open(opt)
	waiting := make([][]uint64, 2)
	for step := range 5000 {
		reader := random.IntN(2)
		switch random.IntN(12) {
		case 0, 1, 2, 3, 4:
			sequence := add(t, log, make([]byte, random.IntN(6000)))
			for i := range waiting {
				waiting[i] = append(waiting[i], sequence)
			}
		case 5:
			if random.IntN(20) > 0 {
				continue
			}
			if err := log.Close(); err != nil {
				t.Fatal(err)
			}
			log = spool.Open(opt)
		case 6:
			count := random.IntN(200)
			surplus := max(len(waiting[reader])-count, 0)
			if got := log.Reader(reader).KeepNewest(count); got != surplus {
				t.Fatalf("step %d: KeepNewest = %d, want %d", step, got, surplus)
			}
			waiting[reader] = waiting[reader][surplus:]
		default:
			count := min(random.IntN(6), len(waiting[reader]))
			if got := drain(log.Reader(reader), count); !slices.Equal(got, waiting[reader][:count]) {
				t.Fatalf("step %d: got %v, want %v", step, got, waiting[reader][:count])
			}
			waiting[reader] = waiting[reader][count:]
		}
		if got := log.Reader(reader).Waiting(); got != len(waiting[reader]) {
			t.Fatalf("step %d: %d waiting, want %d", step, got, len(waiting[reader]))
		}
	}
	if err := log.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestClosedReaderHoldsNothing(t *testing.T) {
	dir := t.TempDir()
	log := open(t, options(dir, "a", "b"))
	for range 100 {
		add(t, log, make([]byte, 1000))
	}
	drain(log.Reader(0), 100)
	log.Reader(1).Close()
	add(t, log, nil)
	drain(log.Reader(0), 1)
	if _, size := filesIn(t, dir); size > 100 {
		t.Errorf("%d bytes are kept for nobody", size)
	}
	if _, ok := log.Reader(1).Peek(); ok || log.Reader(1).Waiting() != 0 {
		t.Error("a closed reader has records")
	}
}

func BenchmarkAppendAndAck(b *testing.B) {
	log := spool.Open(options(b.TempDir(), "hub"))
	defer log.Close()
	body := make([]byte, 1500)
	b.ReportAllocs()
	for b.Loop() {
		sequence := log.Next()
		if err := log.Append(spool.Record{Sequence: sequence, At: time.Now(), Body: body}); err != nil {
			b.Fatal(err)
		}
		log.Reader(0).Ack(sequence)
	}
}

func TestInspect(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "spool")
	if reports, bytes, err := spool.Inspect(dir); reports != 0 || bytes != 0 || err != nil {
		t.Errorf("Inspect of nothing = %d, %d, %v", reports, bytes, err)
	}
	log := open(t, options(dir, "hub"))
	for range 7 {
		add(t, log, make([]byte, 100))
	}
	if reports, bytes, err := spool.Inspect(dir); reports != 7 || bytes != log.Stats().Bytes || err != nil {
		t.Errorf("Inspect = %d, %d, %v", reports, bytes, err)
	}
	if got := drain(log.Reader(0), 10); len(got) != 7 {
		t.Errorf("%d records are left after Inspect", len(got))
	}
}

// counted is a file that counts how often it is flushed.
type counted struct {
	*os.File
	flushed *atomic.Int32
}

func (c counted) Sync() error {
	c.flushed.Add(1)
	return c.File.Sync()
}

func TestOnlyWhatWaitsIsFlushed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var flushed atomic.Int32
		opt := options(t.TempDir(), "hub")
		opt.OpenFile = func(path string) (spool.File, error) {
			file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
			return counted{file, &flushed}, err
		}
		log := open(t, opt)
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- log.Run(ctx) }()
		report := func(times int, answered bool) {
			for range times {
				add(t, log, []byte("x"))
				if answered {
					drain(log.Reader(0), 100)
				}
				time.Sleep(5 * time.Second)
			}
		}
		report(120, true)
		if count := flushed.Load(); count != 0 {
			t.Errorf("flushed %d times in ten minutes with a hub", count)
		}
		report(120, false)
		if count := flushed.Load(); count < 9 || count > 11 {
			t.Errorf("flushed %d times in ten minutes without a hub", count)
		}
		cancel()
		if err := <-done; err != nil {
			t.Errorf("Run = %v", err)
		}
	})
}

func TestRunDropsWhatIsTooOldWithoutNewReports(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := open(t, options(t.TempDir(), "hub"))
		add(t, log, []byte("x"))
		ctx, cancel := context.WithTimeout(t.Context(), 25*time.Hour)
		defer cancel()
		_ = log.Run(ctx)
		if stats := log.Stats(); stats.Waiting != 0 || stats.Dropped != 1 || stats.Bytes > 100 {
			t.Errorf("stats = %+v", stats)
		}
	})
}
