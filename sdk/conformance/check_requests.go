package conformance

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	pluginv1 "github.com/pulse-hub/pulse/proto/gen/pulse/plugin/v1"
	"github.com/pulse-hub/pulse/sdk/manifest"
)

// oddCall is a call that no hub makes, and what is odd about it.
type oddCall struct {
	odd  string
	make func(context.Context, *process) error
}

// hostileRequest makes calls that no hub makes. How they end is the plugin's
// business, as long as they end and the process does not.
func hostileRequest(ctx context.Context, p *process, c *component) error {
	server, err := openStandIn(ctx)
	if err != nil {
		return err
	}
	defer server.close()
	config, aimed := c.heldAt(server.address())
	if !aimed && c.given && c.kind != manifest.KindSource {
		return notApplicablef("odd requests would go to the real provider")
	}
	if !aimed {
		config = c.sample.Config
	}
	if err := p.add(ctx, c, "odd", config); err != nil {
		return err
	}
	limit := callLimit
	if !aimed {
		limit = workLimit // it does what it does in earnest
	}
	for _, call := range c.oddCalls("odd") {
		limited, cancel := context.WithTimeout(ctx, limit)
		err := call.make(limited, p)
		hangs := limited.Err() != nil
		cancel()
		if hangs {
			return fmt.Errorf("a call with %s is not over after %v", call.odd, limit)
		}
		if status.Code(err) == codes.Unavailable {
			if err := p.serves(ctx, callLimit); err != nil {
				return fmt.Errorf("after a call with %s: %w", call.odd, err)
			}
		}
	}
	return p.serves(ctx, callLimit)
}

// oddCalls are those for the component's kind.
func (c *component) oddCalls(id string) []oddCall {
	switch c.kind {
	case manifest.KindSource:
		return c.oddCollects(id)
	case manifest.KindNotifier:
		return oddSends(id)
	}
	return oddChats(id)
}

func (c *component) oddCollects(id string) []oddCall {
	collect := func(odd string, r *pluginv1.CollectRequest) oddCall {
		r.InstanceId = id
		return oddCall{odd, func(ctx context.Context, p *process) error {
			_, err := p.collect(ctx, r)
			return err
		}}
	}
	first := c.datasets[0]
	calls := []oddCall{
		collect("an unknown dataset", &pluginv1.CollectRequest{Dataset: "no-such-dataset", Deadline: durationpb.New(time.Second)}),
		collect("an odd name of a dataset", &pluginv1.CollectRequest{Dataset: oddText, Deadline: durationpb.New(time.Second)}),
		collect("a deadline that is over", &pluginv1.CollectRequest{Dataset: first, Deadline: durationpb.New(-time.Hour)}),
		collect("an invalid deadline", &pluginv1.CollectRequest{Dataset: first, Deadline: &durationpb.Duration{Seconds: -5, Nanos: math.MaxInt32}}),
		collect("a revision that never was", &pluginv1.CollectRequest{Dataset: first, Deadline: durationpb.New(time.Second), SinceRevision: math.MaxUint64}),
	}
	if slices.Contains(c.features, manifest.FeatureActions) {
		calls = append(calls, oddCall{"an action that there is not", func(ctx context.Context, p *process) error {
			stream, err := p.Source.Invoke(ctx, &pluginv1.InvokeRequest{
				InstanceId: id, ResourceId: "conformance-no-such-resource", Action: "conformance-no-such-action", ParamsJson: "{",
			})
			return drain(stream, err)
		}})
	}
	return calls
}

// oddText is text that is easily taken for something else.
var oddText = "../%s{{.}}\x00\u202e\U0001F4A9" + strings.Repeat("x", 100_000)

func oddSends(id string) []oddCall {
	send := func(odd string, r *pluginv1.SendRequest) oddCall {
		r.InstanceId = id
		return oddCall{odd, func(ctx context.Context, p *process) error {
			_, err := p.Notifier.Send(ctx, r)
			return err
		}}
	}
	strange := &pluginv1.Alert{
		Value: math.NaN(), Threshold: math.Inf(-1), Message: oddText[:100],
		Started: &timestamppb.Timestamp{Seconds: math.MaxInt64, Nanos: -1}, Labels: map[string]string{"": "\n"},
	}
	return []oddCall{
		send("nothing in it", &pluginv1.SendRequest{}),
		send("odd texts", &pluginv1.SendRequest{
			DeliveryId: "a\r\nb", Title: "a\r\nB: c", Text: oddText, Markdown: oddText, Severity: oddText, Phase: "?", Link: "::",
		}),
		send("odd alerts", &pluginv1.SendRequest{Title: "odd", Alerts: slices.Repeat([]*pluginv1.Alert{strange}, 1000)}),
	}
}

func oddChats(id string) []oddCall {
	chat := func(odd string, r *pluginv1.ChatRequest) oddCall {
		r.InstanceId = id
		return oddCall{odd, func(ctx context.Context, p *process) error {
			stream, err := p.AI.Chat(ctx, r)
			return drain(stream, err)
		}}
	}
	text := &pluginv1.Part{Part: &pluginv1.Part_Text{Text: oddText}}
	result := &pluginv1.Part{Part: &pluginv1.Part_ToolResult{ToolResult: &pluginv1.ToolResult{Id: "of no call"}}}
	message := func(role string, parts ...*pluginv1.Part) []*pluginv1.Message {
		return []*pluginv1.Message{{Role: role, Parts: parts}}
	}
	return []oddCall{
		chat("no messages", &pluginv1.ChatRequest{}),
		chat("a message without content", &pluginv1.ChatRequest{Messages: message("user")}),
		chat("a part that is nothing", &pluginv1.ChatRequest{Messages: message("user", &pluginv1.Part{})}),
		chat("an unknown role and odd text", &pluginv1.ChatRequest{Model: oddText, Messages: message("nobody", text)}),
		chat("a result of no call", &pluginv1.ChatRequest{Messages: message("tool", result)}),
		chat("a tool without a name", &pluginv1.ChatRequest{
			Messages: message("user", text), Tools: []*pluginv1.Tool{{ParametersSchema: "{"}}, ToolChoice: "?",
		}),
	}
}

// drain receives a stream to its end.
func drain[T any](stream grpc.ServerStreamingClient[T], err error) error {
	for err == nil {
		_, err = stream.Recv()
	}
	return err
}

// panicSurvived configures two instances and expects one of them to outlive the bug of the other.
func panicSurvived(ctx context.Context, p *process, c *component) error {
	if len(c.sample.Panic) == 0 {
		return notApplicablef("no configuration is known that makes it panic")
	}
	if err := p.add(ctx, c, "sound", nil); err != nil {
		return err
	}
	if err := p.add(ctx, c, "panic", c.sample.Panic); err != nil {
		return err
	}
	if err := p.work(ctx, c, "panic"); err == nil {
		return fmt.Errorf("the call that was to panic gives no error")
	}
	if err := p.serves(ctx, callLimit); err != nil {
		return err
	}
	if err := p.touch(ctx, c, "sound"); status.Code(err) == codes.NotFound {
		return fmt.Errorf("another instance is gone with it: %w", err)
	}
	return nil
}
