package command

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"sync"
	"time"

	"github.com/coder/websocket"
	"github.com/hashicorp/go-hclog"
)

// envelope is one frame, in either direction.
type envelope struct {
	Type      string          `json:"type"`
	ID        string          `json:"id,omitempty"`
	Timestamp time.Time       `json:"timestamp"`
	Payload   json.RawMessage `json:"payload,omitempty"`
}

// registration is the payload of the agent's first frame, "agent_register".
type registration struct {
	AgentID  string   `json:"agent_id"`
	Hostname string   `json:"hostname"`
	Version  string   `json:"version"`
	Platform string   `json:"platform"`
	Tags     []string `json:"tags,omitempty"`
	Token    string   `json:"token"`
}

// registered is the payload of the hub's answer.
type registered struct {
	Success bool   `json:"success"`
	Message string `json:"message"`
}

// session is one open connection.
type session struct {
	socket *websocket.Conn
	judge  func(order) (line string, err error) // says what runs for an order
	logger hclog.Logger
}

// register says who the agent is and waits for the answer.
func (s *session) register(ctx context.Context, who registration) error {
	if err := s.send(ctx, "agent_register", "", who); err != nil {
		return err
	}
	for {
		frame, err := s.receive(ctx)
		if err != nil {
			return fmt.Errorf("register: %w", err)
		}
		var answer registered
		if frame.Type != "registered" || json.Unmarshal(frame.Payload, &answer) != nil {
			continue
		}
		if !answer.Success {
			const longest = 200 // of outside text in a log
			return fmt.Errorf("%w: %.*s", errRefused, longest, answer.Message)
		}
		return nil
	}
}

// serve takes orders until the connection ends, kills what runs then, and returns why it ended.
func (s *session) serve(ctx context.Context) error {
	ctx, cancel := context.WithCancelCause(ctx)
	var running sync.WaitGroup
	defer running.Wait()
	defer cancel(nil)
	running.Go(func() { cancel(s.ping(ctx)) })
	places := make(chan struct{}, maxRunning)
	for {
		quiet, done := context.WithTimeoutCause(ctx, silence, errors.New("the hub says nothing"))
		frame, err := s.receive(quiet)
		cause := context.Cause(quiet)
		done()
		if cause != nil {
			return cause
		}
		if err != nil {
			return fmt.Errorf("read: %w", err)
		}
		s.take(ctx, frame, places, &running)
	}
}

// take acts on a frame. What is not known is ignored.
func (s *session) take(ctx context.Context, frame envelope, places chan struct{}, running *sync.WaitGroup) {
	switch frame.Type {
	case "execute_command", "read_file":
	default:
		return
	}
	var asked order
	if err := json.Unmarshal(frame.Payload, &asked); err != nil || asked.RequestID == "" {
		s.logger.Warn("an order of the hub cannot be read")
		return
	}
	if frame.Type == "read_file" {
		s.answer(ctx, failed(asked, "this agent reads no files"))
		return
	}
	line, err := s.judge(asked)
	if err != nil {
		s.logger.Warn("command refused", "request_id", asked.RequestID, "target_type", asked.TargetType, "reason", err)
		s.answer(ctx, failed(asked, err.Error()))
		return
	}
	select {
	case places <- struct{}{}:
	default:
		s.answer(ctx, failed(asked, "too many commands run already"))
		return
	}
	running.Go(func() {
		defer func() { <-places }()
		s.logger.Info("command begins", "request_id", asked.RequestID, "target_type", asked.TargetType)
		told := execute(ctx, asked, line)
		s.logger.Info("command ended", "request_id", asked.RequestID, "exit_code", told.ExitCode, "duration_ms", told.DurationMs)
		s.answer(ctx, told)
	})
}

// answer sends a result. One that cannot be sent is lost: the hub has noticed, too.
func (s *session) answer(ctx context.Context, told result) {
	if err := s.send(ctx, "command_result", told.RequestID, told); err != nil && ctx.Err() == nil {
		s.logger.Warn("result cannot be sent", "request_id", told.RequestID, "error", err)
	}
}

// ping keeps the connection alive until it cannot.
func (s *session) ping(ctx context.Context) error {
	tick := time.NewTicker(pingEvery)
	defer tick.Stop()
	for {
		if err := s.send(ctx, "agent_ping", "", nil); err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-tick.C:
		}
	}
}

func (s *session) receive(ctx context.Context) (envelope, error) {
	for {
		kind, data, err := s.socket.Read(ctx)
		if err != nil {
			return envelope{}, err
		}
		frame, ok := decode(data)
		if kind == websocket.MessageText && ok {
			return frame, nil
		}
	}
}

func decode(data []byte) (envelope, bool) {
	var frame envelope
	err := json.Unmarshal(data, &frame)
	return frame, err == nil
}

func (s *session) send(ctx context.Context, kind, id string, payload any) error {
	frame := envelope{Type: kind, ID: id, Timestamp: time.Now().UTC()}
	if payload != nil {
		encoded, err := json.Marshal(payload)
		if err != nil {
			return fmt.Errorf("encode %s: %w", kind, err)
		}
		frame.Payload = encoded
	}
	data, err := json.Marshal(frame)
	if err != nil {
		return fmt.Errorf("encode %s: %w", kind, err)
	}
	ctx, cancel := context.WithTimeoutCause(ctx, writeTimeout, errors.New("the hub is too slow"))
	defer cancel()
	if err := s.socket.Write(ctx, websocket.MessageText, data); err != nil {
		return fmt.Errorf("send %s: %w", kind, err)
	}
	return nil
}

// withoutURL strips the URL that package http puts into its errors, as it may hold a password.
func withoutURL(err error) error {
	var wrapped *url.Error
	if errors.As(err, &wrapped) {
		return wrapped.Err
	}
	return err
}
