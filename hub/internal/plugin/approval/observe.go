package approval

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/pulse-hub/pulse/hub/internal/plugin/archive"
	"github.com/pulse-hub/pulse/hub/internal/plugin/inbox"
	"github.com/pulse-hub/pulse/sdk/manifest"
)

// Observe takes over what is in the inbox: all of it, not only what changed.
// Then it approves what may be approved without asking: upgrades by the same
// key, and what the lock file names. One plugin's failure does not keep it from
// the others.
func (d *Desk) Observe(ctx context.Context, candidates []inbox.Candidate) error {
	if err := d.begin(ctx); err != nil {
		return err
	}
	defer d.end()
	records, err := d.List(ctx)
	if err != nil {
		return err
	}
	offers := d.offers(candidates)
	var errs []error
	for _, record := range records {
		errs = append(errs, d.observe(ctx, record, slices.Concat(offers[record.ID], unsettled(record, candidates))))
		delete(offers, record.ID)
	}
	for id, found := range offers {
		errs = append(errs, d.observe(ctx, Record{ID: id}, found))
	}
	return errors.Join(errs...)
}

// unsettled returns the offers of a record that cannot be said to be gone: what
// has their name has not been read yet, as after the start of the hub.
func unsettled(record Record, candidates []inbox.Candidate) []Offer {
	return slices.DeleteFunc(slices.Clone(record.Offers), func(offer Offer) bool {
		return !slices.ContainsFunc(candidates, func(c inbox.Candidate) bool {
			return c.Name == offer.Name && c.State == inbox.Settling
		})
	})
}

// offers sorts the candidates by plugin, the newest version first.
func (d *Desk) offers(candidates []inbox.Candidate) map[string][]Offer {
	byID := map[string][]Offer{}
	for _, one := range candidates {
		if one.State != inbox.Ready {
			continue
		}
		m := one.Content.Manifest
		byID[m.ID] = append(byID[m.ID], Offer{
			Name: one.Name, Version: m.Version, Digest: one.Content.Digest, Wants: m.Needs,
			Verdict: one.Verdict, Problem: d.Host.problem(one.Content, one.Verdict),
		})
	}
	for id, offers := range byID {
		slices.SortFunc(offers, func(a, b Offer) int {
			return cmp.Or(manifest.CompareVersions(b.Version, a.Version), cmp.Compare(a.Name, b.Name))
		})
		byID[id] = offers[:min(len(offers), maxOffers)]
	}
	return byID
}

func (d *Desk) observe(ctx context.Context, record Record, offers []Offer) error {
	if record.Current == nil && len(offers) == 0 {
		return d.forget(ctx, record.ID, Event{Actor: ActorHub, What: Withdrawn})
	}
	event := Event{Actor: ActorHub, What: Offered, Detail: describe(offers)}
	switch {
	case record.State == "":
		event.What = Discovered
	case len(offers) == 0:
		event.What = Withdrawn
	}
	if record.offer(offers) {
		if err := d.save(ctx, &record, event); err != nil {
			return err
		}
	}
	return d.approveUnasked(ctx, record)
}

func describe(offers []Offer) string {
	if len(offers) == 0 {
		return ""
	}
	return offers[0].Version + ", sha256 " + string(offers[0].Digest) + ", " + string(offers[0].Verdict.State)
}

func (d *Desk) approveUnasked(ctx context.Context, record Record) error {
	wanted := Approval{ID: record.ID, Actor: ActorHub}
	if offer, ok := record.upgrade(); ok && d.locked(record.ID, offer) == nil {
		// The wants are within what was granted; what it no longer wants, it loses.
		wanted.Digest, wanted.Granted = offer.Digest, offer.Wants
	}
	if offer, ok := d.lockedOffer(record); ok {
		wanted.Actor, wanted.Digest, wanted.Granted = ActorLock, offer.Digest, offer.Wants
	}
	if wanted.Digest == "" {
		return nil
	}
	if _, err := d.approve(ctx, wanted); err != nil {
		return fmt.Errorf("approve %s unasked: %w", record.ID, err)
	}
	return nil
}

// lockedOffer returns the offer that the lock file names.
func (d *Desk) lockedOffer(record Record) (Offer, bool) {
	if d.Lock == nil || record.State == Quarantined {
		return Offer{}, false
	}
	for _, offer := range record.Upgrades() {
		if offer.Problem == "" && d.locked(record.ID, offer) == nil {
			return offer, true
		}
	}
	return Offer{}, false
}

// locked returns an error unless the lock file, if there is one, allows the offer.
func (d *Desk) locked(id string, offer Offer) error {
	if d.Lock == nil {
		return nil
	}
	return d.Lock.Check(id, offer.Version, d.Host.Platform, offer.Digest)
}

// findOffer returns the offer of a digest.
func findOffer(record Record, digest archive.Digest) (Offer, error) {
	at := slices.IndexFunc(record.Offers, func(o Offer) bool { return o.Digest == digest })
	if at < 0 {
		return Offer{}, fmt.Errorf("%w: %s", ErrNotOffered, record.ID)
	}
	return record.Offers[at], nil
}
