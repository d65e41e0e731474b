package stream

import (
	"context"
	"encoding/json"
	"errors"
	"strconv"
	"sync"
	"time"

	"github.com/coder/websocket"
)

const (
	// writeTimeout is how long a client may take for one frame.
	writeTimeout = 10 * time.Second
	// pingInterval is the rhythm of the pings that clients see.
	pingInterval = 30 * time.Second
	// probeInterval is the rhythm of the protocol's own pings, and probeTimeout
	// how long the answer to one may take.
	probeInterval = 54 * time.Second
	probeTimeout  = 60 * time.Second
	// readLimit is the largest message a client may send, in bytes.
	readLimit = 32 << 10
)

var (
	errShutdown = errors.New("hub is shutting down")
	errGone     = errors.New("client has gone")
)

// connection is one websocket.
type connection struct {
	socket *websocket.Conn
}

// speaker is one side of a protocol.
type speaker interface {
	// speak sends frames until ctx ends or a frame cannot be sent.
	speak(ctx context.Context) error
	// hear takes one message of the client. It does not block.
	hear(message clientMessage)
}

// clientMessage is what clients send. Unknown types are ignored.
type clientMessage struct {
	Type string `json:"type"`
}

func newConnection(socket *websocket.Conn) *connection {
	socket.SetReadLimit(readLimit)
	return &connection{socket: socket}
}

// serve runs the protocol until either side ends it.
func (c *connection) serve(parent context.Context, s speaker) {
	ctx, cancel := context.WithCancelCause(parent)
	var running sync.WaitGroup
	running.Go(func() { cancel(s.speak(ctx)) })
	running.Go(func() { cancel(c.probe(ctx)) })
	running.Go(func() {
		<-ctx.Done()
		if errors.Is(context.Cause(ctx), errShutdown) {
			// Best effort: a client that does not answer is cut off below.
			_ = c.socket.Close(websocket.StatusGoingAway, "hub is shutting down")
		}
		_ = c.socket.CloseNow() // frees the reader; the error says that it is closed already
	})
	cancel(c.listen(ctx, s))
	running.Wait()
}

// listen reads messages until the connection ends. What is no JSON is ignored.
// The end of ctx does not reach the reader: it would cut the connection off
// before the goodbye. Closing the socket does.
func (c *connection) listen(ctx context.Context, s speaker) error {
	ctx = context.WithoutCancel(ctx)
	for {
		kind, data, err := c.socket.Read(ctx)
		if err != nil {
			return errGone
		}
		var message clientMessage
		if kind == websocket.MessageText && json.Unmarshal(data, &message) == nil {
			s.hear(message)
		}
	}
}

// probe sends protocol pings, so that connections whose other end has vanished are noticed.
func (c *connection) probe(ctx context.Context) error {
	ticker := time.NewTicker(probeInterval)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-ticker.C:
			timed, cancel := context.WithTimeoutCause(ctx, probeTimeout, errors.New("no answer to a ping"))
			err := c.socket.Ping(timed)
			cancel()
			if err != nil {
				return errGone
			}
		}
	}
}

// send writes one text frame. A frame that has begun is not cut off by the end
// of ctx, for that would cut off the connection.
func (c *connection) send(ctx context.Context, frame []byte) error {
	ctx, cancel := context.WithTimeoutCause(context.WithoutCancel(ctx), writeTimeout, errors.New("client is too slow"))
	defer cancel()
	return c.socket.Write(ctx, websocket.MessageText, frame)
}

// clockFrame is a frame that says what time it is.
func clockFrame(kind string, now time.Time) []byte {
	return []byte(`{"type":"` + kind + `","data":{"timestamp":` + strconv.FormatInt(now.Unix(), 10) + `}}`)
}
