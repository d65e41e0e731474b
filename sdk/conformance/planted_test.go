package conformance_test

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/hashicorp/go-hclog"
	"github.com/hashicorp/go-plugin"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	pluginv1 "github.com/pulse-hub/pulse/proto/gen/pulse/plugin/v1"
	"github.com/pulse-hub/pulse/sdk/manifest"
	"github.com/pulse-hub/pulse/sdk/transport"
)

// asPlugin is the argument that makes the test binary a plugin. What follows
// is the fault that is planted into it: the id of the check that is to find it,
// with a word behind a slash if there are several; or "none".
const asPlugin = "serve-planted-plugin"

const plantedManifest = `{
  "manifest": 1, "id": "test.planted", "version": "1.0.0", "name": "Planted", "protocol": {"min": 1, "max": 1},
  "components": [
    {"kind": "source", "type": "thing", "name": "Thing", "config": %[1]s,
     "datasets": [{"name": "things", "interval": "30s", "min_interval": "10s", "timeout": "10s"}]},
    {"kind": "notifier", "type": "note", "name": "Note", "features": ["test"], "config": %[1]s}
  ],
  "needs": {"network": ["instance:url"]}
}`

const plantedSchema = `{"type": "object", "required": ["url", "token"], "properties": {
  "url": {"type": "string", "format": "uri"}, "name": {"type": "string"}, "token": {"type": "string", "writeOnly": true}}}`

// rightToken is what the system behind the plugin accepts.
const rightToken = "right-token-of-the-sample"

// planted is a plugin made by hand, so that no SDK mends its faults.
type planted struct {
	pluginv1.UnimplementedPluginServer
	pluginv1.UnimplementedSourceServer
	pluginv1.UnimplementedNotifierServer
	fault string

	mu        sync.Mutex
	instances map[string]plantedConfig
	last      plantedConfig
	files     []*os.File
	memory    [][]byte
}

type plantedConfig struct {
	URL   string `json:"url"`
	Name  string `json:"name"`
	Token string `json:"-"`
}

func servePlanted(fault string) {
	if fault == "handshake" {
		fmt.Println("Welcome to the plugin!")
	}
	if fault != "stdin-eof" {
		go func() {
			_, _ = io.Copy(io.Discard, os.Stdin)
			os.Exit(0)
		}()
	}
	if fault != "parent-gone" {
		go func() {
			parent := os.Getppid()
			for range time.Tick(200 * time.Millisecond) {
				if os.Getppid() != parent {
					os.Exit(0)
				}
			}
		}()
	}
	s := &planted{fault: fault, instances: map[string]plantedConfig{}}
	plugin.Serve(&plugin.ServeConfig{
		HandshakeConfig: transport.Handshake(),
		VersionedPlugins: transport.ServerPlugins(transport.Services{
			Plugin: s, Source: s, Notifier: s, AI: pluginv1.UnimplementedAIServer{},
		}),
		GRPCServer: func(options []grpc.ServerOption) *grpc.Server {
			return grpc.NewServer(append(options, grpc.UnaryInterceptor(s.intercept))...)
		},
		Logger: hclog.New(&hclog.LoggerOptions{Output: os.Stderr, JSONFormat: true}),
	})
}

// intercept plants faults into what go-plugin itself serves.
func (s *planted) intercept(ctx context.Context, request any, info *grpc.UnaryServerInfo, next grpc.UnaryHandler) (any, error) {
	response, err := proto.Message(nil), error(nil)
	switch {
	case s.fault == "health-service" && info.FullMethod == grpc_health_v1.Health_Check_FullMethodName:
		response = &grpc_health_v1.HealthCheckResponse{Status: grpc_health_v1.HealthCheckResponse_NOT_SERVING}
	case s.fault == "shutdown" && info.FullMethod == "/plugin.GRPCController/Shutdown":
		err = status.Error(codes.Unimplemented, "not now")
	default:
		return next(ctx, request)
	}
	return response, err
}

func (s *planted) Init(context.Context, *pluginv1.InitRequest) (*pluginv1.InitResponse, error) {
	return &pluginv1.InitResponse{}, nil
}

func (s *planted) Describe(context.Context, *pluginv1.DescribeRequest) (*pluginv1.Manifest, error) {
	m, err := manifest.Decode(fmt.Appendf(nil, plantedManifest, plantedSchema))
	if err != nil {
		return nil, err
	}
	if s.fault == "manifest-describe" {
		m.Version = "2.0.0"
	}
	return m.ToMessage(), nil
}

func refusal(path, text string) *pluginv1.ConfigureResponse {
	return &pluginv1.ConfigureResponse{Errors: []*pluginv1.FieldError{{Path: path, Message: text}}}
}

func (s *planted) Configure(_ context.Context, r *pluginv1.ConfigureRequest) (*pluginv1.ConfigureResponse, error) {
	if r.Component != "source/thing" && r.Component != "notifier/note" {
		return nil, status.Error(codes.NotFound, "no such component")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	var members map[string]any
	if err := json.Unmarshal([]byte(r.ConfigJson), &members); err != nil || members == nil {
		if s.fault == "bad-config-keeps" {
			delete(s.instances, r.InstanceId)
		}
		if s.fault == "hostile-config/accepts" {
			return &pluginv1.ConfigureResponse{}, nil
		}
		return refusal("", "must be an object"), nil
	}
	if s.fault == "hostile-config" && members["url"] != nil {
		_ = members["url"].(string) // the planted bug
	}
	var config plantedConfig
	if err := json.Unmarshal([]byte(r.ConfigJson), &config); err != nil {
		return refusal("/name", "must be text"), nil
	}
	config.Token = r.Secrets["/token"]
	if response := s.check(config); response != nil {
		return response, nil
	}
	switch s.fault {
	case "secrets-kept":
		fmt.Fprintln(os.Stderr, "using", config.Token)
	case "secrets-kept/in-json":
		fmt.Fprintf(os.Stderr, "%q\n", config.Token)
	}
	s.instances[r.InstanceId], s.last = config, config
	return &pluginv1.ConfigureResponse{}, nil
}

func (s *planted) check(c plantedConfig) *pluginv1.ConfigureResponse {
	switch {
	case c.URL == "":
		return refusal("/url", "is required")
	case c.Token == "" && s.fault == "required-missing":
		return refusal("", "something is missing")
	case c.Token == "":
		return refusal("/token", "is required")
	}
	return nil
}

func (s *planted) Remove(_ context.Context, r *pluginv1.RemoveRequest) (*pluginv1.RemoveResponse, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch s.fault {
	case "remove-frees":
	case "instances-isolated/remove":
		if r.InstanceId == "b" {
			clear(s.instances)
		}
		delete(s.instances, r.InstanceId)
	default:
		delete(s.instances, r.InstanceId)
	}
	return &pluginv1.RemoveResponse{}, nil
}

func (s *planted) Test(_ context.Context, r *pluginv1.ConfigureRequest) (*pluginv1.TestResponse, error) {
	token := r.Secrets["/token"]
	if token == rightToken {
		return &pluginv1.TestResponse{Ok: true, State: pluginv1.State_STATE_OK}, nil
	}
	response := &pluginv1.TestResponse{State: pluginv1.State_STATE_AUTH_FAILED, Summary: "The token is refused."}
	switch s.fault {
	case "wrong-secret":
		response.State = pluginv1.State_STATE_FAILED
	case "secrets-kept/in-answer":
		response.Summary = "The token " + token + " is refused."
	}
	return response, nil
}

func (s *planted) Health(_ context.Context, r *pluginv1.HealthRequest) (*pluginv1.HealthResponse, error) {
	_, err := s.find(r.InstanceId)
	return &pluginv1.HealthResponse{State: pluginv1.State_STATE_OK}, err
}

func (s *planted) find(id string) (plantedConfig, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	config, ok := s.instances[id]
	if !ok && s.fault == "unknown-instance" {
		return config, errors.New("index out of range")
	}
	if !ok {
		return config, status.Error(codes.NotFound, "no such instance")
	}
	if s.fault == "instances-isolated" {
		config = s.last
	}
	return config, nil
}

// reach connects to the configured address, says something and waits for an
// answer until the context is done. Nobody there is no error.
func (s *planted) reach(ctx context.Context, address string) error {
	u, err := url.Parse(address)
	if err != nil {
		return err
	}
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", u.Host)
	if err != nil {
		return nil
	}
	defer conn.Close()
	if s.fault != "cancel" {
		defer context.AfterFunc(ctx, func() { conn.Close() })()
	}
	_ = conn.SetDeadline(time.Now().Add(4 * time.Second))
	_, _ = conn.Write([]byte("hello"))
	_, _ = conn.Read(make([]byte, 1))
	return ctx.Err()
}

// post tells the configured address of a message. Nobody there is no error.
func (s *planted) post(ctx context.Context, address, delivery string) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, address, strings.NewReader(`{"text": "a message"}`))
	if err != nil {
		return err
	}
	switch s.fault {
	case "delivery-once/key":
		delivery = rand.Text()
	case "delivery-once/same":
		delivery = "the only one"
	}
	request.Header.Set("Idempotency-Key", delivery)
	response, err := http.DefaultClient.Do(request)
	if err == nil {
		response.Body.Close()
	}
	return ctx.Err()
}

func (s *planted) Collect(r *pluginv1.CollectRequest, stream grpc.ServerStreamingServer[pluginv1.CollectChunk]) error {
	config, err := s.find(r.InstanceId)
	if err != nil {
		return err
	}
	ctx, cancel := stream.Context(), context.CancelFunc(func() {})
	if limit := r.GetDeadline().AsDuration(); limit > 0 && s.fault != "deadline" {
		ctx, cancel = context.WithTimeout(ctx, limit)
	}
	defer cancel()
	if r.Dataset != "things" {
		return s.oddDataset()
	}
	if s.fault == "collect-values/tells" {
		return status.Error(codes.Internal, "cannot use "+config.Token)
	}
	if err := s.misbehave(config); err != nil {
		return err
	}
	if err := s.reach(ctx, config.URL); err != nil {
		return status.FromContextError(err).Err()
	}
	return s.send(config.resources(s.fault), r.Dataset, stream)
}

// oddDataset answers for a dataset that there is not.
func (s *planted) oddDataset() error {
	switch s.fault {
	case "hostile-request":
		panic("the planted bug")
	case "hostile-request/hangs":
		select {}
	}
	return status.Error(codes.NotFound, "no such dataset")
}

// misbehave does what faults do while something is collected.
func (s *planted) misbehave(config plantedConfig) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case config.Name == "panic" && s.fault == "panic-survived":
		panic("the planted bug")
	case config.Name == "panic" && s.fault == "panic-survived/others":
		clear(s.instances)
		return status.Error(codes.Internal, "a bug")
	case s.fault == "needs-declared/file":
		file, err := os.CreateTemp("/var/tmp", "planted")
		if err != nil {
			return status.Error(codes.Internal, "cannot make a file")
		}
		file.Close()
		return os.Remove(file.Name())
	case config.Name == "panic":
		return status.Error(codes.Internal, "a bug")
	case s.fault == "stdout-quiet":
		fmt.Println("collecting")
	case s.fault == "nothing-leaks":
		file, err := os.Open(os.DevNull)
		s.files = append(s.files, file)
		return err
	case s.fault == "nothing-leaks/memory":
		piece := make([]byte, 2<<20)
		_, err := rand.Read(piece)
		s.memory = append(s.memory, piece)
		return err
	}
	return nil
}

func (c plantedConfig) resources(fault string) []*pluginv1.Resource {
	run := ""
	if fault == "collect-ids" {
		run = rand.Text()
	}
	root := &pluginv1.Resource{Id: c.Name + "/root" + run, Kind: "root", Name: "root", Status: pluginv1.Status_STATUS_RUNNING}
	resources := []*pluginv1.Resource{root}
	for i := range 600 {
		r := &pluginv1.Resource{
			Id: fmt.Sprintf("%s/%d%s", c.Name, i, run), Kind: "thing", Name: "thing", ParentId: root.Id,
			Metrics: []*pluginv1.Metric{{Name: "size", Value: float64(i), Unit: pluginv1.Unit_UNIT_BYTES}},
		}
		switch fault {
		case "collect-ids/twice":
			r.Id = c.Name + "/thing"
		case "collect-parents":
			r.ParentId = "nobody"
		case "collect-parents/circle":
			r.ParentId = r.Id
		case "collect-values":
			r.Metrics[0].Unit = 99
		case "collect-values/name":
			r.Metrics[0].Name = "Size in Bytes"
		}
		resources = append(resources, r)
	}
	return resources
}

func (s *planted) send(all []*pluginv1.Resource, dataset string, stream grpc.ServerStreamingServer[pluginv1.CollectChunk]) error {
	size := 500
	if s.fault == "collect-chunks" {
		size = len(all)
	}
	for first := 0; first < len(all); first += size {
		end := min(first+size, len(all))
		chunk := &pluginv1.CollectChunk{
			Dataset: dataset, Full: true, Last: end == len(all), Resources: all[first:end], ObservedAt: timestamppb.Now(),
		}
		if s.fault == "collect-chunks/last" {
			chunk.Last = false
		}
		if err := stream.Send(chunk); err != nil {
			return err
		}
	}
	return nil
}

func (s *planted) Send(ctx context.Context, r *pluginv1.SendRequest) (*pluginv1.SendResponse, error) {
	config, err := s.find(r.InstanceId)
	if err != nil {
		return nil, err
	}
	if err := s.misbehave(config); err != nil {
		return nil, err
	}
	if err := s.post(ctx, config.URL, r.DeliveryId); ctx.Err() != nil {
		return nil, status.FromContextError(err).Err()
	}
	id := r.DeliveryId
	if s.fault == "delivery-once" {
		id = rand.Text()
	}
	return &pluginv1.SendResponse{Outcome: pluginv1.Outcome_OUTCOME_DELIVERED, ProviderId: id}, nil
}
