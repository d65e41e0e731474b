package shoutrrr

import (
	"context"
	"errors"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/nicholas-fedor/shoutrrr/pkg/router"
	"github.com/nicholas-fedor/shoutrrr/pkg/types"

	"github.com/pulse-hub/pulse/plugins/internal/outward"
	"github.com/pulse-hub/pulse/sdk"
	"github.com/pulse-hub/pulse/sdk/fault"
	"github.com/pulse-hub/pulse/sdk/notification"
)

// deliveryLimit bounds one delivery.
const deliveryLimit = 30 * time.Second

var (
	errTimeout = errors.New("service has not taken the message within 30 s")
	// errService says that the library sent nothing. Its own words may repeat the URL.
	errService = errors.New("URL does not set up the service, or the service takes no such message")
	// errName stands for errors that hold the host, which may be a mistyped secret.
	errName = errors.New("name of the service does not resolve")
	// errAnswer says that the service answered something else than it should.
	errAnswer = errors.New("service did not take the message")
)

// notifier is one instance. It is safe for concurrent use.
type notifier struct {
	config config
	base   http.RoundTripper
}

func newNotifier(c config) (*notifier, error) {
	if err := c.check(); err != nil {
		return nil, err
	}
	base, err := guarded()
	if err != nil {
		return nil, err
	}
	return &notifier{config: c, base: base}, nil
}

// Send implements sdk.Sender.
func (n *notifier) Send(ctx context.Context, message *sdk.Notification) error {
	_, _, err := n.carry(ctx, message)
	return err
}

// Deliver implements sdk.Deliverer.
func (n *notifier) Deliver(ctx context.Context, message *sdk.Notification) (notification.Receipt, error) {
	status, bytes, err := n.carry(ctx, message)
	return notification.Receipt{Status: status, PayloadBytes: bytes}, err
}

// carry sends a message and returns the status of the last answer and the length of what was sent.
func (n *notifier) carry(ctx context.Context, m *sdk.Notification) (status, bytes int, err error) {
	ctx, cancel := context.WithTimeoutCause(ctx, deliveryLimit, errTimeout)
	defer cancel()
	t := &trip{ctx: ctx, base: n.base}
	err = n.pass(t, m)
	t.mu.Lock()
	defer t.mu.Unlock()
	if err != nil {
		err = t.decideLocked()
	}
	return t.status, int(t.bytes), err
}

// onTheWay is held by whoever has put a trip in the place of
// http.DefaultTransport. It belongs to the process because that does.
var onTheWay = make(chan struct{}, 1)

// pass has the library send the message by way of the trip.
func (n *notifier) pass(t *trip, m *sdk.Notification) error {
	select {
	case onTheWay <- struct{}{}:
		defer func() { <-onTheWay }()
	case <-t.ctx.Done():
		return context.Cause(t.ctx)
	}
	before := http.DefaultTransport
	http.DefaultTransport = t
	defer func() { http.DefaultTransport = before }()
	service, err := (&router.ServiceRouter{}).Locate(string(n.config.URL)) // some log in here
	if err != nil {
		return err
	}
	params := types.Params{}
	params.SetTitle(clean(m.Title, maxTitle, false))
	return service.Send(text(m), &params)
}

// decideLocked says what the hub has to know of a message that was not sent.
func (t *trip) decideLocked() error {
	switch {
	case t.ctx.Err() != nil:
		return again(context.Cause(t.ctx))
	case errors.Is(t.err, outward.ErrRefused), errors.Is(t.err, errElsewhere), errors.Is(t.err, errTooMany):
		return sdk.Reject(t.err)
	case t.err != nil:
		if _, ok := errors.AsType[*net.DNSError](t.err); ok {
			return again(errName)
		}
		return again(t.err)
	case t.requests == 0:
		return sdk.Reject(errService)
	}
	if err := sdk.CheckResponse(&http.Response{StatusCode: t.status, Header: t.header, Body: http.NoBody}); err != nil {
		return err
	}
	return again(errAnswer)
}

// again says that trying again can help.
func again(err error) error {
	return &fault.Error{Origin: fault.OriginRemote, Transient: true, Err: err}
}

// text is what is sent: the words of the message, and where to look.
func text(m *sdk.Notification) string {
	words := clean(m.Text, maxText, true)
	if words == "" {
		words = clean(m.Title, maxTitle, false)
	}
	if m.Link != "" && !strings.Contains(words, m.Link) {
		words += "\n\n" + clean(m.Link, maxText, false)
	}
	if words == "" {
		words = "Pulse" // services take no empty message
	}
	return words
}
