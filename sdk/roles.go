package sdk

import (
	"context"
	"encoding/json"
	"time"

	"github.com/pulse-hub/pulse/sdk/notification"
)

// Collector is a source with one dataset.
type Collector interface {
	// Collect looks at everything once and puts it into out. An error means
	// that nothing was seen; what failed in part goes to out.Failed.
	Collect(ctx context.Context, out *Snapshot) error
}

// DatasetCollector is a source with datasets, each with a rhythm of its own.
type DatasetCollector interface {
	// CollectDataset looks at one dataset once. The datasets own disjoint sets of resources.
	CollectDataset(ctx context.Context, dataset string, out *Snapshot) error
}

// Sender is a notifier.
type Sender interface {
	// Send delivers one message. nil means delivered; Reject says that trying
	// again is of no use, RetryAfter when to; any other error is tried again.
	Send(ctx context.Context, message *Notification) error
}

// Deliverer is a notifier that says more of a delivery than Send does. The SDK calls it instead of Send; errors mean the
// same, and the receipt is told with them too.
type Deliverer interface {
	Deliver(ctx context.Context, message *Notification) (notification.Receipt, error)
}

// Chatter is an AI provider.
type Chatter interface {
	// Models lists the models, the preferred one first.
	Models(ctx context.Context) ([]ChatModel, error)
	// Chat continues a conversation and emits the answer piece by piece. emit
	// fails when nobody listens any more; Chat then returns that error. A
	// Finish that is not emitted is added.
	Chat(ctx context.Context, request *ChatRequest, emit func(ChatDelta) error) error
}

// Tester is an instance that can be tried before it is saved. Without it, the
// SDK tries a source by collecting once and a provider by listing its models.
type Tester interface {
	Test(ctx context.Context) (TestResult, error)
}

// TestResult says what a try found.
type TestResult struct {
	Summary string            // one sentence for people
	Facts   map[string]string // {"version": "8.2.2"}
}

// HealthReporter is an instance that knows its own health. Without it, the
// health is that of the last call.
type HealthReporter interface {
	Health(ctx context.Context) Health
}

// HealthState is how an instance does.
type HealthState uint8

// The states of instances. The zero value is HealthUnknown.
const (
	HealthUnknown HealthState = iota
	HealthOK
	HealthDegraded
	HealthFailed
	HealthAuthFailed // the other side refuses the credentials
)

// Health is how an instance does and why.
type Health struct {
	State   HealthState
	Message string    // for people
	LastOK  time.Time // zero: never
}

// Watcher is a source that sees changes as they happen.
type Watcher interface {
	// Watch emits changes until ctx ends or emit fails. See NewChanges.
	Watch(ctx context.Context, emit func(*Snapshot) error) error
}

// Actor is a source that can do something to its resources.
type Actor interface {
	// Invoke does one action and reports its progress. The result is one JSON object or nil.
	Invoke(ctx context.Context, action Action, progress func(Progress) error) (json.RawMessage, error)
}

// Action is something to do to a resource.
type Action struct {
	ResourceID string
	Name       string          // "start", "stop", …
	Params     json.RawMessage // one JSON object, or nil
	Actor      string          // who asked for it
	// IdempotencyKey is the same for all tries; the action must happen at most once for it.
	IdempotencyKey string
}

// Progress is a step of an action.
type Progress struct {
	Done float64 // ratio from 0 to 1; 0: not known
	Line string  // a line of the action's log
}

// Closer is an instance that holds something. Close is called once, 5 s after
// the instance was replaced or removed, so that running calls may end.
// io.Closer does as well.
type Closer interface{ Close() }
