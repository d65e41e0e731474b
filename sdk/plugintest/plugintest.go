// Package plugintest runs a plugin inside a test, over the same gRPC and
// go-plugin as in a hub, with a hub that is a fake.
//
//	h := plugintest.Start(t, plugin)
//	id := h.Configure("source/tcp", map[string]any{"address": server}, nil)
//	seen := h.Collect(id, "")
package plugintest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"
	"github.com/hashicorp/go-plugin"
	"google.golang.org/grpc"

	pluginv1 "github.com/pulse-hub/pulse/proto/gen/pulse/plugin/v1"
	"github.com/pulse-hub/pulse/sdk"
	"github.com/pulse-hub/pulse/sdk/chat"
	"github.com/pulse-hub/pulse/sdk/manifest"
	"github.com/pulse-hub/pulse/sdk/notification"
	"github.com/pulse-hub/pulse/sdk/resource"
	"github.com/pulse-hub/pulse/sdk/transport"
	"github.com/pulse-hub/pulse/sdk/wire"
)

const (
	// patience bounds each call of the harness.
	patience = 20 * time.Second
	// stopPatience is how long a plugin may take to stop by itself.
	stopPatience = 5 * time.Second
)

// Harness is a running plugin. Its methods fail the test where they cannot go
// on; those that begin with Try return what a hub would see instead.
type Harness struct {
	// Client reaches the plugin directly, for what the harness has no method for.
	Client *transport.Client
	// Host is the hub that the plugin sees.
	Host *Host

	t         testing.TB
	instances int
}

// Start runs the plugin until the test ends and calls Init.
func Start(t testing.TB, p *sdk.Plugin) *Harness {
	t.Helper()
	server, err := sdk.NewServer(p, hclog.New(&hclog.LoggerOptions{Output: newOutput(t), Level: hclog.Debug}))
	if err != nil {
		t.Fatalf("build plugin: %v", err)
	}
	h := &Harness{t: t, Host: NewHost(), Client: dispense(t, serve(t, server))}
	id, stop, err := h.Client.ServeHost(h.Host)
	if err != nil {
		t.Fatalf("serve host: %v", err)
	}
	t.Cleanup(stop)
	_, err = h.Client.Plugin.Init(h.context(), &pluginv1.InitRequest{
		HubVersion:    "1.0.0",
		HostServiceId: id,
		Features: []string{
			manifest.FeatureWatch, manifest.FeatureActions, manifest.FeatureTest, manifest.FeatureHealth,
		},
		DataDir:  t.TempDir(),
		LogLevel: "debug",
	})
	if err != nil {
		t.Fatalf("init: %v", err)
	}
	return h
}

// serve runs the server in the background until the test ends.
func serve(t testing.TB, server *sdk.Server) *plugin.ReattachConfig {
	ctx, cancel := context.WithCancel(context.Background()) // t.Context ends before the cleanups do
	reattach, closed := make(chan *plugin.ReattachConfig, 1), make(chan struct{})
	go server.Serve(&plugin.ServeTestConfig{Context: ctx, ReattachConfigCh: reattach, CloseCh: closed})
	t.Cleanup(func() {
		defer server.Close()
		defer cancel()
		// The client has asked it to stop by now. go-plugin must not be told
		// twice at the same time, so the context is for what has no client.
		select {
		case <-closed:
		case <-time.After(stopPatience):
			cancel()
			<-closed
		}
	})
	select {
	case config := <-reattach:
		return config
	case <-closed:
	case <-time.After(patience):
	}
	t.Fatal("plugin does not serve")
	return nil
}

func dispense(t testing.TB, reattach *plugin.ReattachConfig) *transport.Client {
	client := plugin.NewClient(&plugin.ClientConfig{
		HandshakeConfig: transport.Handshake(),
		// Reattaching skips the negotiation that would choose among versions.
		Plugins:          transport.ClientPlugins()[transport.ProtocolVersion],
		AllowedProtocols: []plugin.Protocol{plugin.ProtocolGRPC},
		Reattach:         reattach,
		Logger:           hclog.NewNullLogger(),
	})
	protocol, err := client.Client()
	if err != nil {
		t.Fatalf("connect: %v", err)
	}
	t.Cleanup(func() { _ = protocol.Close() }) // the plugin may have ended before
	dispensed, err := protocol.Dispense(transport.Name)
	if err != nil {
		t.Fatalf("dispense: %v", err)
	}
	return dispensed.(*transport.Client)
}

// context returns a context for one call. It ends with the test.
func (h *Harness) context() context.Context {
	ctx, cancel := context.WithTimeout(h.t.Context(), patience)
	h.t.Cleanup(cancel)
	return ctx
}

// Manifest returns what the plugin says of itself.
func (h *Harness) Manifest() *manifest.Manifest {
	h.t.Helper()
	message, err := h.Client.Plugin.Describe(h.context(), &pluginv1.DescribeRequest{})
	if err != nil {
		h.t.Fatalf("describe: %v", err)
	}
	return manifest.FromMessage(message)
}

// Configure sets up a new instance and returns its id. The configuration is
// marshalled to JSON; secrets are given apart, by JSON pointer.
func (h *Harness) Configure(component string, config any, secrets map[string]string) string {
	h.t.Helper()
	h.instances++
	id := fmt.Sprintf("instance-%d", h.instances)
	if faults := h.TryConfigure(id, component, config, secrets); len(faults) > 0 {
		h.t.Fatalf("configure %s: %v", component, faults)
	}
	return id
}

// TryConfigure sets up or replaces an instance and returns what the plugin finds wrong with it.
func (h *Harness) TryConfigure(id, component string, config any, secrets map[string]string) []sdk.FieldError {
	h.t.Helper()
	response, err := h.Client.Plugin.Configure(h.context(), h.request(id, component, config, secrets))
	if err != nil {
		h.t.Fatalf("configure %s: %v", component, err)
	}
	var faults []sdk.FieldError
	for _, e := range response.GetErrors() {
		faults = append(faults, sdk.FieldError{Path: e.GetPath(), Message: e.GetMessage()})
	}
	return faults
}

// Test tries a configuration without setting it up.
func (h *Harness) Test(component string, config any, secrets map[string]string) *pluginv1.TestResponse {
	h.t.Helper()
	response, err := h.Client.Plugin.Test(h.context(), h.request("", component, config, secrets))
	if err != nil {
		h.t.Fatalf("test %s: %v", component, err)
	}
	return response
}

func (h *Harness) request(id, component string, config any, secrets map[string]string) *pluginv1.ConfigureRequest {
	h.t.Helper()
	data, err := json.Marshal(config)
	if err != nil {
		h.t.Fatalf("marshal configuration: %v", err)
	}
	return &pluginv1.ConfigureRequest{
		InstanceId: id, Component: component, ConfigJson: string(data), Secrets: secrets, Name: id,
	}
}

// Remove ends an instance.
func (h *Harness) Remove(id string) {
	h.t.Helper()
	if _, err := h.Client.Plugin.Remove(h.context(), &pluginv1.RemoveRequest{InstanceId: id}); err != nil {
		h.t.Fatalf("remove: %v", err)
	}
}

// Collected is a complete answer of a source.
type Collected struct {
	Full      bool
	Revision  uint64
	Resources []resource.Resource
	Events    []resource.Event
	Problems  []resource.Problem
	Chunks    int
}

// Collect collects a dataset of an instance; no name means the first dataset.
func (h *Harness) Collect(id, dataset string) Collected {
	h.t.Helper()
	collected, err := h.TryCollect(h.context(), id, dataset)
	if err != nil {
		h.t.Fatalf("collect: %v", err)
	}
	return collected
}

// errIncomplete says that an answer ended without its last chunk.
var errIncomplete = errors.New("answer has no last chunk")

// TryCollect collects and returns the error a hub would see.
func (h *Harness) TryCollect(ctx context.Context, id, dataset string) (Collected, error) {
	stream, err := h.Client.Source.Collect(ctx, &pluginv1.CollectRequest{InstanceId: id, Dataset: dataset})
	if err != nil {
		return Collected{}, err
	}
	return receive(stream)
}

func receive(stream grpc.ServerStreamingClient[pluginv1.CollectChunk]) (Collected, error) {
	var all Collected
	last := false
	for {
		chunk, err := stream.Recv()
		switch {
		case errors.Is(err, io.EOF) && !last:
			return all, errIncomplete
		case errors.Is(err, io.EOF):
			return all, nil
		case err != nil:
			return all, err
		}
		last = chunk.GetLast()
		all.add(chunk)
	}
}

func (c *Collected) add(chunk *pluginv1.CollectChunk) {
	c.Chunks++
	c.Full, c.Revision = chunk.GetFull(), chunk.GetRevision()
	for _, r := range chunk.GetResources() {
		c.Resources = append(c.Resources, wire.DecodeResource(r))
	}
	for _, e := range chunk.GetEvents() {
		c.Events = append(c.Events, wire.DecodeEvent(e))
	}
	for _, p := range chunk.GetProblems() {
		c.Problems = append(c.Problems, wire.DecodeProblem(p))
	}
}

// Send delivers a message through an instance.
func (h *Harness) Send(id string, message *sdk.Notification) notification.Result {
	h.t.Helper()
	response, err := h.Client.Notifier.Send(h.context(), wire.EncodeNotification(id, message))
	if err != nil {
		h.t.Fatalf("send: %v", err)
	}
	return wire.DecodeSendResult(response)
}

// Models lists the models of an instance.
func (h *Harness) Models(id string) []sdk.ChatModel {
	h.t.Helper()
	response, err := h.Client.AI.Models(h.context(), &pluginv1.ModelsRequest{InstanceId: id})
	if err != nil {
		h.t.Fatalf("models: %v", err)
	}
	var models []sdk.ChatModel
	for _, m := range response.GetModels() {
		models = append(models, wire.DecodeModel(m))
	}
	return models
}

// Answer is a complete answer of a model.
type Answer struct {
	Text, Thinking string
	ToolCalls      []chat.ToolCall
	Finish         chat.Finish
}

// Chat continues a conversation.
func (h *Harness) Chat(id string, request *sdk.ChatRequest) Answer {
	h.t.Helper()
	answer, err := h.TryChat(h.context(), id, request)
	if err != nil {
		h.t.Fatalf("chat: %v", err)
	}
	return answer
}

// TryChat continues a conversation and returns the error a hub would see.
func (h *Harness) TryChat(ctx context.Context, id string, request *sdk.ChatRequest) (Answer, error) {
	stream, err := h.Client.AI.Chat(ctx, wire.EncodeChatRequest(id, request))
	if err != nil {
		return Answer{}, err
	}
	var answer Answer
	var text, thinking strings.Builder
	for {
		message, err := stream.Recv()
		if err != nil {
			answer.Text, answer.Thinking = text.String(), thinking.String()
			if errors.Is(err, io.EOF) {
				return answer, nil
			}
			return answer, err
		}
		delta := wire.DecodeDelta(message)
		text.WriteString(delta.Text)
		switch {
		case delta.Thinking != nil:
			thinking.WriteString(delta.Thinking.Text)
		case delta.ToolCall != nil:
			answer.ToolCalls = append(answer.ToolCalls, *delta.ToolCall)
		case delta.Finish != nil:
			answer.Finish = *delta.Finish
		}
	}
}
