package apprise

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/pulse-hub/pulse/sdk"
	"github.com/pulse-hub/pulse/sdk/fault"
	"github.com/pulse-hub/pulse/sdk/notification"
)

// maxAnswer bounds what is kept of an answer, in bytes.
const maxAnswer = 4 << 10

var errTimeout = errors.New("apprise has not taken the message in time")

// carrier passes a message on.
type carrier interface {
	carry(ctx context.Context, m *sdk.Notification) (carried, error)
	close()
}

// carried is what is known of a message that was passed on, or was not.
type carried struct {
	status int    // of HTTP; 0: there is none
	answer string // beginning of what was answered
	bytes  int
}

// notifier is one instance. It is safe for concurrent use.
type notifier struct {
	config  config
	carrier carrier
	now     func() time.Time

	mu     sync.Mutex
	health sdk.Health
}

func newNotifier(c config, now func() time.Time) (*notifier, error) {
	build := newProgram
	if c.Mode == modeServer {
		build = newServer
	}
	carrier, err := build(c)
	if err != nil {
		return nil, err
	}
	return &notifier{config: c, carrier: carrier, now: now}, nil
}

// Close gives up the connections.
func (n *notifier) Close() { n.carrier.close() }

// Send implements sdk.Sender.
func (n *notifier) Send(ctx context.Context, message *sdk.Notification) error {
	_, err := n.carry(ctx, message)
	return err
}

// Deliver implements sdk.Deliverer.
func (n *notifier) Deliver(ctx context.Context, message *sdk.Notification) notification.Result {
	got, err := n.carry(ctx, message)
	result := notification.Result{
		Outcome: notification.OutcomeDelivered, Status: got.status, Answer: got.answer, PayloadBytes: got.bytes,
	}
	if err == nil {
		return result
	}
	known := fault.Of(err)
	result.Outcome, result.Error, result.RetryAfter = notification.OutcomeRejected, err.Error(), known.RetryAfter
	if known.Transient {
		result.Outcome = notification.OutcomeRetry
	}
	return result
}

func (n *notifier) carry(ctx context.Context, message *sdk.Notification) (carried, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, n.config.timeout(), errTimeout)
	defer cancel()
	got, err := n.carrier.carry(ctx, message)
	n.observe(err)
	return got, err
}

// Health implements sdk.HealthReporter: it is that of the last message.
func (n *notifier) Health(context.Context) sdk.Health {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.health
}

func (n *notifier) observe(err error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	switch {
	case err == nil:
		n.health = sdk.Health{State: sdk.HealthOK, LastOK: n.now()}
	case fault.Of(err).Code == fault.CodeAuth:
		n.health.State, n.health.Message = sdk.HealthAuthFailed, err.Error()
	default:
		n.health.State, n.health.Message = sdk.HealthFailed, err.Error()
	}
}

// again says that trying again can help.
func again(err error) error {
	return &fault.Error{Origin: fault.OriginRemote, Transient: true, Err: err}
}
