package command

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"time"
)

const (
	// maxOutput bounds each output of a command, in bytes.
	maxOutput = 1 << 20
	cutMarker = "\n... (output truncated)"
	// Bounds of how long a command may run.
	defaultTimeout = time.Minute
	maxTimeout     = time.Hour
	// killGrace is how long what a command leaves behind may hold its outputs open.
	killGrace = time.Second
)

// order is the payload of "execute_command".
type order struct {
	RequestID  string `json:"request_id"`
	Command    string `json:"command"`
	TargetType string `json:"target_type"`
	TargetID   string `json:"target_id"`
	// Timeout is in seconds; 0: a minute.
	Timeout int `json:"timeout"`
}

// result is the payload of "command_result".
type result struct {
	RequestID string `json:"request_id"`
	Success   bool   `json:"success"`
	Stdout    string `json:"stdout,omitempty"`
	Stderr    string `json:"stderr,omitempty"`
	ExitCode  int    `json:"exit_code"`
	// Error says why a command could not run, or did not end by itself.
	Error      string `json:"error,omitempty"`
	DurationMs int64  `json:"duration_ms"`
}

func failed(asked order, why string) result {
	return result{RequestID: asked.RequestID, ExitCode: -1, Error: why}
}

// guestID is what may stand in a command line of its own accord.
var guestID = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._:-]{0,63}$`)

// line returns the command line for the machine itself.
func (o order) line() (string, error) {
	if strings.TrimSpace(o.Command) == "" {
		return "", errors.New("the command is empty")
	}
	switch o.TargetType {
	case "", "host":
		return o.Command, nil
	case "container", "vm":
	default:
		return "", errors.New("the type of the target is not known")
	}
	if !guestID.MatchString(o.TargetID) {
		return "", errors.New("the id of the target is not valid")
	}
	if o.TargetType == "vm" {
		return "qm guest exec " + o.TargetID + " -- " + o.Command, nil
	}
	return "pct exec " + o.TargetID + " -- " + o.Command, nil
}

func (o order) timeout() time.Duration {
	if o.Timeout <= 0 {
		return defaultTimeout
	}
	return min(time.Duration(min(o.Timeout, int(maxTimeout/time.Second)))*time.Second, maxTimeout)
}

// errTimedOut has the words that hubs know.
var errTimedOut = errors.New("command timed out")

// execute runs the command line of an order by the system's shell. When its time is over or the context ends, all it has
// started is killed.
func execute(ctx context.Context, asked order, line string) result {
	ctx, cancel := context.WithTimeoutCause(ctx, asked.timeout(), errTimedOut)
	defer cancel()
	began := time.Now()
	var stdout, stderr output
	command := shell(ctx, line)
	command.Stdout, command.Stderr = &stdout, &stderr
	command.Env = environment(os.Environ())
	command.WaitDelay = killGrace
	err := command.Run()
	told := result{RequestID: asked.RequestID, Stdout: stdout.text(), Stderr: stderr.text(), DurationMs: time.Since(began).Milliseconds()}
	var exit *exec.ExitError
	switch {
	case ctx.Err() != nil:
		told.ExitCode, told.Error = -1, context.Cause(ctx).Error()
	case err == nil || errors.Is(err, exec.ErrWaitDelay): // what it left behind runs on
		told.Success = true
	case errors.As(err, &exit):
		told.ExitCode = exit.ExitCode()
	default:
		told.ExitCode, told.Error = -1, err.Error()
	}
	return told
}

// environment is the agent's without its own settings, some of which are secret.
func environment(all []string) []string {
	var kept []string
	for _, variable := range all {
		if !strings.HasPrefix(variable, "PULSE_") {
			kept = append(kept, variable)
		}
	}
	return kept
}

// output keeps the beginning of what is written to it.
type output struct {
	kept bytes.Buffer
	more bool
}

// Write takes everything, so that the command is not stopped by a broken pipe.
func (o *output) Write(data []byte) (int, error) {
	room := maxOutput - o.kept.Len()
	o.kept.Write(data[:min(room, len(data))])
	o.more = o.more || len(data) > room
	return len(data), nil
}

func (o *output) text() string {
	text := strings.ToValidUTF8(o.kept.String(), "\uFFFD")
	if o.more {
		text += cutMarker
	}
	return text
}
