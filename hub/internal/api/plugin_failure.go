package api

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"

	"github.com/pulse-hub/pulse/hub/internal/api/route"
	"github.com/pulse-hub/pulse/hub/internal/plugin/approval"
	"github.com/pulse-hub/pulse/hub/internal/plugin/archive"
	"github.com/pulse-hub/pulse/hub/internal/plugin/instance"
	"github.com/pulse-hub/pulse/hub/internal/plugin/registry"
	"github.com/pulse-hub/pulse/hub/internal/plugin/setup"
	"github.com/pulse-hub/pulse/hub/internal/plugin/supervise"
	"github.com/pulse-hub/pulse/hub/internal/plugin/trust"
	"github.com/pulse-hub/pulse/hub/internal/plugin/vault"
	"github.com/pulse-hub/pulse/sdk/fault"
)

// pluginFailure returns the answer to a decision about a plugin or an instance
// that could not be made. What the caller cannot help stays an inner error.
func pluginFailure(err error) error {
	if refused := packageFailure(err); refused != nil {
		return refused
	}
	var invalid *setup.InvalidError
	if errors.As(err, &invalid) {
		failure := &route.Error{Status: http.StatusUnprocessableEntity, Code: "invalid_configuration", Message: invalid.Error()}
		for _, field := range invalid.Fields {
			failure.Fields = append(failure.Fields, route.Field{Field: field.Path, Message: field.Message})
		}
		return failure
	}
	for _, known := range []struct {
		err    error
		status int
		code   string
	}{
		{approval.ErrUnknown, http.StatusNotFound, "unknown_plugin"},
		{instance.ErrNotFound, http.StatusNotFound, "unknown_instance"},
		{approval.ErrNotOffered, http.StatusConflict, "not_offered"},
		{vault.ErrChanged, http.StatusConflict, "package_changed"},
		{approval.ErrUnusable, http.StatusConflict, "unusable"},
		{approval.ErrOccupied, http.StatusConflict, "occupied"},
		{approval.ErrNeeds, http.StatusBadRequest, "too_much_granted"},
		{approval.ErrNoPrevious, http.StatusConflict, "no_previous_version"},
		{approval.ErrQuarantined, http.StatusConflict, "quarantined"},
		{registry.ErrNotSwitched, http.StatusConflict, "not_switched"},
		{approval.ErrState, http.StatusConflict, "wrong_state"},
		{registry.ErrInUse, http.StatusConflict, "in_use"},
		{registry.ErrOff, http.StatusConflict, "plugins_off"},
		{registry.ErrNoComponent, http.StatusNotFound, "unknown_component"},
		{setup.ErrPreset, http.StatusConflict, "preset"},
		{setup.ErrTooMany, http.StatusConflict, "too_many_instances"},
		{setup.ErrMoved, http.StatusConflict, "component_changed"},
		{trust.ErrUnknown, http.StatusNotFound, "unknown_publisher"},
		{trust.ErrExists, http.StatusConflict, "publisher_exists"},
		{trust.ErrTooMany, http.StatusConflict, "too_many_publishers"},
		{trust.ErrKey, http.StatusBadRequest, "invalid_key"},
		{trust.ErrPublisher, http.StatusBadRequest, "invalid_publisher"},
		{supervise.ErrUnknownPlugin, http.StatusConflict, "not_running"},
	} {
		if errors.Is(err, known.err) {
			return &route.Error{Status: known.status, Code: known.code, Message: err.Error()}
		}
	}
	var failed *fault.Error
	if errors.As(err, &failed) { // of a call to the plugin
		return &route.Error{Status: http.StatusBadGateway, Code: "plugin_failed", Message: err.Error()}
	}
	return err
}

// packageFailure returns the answer to a package that is refused, nil for other errors.
func packageFailure(err error) error {
	var large *http.MaxBytesError
	if errors.As(err, &large) || errors.Is(err, archive.ErrTooLarge) {
		return &route.Error{Status: http.StatusRequestEntityTooLarge, Code: "package_too_large", Message: err.Error()}
	}
	if archive.Refused(err) {
		return &route.Error{Status: http.StatusUnprocessableEntity, Code: "invalid_package", Message: err.Error()}
	}
	return nil
}

// decode reads the one JSON object that a request holds.
func decode(c *route.Call, into any) error {
	decoder := json.NewDecoder(c.Request.Body)
	decoder.DisallowUnknownFields()
	err := decoder.Decode(into)
	var large *http.MaxBytesError
	var kind *json.UnmarshalTypeError
	switch {
	case errors.As(err, &large):
		return &route.Error{Status: http.StatusRequestEntityTooLarge, Code: "too_large", Message: fmt.Sprintf("the body has more than %d bytes", large.Limit)}
	case errors.As(err, &kind):
		return invalidField(kind.Field, "must be of type "+kind.Type.String())
	case errors.Is(err, io.EOF):
		return &route.Error{Status: http.StatusBadRequest, Code: "invalid_body", Message: "the body is empty"}
	case err != nil:
		return &route.Error{Status: http.StatusBadRequest, Code: "invalid_body", Message: "the body is not the expected JSON: " + err.Error()}
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return &route.Error{Status: http.StatusBadRequest, Code: "invalid_body", Message: "the body holds more than one JSON value"}
	}
	return nil
}

func invalidField(field, message string) error {
	return &route.Error{
		Status: http.StatusBadRequest, Code: "invalid_field", Message: field + " " + message,
		Fields: []route.Field{{Field: field, Message: message}},
	}
}
