package remote

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/coder/websocket"
)

// envelope is one frame, in either direction.
type envelope struct {
	Type      string          `json:"type"`
	ID        string          `json:"id,omitempty"`
	Timestamp time.Time       `json:"timestamp"`
	Payload   json.RawMessage `json:"payload,omitempty"`
}

// registration is the payload of an agent's first frame.
type registration struct {
	AgentID  string   `json:"agent_id"`
	Hostname string   `json:"hostname"`
	Version  string   `json:"version"`
	Platform string   `json:"platform"`
	Tags     []string `json:"tags"`
	Token    string   `json:"token"`
}

// registered is the hub's answer to it.
type registered struct {
	Success bool   `json:"success"`
	Message string `json:"message,omitempty"`
}

// connection is the websocket of one agent.
type connection struct {
	socket *websocket.Conn
	hub    *Hub
	cancel context.CancelCauseFunc
	agent  Agent
	token  string

	mu      sync.Mutex
	over    bool
	waiting map[string]chan Result // by the id of the request
}

// maxName bounds what an agent says of itself, in bytes.
const maxName = 256

// greet takes the agent's first frame and answers it.
func (c *connection) greet(ctx context.Context) error {
	c.socket.SetReadLimit(helloLimit)
	ctx, cancel := context.WithTimeoutCause(ctx, registerTimeout, errors.New("agent did not say who it is"))
	defer cancel()
	kind, data, err := c.socket.Read(ctx)
	if err != nil {
		return fmt.Errorf("read registration: %w", err)
	}
	var first envelope
	var who registration
	if kind != websocket.MessageText || json.Unmarshal(data, &first) != nil || first.Type != "agent_register" ||
		json.Unmarshal(first.Payload, &who) != nil {
		return c.turnAway(ctx, "Invalid registration")
	}
	if !c.hub.Recognize(who.Token) {
		return c.turnAway(ctx, "Invalid token")
	}
	if who.AgentID == "" || max(len(who.AgentID), len(who.Hostname), len(who.Version), len(who.Platform)) > maxName || len(who.Tags) > maxName {
		return c.turnAway(ctx, "Invalid registration")
	}
	c.token = who.Token
	c.agent = Agent{
		ID: who.AgentID, Hostname: who.Hostname, Version: who.Version, Platform: who.Platform, Tags: who.Tags,
		ConnectedAt: c.hub.Now().UTC(),
	}
	c.socket.SetReadLimit(frameLimit)
	return c.send(ctx, "registered", "", registered{Success: true, Message: "Registered"})
}

func (c *connection) turnAway(ctx context.Context, message string) error {
	if err := c.send(ctx, "registered", "", registered{Message: message}); err != nil {
		return err
	}
	// Best effort: the agent knows already.
	_ = c.socket.Close(websocket.StatusPolicyViolation, message)
	return errors.New("registration refused: " + message)
}

// run serves a registered agent until either side ends, and returns why.
func (c *connection) run(ctx context.Context) error {
	ctx, cancel := context.WithCancelCause(ctx)
	var running sync.WaitGroup
	running.Go(func() { cancel(c.probe(ctx)) })
	running.Go(func() {
		<-ctx.Done()
		if cause := context.Cause(ctx); errors.Is(cause, errShutdown) || errors.Is(cause, errReplaced) || errors.Is(cause, errRevoked) {
			// Best effort: an agent that does not answer is cut off below.
			_ = c.socket.Close(websocket.StatusGoingAway, cause.Error())
		}
		_ = c.socket.CloseNow() // frees the reader; the error says that it is closed already
	})
	cancel(c.listen(ctx))
	running.Wait()
	return context.Cause(ctx)
}

// probe sends protocol pings, so that agents that have vanished are noticed.
func (c *connection) probe(ctx context.Context) error {
	ticker := time.NewTicker(pingInterval)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-ticker.C:
		}
		timed, cancel := context.WithTimeoutCause(ctx, pingTimeout, errors.New("no answer to a ping"))
		err := c.socket.Ping(timed)
		cancel()
		if err != nil {
			return errGone
		}
	}
}

// listen takes what the agent sends. What is not understood is ignored. The
// end of ctx does not reach the reader, for it would cut the connection off
// before the goodbye; closing the socket does.
func (c *connection) listen(ctx context.Context) error {
	for {
		kind, data, err := c.socket.Read(context.WithoutCancel(ctx))
		if err != nil {
			return errGone
		}
		var message envelope
		if kind != websocket.MessageText || json.Unmarshal(data, &message) != nil {
			continue
		}
		switch message.Type {
		case "agent_ping":
			if !c.hub.Recognize(c.token) {
				return errRevoked
			}
			if err := c.send(ctx, "pong", "", nil); err != nil {
				return errGone
			}
		case "command_result":
			c.settle(message.Payload)
		}
	}
}

// send writes one frame.
func (c *connection) send(ctx context.Context, kind, id string, payload any) error {
	message := envelope{Type: kind, ID: id, Timestamp: c.hub.Now().UTC()}
	if payload != nil {
		encoded, err := json.Marshal(payload)
		if err != nil {
			return fmt.Errorf("encode %s: %w", kind, err)
		}
		message.Payload = encoded
	}
	frame, err := json.Marshal(message)
	if err != nil {
		return fmt.Errorf("encode %s: %w", kind, err)
	}
	// A frame that has begun is not cut off by the end of ctx, for that would cut
	// off the connection.
	ctx, cancel := context.WithTimeoutCause(context.WithoutCancel(ctx), writeTimeout, errors.New("agent is too slow"))
	defer cancel()
	if err := c.socket.Write(ctx, websocket.MessageText, frame); err != nil {
		return fmt.Errorf("send %s: %w", kind, err)
	}
	return nil
}

// newUUID returns a random UUID (RFC 9562, version 4).
func newUUID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails, says crypto/rand
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	text := hex.EncodeToString(b[:])
	return text[:8] + "-" + text[8:12] + "-" + text[12:16] + "-" + text[16:20] + "-" + text[20:]
}
