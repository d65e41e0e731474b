package metrics

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hashicorp/go-hclog"
	"github.com/prometheus/prometheus/model/histogram"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/storage"
)

// A fakeDB keeps committed samples in memory, and refuses commits while full.
type fakeDB struct {
	mu       sync.Mutex
	full     bool
	commits  []int // samples in each
	reopened int
}

func (f *fakeDB) AppenderV2(context.Context) storage.AppenderV2 { return &fakeAppender{db: f} }

func (f *fakeDB) reopen() (storage.AppendableV2, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.full {
		return nil, errors.New("no space left on device")
	}
	f.reopened++
	return f, nil
}

func (f *fakeDB) setFull(full bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.full = full
}

func (f *fakeDB) total() (n int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, c := range f.commits {
		n += c
	}
	return n
}

type fakeAppender struct {
	db *fakeDB
	n  int
}

func (a *fakeAppender) Append(storage.SeriesRef, labels.Labels, int64, int64, float64, *histogram.Histogram, *histogram.FloatHistogram, storage.AppendV2Options) (storage.SeriesRef, error) {
	a.n++
	return 1, nil
}

func (a *fakeAppender) Commit() error {
	a.db.mu.Lock()
	defer a.db.mu.Unlock()
	if a.db.full {
		return errors.New("no space left on device")
	}
	a.db.commits = append(a.db.commits, a.n)
	return nil
}

func (a *fakeAppender) Rollback() error { return nil }

// fakeWriter returns a writer over a fake, with a queue of ten samples.
func fakeWriter() (*writer, *fakeDB, *Store) {
	s := &Store{
		log:     hclog.NewNullLogger(),
		opts:    Options{}.withDefaults(),
		handles: &handles{limit: 10, byKey: make(map[seriesKey]*Handle)},
		queue:   newQueue(10, time.Minute),
		late:    newLatecomers(),
	}
	db := &fakeDB{}
	return &writer{s: s, db: db, reopen: db.reopen}, db, s
}

func samples(t *testing.T, s *Store, n int) []Sample {
	t.Helper()
	h, err := s.Intern(Series{Name: Up, Resource: "r"})
	if err != nil {
		t.Fatal(err)
	}
	batch := make([]Sample, n)
	for i := range batch {
		batch[i] = Sample{h, time.Now().UnixMilli() - int64(i), 1}
	}
	return batch
}

func TestWriterGathersSmallBatches(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, db, s := fakeWriter()
		ctx, cancel := context.WithCancel(t.Context())
		var wg sync.WaitGroup
		wg.Go(func() {
			if err := w.run(ctx); err != nil {
				t.Errorf("run: %v", err)
			}
		})
		for range 4 {
			if err := s.queue.put(ctx, samples(t, s, 1)); err != nil {
				t.Fatal(err)
			}
			synctest.Wait()
		}
		// The first is written at once, the others wait for each other.
		if got := db.total(); got != 1 {
			t.Errorf("%d samples written at first, want 1", got)
		}
		time.Sleep(commitInterval) // the clock of the bubble
		synctest.Wait()
		if len(db.commits) != 2 || db.commits[1] != 3 {
			t.Errorf("commits = %v, want 1 sample and then 3", db.commits)
		}
		cancel()
		wg.Wait()
		if err := s.queue.put(t.Context(), samples(t, s, 1)); !errors.Is(err, ErrClosed) {
			t.Errorf("put after the end = %v, want %v", err, ErrClosed)
		}
	})
}

func TestFullDiskLosesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, db, s := fakeWriter()
		db.setFull(true)
		ctx, cancel := context.WithCancel(t.Context())
		var wg sync.WaitGroup
		wg.Go(func() {
			if err := w.run(ctx); err != nil {
				t.Errorf("run: %v", err)
			}
		})
		taken := 0
		for {
			err := s.queue.put(ctx, samples(t, s, 3))
			if errors.Is(err, ErrBusy) {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
			taken += 3
			synctest.Wait()
		}
		if taken == 0 || taken > 20 {
			t.Errorf("%d samples taken while nothing was written, want at most the queue and one drain of it", taken)
		}
		db.setFull(false)
		if err := s.queue.flush(ctx); err != nil {
			t.Fatal(err)
		}
		if got := db.total(); got != taken {
			t.Errorf("%d samples written, want %d", got, taken)
		}
		if db.reopened != 1 {
			t.Errorf("after failed commits the TSDB was opened again %d times, want once", db.reopened)
		}
		cancel()
		wg.Wait()
	})
}

func TestEndWritesWhatIsQueued(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, db, s := fakeWriter()
		if err := s.queue.put(t.Context(), samples(t, s, 7)); err != nil {
			t.Fatal(err)
		}
		ended, cancel := context.WithCancel(t.Context())
		cancel()
		if err := w.run(ended); err != nil {
			t.Fatal(err)
		}
		if got := db.total(); got != 7 {
			t.Errorf("%d samples written, want 7", got)
		}
		w2, db2, s2 := fakeWriter()
		db2.setFull(true)
		if err := s2.queue.put(t.Context(), samples(t, s2, 7)); err != nil {
			t.Fatal(err)
		}
		if err := w2.run(ended); err == nil {
			t.Error("run over a full disk ended without an error")
		}
	})
}

func TestBatchLargerThanTheQueue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, db, s := fakeWriter()
		ctx, cancel := context.WithCancel(t.Context())
		var wg sync.WaitGroup
		wg.Go(func() {
			if err := w.run(ctx); err != nil {
				t.Errorf("run: %v", err)
			}
		})
		if err := s.queue.put(ctx, samples(t, s, 95)); err != nil {
			t.Fatal(err)
		}
		if err := s.queue.flush(ctx); err != nil {
			t.Fatal(err)
		}
		if got := db.total(); got != 95 {
			t.Errorf("%d samples written, want 95", got)
		}
		cancel()
		wg.Wait()
	})
}

func TestFlushEndsWithItsContext(t *testing.T) {
	_, _, s := fakeWriter()
	if err := s.queue.put(t.Context(), samples(t, s, 1)); err != nil {
		t.Fatal(err)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if err := s.queue.flush(ended); !errors.Is(err, context.Canceled) {
		t.Errorf("flush = %v, want %v", err, context.Canceled)
	}
}

func TestLifeCycle(t *testing.T) {
	s := openTest(t, Options{})
	ctx, cancel := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	wg.Go(func() {
		if err := s.Run(ctx); err != nil {
			t.Errorf("run: %v", err)
		}
	})
	mustAppend(t, s, Sample{mustIntern(t, s, Series{Name: Up, Resource: "r"}), time.Now().UnixMilli(), 1})
	if err := s.Run(ctx); !errors.Is(err, ErrRunning) {
		t.Errorf("second run = %v, want %v", err, ErrRunning)
	}
	cancel()
	wg.Wait()
	if err := s.Append(t.Context(), make([]Sample, 1)); !errors.Is(err, ErrClosed) {
		t.Errorf("append after run = %v, want %v", err, ErrClosed)
	}
	for range 2 {
		if err := s.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	}
	if err := s.Run(t.Context()); !errors.Is(err, ErrClosed) {
		t.Errorf("run after close = %v, want %v", err, ErrClosed)
	}
}

func TestCloseWithoutRunWritesWhatIsQueued(t *testing.T) {
	dir := t.TempDir()
	s := openTest(t, Options{Dir: dir})
	now := time.Now().UnixMilli()
	if err := s.Append(t.Context(), []Sample{{mustIntern(t, s, Series{Name: Up, Resource: "r"}), now, 1}}); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = openTest(t, Options{Dir: dir})
	if got := mustSelect(t, s, Query{Names: []string{Up}, From: now, To: now}); len(got) != 1 {
		t.Errorf("got %+v, want the sample", got)
	}
}
