package supervise

import (
	"context"
	"slices"
	"strings"
	"time"

	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/pulse-hub/pulse/hub/internal/plugin/instance"
	pluginv1 "github.com/pulse-hub/pulse/proto/gen/pulse/plugin/v1"
)

// FieldError is one fault of a configuration. Path is a JSON pointer, empty for the whole.
type FieldError struct{ Path, Message string }

// ConfigError says that a plugin refuses a configuration.
type ConfigError struct{ Fields []FieldError }

// Error names the fields and what is wrong with them.
func (e *ConfigError) Error() string {
	parts := make([]string, len(e.Fields))
	for i, field := range e.Fields {
		parts[i] = strings.TrimPrefix(field.Path+": "+field.Message, ": ")
	}
	return "configuration refused: " + strings.Join(parts, "; ")
}

func configureRequest(one instance.Instance) *pluginv1.ConfigureRequest {
	config := string(one.Config)
	if config == "" {
		config = "{}"
	}
	return &pluginv1.ConfigureRequest{
		InstanceId: one.ID, Component: one.Component, ConfigJson: config,
		Secrets: one.Secrets, Revision: one.Revision, Name: one.Name,
	}
}

func collectRequest(ctx context.Context, call Call) *pluginv1.CollectRequest {
	request := &pluginv1.CollectRequest{InstanceId: call.Instance, Dataset: call.Dataset}
	if deadline, ok := ctx.Deadline(); ok {
		request.Deadline = durationpb.New(time.Until(deadline))
	}
	return request
}

func fieldErrors(list []*pluginv1.FieldError, mask func(string) string) []FieldError {
	fields := make([]FieldError, len(list))
	for i, p := range list {
		fields[i] = FieldError{Path: p.GetPath(), Message: mask(p.GetMessage())}
	}
	return fields
}

// secretsOf returns the values of an instance's secrets, sorted, and never nil.
func secretsOf(one instance.Instance) []string {
	values := make([]string, 0, len(one.Secrets))
	for _, value := range one.Secrets {
		values = append(values, value)
	}
	slices.Sort(values)
	return values
}
