package recording

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
)

const (
	// playTimeout bounds one call.
	playTimeout = time.Minute
	// maxDifferences bounds what is told; more are counted.
	maxDifferences = 1000
	// maxAnswers bounds the messages of one answer.
	maxAnswers = 20_000
)

// Outcome is what playing a recording has shown.
type Outcome struct {
	// Calls is how many calls were made.
	Calls int
	// Differences are those between what was answered when recorded and now.
	// There are at most 1000; More counts further ones.
	Differences []Difference
	More        int
	// Missed are requests to the other side that were not recorded: "GET /path?query".
	Missed []string
}

// Same tells whether all answers were the same and nothing was missed.
func (o *Outcome) Same() bool { return len(o.Differences)+o.More+len(o.Missed) == 0 }

// Difference is one value that a call answers differently.
type Difference struct {
	// Call names the call: "call 3, Source/Collect guests".
	Call string
	// Path is where in the answer: `resources["qemu/104"].usage.cpu`. Empty:
	// the call as a whole.
	Path string
	// Recorded and Now are the two values, "nothing" for none.
	Recorded, Now string
}

// String returns the difference as a line for people.
func (d Difference) String() string {
	return fmt.Sprintf("%s: %s: recorded %s, now %s", d.Call, cmp.Or(d.Path, "answer"), d.Recorded, d.Now)
}

// Play makes the calls of a recording to a plugin that has been started and
// initialized, one after the other, with a Replayer in the place of its other
// side, and returns what it answers differently. Secrets are the placeholders
// of the recording. What depends on when it was looked at is not compared:
// see docs/format/pulserec.md.
//
// An error means that it could not be played; that a call fails is none.
func Play(ctx context.Context, recording *Recording, conn grpc.ClientConnInterface) (*Outcome, error) {
	server, err := listen(ctx, nil)
	if err != nil {
		return nil, err
	}
	replayer := NewReplayer(recording, server.address())
	server.server.Handler = replayer
	serving, stop := context.WithCancel(ctx)
	served := make(chan error, 1)
	go func() { served <- server.run(serving) }()
	p := &player{conn: conn, replayer: replayer, outcome: &Outcome{}}
	err = p.play(ctx, recording.Calls)
	stop()
	if err := errors.Join(err, <-served); err != nil {
		return nil, err
	}
	p.outcome.Missed = replayer.Missed()
	return p.outcome, nil
}

// player is one playing of a recording.
type player struct {
	conn     grpc.ClientConnInterface
	replayer *Replayer
	outcome  *Outcome
}

func (p *player) play(ctx context.Context, calls []Call) error {
	for i := range calls {
		if err := ctx.Err(); err != nil {
			return context.Cause(ctx)
		}
		name := fmt.Sprintf("call %d, %s", i+1, calls[i].Method)
		if err := p.repeat(ctx, name, &calls[i]); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		p.outcome.Calls++
	}
	return nil
}

// repeat makes one call and compares the answers.
func (p *player) repeat(ctx context.Context, name string, call *Call) error {
	method, err := methodOf(call.Method)
	if err != nil {
		return err
	}
	request, err := decode(method.Input(), json.RawMessage(p.replayer.local(string(call.Request))))
	if err != nil {
		return fmt.Errorf("read request: %w", err)
	}
	var then []proto.Message
	for _, answer := range call.Answers {
		message, err := decode(method.Output(), answer)
		if err != nil {
			return fmt.Errorf("read answer: %w", err)
		}
		then = append(then, message)
	}
	if field := method.Input().Fields().ByName("dataset"); field != nil {
		name = strings.TrimSpace(name + " " + request.ProtoReflect().Get(field).String())
	}
	ctx, cancel := context.WithTimeout(ctx, playTimeout)
	defer cancel()
	now, failure := p.call(ctx, method, request)
	c := &comparison{player: p, call: name}
	if same := c.failures(call.Failure, failure); !same || call.Cut {
		return nil // nothing to compare, or not all of it
	}
	return c.answers(method.Output(), then, now)
}

// call makes the call; messages that came before a failure are kept.
func (p *player) call(ctx context.Context, method protoreflect.MethodDescriptor, request proto.Message) ([]proto.Message, *Failure) {
	full := fmt.Sprintf("/%s/%s", method.Parent().FullName(), method.Name())
	if !method.IsStreamingServer() {
		answer, err := newMessage(method.Output())
		if err == nil {
			err = p.conn.Invoke(ctx, full, request, answer)
		}
		if err != nil {
			return nil, failureOf(err)
		}
		return []proto.Message{answer}, nil
	}
	answers, err := p.stream(ctx, method, full, request)
	return answers, failureOf(err)
}

var errTooManyAnswers = errors.New("the answer has too many messages")

func (p *player) stream(
	ctx context.Context, method protoreflect.MethodDescriptor, full string, request proto.Message,
) ([]proto.Message, error) {
	ctx, cancel := context.WithCancel(ctx) // ends the stream when it is left early
	defer cancel()
	stream, err := p.conn.NewStream(ctx, &grpc.StreamDesc{ServerStreams: true}, full)
	if err != nil {
		return nil, err
	}
	if err := stream.SendMsg(request); err != nil && !errors.Is(err, io.EOF) { // the error follows
		return nil, err
	}
	if err := stream.CloseSend(); err != nil {
		return nil, err
	}
	var answers []proto.Message
	for len(answers) < maxAnswers {
		answer, err := newMessage(method.Output())
		if err != nil {
			return answers, err
		}
		if err := stream.RecvMsg(answer); errors.Is(err, io.EOF) {
			return answers, nil
		} else if err != nil {
			return answers, err
		}
		answers = append(answers, answer)
	}
	return answers, errTooManyAnswers
}

// errMethod says that a recording has a call that this version does not know.
var errMethod = errors.New("the method is not one that can be played")

func methodOf(name string) (protoreflect.MethodDescriptor, error) {
	service, method, _ := strings.Cut(name, "/")
	if _, ok := recorded(servicePrefix + name); !ok {
		return nil, errMethod
	}
	full := protoreflect.FullName(strings.TrimPrefix(servicePrefix, "/") + service)
	descriptor, err := protoregistry.GlobalFiles.FindDescriptorByName(full)
	if err != nil {
		return nil, errMethod
	}
	services, ok := descriptor.(protoreflect.ServiceDescriptor)
	if !ok || services.Methods().ByName(protoreflect.Name(method)) == nil {
		return nil, errMethod
	}
	return services.Methods().ByName(protoreflect.Name(method)), nil
}

func newMessage(of protoreflect.MessageDescriptor) (proto.Message, error) {
	kind, err := protoregistry.GlobalTypes.FindMessageByName(of.FullName())
	if err != nil {
		return nil, fmt.Errorf("find message: %w", err)
	}
	return kind.New().Interface(), nil
}

// decode reads a message; what a newer protocol has added is left out.
func decode(of protoreflect.MessageDescriptor, text json.RawMessage) (proto.Message, error) {
	message, err := newMessage(of)
	if err != nil {
		return nil, err
	}
	if err := (protojson.UnmarshalOptions{DiscardUnknown: true}).Unmarshal(text, message); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrFormat, err)
	}
	return message, nil
}
