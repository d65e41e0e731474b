package notify

import (
	"context"
	"crypto/rand"
	"errors"
	"time"

	"github.com/pulse-hub/pulse/hub/internal/notify/render"
	"github.com/pulse-hub/pulse/sdk/notification"
)

// Trial is a channel to try out.
type Trial struct {
	// Channel is what the log says of it. Its ID names the channel that gets the message, unless Send is set.
	Channel Channel
	// Send sends to a channel that is not saved. It may be nil.
	Send func(ctx context.Context, m *notification.Message) (notification.Result, error)
}

// Test sends a test message past the queue, once, and returns what the provider says; an error means that it could not be
// handed to the channel. Both outcomes are in the log of deliveries.
func (p *Pipeline) Test(ctx context.Context, trial Trial) (notification.Result, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, sendTimeout, errSendTimeout)
	defer cancel()
	now := time.Now()
	m := render.Test("test-"+rand.Text(), p.PublicURL(), trial.Channel.Name, now)
	send := trial.Send
	if send == nil {
		send = func(ctx context.Context, m *notification.Message) (notification.Result, error) {
			return p.Sender.Send(ctx, trial.Channel.ID, m)
		}
	}
	answer, err := send(ctx, m)
	if err != nil && errors.Is(context.Cause(ctx), errSendTimeout) {
		err = errSendTimeout
	}
	p.logTrial(ctx, trial.Channel, m, result{Result: answer, err: err})
	return answer, err
}

// logTrial writes a test down. That it could not be is not a failure of the test.
func (p *Pipeline) logTrial(ctx context.Context, channel Channel, m *notification.Message, r result) {
	now := time.Now()
	d := &Delivery{
		At: now, Channel: channel, Outcome: Sent, Phase: m.Phase, Try: 1, Status: r.Status, Error: cut(r.reason()),
		PayloadBytes: r.PayloadBytes, DeliveryID: m.DeliveryID,
	}
	if r.err != nil || r.Outcome != notification.OutcomeDelivered {
		d.Outcome = GivenUp
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), commitTimeout)
	defer cancel()
	b := &batch{}
	p.log.add(b, logKey(d), d, now)
	if err := b.write(ctx, p.Records); err != nil {
		p.Logger.Warn("test of a channel is not in the log", "channel", channel.ID, "error", err)
	}
}
