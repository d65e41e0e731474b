package inventory

import (
	"context"
	"time"
)

// Settings is what people have set on a resource, or ordered it to do. They
// are no part of what its source tells. Values are never changed once given.
type Settings struct {
	// DisplayName is what people call it; it wins over the source's names.
	DisplayName string
	// Hidden says that nobody wants to see it.
	Hidden bool
	// PendingUninstall says that its agent is being removed.
	PendingUninstall bool
	// Unlinked says that it is not to be taken for the same machine as another one of the same name.
	Unlinked bool
	// Command is the last command for its agent; nil: none.
	Command *Command
}

// Command is how far a command for an agent has come. Times are zero for what
// has not happened.
type Command struct {
	ID, Type string
	// Status is "queued", "dispatched", "acknowledged", "in_progress", "completed", "failed" or "expired".
	Status string
	// Message is for people: what is being done, or what the agent said last.
	Message                             string
	Created, Updated                    time.Time
	Dispatched, Acknowledged, Completed time.Time
	Failed                              time.Time
	FailureReason                       string
	Expires                             time.Time
}

// Annotate replaces the settings of the resource with that key, now and
// whenever it is observed; nil takes them away. A resource that is not known
// yet will have them when it is. Nothing counts as measured by it.
func (inv *Inventory) Annotate(ctx context.Context, key string, settings *Settings) error {
	return inv.change(ctx, func(tx *transaction) error {
		if settings == nil {
			delete(inv.settings, key)
		} else {
			inv.settings[key] = settings
		}
		before, known := tx.base.Get(key)
		if !known || before.Settings == settings {
			return nil
		}
		after := *before
		tx.batch.Source, tx.batch.At = before.Source, tx.now
		tx.put(before, &after)
		return nil
	})
}
