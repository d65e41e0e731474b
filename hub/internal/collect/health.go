package collect

import (
	"cmp"
	"slices"
	"time"

	"github.com/pulse-hub/pulse/hub/internal/inventory"
)

// DueSoon is the time ahead in which tasks count for Queue.DueSoon.
const DueSoon = 12 * time.Second

// Reason is why a dataset has become a dead letter.
type Reason string

// The reasons.
const (
	ReasonRetries   Reason = "max_retry_attempts" // too many transient failures in a row
	ReasonPermanent Reason = "permanent_failure"  // one that trying again does not help
)

// Health is how collecting does. It is a copy: the caller owns it.
type Health struct {
	At time.Time
	// Adaptive says that intervals follow how things go.
	Adaptive  bool
	Queue     Queue
	Instances []InstanceHealth // ordered by type, name and ID
}

// Queue counts the tasks: the datasets of all sources.
type Queue struct {
	// Depth counts those that wait, DueSoon those of them that are due within DueSoon.
	Depth, DueSoon int
	// Running counts those that are being polled.
	Running int
	// PerType counts those that wait by the type of their source.
	PerType map[string]int
}

// InstanceHealth is how one source does, over all of its datasets.
type InstanceHealth struct {
	Source inventory.SourceRef
	// LastSuccess is the newest of any dataset, zero if there was none.
	LastSuccess time.Time
	// LastError is the newest of any dataset, nil if there was none.
	LastError *PollError
	// Failures is the greatest number of failures in a row of a dataset,
	// FirstFailure the time of the first of all those rows.
	Failures     int
	FirstFailure time.Time
	// Staleness is 0 right after a success, and 1 if there was none or the last
	// one is as old as the longest interval of adaptive polling, usually five minutes.
	Staleness float64
	Breaker   BreakerHealth
	// DeadLetter is that of its first dataset that is one, nil if none is.
	DeadLetter *DeadLetter
	Datasets   []DatasetHealth
}

// BreakerHealth is how the breaker of a source stands.
type BreakerHealth struct {
	State BreakerState
	// Since is the time of the last change of state, zero if it never changed.
	Since time.Time
	// RetryAt is when an open breaker lets a poll through, zero in other states.
	RetryAt  time.Time
	Failures int // in a row
}

// DatasetHealth is how one dataset does.
type DatasetHealth struct {
	Name string
	// Interval is the time from the last poll to the next one, its failures aside.
	Interval time.Duration
	Running  bool
	// NextRun is when it is due; zero while it runs.
	NextRun     time.Time
	LastSuccess time.Time
	// LastDuration is how long the last poll took.
	LastDuration time.Duration
	LastError    *PollError
	Failures     int // in a row
	DeadLetter   *DeadLetter
}

// PollError is a failed poll. It is immutable.
type PollError struct {
	At      time.Time
	Message string
	// Permanent says that trying again does not help.
	Permanent bool
}

// DeadLetter is a dataset that is only tried rarely.
type DeadLetter struct {
	Reason                    Reason
	FirstAttempt, LastAttempt time.Time
	// Retries counts the attempts since it is one.
	Retries int
	// NextRetry is when it is tried again; zero while it is.
	NextRetry time.Time
}

// Health returns how collecting does now.
func (s *Scheduler) Health() Health {
	now := time.Now()
	health := Health{At: now, Adaptive: s.adaptive.Enabled, Queue: Queue{PerType: map[string]int{}}}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, found := range s.targets {
		health.Instances = append(health.Instances, found.health(now, s.adaptive.fullyStale()))
	}
	for _, t := range s.queue.tasks {
		health.Queue.Depth++
		health.Queue.PerType[t.target.source.Ref.Type]++
		if t.due.Sub(now) <= DueSoon {
			health.Queue.DueSoon++
		}
	}
	health.Queue.Running = s.running
	slices.SortFunc(health.Instances, func(a, b InstanceHealth) int {
		return cmp.Or(cmp.Compare(a.Source.Type, b.Source.Type),
			cmp.Compare(a.Source.Name, b.Source.Name), cmp.Compare(a.Source.ID, b.Source.ID))
	})
	return health
}

func (t *target) health(now time.Time, fullyStale time.Duration) InstanceHealth {
	health := InstanceHealth{Source: t.source.Ref, Staleness: 1, Breaker: t.breaker.health()}
	for _, task := range t.tasks {
		dataset := task.health()
		health.Datasets = append(health.Datasets, dataset)
		health.include(&dataset, task.firstFailure)
	}
	if !health.LastSuccess.IsZero() {
		health.Staleness = min(1, max(0, float64(now.Sub(health.LastSuccess))/float64(fullyStale)))
	}
	return health
}

// include counts a dataset in for its source.
func (h *InstanceHealth) include(dataset *DatasetHealth, firstFailure time.Time) {
	if dataset.LastSuccess.After(h.LastSuccess) {
		h.LastSuccess = dataset.LastSuccess
	}
	if h.LastError == nil || dataset.LastError != nil && dataset.LastError.At.After(h.LastError.At) {
		h.LastError = dataset.LastError
	}
	if !firstFailure.IsZero() && (h.FirstFailure.IsZero() || firstFailure.Before(h.FirstFailure)) {
		h.FirstFailure = firstFailure
	}
	h.Failures = max(h.Failures, dataset.Failures)
	if h.DeadLetter == nil {
		h.DeadLetter = dataset.DeadLetter
	}
}

func (t *task) health() DatasetHealth {
	health := DatasetHealth{
		Name: t.dataset.Name, Interval: t.rhythm.interval, Running: t.running(),
		LastSuccess: t.lastSuccess, LastDuration: t.lastDuration, LastError: t.lastError, Failures: t.failures,
	}
	if !health.Running {
		health.NextRun = t.due
	}
	if t.dead != nil {
		dead := *t.dead
		dead.NextRetry = health.NextRun
		health.DeadLetter = &dead
	}
	return health
}

func (b *breaker) health() BreakerHealth {
	health := BreakerHealth{State: b.state, Since: b.since, Failures: b.failures}
	if b.state == BreakerOpen {
		health.RetryAt = b.retryAt
	}
	return health
}
