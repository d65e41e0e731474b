package recording

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"slices"
	"strings"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	pluginv1 "github.com/pulse-hub/pulse/proto/gen/pulse/plugin/v1"
	"github.com/pulse-hub/pulse/sdk/transport"
)

// servicePrefix is what the names of the protocol's services begin with.
const servicePrefix = "/pulse.plugin.v1."

// methods are those that are recorded and can be played: questions that end.
func methods() []string {
	return []string{
		"Plugin/Describe", "Plugin/Configure", "Plugin/Remove", "Plugin/Test", "Plugin/Health",
		"Source/Collect", "Notifier/Send", "AI/Models",
	}
}

// recorded returns the short name of a method, and whether it is recorded.
func recorded(fullMethod string) (string, bool) {
	name, ours := strings.CutPrefix(fullMethod, servicePrefix)
	return name, ours && slices.Contains(methods(), name)
}

// Wrap returns a connection over which calls go as over the given one, and are
// recorded: those of Plugin but Init, Collect, Send and Models. What is
// streamed without an end or does something is not.
func (r *Recorder) Wrap(conn grpc.ClientConnInterface) grpc.ClientConnInterface {
	return &wrapped{recorder: r, inner: conn}
}

// Clients returns the clients of a plugin process with their calls recorded.
// The connection stays that of the given ones.
func (r *Recorder) Clients(clients *transport.Client) *transport.Client {
	conn := r.Wrap(clients.Conn)
	recorded := *clients
	recorded.Plugin = pluginv1.NewPluginClient(conn)
	recorded.Source = pluginv1.NewSourceClient(conn)
	recorded.Notifier = pluginv1.NewNotifierClient(conn)
	recorded.AI = pluginv1.NewAIClient(conn)
	return &recorded
}

type wrapped struct {
	recorder *Recorder
	inner    grpc.ClientConnInterface
}

// Invoke makes a call with one answer.
func (w *wrapped) Invoke(ctx context.Context, method string, args, reply any, options ...grpc.CallOption) error {
	name, ok := recorded(method)
	if !ok {
		return w.inner.Invoke(ctx, method, args, reply, options...)
	}
	pending := w.recorder.begin(name, args)
	err := w.inner.Invoke(ctx, method, args, reply, options...)
	if err == nil {
		pending.answer(reply)
	}
	pending.end(err)
	return err
}

// NewStream begins a call with many answers.
func (w *wrapped) NewStream(
	ctx context.Context, desc *grpc.StreamDesc, method string, options ...grpc.CallOption,
) (grpc.ClientStream, error) {
	stream, err := w.inner.NewStream(ctx, desc, method, options...)
	name, ok := recorded(method)
	if !ok || err != nil {
		return stream, err
	}
	return &recordedStream{ClientStream: stream, recorder: w.recorder, name: name}, nil
}

// recordedStream records a stream that is received to its end. One that is
// given up before leaves no call.
type recordedStream struct {
	grpc.ClientStream
	recorder *Recorder
	name     string
	pending  *pending // from the request on
}

// SendMsg sends the request.
func (s *recordedStream) SendMsg(m any) error {
	if s.pending == nil {
		s.pending = s.recorder.begin(s.name, m)
	}
	return s.ClientStream.SendMsg(m)
}

// RecvMsg receives the next answer.
func (s *recordedStream) RecvMsg(m any) error {
	err := s.ClientStream.RecvMsg(m)
	if s.pending == nil {
		return err
	}
	switch {
	case err == nil:
		s.pending.answer(m)
	case errors.Is(err, io.EOF):
		s.pending.end(nil)
	default:
		s.pending.end(err)
	}
	return err
}

// pending is a call that is not over. It is used by one goroutine.
type pending struct {
	recorder *Recorder
	call     Call
	size     int
	over     bool
}

func (r *Recorder) begin(name string, request any) *pending {
	if configure, ok := request.(*pluginv1.ConfigureRequest); ok {
		r.learn(configure)
	}
	p := &pending{recorder: r, call: Call{Method: name, Began: time.Now(), Request: encode(request)}}
	p.size = len(p.call.Request)
	return p
}

func (p *pending) answer(message any) {
	if manifest, ok := message.(*pluginv1.Manifest); ok {
		p.recorder.introduce(manifest)
	}
	encoded := encode(message)
	if p.size += len(encoded); p.size > MaxCallBytes {
		p.call.Cut = true
		return
	}
	p.call.Answers = append(p.call.Answers, encoded)
}

func (p *pending) end(err error) {
	if p.over {
		return
	}
	p.over = true
	p.call.Seconds = time.Since(p.call.Began).Seconds()
	p.call.Failure = failureOf(err)
	p.recorder.addCall(p.call)
}

// failureOf describes the error of a call; nil if it is none.
func failureOf(err error) *Failure {
	if err == nil {
		return nil
	}
	s := status.Convert(err)
	failure := &Failure{Code: s.Code().String(), Message: s.Message()}
	for _, detail := range s.Details() {
		if fault, ok := detail.(*pluginv1.Fault); ok {
			failure.Fault = encode(fault)
		}
	}
	return failure
}

// encode writes a message as compact proto JSON: protojson itself varies its spaces.
func encode(message any) json.RawMessage {
	m, ok := message.(proto.Message)
	if !ok {
		return json.RawMessage("{}") // the generated clients give none
	}
	loose, err := protojson.Marshal(m)
	var compact bytes.Buffer
	if err != nil || json.Compact(&compact, loose) != nil {
		return json.RawMessage("{}") // text that is not UTF-8, which does not get through gRPC either
	}
	return compact.Bytes()
}
