package conformance

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/hashicorp/go-plugin"
	"google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/known/emptypb"

	pluginv1 "github.com/pulse-hub/pulse/proto/gen/pulse/plugin/v1"
	"github.com/pulse-hub/pulse/sdk/manifest"
)

// manifestDescribed compares the two manifests in the shape of the protocol,
// in which what the file adds is left out.
func manifestDescribed(ctx context.Context, p *process) error {
	if p.subject.manifest == nil {
		return notApplicablef("there is no valid manifest")
	}
	ctx, cancel := context.WithTimeout(ctx, callLimit)
	defer cancel()
	described, err := p.Plugin.Describe(ctx, &pluginv1.DescribeRequest{})
	if err != nil {
		return fmt.Errorf("describe: %w", err)
	}
	said := manifest.FromMessage(described).ToMessage()
	written := p.subject.manifest.ToMessage()
	if proto.Equal(said, written) {
		return nil
	}
	return fmt.Errorf("they differ in: %s", difference(written, said))
}

// difference names the first member in which two messages of a type differ.
func difference(file, plugin proto.Message) string {
	a, b := file.ProtoReflect(), plugin.ProtoReflect()
	fields := a.Descriptor().Fields()
	for i := range fields.Len() {
		field := fields.Get(i)
		if a.Get(field).Equal(b.Get(field)) {
			continue
		}
		return fmt.Sprintf("%s (plugin.json: %s; Describe: %s)", field.Name(), only(a, field), only(b, field))
	}
	return "unknown fields"
}

// only writes one field of a message.
func only(message protoreflect.Message, field protoreflect.FieldDescriptor) string {
	if !message.Has(field) {
		return "nothing"
	}
	part := message.New()
	part.Set(field, message.Get(field))
	return shorten(protojson.MarshalOptions{}.Format(part.Interface()))
}

func healthService(ctx context.Context, p *process) error {
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	request := &grpc_health_v1.HealthCheckRequest{Service: plugin.GRPCServiceName}
	response, err := grpc_health_v1.NewHealthClient(p.Conn).Check(ctx, request)
	if err != nil {
		return fmt.Errorf("check health: %w", err)
	}
	if response.GetStatus() != grpc_health_v1.HealthCheckResponse_SERVING {
		return fmt.Errorf("it answers %s", response.GetStatus())
	}
	return nil
}

func endsAtEOF(_ context.Context, p *process) error {
	p.child.closeStdin()
	return p.ended(endLimit)
}

func endsAtShutdown(ctx context.Context, p *process) error {
	ctx, cancel := context.WithTimeout(ctx, endLimit)
	defer cancel()
	begin := time.Now()
	// The connection may end before the answer has arrived.
	_ = p.Conn.Invoke(ctx, "/plugin.GRPCController/Shutdown", &emptypb.Empty{}, &emptypb.Empty{})
	return p.ended(max(endLimit-time.Since(begin), 0))
}

// stdoutQuiet makes each component do something and looks at what was printed meanwhile.
func stdoutQuiet(ctx context.Context, s *subject) error {
	return withProcess(func(ctx context.Context, p *process) error {
		for i := range s.components {
			c := &s.components[i]
			err := p.add(ctx, c, "a", nil)
			if _, ok := errors.AsType[notApplicable](err); ok {
				continue
			}
			if err == nil && c.kind != manifest.KindNotifier {
				_ = p.work(ctx, c, "a") // whether it works is another check's business
			}
			if err := p.remove(ctx, "a"); err != nil {
				return err
			}
		}
		p.stop() // what is on its way has arrived then
		for _, text := range []string{p.child.stdout.rest.text(), p.printed.text()} {
			if text != "" {
				return fmt.Errorf("it printed %q", shorten(text))
			}
		}
		return nil
	})(ctx, s)
}
