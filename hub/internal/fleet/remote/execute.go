package remote

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"
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
	// ErrTarget: what the command is for is none of an agent's targets.
	ErrTarget = errors.New("target of the command is not valid")
)

// Target says where on a machine a command runs.
type Target string

// The targets.
const (
	TargetHost      Target = "host"      // the machine itself
	TargetContainer Target = "container" // a system container of it
	TargetVM        Target = "vm"        // a virtual machine of it
)

// Command is what an agent is to run, by the shell of its target.
type Command struct {
	Text   string
	Target Target
	// TargetID is the number of the container or virtual machine.
	TargetID string
	// Timeout is how long it may run, in whole seconds; 0: a minute. At most an hour.
	Timeout time.Duration
}

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
	grace          = 10 * time.Second
	defaultTimeout = time.Minute
	maxTimeout     = time.Hour
	cutMarker      = "\n... (output truncated)"
)

// executeCommand is the payload of an order to an agent.
type executeCommand struct {
	RequestID  string `json:"request_id"`
	Command    string `json:"command"`
	TargetType Target `json:"target_type"`
	TargetID   string `json:"target_id,omitempty"`
	Timeout    int    `json:"timeout,omitempty"`
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

// Execute runs a command and waits for its result. The error is ErrNotConnected,
// ErrBusy, ErrLost, ErrTimeout, ErrTarget, or that of ctx; a command that ran
// and failed is no error.
func (h *Hub) Execute(ctx context.Context, agentID string, command Command) (Result, error) {
	order, err := command.order()
	if err != nil {
		return Result{}, err
	}
	h.mu.Lock()
	c := h.agents[agentID]
	h.mu.Unlock()
	if c == nil {
		return Result{}, ErrNotConnected
	}
	if !h.Recognize(c.token) {
		c.cancel(errRevoked)
		return Result{}, ErrNotConnected
	}
	order.RequestID = h.NewID()
	result, err := c.await(order.RequestID)
	if err != nil {
		return Result{}, err
	}
	defer c.forget(order.RequestID)
	if err := c.send(ctx, "execute_command", order.RequestID, order); err != nil {
		return Result{}, fmt.Errorf("%w: %w", ErrLost, err)
	}
	timer := time.NewTimer(time.Duration(order.Timeout)*time.Second + grace)
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

// targetID is what may stand in a command line of its own accord.
var targetID = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._:-]{0,63}$`)

func (command *Command) order() (executeCommand, error) {
	target := command.Target
	if target == "" {
		target = TargetHost
	}
	switch target {
	case TargetHost:
		if command.TargetID != "" && !targetID.MatchString(command.TargetID) {
			return executeCommand{}, ErrTarget
		}
	case TargetContainer, TargetVM: // the agent puts the id into a command line
		if !targetID.MatchString(command.TargetID) {
			return executeCommand{}, ErrTarget
		}
	default:
		return executeCommand{}, ErrTarget
	}
	timeout := command.Timeout
	if timeout <= 0 {
		timeout = defaultTimeout
	}
	timeout = min(timeout, maxTimeout)
	return executeCommand{
		Command: command.Text, TargetType: target, TargetID: command.TargetID, Timeout: int((timeout + time.Second - 1) / time.Second),
	}, nil
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
