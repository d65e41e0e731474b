package approve

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"regexp"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Reasons why a command cannot be asked for.
var (
	// ErrCommand: the text is empty, longer than MaxText, or has characters that
	// whoever decides would not see.
	ErrCommand = errors.New("command is empty, too long, or has characters that are not shown")
	// ErrTarget: what the command is for is no agent, or none of its targets.
	ErrTarget = errors.New("target of the command is not valid")
	// ErrReason: the reason is longer than MaxReason or has characters that are not shown.
	ErrReason = errors.New("reason is too long or has characters that are not shown")
)

// Target says where on a machine a command runs.
type Target string

// The targets.
const (
	TargetHost      Target = "host"      // the machine itself
	TargetContainer Target = "container" // a system container of it
	TargetVM        Target = "vm"        // a virtual machine of it
)

const (
	// MaxText bounds a command, in bytes.
	MaxText = 64 << 10
	// MaxReason bounds a reason, in bytes.
	MaxReason = 1000

	maxAgent       = 256 // bytes
	defaultTimeout = time.Minute
	maxTimeout     = time.Hour
)

// Command is what an agent is to run, by the shell of its target.
type Command struct {
	// Agent is the id of the agent.
	Agent string
	// Text is for the shell. It may have several lines.
	Text string
	// Target is where it runs; empty: TargetHost.
	Target Target
	// TargetID is the number of the container or virtual machine.
	TargetID string
	// Timeout is how long it may run, in whole seconds; 0: a minute. At most an hour.
	Timeout time.Duration
}

// targetID is what may stand in a command line of its own accord.
var targetID = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._:-]{0,63}$`)

// complete returns the command with its defaults filled in, as it will run. The
// error is ErrCommand or ErrTarget.
func (c Command) complete() (Command, error) {
	if strings.TrimSpace(c.Text) == "" || len(c.Text) > MaxText || !shown(c.Text) {
		return Command{}, ErrCommand
	}
	if c.Agent == "" || len(c.Agent) > maxAgent || !utf8.ValidString(c.Agent) {
		return Command{}, ErrTarget
	}
	switch c.Target {
	case "", TargetHost:
		c.Target = TargetHost
		if c.TargetID != "" && !targetID.MatchString(c.TargetID) {
			return Command{}, ErrTarget
		}
	case TargetContainer, TargetVM: // the agent puts the id into a command line
		if !targetID.MatchString(c.TargetID) {
			return Command{}, ErrTarget
		}
	default:
		return Command{}, ErrTarget
	}
	if c.Timeout <= 0 {
		c.Timeout = defaultTimeout
	}
	c.Timeout = min(c.Timeout, maxTimeout)
	c.Timeout = (c.Timeout + time.Second - 1).Truncate(time.Second)
	return c, nil
}

// shown reports whether a person who reads the text sees all of it, in the
// order in which it runs.
func shown(text string) bool {
	if !utf8.ValidString(text) {
		return false
	}
	for _, r := range text {
		if r != '\n' && r != '\t' && !unicode.IsPrint(r) {
			return false
		}
	}
	return true
}

// canonical returns the bytes that say which command is run for whom. Each text
// stands behind its length, so that two commands never have the same bytes: the
// name of the format, then agent, text, target, id of the target and caller,
// each with its number of bytes before it, then the seconds; numbers have eight
// bytes, the highest first.
func canonical(c Command, caller string) []byte {
	fields := []string{"pulse command approval 1", c.Agent, c.Text, string(c.Target), c.TargetID, caller}
	var b []byte
	for _, field := range fields {
		b = binary.BigEndian.AppendUint64(b, uint64(len(field)))
		b = append(b, field...)
	}
	return binary.BigEndian.AppendUint64(b, uint64(c.Timeout/time.Second))
}

func digest(c Command, caller string) [sha256.Size]byte { return sha256.Sum256(canonical(c, caller)) }
