// Package notifytest has notifiers deliver messages in tests as the SDK does for the hub.
package notifytest

import (
	"context"

	"github.com/pulse-hub/pulse/sdk"
	"github.com/pulse-hub/pulse/sdk/fault"
	"github.com/pulse-hub/pulse/sdk/notification"
)

// Delivered is what the hub is told of a message.
type Delivered struct {
	notification.Result
	// Health is what the instance shows afterwards.
	Health sdk.HealthState
}

// Deliver has a notifier deliver one message.
func Deliver(ctx context.Context, n sdk.Sender, message *sdk.Notification) Delivered {
	result, err := sdk.Deliver(ctx, n, message)
	health := sdk.HealthOK
	switch {
	case err == nil:
	case fault.Of(err).Code == fault.CodeAuth:
		health = sdk.HealthAuthFailed
	default:
		health = sdk.HealthFailed
	}
	return Delivered{result, health}
}
