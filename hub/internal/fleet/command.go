package fleet

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	wire "github.com/pulse-hub/pulse/agent/report"
	"github.com/pulse-hub/pulse/hub/internal/inventory"
)

// The states of a command, in the order they come.
const (
	StatusQueued       = "queued"
	StatusDispatched   = "dispatched"
	StatusAcknowledged = "acknowledged"
	StatusInProgress   = "in_progress"
	StatusCompleted    = "completed"
	StatusFailed       = "failed"
	StatusExpired      = "expired"
)

const commandStop = wire.CommandStop

// commandLife is how long an agent has to carry a command out.
const commandLife = 10 * time.Minute

// maxMessage bounds what is kept of an agent's message, in bytes.
const maxMessage = 1024

// Command is one order to the agent of an engine.
type Command struct {
	inventory.Command
	// Payload is what the agent needs to know, as JSON; nil: nothing.
	Payload json.RawMessage `json:"payload,omitempty"`
}

// pending says whether something may still come of it.
func (c *Command) pending() bool {
	switch c.Status {
	case StatusCompleted, StatusFailed, StatusExpired:
		return false
	}
	return true
}

// CommandError says why a command was not taken, or an acknowledgement of one.
type CommandError struct{ Message string }

// Error returns the message.
func (e *CommandError) Error() string { return e.Message }

// CheckUpdates orders an engine to compare its images with their registries.
// The error is ErrUnknown or a *CommandError.
func (d *Desk) CheckUpdates(ctx context.Context, id string) (Command, error) {
	return d.queue(ctx, id, Command{Command: inventory.Command{
		ID: d.NewID(), Type: wire.CommandCheckUpdates, Message: "Checking for container updates",
	}})
}

// UpdateContainer orders an engine to renew a container with the newest image
// of its name. The error is ErrUnknown or a *CommandError.
func (d *Desk) UpdateContainer(ctx context.Context, id string, container wire.UpdateContainer) (Command, error) {
	payload, err := json.Marshal(container)
	if err != nil {
		return Command{}, fmt.Errorf("encode command: %w", err)
	}
	name := container.ContainerName
	if name == "" {
		name = container.ContainerID
	}
	return d.queue(ctx, id, Command{Payload: payload, Command: inventory.Command{
		ID: d.NewID() + ":" + container.ContainerID, Type: wire.CommandUpdateContainer, Message: "Updating container " + name,
	}})
}

// Stop orders the agent of an engine to end for good; when it has, the engine
// is removed. The error is ErrUnknown or a *CommandError.
func (d *Desk) Stop(ctx context.Context, id string) (Command, error) {
	return d.queue(ctx, id, Command{Command: inventory.Command{ID: d.NewID(), Type: commandStop, Message: "Stopping agent"}})
}

func (d *Desk) queue(ctx context.Context, id string, command Command) (Command, error) {
	err := d.change(ctx, func(tx *draft) error {
		member, err := tx.present(Docker, id)
		if err != nil {
			return err
		}
		now := d.Now()
		member.expire(now)
		if last := member.Command; last != nil && last.pending() {
			return &CommandError{fmt.Sprintf("docker host %q already has a command in progress", member.Label())}
		}
		command.Status, command.Created, command.Updated, command.Expires = StatusQueued, now, now, now.Add(commandLife)
		member.Command = &command
		member.PendingUninstall = member.PendingUninstall || command.Type == commandStop
		tx.put(member)
		return nil
	})
	return command, err
}

// Next returns the command to tell an engine's agent in the answer to its
// report, nil if there is none. It is told again until the agent acknowledges
// it, for an answer can be lost, and never after that.
func (d *Desk) Next(ctx context.Context, id string) (*Command, error) {
	member := d.members.Load().byKey[key{Docker, id}]
	if member == nil || member.Command == nil {
		return nil, nil
	}
	switch member.Command.Status {
	case StatusDispatched:
		if d.Now().Before(member.Command.Expires) {
			return member.Command, nil
		}
		return nil, nil
	case StatusQueued:
		return d.dispatch(ctx, id)
	}
	return nil, nil
}

func (d *Desk) dispatch(ctx context.Context, id string) (told *Command, err error) {
	err = d.change(ctx, func(tx *draft) error {
		member, err := tx.present(Docker, id)
		if err != nil || member.Command == nil || member.Command.Status != StatusQueued {
			return nil // removed or acknowledged meanwhile
		}
		now := d.Now()
		if member.expire(now); !member.Command.pending() {
			tx.put(member)
			return nil
		}
		next := *member.Command
		next.Status, next.Dispatched, next.Updated = StatusDispatched, now, now
		member.Command, told = &next, &next
		tx.put(member)
		return nil
	})
	return told, err
}

// ParseStatus reads what an agent calls the state of a command.
func ParseStatus(text string) (status string, ok bool) {
	switch strings.ToLower(strings.TrimSpace(text)) {
	case "", "ack", "acknowledged":
		return StatusAcknowledged, true
	case "in_progress", "progress":
		return StatusInProgress, true
	case "success", "completed", "complete":
		return StatusCompleted, true
	case "fail", "failed", "error":
		return StatusFailed, true
	}
	return "", false
}

// Acknowledgement is what an agent says of a command.
type Acknowledgement struct {
	CommandID string
	// HostID is the engine it is for; empty: whichever has the command.
	HostID string
	// Status is one that ParseStatus returns.
	Status, Message string
}

// Acknowledge notes how far a command has come. What comes after its end
// changes nothing. A stop that is completed removes the engine, which may come
// back at once. The error is a *CommandError or one of the store.
func (d *Desk) Acknowledge(ctx context.Context, ack Acknowledgement) (hostID string, command Command, err error) {
	var stopped *Member
	err = d.change(ctx, func(tx *draft) error {
		member := tx.base.commanded(ack.CommandID)
		if member == nil {
			return &CommandError{fmt.Sprintf("docker host command %q not found", ack.CommandID)}
		}
		if ack.HostID != "" && ack.HostID != member.ID {
			return &CommandError{fmt.Sprintf("docker host command %q does not belong to host %q", ack.CommandID, ack.HostID)}
		}
		fresh := tx.get(Docker, member.ID)
		hostID, command = fresh.ID, *fresh.Command
		if !command.pending() {
			return nil
		}
		command.advance(ack, d.Now())
		if command.Type == commandStop && command.Status == StatusCompleted {
			stopped = fresh
			tx.drop(fresh)
			return nil
		}
		ended := command
		fresh.finish(&ended)
		tx.put(fresh)
		return nil
	})
	if err != nil || stopped == nil {
		return hostID, command, err
	}
	return hostID, command, d.clear(ctx, stopped)
}

func (c *Command) advance(ack Acknowledgement, now time.Time) {
	c.Status, c.Updated = ack.Status, now
	if ack.Message != "" {
		c.Message = strings.ToValidUTF8(ack.Message[:min(len(ack.Message), maxMessage)], "")
	}
	if c.Acknowledged.IsZero() {
		c.Acknowledged = now
	}
	switch ack.Status {
	case StatusCompleted:
		c.Completed = now
	case StatusFailed:
		c.Failed, c.FailureReason = now, c.Message
	}
}

// commanded returns the engine whose last command has that id, or nil.
func (m *members) commanded(commandID string) *Member {
	for at, member := range m.byKey {
		if at.kind == Docker && member.Command != nil && member.Command.ID == commandID {
			return member
		}
	}
	return nil
}
