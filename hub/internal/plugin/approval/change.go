package approval

import (
	"fmt"
	"slices"

	"github.com/pulse-hub/pulse/hub/internal/plugin/archive"
	"github.com/pulse-hub/pulse/sdk/manifest"
)

// This file holds the state machine: each function is one arrow of it, touches
// nothing but the record, and returns ErrState where there is no arrow.

// approve makes a version the current one and keeps the one before it.
func (r *Record) approve(version Version) {
	// What was found changed is nothing to go back to.
	if r.Current.stored() && r.Current.Digest != version.Digest && r.State != Quarantined {
		r.Previous = r.Current
	}
	if r.Previous != nil && r.Previous.Digest == version.Digest {
		r.Previous = nil
	}
	if r.State != Enabled && r.State != Disabled {
		r.State = Approved
	}
	r.Reason, r.Current = "", &version
	r.History = slices.Insert(r.History, 0, version)
	r.History = r.History[:min(len(r.History), maxHistory)]
	r.Declined = slices.DeleteFunc(r.Declined, func(d archive.Digest) bool { return d == version.Digest })
}

func (r *Record) enable() error {
	if r.State != Approved && r.State != Disabled {
		return fmt.Errorf("%w: it is %s", ErrState, r.State)
	}
	r.State = Enabled
	return nil
}

func (r *Record) disable() error {
	if r.State != Approved && r.State != Enabled {
		return fmt.Errorf("%w: it is %s", ErrState, r.State)
	}
	r.State = Disabled
	return nil
}

func (r *Record) quarantine(reason string) error {
	if r.Current == nil || r.State == Quarantined {
		return fmt.Errorf("%w: it is %s", ErrState, r.State)
	}
	r.State, r.Reason = Quarantined, reason
	return nil
}

// rollback exchanges the current and the previous version, and keeps the
// current one from coming back by itself.
func (r *Record) rollback() error {
	if r.Previous == nil {
		return ErrNoPrevious
	}
	r.Declined = slices.Insert(r.Declined, 0, r.Current.Digest)
	r.Declined = r.Declined[:min(len(r.Declined), maxDeclined)]
	left := r.Current
	if r.State == Quarantined {
		left, r.State, r.Reason = nil, Approved, ""
	}
	r.Current, r.Previous = r.Previous, left
	return nil
}

// offer replaces what is offered. It tells whether that is a change.
func (r *Record) offer(offers []Offer) bool {
	state, reason := r.State, r.Reason
	if r.Current == nil {
		state, reason = Incompatible, ""
		for _, offer := range offers {
			if offer.Problem == "" {
				state, reason = Unapproved, ""
				break
			}
			reason = offer.Problem
		}
	}
	same := func(a, b Offer) bool {
		return a.Name == b.Name && a.Digest == b.Digest && a.Verdict == b.Verdict && a.Problem == b.Problem
	}
	if r.State == state && r.Reason == reason && slices.EqualFunc(r.Offers, offers, same) {
		return false
	}
	r.State, r.Reason, r.Offers = state, reason, offers
	return true
}

// upgrade returns the offer that may take the place of the current version
// without being asked for: signed by the very key of the current version, newer,
// wanting nothing that was not granted, and not declined before.
func (r *Record) upgrade() (Offer, bool) {
	if r.Current == nil || r.Current.Level != Signed || r.State == Quarantined {
		return Offer{}, false
	}
	for _, offer := range r.Upgrades() {
		switch {
		case offer.Problem != "", offer.Verdict.Key == "", offer.Verdict.Key != r.Current.Key:
		case manifest.CompareVersions(offer.Version, r.Current.Version) <= 0:
		case !within(offer.Wants, r.Current.Granted), slices.Contains(r.Declined, offer.Digest):
		default:
			return offer, true
		}
	}
	return Offer{}, false
}

// within tells whether nothing is in needs that is not in bound.
func within(needs, bound manifest.Needs) bool {
	subset := func(some, all []string) bool {
		return !slices.ContainsFunc(some, func(s string) bool { return !slices.Contains(all, s) })
	}
	return subset(needs.Network, bound.Network) && subset(needs.Host, bound.Host) &&
		subset(needs.Read, bound.Read) && (!needs.Exec || bound.Exec)
}
