package api

import (
	"slices"
	"strings"
	"time"

	"github.com/pulse-hub/pulse/hub/internal/api/route"
	"github.com/pulse-hub/pulse/hub/internal/collect"
	"github.com/pulse-hub/pulse/hub/internal/view/unit"
)

// Scheduler says how polling goes.
type Scheduler interface {
	Health() collect.Health
}

// SchedulerHealth is how polling goes.
type SchedulerHealth struct {
	UpdatedAt  time.Time        `json:"updatedAt"`
	Enabled    bool             `json:"enabled" description:"Whether intervals adapt to how things go."`
	Queue      PollQueue        `json:"queue"`
	DeadLetter DeadLetters      `json:"deadLetter"`
	Breakers   []OpenBreaker    `json:"breakers,omitempty" description:"Only those that are not closed and pristine."`
	Staleness  []Staleness      `json:"staleness,omitempty"`
	Instances  []PolledInstance `json:"instances"`
}

// PollQueue is what is waiting to be polled.
type PollQueue struct {
	Depth            int            `json:"depth"`
	DueWithinSeconds int            `json:"dueWithinSeconds" description:"How many are due within twelve seconds."`
	PerType          map[string]int `json:"perType"`
}

// DeadLetters are polls that were given up for now.
type DeadLetters struct {
	Count int          `json:"count"`
	Tasks []DeadLetter `json:"tasks"`
}

// DeadLetter is one poll that was given up until NextRun.
type DeadLetter struct {
	Instance  string    `json:"instance"`
	Type      string    `json:"type"`
	NextRun   time.Time `json:"nextRun"`
	LastError string    `json:"lastError,omitempty"`
	Failures  int       `json:"failures"`
}

// OpenBreaker is a breaker that keeps an instance from being polled.
type OpenBreaker struct {
	Instance string    `json:"instance"`
	Type     string    `json:"type"`
	State    string    `json:"state" enum:"closed,open,half_open"`
	Failures int       `json:"failures"`
	RetryAt  time.Time `json:"retryAt"`
}

// Staleness is how old what is known of an instance is.
type Staleness struct {
	Instance    string    `json:"instance"`
	Type        string    `json:"type"`
	Score       float64   `json:"score" description:"From 0, fresh, to 1."`
	LastSuccess time.Time `json:"lastSuccess"`
	LastError   time.Time `json:"lastError"`
}

// PolledInstance is one thing that is polled.
type PolledInstance struct {
	Key         string         `json:"key"`
	Type        string         `json:"type"`
	DisplayName string         `json:"displayName"`
	Instance    string         `json:"instance"`
	Connection  string         `json:"connection"`
	PollStatus  PollStatus     `json:"pollStatus"`
	Breaker     Breaker        `json:"breaker"`
	DeadLetter  DeadLetterInfo `json:"deadLetter"`
}

// PollStatus is how the last polls of an instance went.
type PollStatus struct {
	LastSuccess         *time.Time `json:"lastSuccess,omitempty"`
	LastError           *PollError `json:"lastError,omitempty"`
	ConsecutiveFailures int        `json:"consecutiveFailures"`
	FirstFailureAt      *time.Time `json:"firstFailureAt,omitempty"`
}

// PollError is why a poll failed.
type PollError struct {
	At       time.Time `json:"at"`
	Message  string    `json:"message"`
	Category string    `json:"category" enum:"transient,permanent"`
}

// Breaker keeps an instance that fails from being polled too often.
type Breaker struct {
	State          string     `json:"state" enum:"closed,open,half_open"`
	Since          *time.Time `json:"since,omitempty"`
	LastTransition *time.Time `json:"lastTransition,omitempty"`
	RetryAt        *time.Time `json:"retryAt,omitempty"`
	FailureCount   int        `json:"failureCount"`
}

// DeadLetterInfo says whether polling an instance was given up for now.
type DeadLetterInfo struct {
	Present      bool       `json:"present"`
	Reason       string     `json:"reason,omitempty" enum:"max_retry_attempts,permanent_failure"`
	FirstAttempt *time.Time `json:"firstAttempt,omitempty"`
	LastAttempt  *time.Time `json:"lastAttempt,omitempty"`
	RetryCount   int        `json:"retryCount,omitempty"`
	NextRetry    *time.Time `json:"nextRetry,omitempty"`
}

// maxDeadLetters bounds the dead letters that are shown one by one.
const maxDeadLetters = 25

func (a *API) schedulerHealth(*route.Call) (any, error) {
	health := a.Scheduler.Health()
	out := SchedulerHealth{
		UpdatedAt: health.At.UTC(), Enabled: health.Adaptive,
		Queue: PollQueue{
			Depth: health.Queue.Depth, DueWithinSeconds: health.Queue.DueSoon, PerType: health.Queue.PerType,
		},
		DeadLetter: DeadLetters{Tasks: []DeadLetter{}},
		Instances:  []PolledInstance{},
	}
	for i := range health.Instances {
		out.include(&health.Instances[i])
	}
	slices.SortFunc(out.Instances, func(a, b PolledInstance) int { return strings.Compare(a.Key, b.Key) })
	return out, nil
}

func (h *SchedulerHealth) include(i *collect.InstanceHealth) {
	name, kind := i.Source.Name, i.Source.Type
	h.Instances = append(h.Instances, polledInstance(i))
	staleness := Staleness{Instance: name, Type: kind, Score: i.Staleness, LastSuccess: i.LastSuccess.UTC()}
	if i.LastError != nil {
		staleness.LastError = i.LastError.At.UTC()
	}
	h.Staleness = append(h.Staleness, staleness)
	if i.Breaker.State != collect.BreakerClosed || i.Breaker.Failures > 0 {
		h.Breakers = append(h.Breakers, OpenBreaker{
			Instance: name, Type: kind, State: string(i.Breaker.State), Failures: i.Breaker.Failures,
			RetryAt: i.Breaker.RetryAt.UTC(),
		})
	}
	for _, dataset := range i.Datasets {
		if dataset.DeadLetter == nil {
			continue
		}
		h.DeadLetter.Count++
		if len(h.DeadLetter.Tasks) < maxDeadLetters {
			h.DeadLetter.Tasks = append(h.DeadLetter.Tasks, deadLetter(i, &dataset))
		}
	}
}

func deadLetter(i *collect.InstanceHealth, dataset *collect.DatasetHealth) DeadLetter {
	letter := DeadLetter{
		Instance: i.Source.Name, Type: i.Source.Type, NextRun: dataset.DeadLetter.NextRetry.UTC(), Failures: dataset.Failures,
	}
	if dataset.LastError != nil {
		letter.LastError = dataset.LastError.Message
	}
	return letter
}

func polledInstance(i *collect.InstanceHealth) PolledInstance {
	polled := PolledInstance{
		Key: i.Source.Type + "::" + i.Source.Name, Type: i.Source.Type, DisplayName: i.Source.Name,
		Instance: i.Source.Name, Connection: i.Source.Address,
		PollStatus: PollStatus{
			LastSuccess: unit.Known(i.LastSuccess), ConsecutiveFailures: i.Failures, FirstFailureAt: unit.Known(i.FirstFailure),
		},
		Breaker: Breaker{
			State: string(i.Breaker.State), Since: unit.Known(i.Breaker.Since), LastTransition: unit.Known(i.Breaker.Since),
			RetryAt: unit.Known(i.Breaker.RetryAt), FailureCount: i.Breaker.Failures,
		},
	}
	if e := i.LastError; e != nil {
		category := "transient"
		if e.Permanent {
			category = "permanent"
		}
		polled.PollStatus.LastError = &PollError{At: e.At.UTC(), Message: e.Message, Category: category}
	}
	if d := i.DeadLetter; d != nil {
		polled.DeadLetter = DeadLetterInfo{
			Present: true, Reason: string(d.Reason), FirstAttempt: unit.Known(d.FirstAttempt), LastAttempt: unit.Known(d.LastAttempt),
			RetryCount: d.Retries, NextRetry: unit.Known(d.NextRetry),
		}
	}
	return polled
}
