package faultplugin

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/timestamppb"

	pluginv1 "github.com/pulse-hub/pulse/proto/gen/pulse/plugin/v1"
	"github.com/pulse-hub/pulse/sdk/fault"
	"github.com/pulse-hub/pulse/sdk/transport"
)

// chunkSize is the number of resources in a chunk.
const chunkSize = 500

// Config is the configuration of an instance: how its Collect behaves.
type Config struct {
	// Resources is the number of resources, Metrics that of the metrics of each.
	Resources int `json:"resources,omitempty"`
	Metrics   int `json:"metrics,omitempty"`
	// Fail is "", "auth", "transient", "hang", "crash" or "refuse" (the configuration itself).
	Fail string `json:"fail,omitempty"`
	// Cut leaves out the last chunk.
	Cut bool `json:"cut,omitempty"`
}

// JSON returns the configuration as an instance has it.
func (c Config) JSON() json.RawMessage {
	data, err := json.Marshal(c)
	if err != nil {
		panic(err) // it has nothing that cannot be written
	}
	return data
}

type server struct {
	pluginv1.UnimplementedPluginServer
	pluginv1.UnimplementedSourceServer
	mode   Mode
	onInit func()

	mu        sync.Mutex
	instances map[string]Config
}

func newServer(mode Mode) *server {
	return &server{mode: mode, onInit: func() {}, instances: map[string]Config{}}
}

func (s *server) services() transport.Services {
	return transport.Services{
		Plugin: s, Source: s,
		Notifier: pluginv1.UnimplementedNotifierServer{}, AI: pluginv1.UnimplementedAIServer{},
	}
}

// Init writes what the mode wants written after the handshake.
func (s *server) Init(context.Context, *pluginv1.InitRequest) (*pluginv1.InitResponse, error) {
	s.onInit()
	return &pluginv1.InitResponse{}, nil
}

// Describe says who it is.
func (s *server) Describe(context.Context, *pluginv1.DescribeRequest) (*pluginv1.Manifest, error) {
	id := ID
	if s.mode == Stranger {
		id = "test.stranger"
	}
	return &pluginv1.Manifest{Id: id, Version: Version}, nil
}

// Configure keeps the configuration, unless it or the mode says to refuse it.
func (s *server) Configure(_ context.Context, request *pluginv1.ConfigureRequest) (*pluginv1.ConfigureResponse, error) {
	var config Config
	if err := json.Unmarshal([]byte(request.GetConfigJson()), &config); err != nil {
		return nil, fault.Newf(fault.OriginCaller, "", "decode configuration: %w", err)
	}
	if config.Fail == "refuse" || s.mode == Picky {
		refusal := &pluginv1.FieldError{Path: "/fail", Message: "the token " + request.GetSecrets()["/token"] + " is not wanted"}
		return &pluginv1.ConfigureResponse{Errors: []*pluginv1.FieldError{refusal}}, nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.instances[request.GetInstanceId()] = config
	return &pluginv1.ConfigureResponse{}, nil
}

// Remove forgets the instance.
func (s *server) Remove(_ context.Context, request *pluginv1.RemoveRequest) (*pluginv1.RemoveResponse, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.instances, request.GetInstanceId())
	return &pluginv1.RemoveResponse{}, nil
}

// Test tells the process's environment as facts.
func (s *server) Test(context.Context, *pluginv1.ConfigureRequest) (*pluginv1.TestResponse, error) {
	facts := map[string]string{}
	for _, variable := range os.Environ() {
		name, value, _ := strings.Cut(variable, "=")
		facts[name] = value
	}
	return &pluginv1.TestResponse{Ok: true, Facts: facts}, nil
}

// Collect answers as the instance's configuration says.
func (s *server) Collect(request *pluginv1.CollectRequest, stream grpc.ServerStreamingServer[pluginv1.CollectChunk]) error {
	s.mu.Lock()
	config, ok := s.instances[request.GetInstanceId()]
	s.mu.Unlock()
	if !ok {
		return fault.Newf(fault.OriginCaller, fault.CodeNotFound, "no such instance")
	}
	switch config.Fail {
	case "auth":
		return fault.Newf(fault.OriginRemote, fault.CodeAuth, "the token is refused")
	case "transient":
		return &fault.Error{Origin: fault.OriginRemote, Transient: true, Err: errors.New("connection refused")}
	case "hang":
		return wait(stream.Context())
	case "crash":
		os.Exit(3)
	}
	return config.send(request.GetDataset(), stream)
}

func (c Config) send(dataset string, stream grpc.ServerStreamingServer[pluginv1.CollectChunk]) error {
	for first := 0; ; first += chunkSize {
		end := min(first+chunkSize, c.Resources)
		last := end == c.Resources
		if last && c.Cut {
			return nil
		}
		chunk := &pluginv1.CollectChunk{Dataset: dataset, Full: true, Last: last, ObservedAt: timestamppb.New(time.Now())}
		for i := first; i < end; i++ {
			chunk.Resources = append(chunk.Resources, c.resource(i))
		}
		if err := stream.Send(chunk); err != nil {
			return err
		}
		if last {
			return nil
		}
	}
}

func (c Config) resource(i int) *pluginv1.Resource {
	id := "thing/" + strconv.Itoa(i)
	r := &pluginv1.Resource{Id: id, Kind: "thing", Name: id, Status: pluginv1.Status_STATUS_RUNNING}
	for m := range c.Metrics {
		r.Metrics = append(r.Metrics, &pluginv1.Metric{Name: "value_" + strconv.Itoa(m), Value: float64(i * m)})
	}
	return r
}
