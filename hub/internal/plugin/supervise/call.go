package supervise

import (
	"cmp"
	"context"
	"errors"
	"io"

	"github.com/pulse-hub/pulse/hub/internal/plugin/instance"
	pluginv1 "github.com/pulse-hub/pulse/proto/gen/pulse/plugin/v1"
	"github.com/pulse-hub/pulse/sdk/transport"
)

// Configure adds or replaces an instance; one that is not enabled is removed.
// If the plugin runs it is told at once and a refusal returned as *ConfigError;
// otherwise it is told at its start, and Status says how that went. A refused
// instance stays and shows as failed. Where the running process is confined so
// that it cannot serve the instance, another takes its place first; an error
// that wraps ErrNotSwitched says that this was not possible.
func (h *Host) Configure(ctx context.Context, one instance.Instance) error {
	t, err := h.find(one.Plugin)
	if err != nil {
		return err
	}
	if !one.Enabled {
		return t.remove(ctx, one.ID)
	}
	return t.configure(ctx, one)
}

// Remove ends an instance. One that is not there is not an error.
func (h *Host) Remove(ctx context.Context, plugin, instance string) error {
	t, err := h.find(plugin)
	if err != nil {
		return err
	}
	return t.remove(ctx, instance)
}

// Use calls fn with the clients of the plugin that an instance belongs to,
// which is started if need be and knows the instance then. A context without
// a deadline gets Timing.Call. Errors are *fault.Error; one with the code
// CodeDown says that the process did not run or ended during the call.
func (h *Host) Use(ctx context.Context, plugin, instance string, fn func(context.Context, *transport.Client) error) error {
	t, err := h.find(plugin)
	if err != nil {
		return err
	}
	if _, ok := ctx.Deadline(); !ok {
		limited, cancel := context.WithTimeoutCause(ctx, t.timing.Call, errCallTimeout)
		defer cancel()
		ctx = limited
	}
	return t.use(ctx, instance, fn)
}

// Call names one dataset of one instance of a plugin.
type Call struct{ Plugin, Instance, Dataset string }

// Collect asks an instance for one dataset and calls each with every chunk of
// the answer, until there are no more or each returns an error, which Collect
// then returns as it is. Deadline and other errors are as those of Use.
func (h *Host) Collect(ctx context.Context, call Call, each func(*pluginv1.CollectChunk) error) error {
	var refused error // of each: it goes back as it came
	err := h.Use(ctx, call.Plugin, call.Instance, func(ctx context.Context, clients *transport.Client) error {
		ctx, cancel := context.WithCancel(ctx) // ends the stream when it is left early
		defer cancel()
		stream, err := clients.Source.Collect(ctx, collectRequest(ctx, call))
		if err != nil {
			return err
		}
		for {
			chunk, err := stream.Recv()
			if errors.Is(err, io.EOF) {
				return nil
			}
			if err != nil {
				return err
			}
			if refused = each(chunk); refused != nil {
				return nil
			}
		}
	})
	return cmp.Or(refused, err)
}
