package sdk

import (
	"context"
	"errors"
	"fmt"
	"slices"

	pluginv1 "github.com/pulse-hub/pulse/proto/gen/pulse/plugin/v1"
	"github.com/pulse-hub/pulse/sdk/secret"
)

// Health tells how an instance does.
func (s *pluginServer) Health(
	ctx context.Context, request *pluginv1.HealthRequest,
) (*pluginv1.HealthResponse, error) {
	in, value, err := find[any](s.instances, request.GetInstanceId())
	if err != nil {
		return nil, err
	}
	health := in.lastHealth()
	if reporter, ok := value.(HealthReporter); ok {
		health = reporter.Health(ctx)
		health.Message = in.redact.Redact(health.Message)
	}
	return encodeHealth(health), nil
}

// Test tries a configuration and forgets it.
func (s *pluginServer) Test(
	ctx context.Context, request *pluginv1.ConfigureRequest,
) (*pluginv1.TestResponse, error) {
	request.InstanceId = "" // nothing is stored under it
	in, faults, err := s.build(request)
	if err != nil {
		return nil, err
	}
	if len(faults) > 0 {
		return &pluginv1.TestResponse{
			Summary: "The configuration is not valid.",
			State:   pluginv1.State_STATE_FAILED,
			Errors:  encodeFieldErrors(faults),
		}, nil
	}
	defer closeValue(in.value)
	result, err := try(ctx, in)
	if ctx.Err() != nil {
		return nil, in.fail(ctx, err)
	}
	if err != nil {
		return &pluginv1.TestResponse{
			Summary: in.redact.Redact(err.Error()),
			State:   pluginv1.State(stateOf(err)),
			Errors:  encodeFieldErrors(ofFields(err, in.redact)),
		}, nil
	}
	return &pluginv1.TestResponse{
		Ok:      true,
		Summary: in.redact.Redact(result.Summary),
		Facts:   result.Facts,
		State:   pluginv1.State_STATE_OK,
	}, nil
}

// ofFields returns the FieldErrors in an error, and nothing for one that is
// about none of the fields.
func ofFields(err error, redact secret.Redactor) []FieldError {
	if _, ok := errors.AsType[FieldError](err); !ok {
		return nil
	}
	return slices.DeleteFunc(fieldErrors(err, redact), func(e FieldError) bool { return e.Path == "" })
}

// try does what is closest to real use without side effects.
func try(ctx context.Context, in *instance) (TestResult, error) {
	switch value := in.value.(type) {
	case Tester:
		return value.Test(ctx)
	case Chatter:
		models, err := value.Models(ctx)
		return TestResult{Summary: fmt.Sprintf("Found %d models.", len(models))}, err
	}
	if len(in.component.description.Datasets) == 0 {
		return TestResult{Summary: "The configuration is valid; nothing was sent."}, nil
	}
	out := newSnapshot(in.component.description.Datasets[0].Name, 0)
	if err := collect(ctx, in.value, out); err != nil {
		return TestResult{}, err
	}
	return TestResult{Summary: fmt.Sprintf("Found %d resources.", len(out.resources))}, nil
}
