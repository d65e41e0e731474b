package route

import (
	"sync"
	"time"
)

// maxCallers bounds how many callers are counted one by one. When there are
// more, the ones that come last share one count.
const maxCallers = 20_000

// limiter counts requests of callers in sliding windows. It keeps two numbers
// per caller: the window slides by weighing the one before.
type limiter struct {
	mu      sync.Mutex
	windows map[caller]*window
	swept   time.Time
}

// sweepPause keeps a flood of new callers from having every one of them looked at for each.
const sweepPause = time.Second

type caller struct{ limit, who string }

type window struct {
	start         time.Time
	before, count int
}

func newLimiter() *limiter { return &limiter{windows: map[caller]*window{}} }

// allow counts one request and reports whether it is within the limit.
func (l *limiter) allow(limit Limit, who string, now time.Time) bool {
	if limit.Requests <= 0 {
		return true
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	w := l.windowLocked(caller{limit.Name, who}, limit.Window, now)
	if passed := now.Sub(w.start); passed >= 2*limit.Window {
		w.start, w.before, w.count = now, 0, 0
	} else if passed >= limit.Window {
		w.start, w.before, w.count = w.start.Add(limit.Window), w.count, 0
	}
	remains := 1 - float64(now.Sub(w.start))/float64(limit.Window)
	if float64(w.before)*remains+float64(w.count) >= float64(limit.Requests) {
		return false
	}
	w.count++
	return true
}

func (l *limiter) windowLocked(key caller, length time.Duration, now time.Time) *window {
	if w, ok := l.windows[key]; ok {
		return w
	}
	if len(l.windows) >= maxCallers {
		l.sweepLocked(now, 2*length)
	}
	if len(l.windows) >= maxCallers {
		key.who = "everybody else"
		if w, ok := l.windows[key]; ok {
			return w
		}
	}
	w := &window{start: now}
	l.windows[key] = w
	return w
}

func (l *limiter) sweepLocked(now time.Time, age time.Duration) {
	if now.Sub(l.swept) < sweepPause {
		return
	}
	l.swept = now
	for key, w := range l.windows {
		if now.Sub(w.start) > age {
			delete(l.windows, key)
		}
	}
}
