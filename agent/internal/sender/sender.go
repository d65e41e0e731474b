// Package sender delivers reports to the hub, in order and through outages.
//
// A [Sender] holds the reports not yet accepted in a queue of at most [Capacity]; when it is full the oldest is dropped.
// Reports are encoded when they are queued, so that they keep the time at which they were taken, and are sent oldest
// first, one at a time. After a failure the sender backs off, with jitter, so that agents do not return to a hub all at
// once. What the hub refuses for lack of permission is not kept: 403 drops the report.
package sender

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/hashicorp/go-hclog"

	"github.com/pulse-hub/pulse/agent/report"
)

// Capacity is the greatest number of reports that wait for the hub: half an hour at the default interval.
const Capacity = 60

// Errors of the package.
var (
	// ErrTooLarge means that a report is larger than the hub accepts.
	ErrTooLarge = errors.New("report is larger than the hub accepts")
	// ErrUnreadableAnswer means that something answered with success but not as a hub does.
	ErrUnreadableAnswer = errors.New("the answer is not one of a hub")
)

// maxRefusals is how often the hub may call the same report malformed before it is dropped, as a report that can never
// be accepted would otherwise hold up all that follow.
const maxRefusals = 3

// Options configures a [Sender].
type Options struct {
	// URL is the hub's base URL without a trailing slash.
	URL string
	// Token is the API token.
	Token string
	// Path is the endpoint below URL, such as report.HostPath.
	Path string
	// MaxBytes is the largest body the endpoint takes.
	MaxBytes int
	// UserAgent is sent with each request.
	UserAgent string
	// Client sends the requests; see [NewClient].
	Client *http.Client
	// Logger receives failures and recoveries, on change of state only. Required.
	Logger hclog.Logger
	// OnAnswer is called with each answer of the hub, from Run's goroutine. May be nil.
	OnAnswer func(report.HostAnswer)
}

// Stats counts what became of reports since the start.
type Stats struct {
	// Sent counts reports the hub accepted.
	Sent uint64
	// Failed counts attempts that did not end with acceptance.
	Failed uint64
	// Dropped counts reports that were given up: pushed out of the full queue or refused for good.
	Dropped uint64
	// Queued is the number of reports that wait now.
	Queued int
}

// Sender delivers reports. Queue and Stats may be called from any goroutine; Run must be called once.
type Sender struct {
	options Options
	wake    chan struct{} // capacity one: there is something new to send

	mu    sync.Mutex
	queue []*pending // oldest first, at most Capacity
	stats Stats      // Queued is not kept here
	state state      // the last thing that was logged
}

// pending is one report that the hub has not accepted yet.
type pending struct {
	body     []byte
	refusals int
}

// New returns a sender that has sent nothing. It starts no goroutine.
func New(options Options) *Sender {
	return &Sender{options: options, wake: make(chan struct{}, 1)}
}

// Queue encodes a report and puts it last in the queue. It does not block. When the queue is full the oldest report is
// dropped. The error is ErrTooLarge or that of encoding.
func (s *Sender) Queue(value any) error {
	body, err := json.Marshal(value)
	if err != nil {
		return fmt.Errorf("encode report: %w", err)
	}
	if len(body) > s.options.MaxBytes {
		return fmt.Errorf("%w: %d of %d bytes", ErrTooLarge, len(body), s.options.MaxBytes)
	}
	s.mu.Lock()
	s.queue = append(s.queue, &pending{body: body})
	if len(s.queue) > Capacity {
		s.dropOldestLocked()
	}
	s.mu.Unlock()

	select {
	case s.wake <- struct{}{}:
	default: // it will look anyway
	}
	return nil
}

// Stats returns the counts up to now.
func (s *Sender) Stats() Stats {
	s.mu.Lock()
	defer s.mu.Unlock()
	stats := s.stats
	stats.Queued = len(s.queue)
	return stats
}

// Run sends what is queued until the context ends, and returns nil then. Reports that still wait are lost.
func (s *Sender) Run(ctx context.Context) error {
	var backOff backOff
	for {
		retry, failed := s.drain(ctx)
		var pause <-chan time.Time
		var wake <-chan struct{}
		if failed {
			pause = time.After(max(backOff.next(), retry))
		} else {
			backOff.reset()
			wake = s.wake
		}
		select {
		case <-ctx.Done():
			s.options.Client.CloseIdleConnections()
			return nil
		case <-wake:
		case <-pause:
		}
	}
}

// drain sends from the oldest on until the queue is empty or a report fails. It returns how long the hub asked to be
// left alone, if it did.
func (s *Sender) drain(ctx context.Context) (retry time.Duration, failed bool) {
	for {
		next := s.oldest()
		if next == nil {
			return 0, false
		}
		outcome := s.post(ctx, next.body)
		if ctx.Err() != nil {
			return 0, true
		}
		s.settle(next, outcome)
		s.log(outcome)
		switch outcome.verdict {
		case accepted:
			if s.options.OnAnswer != nil {
				s.options.OnAnswer(outcome.answer)
			}
		case forbidden:
		default:
			return outcome.retry, true
		}
	}
}

func (s *Sender) oldest() *pending {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.queue) == 0 {
		return nil
	}
	return s.queue[0]
}

// settle counts the outcome and takes the report out of the queue if it is done with. Meanwhile the report may have been
// pushed out by newer ones.
func (s *Sender) settle(sent *pending, outcome outcome) {
	s.mu.Lock()
	defer s.mu.Unlock()
	queued := len(s.queue) > 0 && s.queue[0] == sent
	switch outcome.verdict {
	case accepted:
		s.stats.Sent++
		if queued {
			s.removeOldestLocked()
		}
		return
	case refused:
		sent.refusals++
	}
	s.stats.Failed++
	if queued && (outcome.verdict == forbidden || sent.refusals >= maxRefusals) {
		s.dropOldestLocked()
	}
}

func (s *Sender) dropOldestLocked() {
	s.removeOldestLocked()
	s.stats.Dropped++
}

func (s *Sender) removeOldestLocked() {
	copy(s.queue, s.queue[1:])
	s.queue[len(s.queue)-1] = nil // let go of the body
	s.queue = s.queue[:len(s.queue)-1]
}
