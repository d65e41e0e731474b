package metrics

import (
	"errors"
	"sync"
	"testing"
	"time"
)

func TestUntilItIsOpenAStoreTakesSamplesAndAnswersNothing(t *testing.T) {
	dir, newest := filledDir(t)
	s, err := New(Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	q := Query{Names: []string{DiskUsedBytes}, From: newest, To: newest + 1}
	if _, err := s.Select(t.Context(), q); !errors.Is(err, ErrReplaying) {
		t.Errorf("select = %v, want %v", err, ErrReplaying)
	}
	if _, err := s.Queryable().Querier(q.From, q.To); !errors.Is(err, ErrReplaying) {
		t.Errorf("querier = %v, want %v", err, ErrReplaying)
	}
	if got := s.Stats(); !got.Replaying || got.Blocks != 0 {
		t.Errorf("stats = %+v, want replaying", got)
	}
	if _, err := s.Gatherer().Gather(); err != nil {
		t.Errorf("gather = %v", err)
	}
	h := mustIntern(t, s, Series{Name: DiskUsedBytes, Resource: "r"})
	if err := s.Append(t.Context(), []Sample{{h, newest + 1, 7}}); err != nil {
		t.Errorf("append = %v", err)
	}
	var running sync.WaitGroup
	running.Go(func() {
		if err := s.Run(t.Context()); err != nil {
			t.Errorf("run: %v", err)
		}
	})
	if err := s.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := mustSelect(t, s, q); len(got) != 1 || len(got[0].Points) != 2 {
		t.Errorf("once open: %+v, want two samples", got)
	}
	if s.Stats().Replaying {
		t.Error("still replaying")
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	running.Wait()
}

func TestAStoreThatWasNeverOpen(t *testing.T) {
	s, err := New(Options{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Append(t.Context(), []Sample{{mustIntern(t, s, Series{Name: Up, Resource: "r"}), time.Now().UnixMilli(), 1}}); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err == nil {
		t.Error("a sample was dropped without a word")
	}
	if err := s.Close(); err != nil {
		t.Errorf("second close: %v", err)
	}
	if err := s.Run(t.Context()); !errors.Is(err, ErrClosed) {
		t.Errorf("run after close = %v, want %v", err, ErrClosed)
	}
}

func TestRunSaysWhyItCannotOpen(t *testing.T) {
	dir := t.TempDir()
	openTest(t, Options{Dir: dir})
	s, err := New(Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Run(t.Context()); !errors.Is(err, ErrInUse) {
		t.Errorf("run = %v, want %v", err, ErrInUse)
	}
	if err := s.Append(t.Context(), make([]Sample, 1)); !errors.Is(err, ErrClosed) {
		t.Errorf("append = %v, want %v", err, ErrClosed)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}
