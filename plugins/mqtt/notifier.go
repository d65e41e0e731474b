package mqtt

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"

	"github.com/eclipse/paho.golang/paho"

	"github.com/pulse-hub/pulse/sdk"
	"github.com/pulse-hub/pulse/sdk/notification"
)

// notifier is one instance. It is safe for concurrent use; messages go out one after the other.
type notifier struct {
	config config
	broker broker
	tls    *tls.Config
	dialer dialer

	sending chan struct{} // holds a token while a message is sent
	mu      sync.Mutex
	lasting lasting // nil: not read yet
	mute    bool    // that the hub keeps nothing has been logged
}

func newNotifier(c config) (*notifier, error) {
	b, err := c.broker()
	if err != nil {
		return nil, err
	}
	if err := c.check(); err != nil {
		return nil, err
	}
	encryption, err := c.encryption(b.url.Hostname())
	if err != nil {
		return nil, err
	}
	guard, err := guarded()
	if err != nil {
		return nil, err
	}
	return &notifier{config: c, broker: b, tls: encryption, dialer: guard, sending: make(chan struct{}, 1)}, nil
}

// Send implements sdk.Sender.
func (n *notifier) Send(ctx context.Context, message *sdk.Notification) error {
	select {
	case n.sending <- struct{}{}:
		defer func() { <-n.sending }()
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	p := plan{config: &n.config}
	p.message(message)
	next, counts := n.sensors(ctx, message, &p)
	if p.err != nil {
		return sdk.Reject(p.err)
	}
	if err := n.publish(ctx, message, p.list); err != nil {
		return decide(err)
	}
	if counts {
		n.keep(ctx, next)
	}
	return nil
}

// sensors plans the sensors of Home Assistant, and returns the alerts that
// last once the message is out and whether they have to be kept.
func (n *notifier) sensors(ctx context.Context, m *sdk.Notification, p *plan) (next lasting, counts bool) {
	if n.config.Discovery == "" || len(m.Alerts) == 0 || (m.Phase != notification.PhaseFiring && !isOver(m)) {
		return nil, false
	}
	before := n.known(ctx)
	next = before.after(m)
	p.sensors(m, next)
	return next, !maps.EqualFunc(before, next, slices.Equal)
}

// known returns the alerts that last. The hub is asked once.
func (n *notifier) known(ctx context.Context) lasting {
	n.mu.Lock()
	known := n.lasting
	n.mu.Unlock()
	if known != nil {
		return known
	}
	known, err := remembered(ctx, n.config.Instance.Host)
	n.noteHost(err)
	n.mu.Lock()
	defer n.mu.Unlock()
	n.lasting = known
	return known
}

// keep notes the alerts that last, in the hub as well.
func (n *notifier) keep(ctx context.Context, next lasting) {
	n.mu.Lock()
	n.lasting = next
	n.mu.Unlock()
	n.noteHost(next.remember(ctx, n.config.Instance.Host))
}

// noteHost logs once that the hub keeps nothing: after a restart of the
// plugin a sensor then vanishes with the first of its alerts that ends.
func (n *notifier) noteHost(err error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if err != nil && !n.mute && !errors.Is(err, sdk.ErrNoHost) {
		n.config.Instance.Log.Warn("hub does not keep which alerts last", "error", err)
	}
	n.mute = err != nil
}

// publish opens a session and publishes one after the other.
func (n *notifier) publish(ctx context.Context, m *sdk.Notification, list []publication) error {
	ctx, s, err := n.open(ctx)
	if err != nil {
		return err
	}
	defer s.close()
	for i := range list {
		if err := n.publishOne(ctx, s, m, &list[i]); err != nil {
			return because(ctx, err)
		}
	}
	return nil
}

func (n *notifier) publishOne(ctx context.Context, s *session, m *sdk.Notification, p *publication) error {
	text := byte(1) // the payload is UTF-8
	out := &paho.Publish{
		Topic: p.topic, Payload: p.payload, Retain: p.retain, QoS: byte(n.config.QoS),
		Properties: &paho.PublishProperties{PayloadFormat: &text},
	}
	if len(p.payload) > 0 && p.payload[0] == '{' {
		out.Properties.ContentType = "application/json"
	}
	if m.DeliveryID != "" && len(m.DeliveryID) <= maxLevel {
		out.Properties.CorrelationData = []byte(m.DeliveryID)
	}
	answer, err := s.client.Publish(ctx, out)
	if answer != nil && answer.ReasonCode >= firstRefusal {
		r := &refusal{what: "publish", code: answer.ReasonCode}
		if answer.Properties != nil {
			r.text = answer.Properties.ReasonString
		}
		return r
	}
	if err != nil {
		return fmt.Errorf("publish: %w", err)
	}
	return nil
}

// Test implements sdk.Tester: it logs in and publishes nothing.
func (n *notifier) Test(ctx context.Context) (sdk.TestResult, error) {
	_, s, err := n.open(ctx)
	if err != nil {
		return sdk.TestResult{}, decide(err)
	}
	defer s.close()
	return sdk.TestResult{Summary: "The broker takes the login. Nothing was published."}, nil
}
