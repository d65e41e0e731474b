package notify

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"
)

const (
	// longestSleep is how long nothing is looked at when nothing is due.
	longestSleep = time.Hour
	// debtRetry is when what could not be written is tried again.
	debtRetry = 30 * time.Second
	// maxTold bounds the alerts of which it is known who was told.
	maxTold = 50_000
	// maxSentIDs bounds the delivered messages that are not made again.
	maxSentIDs = 2000
)

// work is what the goroutine that runs a Pipeline works with; nobody else touches it.
type work struct {
	*Pipeline
	// news is set when somebody has said that there are any.
	news bool
	// taken is the number of the newest event that was taken.
	taken  uint64
	window window
	told   map[uint64]*told
	storm  storm
	// collected are the digests that are under way, by channel.
	collected map[string]*collection

	lanes map[string]*lane
	// known are the ids of what was queued or delivered lately, by which nothing is told twice.
	known    map[string]struct{}
	sentIDs  []string
	newest   int64 // the newest id
	channels []Channel
	listedAt time.Time

	results chan result
	flying  int // messages that are being sent
	sends   sync.WaitGroup

	// debts are records that are done with and could not be deleted yet.
	debts   map[place]struct{}
	debtsAt time.Time
	// states of what can fail again and again, which are logged when they change.
	unwritten, unlisted bool
}

func newWork(p *Pipeline) *work {
	return &work{
		Pipeline: p, news: true, told: map[uint64]*told{}, collected: map[string]*collection{}, lanes: map[string]*lane{},
		known: map[string]struct{}{}, results: make(chan result, maxFlying), debts: map[place]struct{}{},
	}
}

// step does what is due and returns how long there is nothing to do.
func (w *work) step(ctx context.Context) time.Duration {
	now := time.Now()
	if w.news {
		w.news = false
		w.take(ctx)
	}
	next := []time.Time{
		w.closeWindow(ctx, now), w.tellDigests(ctx, now), w.payDebts(ctx, now), w.dispatch(ctx, now),
	}
	w.publish(now)
	sleep := longestSleep
	for _, at := range next {
		if !at.IsZero() {
			sleep = min(sleep, max(0, at.Sub(now)))
		}
	}
	return sleep
}

// end waits for what is being sent, which has a moment left, and writes down what became of it.
func (w *work) end(ctx context.Context) {
	for w.flying > 0 {
		w.settle(ctx, w.finished(<-w.results))
	}
	w.sends.Wait()
}

// queue puts a message where it waits for its channel.
func (w *work) queue(m *message) {
	l := w.lanes[m.Channel]
	if l == nil {
		l = &lane{channel: Channel{ID: m.Channel}}
		w.lanes[m.Channel] = l
	}
	l.add(m)
	w.known[m.DeliveryID] = struct{}{}
	var id int64
	if n, err := fmt.Sscanf(m.ID, "%x", &id); n == 1 && err == nil {
		w.newest = max(w.newest, id)
	}
}

// nextID returns an id that sorts behind all others.
func (w *work) nextID(now time.Time) string {
	w.newest = max(w.newest+1, now.UnixNano())
	return fmt.Sprintf("%016x", w.newest)
}

// noteSent remembers for a time that something was delivered.
func (w *work) noteSent(deliveryID string) {
	w.known[deliveryID] = struct{}{}
	w.sentIDs = append(w.sentIDs, deliveryID)
	if len(w.sentIDs) > maxSentIDs {
		delete(w.known, w.sentIDs[0])
		w.sentIDs = slices.Delete(w.sentIDs, 0, 1)
	}
}
