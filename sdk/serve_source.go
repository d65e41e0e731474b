package sdk

import (
	"context"
	"encoding/json"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	pluginv1 "github.com/pulse-hub/pulse/proto/gen/pulse/plugin/v1"
)

// sourceServer serves pluginv1.Source.
type sourceServer struct {
	pluginv1.UnimplementedSourceServer
	instances *instances
}

// Collect looks at one dataset once.
func (s *sourceServer) Collect(
	request *pluginv1.CollectRequest, stream grpc.ServerStreamingServer[pluginv1.CollectChunk],
) error {
	in, value, err := find[any](s.instances, request.GetInstanceId())
	if err != nil {
		return err
	}
	dataset, ok := in.component.dataset(request.GetDataset())
	if !ok {
		return notFound("no dataset %q", request.GetDataset())
	}
	ctx, cancel := withDeadline(stream.Context(), request.GetDeadline().AsDuration())
	defer cancel()
	out := newSnapshot(dataset.Name, request.GetSinceRevision())
	err = collect(ctx, value, out)
	if err == nil {
		err = ctx.Err() // what a source that ignores the deadline saw may be incomplete
	}
	in.observe(err)
	if err != nil {
		return in.fail(ctx, err)
	}
	return out.send(stream.Send, in.redact)
}

func withDeadline(ctx context.Context, limit time.Duration) (context.Context, context.CancelFunc) {
	if limit <= 0 {
		return context.WithCancel(ctx)
	}
	return context.WithTimeout(ctx, limit)
}

// collect prefers CollectDataset, as it says more.
func collect(ctx context.Context, value any, out *Snapshot) error {
	switch source := value.(type) {
	case DatasetCollector:
		return source.CollectDataset(ctx, out.dataset, out)
	case Collector:
		return source.Collect(ctx, out)
	}
	return status.Error(codes.Unimplemented, "not a source")
}

// Watch passes changes on as they happen.
func (s *sourceServer) Watch(
	request *pluginv1.WatchRequest, stream grpc.ServerStreamingServer[pluginv1.CollectChunk],
) error {
	in, watcher, err := find[Watcher](s.instances, request.GetInstanceId())
	if err != nil {
		return err
	}
	ctx := stream.Context()
	err = watcher.Watch(ctx, func(changes *Snapshot) error { return changes.send(stream.Send, in.redact) })
	if err != nil && ctx.Err() == nil {
		in.observe(err)
		return in.fail(ctx, err)
	}
	return nil
}

// Invoke does one action. What the action itself says went wrong is in the
// last event, so that it is told apart from a broken connection.
func (s *sourceServer) Invoke(
	request *pluginv1.InvokeRequest, stream grpc.ServerStreamingServer[pluginv1.InvokeEvent],
) error {
	in, actor, err := find[Actor](s.instances, request.GetInstanceId())
	if err != nil {
		return err
	}
	ctx := stream.Context()
	result, err := actor.Invoke(ctx, decodeAction(request), func(p Progress) error {
		return stream.Send(&pluginv1.InvokeEvent{Progress: p.Done, Line: in.redact.Redact(p.Line)})
	})
	if ctx.Err() != nil {
		return in.fail(ctx, err)
	}
	if err != nil {
		return stream.Send(&pluginv1.InvokeEvent{Done: true, Error: in.redact.Redact(err.Error())})
	}
	return stream.Send(&pluginv1.InvokeEvent{Progress: 1, Done: true, ResultJson: string(result)})
}

func decodeAction(request *pluginv1.InvokeRequest) Action {
	action := Action{
		ResourceID:     request.GetResourceId(),
		Name:           request.GetAction(),
		Actor:          request.GetActor(),
		IdempotencyKey: request.GetIdempotencyKey(),
	}
	if request.GetParamsJson() != "" {
		action.Params = json.RawMessage(request.GetParamsJson())
	}
	return action
}
