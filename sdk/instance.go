package sdk

import (
	"context"
	"errors"
	"fmt"
	"io"
	"reflect"
	"time"

	"github.com/hashicorp/go-hclog"

	pluginv1 "github.com/pulse-hub/pulse/proto/gen/pulse/plugin/v1"
	"github.com/pulse-hub/pulse/sdk/wire"
)

// Instance is what an instance knows of its surroundings. A configuration
// struct that has a field of this type, with the tag json:"-", finds it
// filled when the factory runs.
type Instance struct {
	ID   string // empty while a configuration is only tried
	Name string // what the operator calls it
	// DataDir is a directory the plugin may write to, shared by its instances; empty: none.
	DataDir string
	// Log writes to the plugin's log. It is never nil.
	Log hclog.Logger
	// Host asks the hub.
	Host Host
}

// into puts the instance into the fields of its type.
func (in Instance) into(config reflect.Value) {
	if config.Kind() != reflect.Struct {
		return
	}
	for i := range config.NumField() {
		field := config.Field(i)
		if field.Type() == reflect.TypeFor[Instance]() && field.CanSet() {
			field.Set(reflect.ValueOf(in))
		}
	}
}

// Host is what the hub does for an instance. Where there is no hub, all
// methods return ErrNoHost. It is safe for concurrent use.
type Host struct {
	client     pluginv1.HostServiceClient
	instanceID string
}

// Get reads a value of the instance's own key-value store; ok is false if there is no such key.
func (h Host) Get(ctx context.Context, key string) (value []byte, ok bool, err error) {
	if h.client == nil {
		return nil, false, ErrNoHost
	}
	answer, err := h.client.KvGet(ctx, &pluginv1.KvKey{InstanceId: h.instanceID, Key: key})
	if err != nil {
		return nil, false, fmt.Errorf("read key: %w", err)
	}
	return answer.GetValue(), answer.GetFound(), nil
}

// Put writes a value. With a ttl it is removed after that time; 0 keeps it.
func (h Host) Put(ctx context.Context, key string, value []byte, ttl time.Duration) error {
	if h.client == nil {
		return ErrNoHost
	}
	entry := &pluginv1.KvEntry{InstanceId: h.instanceID, Key: key, Value: value, Ttl: wire.EncodeDuration(ttl)}
	if _, err := h.client.KvPut(ctx, entry); err != nil {
		return fmt.Errorf("write key: %w", err)
	}
	return nil
}

// Delete removes a key; a missing one is not an error.
func (h Host) Delete(ctx context.Context, key string) error {
	if h.client == nil {
		return ErrNoHost
	}
	if _, err := h.client.KvDelete(ctx, &pluginv1.KvKey{InstanceId: h.instanceID, Key: key}); err != nil {
		return fmt.Errorf("delete key: %w", err)
	}
	return nil
}

// List returns the entries whose keys begin with a prefix.
func (h Host) List(ctx context.Context, prefix string) (map[string][]byte, error) {
	if h.client == nil {
		return nil, ErrNoHost
	}
	stream, err := h.client.KvList(ctx, &pluginv1.KvPrefix{InstanceId: h.instanceID, Prefix: prefix})
	if err != nil {
		return nil, fmt.Errorf("list keys: %w", err)
	}
	entries := map[string][]byte{}
	for {
		entry, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			return entries, nil
		}
		if err != nil {
			return nil, fmt.Errorf("list keys: %w", err)
		}
		entries[entry.GetKey()] = entry.GetValue()
	}
}

// UpdateSecret saves a secret the plugin renewed. The path is the JSON
// pointer of its field: "/token".
func (h Host) UpdateSecret(ctx context.Context, path string, value Secret) error {
	if h.client == nil {
		return ErrNoHost
	}
	update := &pluginv1.SecretUpdate{InstanceId: h.instanceID, Path: path, Value: string(value)}
	if _, err := h.client.UpdateSecret(ctx, update); err != nil {
		return fmt.Errorf("update secret: %w", err)
	}
	return nil
}

// ReportHealth tells the hub of a change of health at once.
func (h Host) ReportHealth(ctx context.Context, health Health) error {
	return h.report(ctx, &pluginv1.ReportRequest{
		InstanceId: h.instanceID,
		What:       &pluginv1.ReportRequest_Health{Health: encodeHealth(health)},
	})
}

// ReportEvent tells the hub of an event outside a collect.
func (h Host) ReportEvent(ctx context.Context, event Event) error {
	return h.report(ctx, &pluginv1.ReportRequest{
		InstanceId: h.instanceID,
		What:       &pluginv1.ReportRequest_Event{Event: wire.EncodeEvent(&event)},
	})
}

func (h Host) report(ctx context.Context, request *pluginv1.ReportRequest) error {
	if h.client == nil {
		return ErrNoHost
	}
	if _, err := h.client.Report(ctx, request); err != nil {
		return fmt.Errorf("report: %w", err)
	}
	return nil
}

func encodeHealth(health Health) *pluginv1.HealthResponse {
	return &pluginv1.HealthResponse{
		State:   pluginv1.State(health.State),
		Message: health.Message,
		LastOk:  wire.EncodeTime(health.LastOK),
	}
}
