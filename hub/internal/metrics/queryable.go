package metrics

import (
	"errors"
	"fmt"
	"math"
	"sync"

	"github.com/prometheus/prometheus/storage"
)

// Queryable gives what is stored the way PromQL reads it: samples as far back as they are kept, and before that what
// sums of five minutes and then of an hour stand for, as [rollup.Tier.Samples] makes it. Each moment has one source.
//
// A querier keeps the files open until it is closed: no goroutine may hold two of them, and none longer than a query
// takes, because writing may have to wait for it.
func (s *Store) Queryable() storage.Queryable { return storage.QueryableFunc(s.querier) }

func (s *Store) querier(from, to int64) (storage.Querier, error) {
	s.dbMu.RLock()
	release := sync.OnceFunc(s.dbMu.RUnlock)
	if s.db == nil {
		release()
		return nil, ErrReplaying
	}
	opened, err := s.openQuerier(from, min(to, math.MaxInt64-1))
	if err != nil {
		release()
		return nil, err
	}
	return &heldQuerier{Querier: opened, release: release}, nil
}

// openQuerier opens what a time is read from. The caller holds dbMu.
func (s *Store) openQuerier(from, to int64) (storage.Querier, error) {
	var opened []storage.Querier
	for _, seg := range s.plan(Query{From: from, To: to}) {
		q, err := s.openSegment(seg)
		if err != nil {
			problems := []error{fmt.Errorf("open querier: %w", err)}
			for _, q := range opened {
				problems = append(problems, q.Close())
			}
			return nil, errors.Join(problems...)
		}
		opened = append(opened, q)
	}
	return storage.NewMergeQuerier(opened, nil, storage.ChainedSeriesMerge), nil
}

func (s *Store) openSegment(seg segment) (storage.Querier, error) {
	if seg.tier == nil {
		return s.db.Querier(seg.From, seg.To-1)
	}
	return seg.tier.Samples(seg.Window)
}

// A heldQuerier keeps the TSDB from being opened again under those who read from it.
type heldQuerier struct {
	storage.Querier
	release func()
}

// Close is part of storage.Querier.
func (q *heldQuerier) Close() error {
	defer q.release()
	return q.Querier.Close()
}
