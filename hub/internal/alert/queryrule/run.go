package queryrule

import (
	"cmp"
	"context"
	"slices"
	"sync"
	"time"
)

const (
	// concurrent is how many rules are evaluated at a time.
	concurrent = 2
	// lookInterval is how often it is looked which are due.
	lookInterval = time.Second
)

// Run evaluates rules until ctx ends, and returns when no evaluation goes on any more.
func (f *Finder) Run(ctx context.Context) error {
	var working sync.WaitGroup
	defer working.Wait()
	tick := time.NewTicker(lookInterval)
	defer tick.Stop()
	turns := make(chan struct{}, concurrent)
	for {
		for _, one := range f.begin(concurrent - len(turns)) {
			turns <- struct{}{}
			working.Go(func() {
				defer func() { <-turns }()
				points, err := f.evaluator.evaluate(ctx, one.expr, one.at)
				if ctx.Err() == nil {
					f.end(one, points, err)
				}
			})
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// An evaluation is one that has begun.
type evaluation struct {
	rule *rule
	expr string
	at   time.Time
}

// begin chooses rules that are due, those first that wait for the longest time. They count as running.
func (f *Finder) begin(most int) []evaluation {
	f.mu.Lock()
	defer f.mu.Unlock()
	now := f.Now()
	var due []*rule
	for _, r := range f.rules {
		if !r.running && (now.Sub(r.begunAt) >= r.every || now.Before(r.begunAt)) {
			due = append(due, r)
		}
	}
	slices.SortStableFunc(due, func(a, b *rule) int {
		return cmp.Compare(a.begunAt.Add(a.every).UnixNano(), b.begunAt.Add(b.every).UnixNano())
	})
	due = due[:min(len(due), most)]
	out := make([]evaluation, 0, len(due))
	for _, r := range due {
		r.running, r.begunAt = true, now
		out = append(out, evaluation{r, r.Expr, now})
	}
	return out
}

// end takes note of what an evaluation gave.
func (f *Finder) end(one evaluation, points []point, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	r := one.rule
	r.running = false
	switch {
	case err != nil && r.problem == nil:
		r.failingSince = one.at
		f.Logger.Warn("alert rule cannot be evaluated", "rule", r.ID, "error", err)
	case err == nil && r.problem != nil:
		r.failingSince = time.Time{}
		f.Logger.Info("alert rule is evaluated again", "rule", r.ID)
	}
	if r.problem = err; err == nil {
		r.answer, r.answeredAt = points, one.at
	}
}
