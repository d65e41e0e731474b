package invoke

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"

	pluginv1 "github.com/pulse-hub/pulse/proto/gen/pulse/plugin/v1"
)

// Errors of naming a method and its request.
var (
	// ErrMethod says that plugins have no such method.
	ErrMethod = errors.New("plugins have no such method")
	// ErrRequest says that a text is not the request of the method.
	ErrRequest = errors.New("not a request of the method")
)

// Methods returns the methods that a hub can call, "Source/Collect", sorted.
func Methods() []string {
	var list []string
	for name := range methods() {
		list = append(list, name)
	}
	slices.Sort(list)
	return list
}

// methods returns the methods of all services that plugins serve, by short name.
func methods() map[string]protoreflect.MethodDescriptor {
	found := map[string]protoreflect.MethodDescriptor{}
	add := func(file protoreflect.FileDescriptor) bool {
		for i := range file.Services().Len() {
			service := file.Services().Get(i)
			if string(service.FullName()) == pluginv1.HostService_ServiceDesc.ServiceName {
				continue // that one the hub serves
			}
			for j := range service.Methods().Len() {
				method := service.Methods().Get(j)
				found[string(service.Name())+"/"+string(method.Name())] = method
			}
		}
		return true
	}
	protoregistry.GlobalFiles.RangeFilesByPackage("pulse.plugin.v1", add)
	return found
}

// Method is one method of the protocol.
type Method struct{ descriptor protoreflect.MethodDescriptor }

// Find returns the method of a name: "Collect", "Source/Collect" or
// "pulse.plugin.v1.Source/Collect", in whatever case.
func Find(name string) (*Method, error) {
	wanted := strings.ToLower(strings.TrimPrefix(strings.TrimPrefix(name, "/"), "pulse.plugin.v1."))
	for short, descriptor := range methods() {
		lower := strings.ToLower(short)
		if _, last, _ := strings.Cut(lower, "/"); wanted == lower || wanted == last {
			return &Method{descriptor}, nil
		}
	}
	return nil, fmt.Errorf("%w: %.60q; there are %s", ErrMethod, name, strings.Join(Methods(), ", "))
}

// NeedsInstance tells whether the request says which instance it is for.
func (m *Method) NeedsInstance() bool { return m.instanceField() != nil }

func (m *Method) instanceField() protoreflect.FieldDescriptor {
	return m.descriptor.Input().Fields().ByName("instance_id")
}

// Request reads the request of a method from JSON: https://protobuf.dev/programming-guides/json/
// An empty text is an empty request. It is for Instance if it names no other.
func (m *Method) Request(text string) (proto.Message, error) {
	kind, err := protoregistry.GlobalTypes.FindMessageByName(m.descriptor.Input().FullName())
	if err != nil {
		return nil, fmt.Errorf("find request: %w", err)
	}
	request := kind.New()
	if strings.TrimSpace(text) != "" {
		if err := protojson.Unmarshal([]byte(text), request.Interface()); err != nil {
			return nil, fmt.Errorf("%w %s: %w", ErrRequest, m.descriptor.Name(), err)
		}
	}
	if field := m.instanceField(); field != nil && request.Get(field).String() == "" {
		request.Set(field, protoreflect.ValueOfString(Instance))
	}
	return request.Interface(), nil
}

// Call calls the method and shows each message of the answer as JSON.
func (m *Method) Call(ctx context.Context, conn grpc.ClientConnInterface, request proto.Message, show func(json []byte) error) error {
	kind, err := protoregistry.GlobalTypes.FindMessageByName(m.descriptor.Output().FullName())
	if err != nil {
		return fmt.Errorf("find answer: %w", err)
	}
	path := fmt.Sprintf("/%s/%s", m.descriptor.Parent().FullName(), m.descriptor.Name())
	ctx, cancel := context.WithCancel(ctx)
	defer cancel() // ends a stream that is not read to its end
	stream, err := conn.NewStream(ctx, &grpc.StreamDesc{ServerStreams: true}, path)
	if err != nil {
		return err
	}
	if err := errors.Join(stream.SendMsg(request), stream.CloseSend()); err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	for {
		answer := kind.New().Interface()
		err := stream.RecvMsg(answer)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		text, err := protojson.Marshal(answer)
		if err != nil {
			return fmt.Errorf("write answer: %w", err)
		}
		// protojson varies its spaces on purpose; people and scripts want them always the same.
		var indented bytes.Buffer
		if err := json.Indent(&indented, text, "", "  "); err != nil {
			return fmt.Errorf("write answer: %w", err)
		}
		if err := show(indented.Bytes()); err != nil {
			return err
		}
	}
}
