package sdk

import (
	"context"
	"errors"

	"google.golang.org/grpc"

	pluginv1 "github.com/pulse-hub/pulse/proto/gen/pulse/plugin/v1"
	"github.com/pulse-hub/pulse/sdk/chat"
	"github.com/pulse-hub/pulse/sdk/fault"
	"github.com/pulse-hub/pulse/sdk/wire"
)

// aiServer serves pluginv1.AI.
type aiServer struct {
	pluginv1.UnimplementedAIServer
	instances *instances
}

// Models lists the models of a provider.
func (s *aiServer) Models(ctx context.Context, request *pluginv1.ModelsRequest) (*pluginv1.ModelsResponse, error) {
	in, chatter, err := find[Chatter](s.instances, request.GetInstanceId())
	if err != nil {
		return nil, err
	}
	models, err := chatter.Models(ctx)
	in.observe(err)
	if err != nil {
		return nil, in.fail(ctx, err)
	}
	response := &pluginv1.ModelsResponse{}
	for i := range models {
		response.Models = append(response.Models, wire.EncodeModel(&models[i]))
	}
	return response, nil
}

// errNoMessages spares every provider the check.
var errNoMessages = errors.New("conversation has no messages")

// Chat streams an answer and sees to it that it ends with a Finish.
func (s *aiServer) Chat(request *pluginv1.ChatRequest, stream grpc.ServerStreamingServer[pluginv1.ChatDelta]) error {
	in, chatter, err := find[Chatter](s.instances, request.GetInstanceId())
	if err != nil {
		return err
	}
	conversation := wire.DecodeChatRequest(request)
	if len(conversation.Messages) == 0 {
		return &fault.Error{Origin: fault.OriginCaller, Err: errNoMessages}
	}
	finished := false
	err = chatter.Chat(stream.Context(), conversation, func(delta ChatDelta) error {
		finished = finished || delta.Finish != nil
		return stream.Send(wire.EncodeDelta(&delta))
	})
	in.observe(err)
	if err != nil {
		return in.fail(stream.Context(), err)
	}
	if finished {
		return nil
	}
	return stream.Send(wire.EncodeDelta(&ChatDelta{Finish: &ChatFinish{Reason: chat.ReasonStop}}))
}
