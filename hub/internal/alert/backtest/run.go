package backtest

import (
	"context"
	"sync"
	"time"

	"github.com/pulse-hub/pulse/hub/internal/alert/check"
)

const (
	// workers is how many goroutines look at history at a time.
	workers = 2
	// slice is how much time is read at once, and maxPoints how many sums: that bounds memory.
	slice     = 30 * 24 * hour
	maxPoints = 400_000
)

// A crew looks at resources with several goroutines.
type crew struct {
	request *Request
	reader  reader
	total   int
	cancel  context.CancelCauseFunc

	mu   sync.Mutex
	left []subject
	done int
}

// runAll looks at all subjects.
func runAll(ctx context.Context, r *Request, read reader, subjects []subject) (*Report, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	c := &crew{request: r, reader: read, total: len(subjects), left: subjects, cancel: cancel}
	tallies := make([]*tally, workers)
	var working sync.WaitGroup
	for i := range tallies {
		tallies[i] = newTally(r.Events)
		working.Go(func() { c.work(ctx, tallies[i]) })
	}
	working.Wait()
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	return reportOf(read, tallies), nil
}

// work looks at one batch after the other until none is left, or somebody has failed.
func (c *crew) work(ctx context.Context, t *tally) {
	for ctx.Err() == nil {
		subjects := c.take()
		if len(subjects) == 0 {
			return
		}
		if err := c.look(ctx, c.batchOf(subjects, t)); err != nil {
			c.cancel(err)
			return
		}
		c.note(len(subjects))
	}
}

// take returns the resources to look at next: as many as may be read at once.
func (c *crew) take() []subject {
	c.mu.Lock()
	defer c.mu.Unlock()
	windows := min(slice, c.reader.to-c.reader.from)/hour + 2
	points, n := int64(0), 0
	for n < len(c.left) && (n == 0 || points < maxPoints) {
		points += windows * c.left[n].series()
		n++
	}
	batch := c.left[:n]
	c.left = c.left[n:]
	return batch
}

func (c *crew) note(n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.done += n
	if c.request.Progress != nil {
		c.request.Progress(c.done, c.total)
	}
}

// A batch is some resources that are looked at together.
type batch struct {
	subjects []subject
	walkers  [][]*walker // of each
	measures []*check.Measure
	tally    *tally
}

func (c *crew) batchOf(subjects []subject, t *tally) *batch {
	b := &batch{subjects: subjects, walkers: make([][]*walker, len(subjects)), tally: t}
	for i := range subjects {
		one := &subjects[i]
		t.resources++
		t.measures += len(one.measures)
		for j := range one.measures {
			b.measures = append(b.measures, &one.measures[j])
			b.walkers[i] = append(b.walkers[i], newWalker(one, &one.measures[j], c.request, c.reader, t))
		}
	}
	return b
}

// look looks at some resources, slice by slice.
func (c *crew) look(ctx context.Context, b *batch) error {
	begin := c.reader.from - c.reader.from%hour
	for from := begin; from <= c.reader.to; from += slice {
		if err := b.walk(ctx, c.reader, from); err != nil {
			return err
		}
	}
	b.finish(time.UnixMilli(c.reader.to).UTC())
	return nil
}

// walk looks at the slice that begins at a moment.
func (b *batch) walk(ctx context.Context, r reader, from int64) error {
	read, err := r.sums(ctx, b.measures, span{from: from, to: from + slice - 1, step: hour})
	if err != nil {
		return err
	}
	var windows []window
	for i := range b.subjects {
		b.tally.now = &b.subjects[i]
		for _, w := range b.walkers[i] {
			windows = read.windows(windows[:0], w.measure)
			if err := w.walk(ctx, windows); err != nil {
				return err
			}
		}
	}
	return nil
}

// finish lets time pass until the end, and counts what has not ended by then.
func (b *batch) finish(until time.Time) {
	for i := range b.subjects {
		b.tally.now = &b.subjects[i]
		for _, w := range b.walkers[i] {
			w.finish()
			if a := w.active(); a != nil {
				b.tally.goes(a, until)
			}
		}
	}
}
