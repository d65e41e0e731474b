package sdk

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"

	"github.com/hashicorp/go-hclog"
	"github.com/hashicorp/go-plugin"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	pluginv1 "github.com/pulse-hub/pulse/proto/gen/pulse/plugin/v1"
	"github.com/pulse-hub/pulse/sdk/fault"
	"github.com/pulse-hub/pulse/sdk/manifest"
	"github.com/pulse-hub/pulse/sdk/schema"
	"github.com/pulse-hub/pulse/sdk/secret"
)

// pluginServer serves pluginv1.Plugin and holds what Init brings.
type pluginServer struct {
	pluginv1.UnimplementedPluginServer
	plugin    *Plugin
	manifest  *manifest.Manifest
	log       hclog.Logger
	instances *instances

	mu      sync.Mutex
	broker  *plugin.GRPCBroker
	host    pluginv1.HostServiceClient // nil until Init
	dataDir string
}

func (s *pluginServer) setBroker(broker *plugin.GRPCBroker) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.broker = broker
}

// Init dials the hub at once: the broker forgets an id that nobody dials for five seconds.
func (s *pluginServer) Init(_ context.Context, request *pluginv1.InitRequest) (*pluginv1.InitResponse, error) {
	if level := hclog.LevelFromString(request.GetLogLevel()); level != hclog.NoLevel {
		s.log.SetLevel(level)
	}
	host, err := s.dialHost(request.GetHostServiceId())
	if err != nil {
		return nil, fault.Newf(fault.OriginPlugin, "", "dial hub: %w", err)
	}
	s.mu.Lock()
	s.host, s.dataDir = host, request.GetDataDir()
	s.mu.Unlock()
	return &pluginv1.InitResponse{Features: s.features(request.GetFeatures())}, nil
}

func (s *pluginServer) dialHost(id uint32) (pluginv1.HostServiceClient, error) {
	s.mu.Lock()
	broker := s.broker
	s.mu.Unlock()
	if id == 0 || broker == nil {
		return nil, nil
	}
	conn, err := broker.Dial(id) // ends with the process
	if err != nil {
		return nil, err
	}
	return pluginv1.NewHostServiceClient(conn), nil
}

// features returns those of the hub's features that the plugin uses.
func (s *pluginServer) features(known []string) []string {
	used := map[string]bool{}
	for _, component := range s.manifest.Components {
		for _, feature := range component.Features {
			if slices.Contains(known, feature) {
				used[feature] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(used))
}

// Describe returns the manifest.
func (s *pluginServer) Describe(context.Context, *pluginv1.DescribeRequest) (*pluginv1.Manifest, error) {
	return s.manifest.ToMessage(), nil
}

// Configure adds or replaces an instance.
func (s *pluginServer) Configure(
	_ context.Context, request *pluginv1.ConfigureRequest,
) (*pluginv1.ConfigureResponse, error) {
	if request.GetInstanceId() == "" {
		return nil, status.Error(codes.InvalidArgument, "instance id is empty")
	}
	in, faults, err := s.build(request)
	if err != nil || len(faults) > 0 {
		return &pluginv1.ConfigureResponse{Errors: encodeFieldErrors(faults)}, err
	}
	if err := s.instances.put(in); err != nil {
		closeValue(in.value)
		return nil, err
	}
	s.log.Debug("instance configured", "instance", in.id, "component", request.GetComponent())
	return &pluginv1.ConfigureResponse{}, nil
}

// Remove ends an instance.
func (s *pluginServer) Remove(_ context.Context, request *pluginv1.RemoveRequest) (*pluginv1.RemoveResponse, error) {
	s.instances.remove(request.GetInstanceId())
	return &pluginv1.RemoveResponse{}, nil
}

// build makes an instance, or says what is wrong with its configuration.
func (s *pluginServer) build(request *pluginv1.ConfigureRequest) (*instance, []FieldError, error) {
	c, ok := s.plugin.component(request.GetComponent())
	if !ok {
		return nil, nil, notFound("no component %q", request.GetComponent())
	}
	config, faults := complete(c.schema, request)
	if len(faults) > 0 {
		return nil, faults, nil
	}
	redact := secret.NewRedactor(slices.Collect(maps.Values(request.GetSecrets())))
	value, err := c.build(config, s.surroundings(request))
	if err != nil {
		return nil, fieldErrors(err, redact), nil
	}
	in := &instance{
		id:        request.GetInstanceId(),
		revision:  request.GetRevision(),
		component: c,
		value:     value,
		redact:    redact,
	}
	return in, nil, nil
}

// complete puts secrets and defaults into the configuration and validates it.
func complete(s *schema.Schema, request *pluginv1.ConfigureRequest) (map[string]any, []FieldError) {
	if len(request.GetConfigJson()) > schema.MaxBytes {
		return nil, []FieldError{{Message: fmt.Sprintf("must be at most %d bytes", schema.MaxBytes)}}
	}
	config, err := schema.DecodeObject([]byte(request.GetConfigJson()))
	if err != nil {
		return nil, []FieldError{{Message: "must be a JSON object"}}
	}
	config, err = s.WithSecrets(config, request.GetSecrets())
	if err != nil {
		return nil, fieldErrors(err, secret.Redactor{})
	}
	config = s.WithDefaults(config)
	return config, s.Validate(config)
}

func (s *pluginServer) surroundings(request *pluginv1.ConfigureRequest) Instance {
	s.mu.Lock()
	defer s.mu.Unlock()
	in := Instance{
		ID:      request.GetInstanceId(),
		Name:    request.GetName(),
		DataDir: s.dataDir,
		Log:     s.log.With("instance", request.GetInstanceId()),
	}
	if in.ID != "" {
		in.Host = Host{client: s.host, instanceID: in.ID}
	}
	return in
}

// fieldErrors finds the FieldErrors in an error of a factory; any other error
// belongs to the configuration as a whole.
func fieldErrors(err error, redact secret.Redactor) []FieldError {
	var found []FieldError
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		for _, one := range joined.Unwrap() {
			found = append(found, fieldErrors(one, redact)...)
		}
		return found
	}
	fieldError, ok := errors.AsType[FieldError](err)
	if !ok {
		fieldError.Message = err.Error()
	}
	fieldError.Message = redact.Redact(fieldError.Message)
	return []FieldError{fieldError}
}

func encodeFieldErrors(faults []FieldError) []*pluginv1.FieldError {
	var messages []*pluginv1.FieldError
	for _, f := range faults {
		messages = append(messages, &pluginv1.FieldError{Path: f.Path, Message: f.Message})
	}
	return messages
}
