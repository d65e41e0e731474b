package registry

import (
	"context"
	"time"

	"github.com/pulse-hub/pulse/hub/internal/audit"
	"github.com/pulse-hub/pulse/hub/internal/plugin/trust"
)

// Publishers returns the people whose signatures count, the project first.
func (r *Registry) Publishers(ctx context.Context) ([]trust.Publisher, error) {
	return r.publishers.Publishers(ctx)
}

// AddPublisher makes a publisher known, as trust.Ring.Add does. What lies in
// the inbox is judged anew within seconds.
func (r *Registry) AddPublisher(ctx context.Context, name, key, actor string) (trust.Publisher, error) {
	added, err := r.publishers.Add(ctx, name, key, actor)
	if err != nil {
		return trust.Publisher{}, err
	}
	r.record(ctx, audit.Event{
		At: time.Now().UTC(), Actor: actor, Kind: "publisher", Subject: added.Key.ID(), What: "added", Detail: added.Name,
	})
	return added, nil
}

// RemovePublisher forgets a publisher. What they signed and was approved goes
// on running; upgrades do not come by themselves any more.
func (r *Registry) RemovePublisher(ctx context.Context, keyID, actor string) error {
	if err := r.publishers.Remove(ctx, keyID); err != nil {
		return err
	}
	r.record(ctx, audit.Event{At: time.Now().UTC(), Actor: actor, Kind: "publisher", Subject: keyID, What: "removed"})
	return nil
}

// record writes an event down. What it is about stands whether or not that succeeds.
func (r *Registry) record(ctx context.Context, event audit.Event) {
	if err := r.Chronicle.Add(ctx, event); err != nil {
		r.Logger.Error("change not written down", "kind", event.Kind, "subject", event.Subject, "what", event.What, "error", err)
	}
}
