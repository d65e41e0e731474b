package remote

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/pulse-hub/pulse/hub/internal/approve"
)

// Reasons why a command has no result.
var (
	// ErrNotConnected: no agent with that id is connected.
	ErrNotConnected = errors.New("agent is not connected")
	// ErrBusy: the agent has too many commands to carry out already.
	ErrBusy = errors.New("agent has too many commands")
	// ErrLost: the connection ended before the result came; the command may have run.
	ErrLost = errors.New("connection to the agent was lost")
	// ErrTimeout: no result came in time; the command may still run.
	ErrTimeout = errors.New("agent did not answer in time")
)

// Result is what became of a command.
type Result struct {
	Success bool
	// Stdout and Stderr have at most MaxOutput bytes, and a marker where they were cut.
	Stdout, Stderr string
	ExitCode       int
	// Error says why the agent could not run it; empty when it could.
	Error    string
	Duration time.Duration
}

const (
	// MaxOutput bounds each output of a command, in bytes.
	MaxOutput = 1 << 20
	// maxWaiting bounds the commands of one agent that have no result yet.
	maxWaiting = 32
	// grace is how much longer than the command itself its result may take.
	grace     = 10 * time.Second
	cutMarker = "\n... (output truncated)"
)

// executeCommand is the payload of an order to an agent.
type executeCommand struct {
	RequestID  string         `json:"request_id"`
	Command    string         `json:"command"`
	TargetType approve.Target `json:"target_type"`
	TargetID   string         `json:"target_id,omitempty"`
	Timeout    int            `json:"timeout,omitempty"` // in seconds
}

// commandResult is the payload of an agent's answer.
type commandResult struct {
	RequestID  string `json:"request_id"`
	Success    bool   `json:"success"`
	Stdout     string `json:"stdout"`
	Stderr     string `json:"stderr"`
	ExitCode   int    `json:"exit_code"`
	Error      string `json:"error"`
	DurationMs int64  `json:"duration_ms"`
}

// Execute runs the command of a grant, on the agent of the grant, and waits for
// its result. The grant is used up, whatever comes of it. The error is
// approve.ErrGrant, ErrNotConnected, ErrBusy, ErrLost, ErrTimeout, or that of
// ctx; a command that ran and failed is no error.
func (h *Hub) Execute(ctx context.Context, grant approve.Grant) (Result, error) {
	command, err := grant.Take()
	if err != nil {
		return Result{}, err
	}
	h.mu.Lock()
	c := h.agents[command.Agent]
	h.mu.Unlock()
	if c == nil {
		return Result{}, ErrNotConnected
	}
	if !h.Recognize(c.token) {
		c.cancel(errRevoked)
		return Result{}, ErrNotConnected
	}
	order := executeCommand{
		RequestID: h.NewID(), Command: command.Text, TargetType: command.Target, TargetID: command.TargetID,
		Timeout: int(command.Timeout / time.Second),
	}
	result, err := c.await(order.RequestID)
	if err != nil {
		return Result{}, err
	}
	defer c.forget(order.RequestID)
	h.Logger.Info("command is sent", "agent_id", command.Agent, "request_id", order.RequestID, "approval_id", grant.Approval())
	if err := c.send(ctx, "execute_command", order.RequestID, order); err != nil {
		return Result{}, fmt.Errorf("%w: %w", ErrLost, err)
	}
	timer := time.NewTimer(command.Timeout + grace)
	defer timer.Stop()
	select {
	case answer, ok := <-result:
		if !ok {
			return Result{}, ErrLost
		}
		return answer, nil
	case <-timer.C:
		return Result{}, ErrTimeout
	case <-ctx.Done():
		return Result{}, context.Cause(ctx)
	}
}

// await books a place for a result. The channel is closed when the connection ends.
func (c *connection) await(requestID string) (<-chan Result, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.over {
		return nil, ErrNotConnected
	}
	if len(c.waiting) >= maxWaiting {
		return nil, ErrBusy
	}
	result := make(chan Result, 1)
	c.waiting[requestID] = result
	return result, nil
}

func (c *connection) forget(requestID string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.waiting, requestID)
}

// settle hands a result to whoever waits for it; one that nobody waits for is dropped.
func (c *connection) settle(payload json.RawMessage) {
	var told commandResult
	if json.Unmarshal(payload, &told) != nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	waiting, ok := c.waiting[told.RequestID]
	if !ok {
		return
	}
	delete(c.waiting, told.RequestID)
	waiting <- Result{ // has room: it is sent to once
		Success: told.Success, Stdout: bounded(told.Stdout), Stderr: bounded(told.Stderr), ExitCode: told.ExitCode,
		Error: bounded(told.Error), Duration: time.Duration(max(told.DurationMs, 0)) * time.Millisecond,
	}
}

// abandon tells everybody who waits that no result will come.
func (c *connection) abandon() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.over = true
	for id, waiting := range c.waiting {
		close(waiting)
		delete(c.waiting, id)
	}
}

// bounded cuts an output that is longer than an agent should send. What the
// agent has cut itself is a marker longer.
func bounded(output string) string {
	if len(output) <= MaxOutput+len(cutMarker) {
		return output
	}
	return strings.ToValidUTF8(output[:MaxOutput], "") + cutMarker
}
