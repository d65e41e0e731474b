package sdk

import (
	"context"
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
	result, err := Deliver(ctx, sender, wire.DecodeNotification(request))
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

// Deliver has a notifier deliver one message, and returns what the hub is told of it, before secrets are taken out, and why
// it was not delivered. It is what the SDK does with each message; tests of notifiers may call it.
func Deliver(ctx context.Context, sender Sender, message *Notification) (notification.Result, error) {
	deliverer, ok := sender.(Deliverer)
	if !ok {
		err := sender.Send(ctx, message)
		return resultOf(notification.Receipt{}, err), err
	}
	receipt, err := deliverer.Deliver(ctx, message)
	return resultOf(receipt, err), err
}

func resultOf(receipt notification.Receipt, err error) notification.Result {
	result := notification.Result{
		Outcome: notification.OutcomeDelivered, ProviderID: receipt.ProviderID,
		Status: receipt.Status, Answer: receipt.Answer, PayloadBytes: receipt.PayloadBytes,
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
