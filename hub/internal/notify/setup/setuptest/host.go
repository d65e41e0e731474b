package setuptest

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"google.golang.org/grpc"

	"github.com/pulse-hub/pulse/hub/internal/collect"
	"github.com/pulse-hub/pulse/hub/internal/notify/channel"
	"github.com/pulse-hub/pulse/hub/internal/plugin/instance"
	"github.com/pulse-hub/pulse/hub/internal/plugin/supervise"
	pluginv1 "github.com/pulse-hub/pulse/proto/gen/pulse/plugin/v1"
	"github.com/pulse-hub/pulse/sdk/fault"
	"github.com/pulse-hub/pulse/sdk/notification"
	"github.com/pulse-hub/pulse/sdk/transport"
	"github.com/pulse-hub/pulse/sdk/wire"
)

// host plays plugins that are started when they are used, as those of channels are: until then they refuse nothing.
type host struct{ world *World }

// Host returns what plays the plugins.
func (w *World) Host() channel.Host { return host{w} }

// Configured returns the ids of the instances that plugins know.
func (w *World) Configured() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Sorted(maps.Keys(w.known))
}

// Configure is part of channel.Host.
func (h host) Configure(_ context.Context, one instance.Instance) error {
	h.world.mu.Lock()
	defer h.world.mu.Unlock()
	h.world.known[one.ID] = one
	return nil
}

// Remove is part of channel.Host.
func (h host) Remove(_ context.Context, _, id string) error {
	h.world.mu.Lock()
	defer h.world.mu.Unlock()
	delete(h.world.known, id)
	return nil
}

// Test is part of the office's host.
func (h host) Test(context.Context, instance.Instance) (supervise.TestResult, error) {
	return supervise.TestResult{OK: true}, nil
}

// Use is part of channel.Host.
func (h host) Use(ctx context.Context, _, id string, fn func(context.Context, *transport.Client) error) error {
	h.world.mu.Lock()
	one, known := h.world.known[id]
	h.world.mu.Unlock()
	if !known {
		return &fault.Error{Origin: fault.OriginCaller, Code: fault.CodeNotFound, Err: fmt.Errorf("%w: %s", supervise.ErrUnknownInstance, id)}
	}
	if h.world.Refuse != nil {
		if faults := h.world.Refuse(one); len(faults) > 0 {
			return &fault.Error{Origin: fault.OriginCaller, Code: fault.CodeRejected, Err: &supervise.ConfigError{Fields: faults}}
		}
	}
	return fn(ctx, &transport.Client{Notifier: notifier{h.world, one}})
}

// notifier is one channel.
type notifier struct {
	world *World
	one   instance.Instance
}

// Send is part of pluginv1.NotifierClient.
func (n notifier) Send(_ context.Context, request *pluginv1.SendRequest, _ ...grpc.CallOption) (*pluginv1.SendResponse, error) {
	n.world.mu.Lock()
	n.world.sent = append(n.world.sent, Sent{To: n.one, Message: wire.DecodeNotification(request)})
	n.world.mu.Unlock()
	result := notification.Result{Outcome: notification.OutcomeDelivered, Status: 200, Answer: "ok"}
	if n.world.Answer != nil {
		var err error
		if result, err = n.world.Answer(n.one); err != nil {
			return nil, err
		}
	}
	return wire.EncodeSendResult(&result), nil
}

// scheduler polls nothing.
type scheduler struct{}

// Add is part of the office's scheduler.
func (scheduler) Add(context.Context, collect.Source) error { return nil }

// Remove is part of the office's scheduler.
func (scheduler) Remove(context.Context, string) error { return nil }
