package approve

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/pulse-hub/pulse/hub/internal/audit"
	"github.com/pulse-hub/pulse/hub/internal/auth"
)

const (
	// maxBrief and maxNoted bound how much of a command records of it hold, in bytes.
	maxBrief = 200
	maxNoted = 4 << 10
)

// note writes down what became of an approval; by nil stands for the hub.
func (d *Desk) note(ctx context.Context, a Approval, by *auth.Principal, what string, problem error) error {
	event := audit.Event{
		Kind: "command", Subject: a.Command.Agent, What: what, At: d.options.Now().UTC(), Actor: audit.Hub,
		Detail: fmt.Sprintf("approval %s: %s", a.ID, brief(a.Command)), Outcome: audit.Success, After: values(a),
	}
	if by != nil {
		event.Actor, event.Via, event.Credential = by.Name(), string(by.Method), by.Credential()
	}
	if problem != nil {
		event.Outcome = audit.Failure
		event.Detail += ": " + problem.Error()
	}
	if err := d.options.Audit.Add(ctx, event); err != nil {
		return fmt.Errorf("write down approval: %w", err)
	}
	return nil
}

// brief returns the beginning of a command for people.
func brief(c Command) string {
	text := cut(c.Text, maxBrief)
	if c.TargetID != "" {
		return string(c.Target) + " " + c.TargetID + ": " + text
	}
	return text
}

// values returns what records hold of an approval.
func values(a Approval) json.RawMessage {
	encoded, err := json.Marshal(struct {
		ID        string `json:"id"`
		Digest    string `json:"digest"`
		Command   string `json:"command"`
		Target    Target `json:"target"`
		TargetID  string `json:"target_id,omitempty"`
		TimeoutS  int    `json:"timeout_s"`
		Reason    string `json:"reason,omitempty"`
		Requested string `json:"requested_by"`
		Decided   string `json:"decided_by,omitempty"`
	}{
		ID: a.ID, Digest: a.Digest, Command: cut(a.Command.Text, maxNoted), Target: a.Command.Target, TargetID: a.Command.TargetID,
		TimeoutS: int(a.Command.Timeout / time.Second), Reason: a.Reason, Requested: a.RequestedBy, Decided: a.DecidedBy,
	})
	if err != nil {
		return nil // texts and numbers always have an encoding
	}
	return encoded
}

// cut returns the beginning of a text, marked where it was cut.
func cut(text string, limit int) string {
	if len(text) <= limit {
		return text
	}
	return strings.ToValidUTF8(text[:limit], "") + "…"
}
