package apprise

import (
	"context"
	"errors"

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
}

func newNotifier(c config) (*notifier, error) {
	build := newProgram
	if c.Mode == modeServer {
		build = newServer
	}
	carrier, err := build(c)
	if err != nil {
		return nil, err
	}
	return &notifier{config: c, carrier: carrier}, nil
}

// Close gives up the connections.
func (n *notifier) Close() { n.carrier.close() }

// Send implements sdk.Sender.
func (n *notifier) Send(ctx context.Context, message *sdk.Notification) error {
	_, err := n.carry(ctx, message)
	return err
}

// Deliver implements sdk.Deliverer.
func (n *notifier) Deliver(ctx context.Context, message *sdk.Notification) (notification.Receipt, error) {
	got, err := n.carry(ctx, message)
	return notification.Receipt{Status: got.status, Answer: got.answer, PayloadBytes: got.bytes}, err
}

func (n *notifier) carry(ctx context.Context, message *sdk.Notification) (carried, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, n.config.timeout(), errTimeout)
	defer cancel()
	got, err := n.carrier.carry(ctx, message)
	return got, err
}

// again says that trying again can help.
func again(err error) error {
	return &fault.Error{Origin: fault.OriginRemote, Transient: true, Err: err}
}
