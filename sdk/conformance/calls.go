package conformance

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/durationpb"

	pluginv1 "github.com/pulse-hub/pulse/proto/gen/pulse/plugin/v1"
	"github.com/pulse-hub/pulse/sdk/manifest"
)

const (
	// callLimit bounds calls that do not reach out.
	callLimit = 5 * time.Second
	// workLimit bounds calls that may reach out.
	workLimit = 15 * time.Second
	// maxResources bounds what is kept of an answer.
	maxResources = 200_000
)

// configure makes an instance and returns what is wrong with its configuration.
func (p *process) configure(ctx context.Context, request *pluginv1.ConfigureRequest) ([]*pluginv1.FieldError, error) {
	ctx, cancel := context.WithTimeout(ctx, callLimit)
	defer cancel()
	response, err := p.Plugin.Configure(ctx, request)
	return response.GetErrors(), err
}

// request returns the Configure of the sample.
func (c *component) request(id string) *pluginv1.ConfigureRequest {
	return &pluginv1.ConfigureRequest{
		InstanceId: id, Component: c.key, ConfigJson: string(c.sample.Config), Secrets: c.sample.Secrets,
		Revision: 1, Name: "Instance " + id,
	}
}

// add makes an instance of the sample; with config of that configuration instead.
func (p *process) add(ctx context.Context, c *component, id string, config json.RawMessage) error {
	if c.unsampled != nil {
		return notApplicablef("there is no configuration to use: %v", c.unsampled)
	}
	request := c.request(id)
	if config != nil {
		request.ConfigJson = string(config)
	}
	faults, err := p.configure(ctx, request)
	switch {
	case err != nil:
		return fmt.Errorf("configure: %w", err)
	case len(faults) > 0 && !c.given:
		return notApplicablef("a made-up configuration is refused (%s): give a sample", shorten(faults[0].GetMessage()))
	case len(faults) > 0:
		return fmt.Errorf("the sample configuration is refused: %s %s", faults[0].GetPath(), shorten(faults[0].GetMessage()))
	}
	return nil
}

func (p *process) remove(ctx context.Context, id string) error {
	ctx, cancel := context.WithTimeout(ctx, callLimit)
	defer cancel()
	if _, err := p.Plugin.Remove(ctx, &pluginv1.RemoveRequest{InstanceId: id}); err != nil {
		return fmt.Errorf("remove: %w", err)
	}
	return nil
}

// serves tells whether the process answers at all.
func (p *process) serves(ctx context.Context, limit time.Duration) error {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	if _, err := p.Plugin.Describe(ctx, &pluginv1.DescribeRequest{}); err != nil {
		return fmt.Errorf("the process answers no other call: %w", err)
	}
	return nil
}

// work makes the call that the component's kind is there for. A notifier gets
// a message to send.
func (p *process) work(ctx context.Context, c *component, id string) error {
	ctx, cancel := context.WithTimeout(ctx, workLimit)
	defer cancel()
	var err error
	switch c.kind {
	case manifest.KindSource:
		_, err = p.collect(ctx, &pluginv1.CollectRequest{InstanceId: id, Dataset: c.datasets[0]})
	case manifest.KindNotifier:
		_, err = p.Notifier.Send(ctx, message(id, "conformance-"+id))
	case manifest.KindAI:
		_, err = p.AI.Models(ctx, &pluginv1.ModelsRequest{InstanceId: id})
	}
	return err
}

// touch makes a call that needs the instance and reaches nobody outside.
func (p *process) touch(ctx context.Context, c *component, id string) error {
	ctx, cancel := context.WithTimeout(ctx, callLimit)
	defer cancel()
	_, err := p.Plugin.Health(ctx, &pluginv1.HealthRequest{InstanceId: id})
	if status.Code(err) == codes.Unimplemented && c.kind != manifest.KindNotifier {
		return p.work(ctx, c, id)
	}
	return err
}

func message(id, delivery string) *pluginv1.SendRequest {
	return &pluginv1.SendRequest{
		InstanceId: id, DeliveryId: delivery, Title: "Conformance test", Severity: "info", Phase: "test",
		Text: "This message was sent to test a plugin.", Markdown: "This message was sent to *test* a plugin.",
	}
}

// answer is what a Collect gave.
type answer struct {
	chunks    []*pluginv1.CollectChunk
	resources []*pluginv1.Resource
}

// collect receives one answer to its end.
func (p *process) collect(ctx context.Context, request *pluginv1.CollectRequest) (*answer, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	stream, err := p.Source.Collect(ctx, request)
	if err != nil {
		return nil, err
	}
	return receive(stream)
}

func receive(stream grpc.ServerStreamingClient[pluginv1.CollectChunk]) (*answer, error) {
	a := &answer{}
	for {
		chunk, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			return a, nil
		}
		if err != nil {
			return nil, err
		}
		a.chunks = append(a.chunks, chunk)
		a.resources = append(a.resources, chunk.GetResources()...)
		if len(a.resources) > maxResources || len(a.chunks) > maxResources {
			return nil, fmt.Errorf("more than %d resources in one answer", maxResources)
		}
	}
}

// collectAll collects every dataset of an instance once, in their order.
func (p *process) collectAll(ctx context.Context, c *component, id string) ([]*answer, error) {
	var answers []*answer
	for _, dataset := range c.datasets {
		limited, cancel := context.WithTimeout(ctx, workLimit)
		a, err := p.collect(limited, &pluginv1.CollectRequest{
			InstanceId: id, Dataset: dataset, Deadline: durationpb.New(workLimit),
		})
		cancel()
		if err != nil {
			return nil, c.collectError(dataset, err)
		}
		answers = append(answers, a)
	}
	return answers, nil
}

// collectError is no failure for a made-up configuration, unless the plugin
// says itself that the error is its own.
func (c *component) collectError(dataset string, err error) error {
	code := status.Code(err)
	if !c.given && code != codes.Unimplemented && code != codes.Internal {
		return notApplicablef("nothing can be collected with a made-up configuration: give a sample (%s)", shorten(err.Error()))
	}
	return fmt.Errorf("collect %s: %w", dataset, err)
}

// outcome writes how a call ended: an error where another one, or none, was to be.
func outcome(err error) string {
	if err == nil {
		return "OK"
	}
	return shorten(err.Error())
}
