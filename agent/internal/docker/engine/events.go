package engine

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
)

// watched are the events after which what is known about a container is old. The probes of health checks run programs
// all the time; those events are left out.
var watched = []string{
	"create", "start", "restart", "stop", "die", "kill", "oom", "pause", "unpause", "rename", "update", "destroy",
	"health_status", "connect", "disconnect", "died", "remove", "cleanup", // the last ones are Podman's
}

// event is the part of an event that says which container it is about.
type event struct {
	Type  string
	Actor struct {
		ID         string
		Attributes map[string]string
	}
}

// container returns the id of the container.
func (e event) container() string {
	if e.Type == "network" {
		return e.Actor.Attributes["container"]
	}
	return e.Actor.ID
}

// Events calls begin once the engine sends events, and then changed with the id of each container something happened to.
// It blocks until the context or the stream ends, and never returns nil.
func (c *Client) Events(ctx context.Context, begin func(), changed func(id string)) error {
	filters, err := json.Marshal(map[string][]string{"type": {"container", "network"}, "event": watched})
	if err != nil {
		return fmt.Errorf("encode filters: %w", err)
	}
	response, err := c.send(ctx, request{method: http.MethodGet, path: "/events", query: url.Values{"filters": {string(filters)}}})
	if err != nil {
		return err
	}
	defer response.Body.Close()
	begin()
	decoder := json.NewDecoder(bufio.NewReaderSize(response.Body, 1<<10))
	for {
		var next event
		if err := decoder.Decode(&next); err != nil {
			return fmt.Errorf("read events: %w", explain(ctx, err))
		}
		if id := next.container(); id != "" {
			changed(id)
		}
	}
}
