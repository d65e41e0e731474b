package metrics

import (
	"slices"
	"sync"

	"github.com/prometheus/prometheus/tsdb"

	"github.com/pulse-hub/pulse/hub/internal/metrics/rollup"
)

// A latecomers record says in which windows there may be samples that no block holds yet. The TSDB keeps samples that
// came late in memory until it compacts the head, and tells no more than a bound of their times that never shrinks.
//
// Each commit marks the windows of its samples. The TSDB writes to blocks what came late after what came in order, and
// then plans merges; a plan after a compaction of the head therefore says that everything is in blocks that was
// committed before that compaction began, which cannot be earlier than the plan before it. It is safe for concurrent
// use.
type latecomers struct {
	mu sync.Mutex
	// fresh was marked since the last plan, old before it.
	fresh, old map[int64]struct{}
	until      int64 // end of the newest block in order at the last plan
}

func newLatecomers() *latecomers {
	return &latecomers{fresh: make(map[int64]struct{}), old: make(map[int64]struct{})}
}

// mark marks windows by their start.
func (l *latecomers) mark(windows []int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, w := range windows {
		l.fresh[w] = struct{}{}
	}
}

// planned is called when the TSDB plans merges, with the end of its newest block in order.
func (l *latecomers) planned(until int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if until > l.until {
		l.until = until
		clear(l.old)
	}
	for w := range l.fresh {
		l.old[w] = struct{}{}
	}
	clear(l.fresh)
}

// windows returns the marked windows that begin before a time, in order.
func (l *latecomers) windows(before int64) spans {
	l.mu.Lock()
	defer l.mu.Unlock()
	var out spans
	for _, marked := range []map[int64]struct{}{l.fresh, l.old} {
		for from := range marked {
			if from < before {
				out = append(out, rollup.Window{From: from, To: from + sumWindow.Milliseconds()})
			}
		}
	}
	return out.joined()
}

// addWindow adds the window of a time to a list that holds each once, the last one added at its end.
func addWindow(windows []int64, at int64) []int64 {
	length := sumWindow.Milliseconds()
	if n := len(windows); n > 0 && at >= windows[n-1] && at < windows[n-1]+length {
		return windows
	}
	from := floorTo(at, length)
	if i := slices.Index(windows, from); i >= 0 {
		windows = slices.Delete(windows, i, i+1)
	}
	return append(windows, from)
}

// orderedUntil returns the time before which everything that came in order is in blocks; 0 without blocks.
func orderedUntil(blocks []*tsdb.Block) int64 {
	var until int64
	for _, b := range blocks {
		if meta := b.Meta(); !meta.Compaction.FromOutOfOrder() {
			until = max(until, meta.MaxTime)
		}
	}
	return until
}
