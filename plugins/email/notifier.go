package email

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"net/mail"
	"time"

	"github.com/pulse-hub/pulse/sdk"
	"github.com/pulse-hub/pulse/sdk/notification"
)

// dialer opens connections to addresses that a plugin may reach.
type dialer interface {
	DialContext(ctx context.Context, network, address string) (net.Conn, error)
}

// notifier is one instance. It is safe for concurrent use.
type notifier struct {
	config  config
	from    *mail.Address
	to      []*mail.Address
	tls     *tls.Config
	dialer  dialer
	letters *letters
	told    told
}

func newNotifier(c config, now func() time.Time) (*notifier, error) {
	from, to, err := c.addresses()
	if err != nil {
		return nil, err
	}
	encryption, err := c.encryption()
	if err != nil {
		return nil, err
	}
	letters, err := newLetters(from, to, now)
	if err != nil {
		return nil, err
	}
	guard, err := guarded()
	if err != nil {
		return nil, err
	}
	return &notifier{config: c, from: from, to: to, tls: encryption, dialer: guard, letters: letters}, nil
}

// Send implements sdk.Sender.
func (n *notifier) Send(ctx context.Context, message *sdk.Notification) error {
	_, err := n.send(ctx, message)
	return err
}

// Deliver implements sdk.Deliverer.
func (n *notifier) Deliver(ctx context.Context, message *sdk.Notification) (notification.Receipt, error) {
	return n.send(ctx, message)
}

// send hands a message to the server for everybody who does not have it yet. The receipt has the server's last word.
func (n *notifier) send(ctx context.Context, message *sdk.Notification) (notification.Receipt, error) {
	letter, err := n.letters.write(message)
	if err != nil {
		return notification.Receipt{}, sdk.Reject(fmt.Errorf("write letter: %w", err))
	}
	waiting := n.told.without(message.DeliveryID, n.to)
	got, err := n.hand(ctx, envelope{from: n.from.Address, to: waiting, letter: letter.text})
	if err == nil {
		err = n.settle(message.DeliveryID, &got)
	}
	err = decide(err)
	r := notification.Receipt{ProviderID: letter.id, Status: got.code, Answer: got.answer, PayloadBytes: len(letter.text)}
	if code, answer, ok := replyOf(err); ok {
		r.Status, r.Answer = code, answer
	}
	return r, err
}

// hand opens a session and transmits an envelope.
func (n *notifier) hand(ctx context.Context, e envelope) (transmitted, error) {
	s, err := n.open(ctx)
	if err != nil {
		return transmitted{}, err
	}
	defer s.close()
	return s.transmit(e)
}

// settle looks at who was refused. Addresses refused for good are told in the
// log, for the others have their message; those put off are tried again alone.
func (n *notifier) settle(deliveryID string, got *transmitted) error {
	var later error
	for _, refusal := range got.refused {
		if isTemporary(refusal) {
			later = refusal
			continue
		}
		n.config.Instance.Log.Warn("mail server refuses a recipient", "error", refusal)
		got.answer += fmt.Sprintf("; %v", refusal)
	}
	if later == nil {
		n.told.forget(deliveryID)
		return nil
	}
	n.told.add(deliveryID, got.accepted)
	return fmt.Errorf("%d of %d recipients told: %w", len(got.accepted), len(got.accepted)+len(got.refused), later)
}

// Test implements sdk.Tester: it logs in and sends nothing.
func (n *notifier) Test(ctx context.Context) (sdk.TestResult, error) {
	s, err := n.open(ctx)
	if err != nil {
		return sdk.TestResult{}, decide(err)
	}
	defer s.close()
	facts := map[string]string{"encryption": s.encryption(), "login": s.mechanism}
	return sdk.TestResult{Summary: "The mail server takes the login. No message was sent.", Facts: facts}, nil
}
