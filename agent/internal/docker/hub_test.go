package docker_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/pulse-hub/pulse/agent/report"
)

// hubOf plays the hub to which commands are acknowledged.
func hubOf(t *testing.T, acks chan<- report.CommandAck) *httptest.Server {
	t.Helper()
	hub := httptest.NewServer(http.HandlerFunc(func(writer http.ResponseWriter, request *http.Request) {
		var ack report.CommandAck
		if err := json.NewDecoder(request.Body).Decode(&ack); err != nil {
			t.Errorf("decode acknowledgement: %v", err)
		}
		acks <- ack
		_, _ = writer.Write([]byte(`{"success":true}`))
	}))
	t.Cleanup(hub.Close)
	return hub
}
