package api

import (
	"errors"
	"net/http"

	"github.com/pulse-hub/pulse/hub/internal/api/route"
	"github.com/pulse-hub/pulse/hub/internal/nodes"
	"github.com/pulse-hub/pulse/hub/internal/plugin/registry"
	"github.com/pulse-hub/pulse/hub/internal/plugin/setup"
	"github.com/pulse-hub/pulse/hub/internal/plugin/supervise"
)

// nodeSentences are what clients are told about nodes, word for word.
var nodeSentences = []struct {
	err      error
	status   int
	sentence string
}{
	{nodes.ErrNoName, http.StatusBadRequest, "Name is required"},
	{nodes.ErrNoType, http.StatusBadRequest, "Type is required"},
	{nodes.ErrNoHost, http.StatusBadRequest, "Host is required"},
	{nodes.ErrHost, http.StatusBadRequest, "Invalid host format"},
	{nodes.ErrIPv4, http.StatusBadRequest, "Invalid IP address"},
	{nodes.ErrIPv6, http.StatusBadRequest, "Invalid IPv6 address"},
	{nodes.ErrHostname, http.StatusBadRequest, "Invalid hostname"},
	{nodes.ErrPort, http.StatusBadRequest, "Invalid port number"},
	{nodes.ErrType, http.StatusBadRequest, "Invalid node type"},
	{nodes.ErrCredentials, http.StatusBadRequest, "Authentication credentials required"},
	{nodes.ErrExists, http.StatusConflict, "A node with this host URL already exists"},
	{nodes.ErrID, http.StatusBadRequest, "Invalid node ID"},
	{nodes.ErrUnknown, http.StatusNotFound, "Node not found"},
	{nodes.ErrMock, http.StatusForbidden, "Cannot modify nodes in mock mode. Please disable mock mode first: start the hub without PULSE_MOCK_MODE"},
	{nodes.ErrNotPVE, http.StatusBadRequest, "Only PVE nodes can be cluster members"},
	{nodes.ErrNoCluster, http.StatusBadRequest, "Node is not part of a cluster"},
	{nodes.ErrIncomplete, http.StatusBadRequest, "Missing required fields"},
}

// The sentences about nodes that do not answer.
const (
	connectionFailed = "Connection failed. Please check your credentials and network settings"
	notInitialized   = "Failed to initialize connection"
)

// nodeFailure returns the answer to a change of a node that could not be made.
// What the caller cannot help stays an inner error.
func nodeFailure(err error) error {
	for _, known := range nodeSentences {
		if errors.Is(err, known.err) {
			return &route.Error{Status: known.status, Message: known.sentence, Text: true}
		}
	}
	var invalid *setup.InvalidError
	switch {
	case errors.As(err, &invalid):
		return &route.Error{Status: http.StatusBadRequest, Message: "Invalid configuration: " + fieldSentence(invalid), Text: true}
	case errors.Is(err, setup.ErrTooMany):
		return &route.Error{Status: http.StatusConflict, Message: "No more nodes can be added", Text: true}
	case errors.Is(err, registry.ErrNoComponent), errors.Is(err, supervise.ErrUnknownPlugin):
		return &route.Error{Status: http.StatusServiceUnavailable, Message: "The plugin for this product does not run: " + err.Error(), Text: true}
	}
	return err
}

// fieldSentence names the first field that is not valid.
func fieldSentence(invalid *setup.InvalidError) string {
	if len(invalid.Fields) == 0 {
		return invalid.Error()
	}
	return invalid.Fields[0].Error()
}
