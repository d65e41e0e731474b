package engine

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
)

// watched are the events after which what is known about a container is old, or about the engine itself. The probes of
// health checks run programs all the time; those events are left out.
var watched = []string{
	"create", "start", "restart", "stop", "die", "kill", "oom", "pause", "unpause", "rename", "update", "destroy",
	"health_status", "connect", "disconnect", "died", "remove", "cleanup", // the last ones are Podman's
}

// event is the part of an event that says what it is about.
type event struct {
	Type  string
	Actor struct {
		ID         string
		Attributes map[string]string
	}
}

// container returns the id of the container; empty for what is not about one.
func (e event) container() string {
	switch e.Type {
	case "container":
		return e.Actor.ID
	case "network":
		return e.Actor.Attributes["container"]
	}
	return ""
}

// ofEngine reports whether what the engine says about itself may be another thing now: an engine that joins a Swarm
// becomes a node, and gets the networks of the Swarm with its first service.
func (e event) ofEngine() bool {
	return e.Type == "node" || e.Type == "network" && e.Actor.Attributes["type"] == "overlay"
}

// Listener is what [Client.Events] calls, from one goroutine.
type Listener struct {
	// Begin is called once the engine sends events.
	Begin func()
	// Container is called with the id of each container something happened to.
	Container func(id string)
	// Engine is called when the engine itself may be in another state.
	Engine func()
}

// Events tells the listener what happens. It blocks until the context or the stream ends, and never returns nil.
func (c *Client) Events(ctx context.Context, listener Listener) error {
	types := []string{"container", "network"}
	if c.runtime == Docker { // Podman does not take what it does not know
		types = append(types, "node")
	}
	filters, err := json.Marshal(map[string][]string{"type": types, "event": watched})
	if err != nil {
		return fmt.Errorf("encode filters: %w", err)
	}
	response, err := c.send(ctx, request{method: http.MethodGet, path: "/events", query: url.Values{"filters": {string(filters)}}})
	if err != nil {
		return err
	}
	defer response.Body.Close()
	listener.Begin()
	decoder := json.NewDecoder(bufio.NewReaderSize(response.Body, 1<<10))
	for {
		var next event
		if err := decoder.Decode(&next); err != nil {
			return fmt.Errorf("read events: %w", explain(ctx, err))
		}
		if id := next.container(); id != "" {
			listener.Container(id)
		}
		if next.ofEngine() {
			listener.Engine()
		}
	}
}
