package metrics

import (
	"fmt"
	"sync"

	"github.com/prometheus/prometheus/storage"
)

// Queryable gives the stored samples the way PromQL reads them. A querier keeps the files open until it is closed: no
// goroutine may hold two of them, and none longer than a query takes, because writing may have to wait for it.
func (s *Store) Queryable() storage.Queryable { return storage.QueryableFunc(s.querier) }

func (s *Store) querier(from, to int64) (storage.Querier, error) {
	s.dbMu.RLock()
	if s.db == nil {
		s.dbMu.RUnlock()
		return nil, ErrReplaying
	}
	opened, err := s.db.Querier(from, to)
	if err != nil {
		s.dbMu.RUnlock()
		return nil, fmt.Errorf("open querier: %w", err)
	}
	return &heldQuerier{Querier: opened, release: sync.OnceFunc(s.dbMu.RUnlock)}, nil
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
