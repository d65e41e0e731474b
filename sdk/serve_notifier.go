package sdk

import (
	"context"
	"errors"
	"strings"

	pluginv1 "github.com/pulse-hub/pulse/proto/gen/pulse/plugin/v1"
	"github.com/pulse-hub/pulse/sdk/fault"
	"github.com/pulse-hub/pulse/sdk/notification"
	"github.com/pulse-hub/pulse/sdk/wire"
)

// notifierServer serves pluginv1.Notifier.
type notifierServer struct {
	pluginv1.UnimplementedNotifierServer
	instances *instances
}

// Send delivers one message. That it was not delivered is an answer and not
// an error; an error is what keeps the plugin from trying.
func (s *notifierServer) Send(ctx context.Context, request *pluginv1.SendRequest) (*pluginv1.SendResponse, error) {
	in, sender, err := find[Sender](s.instances, request.GetInstanceId())
	if err != nil {
		return nil, err
	}
	result, err := deliver(ctx, sender, wire.DecodeNotification(request))
	in.observe(err)
	if err != nil && ctx.Err() != nil {
		return nil, in.fail(ctx, err)
	}
	result.Error, result.Answer = in.redact.Redact(result.Error), in.redact.Redact(result.Answer)
	if len(result.Answer) > maxAnswer {
		result.Answer = strings.ToValidUTF8(result.Answer[:maxAnswer], "")
	}
	return wire.EncodeSendResult(&result), nil
}

// maxAnswer is how much of a provider's answer is told, in bytes.
const maxAnswer = 4 << 10

// deliver sends a message. The error is why it was not delivered.
func deliver(ctx context.Context, sender Sender, message *Notification) (notification.Result, error) {
	telling, ok := sender.(Deliverer)
	if !ok {
		err := sender.Send(ctx, message)
		return resultOf(err), err
	}
	result := telling.Deliver(ctx, message)
	if result.Outcome == notification.OutcomeDelivered {
		return result, nil
	}
	return result, errors.New(result.Error)
}

func resultOf(err error) notification.Result {
	if err == nil {
		return notification.Result{Outcome: notification.OutcomeDelivered}
	}
	known := fault.Of(err)
	result := notification.Result{
		Outcome:    notification.OutcomeRejected,
		Error:      err.Error(),
		RetryAfter: known.RetryAfter,
	}
	if known.Transient {
		result.Outcome = notification.OutcomeRetry
	}
	return result
}
