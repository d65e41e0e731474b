// Package approval keeps what was decided about each plugin: which content may
// run, who said so, and what it was granted.
//
// A decision is about a digest. What lies in the inbox only makes offers; an
// offer becomes what runs when it is approved, and then it is the copy in the
// vault, checked against the digest that was approved, that counts.
package approval

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/pulse-hub/pulse/hub/internal/plugin/archive"
	"github.com/pulse-hub/pulse/hub/internal/plugin/trust"
	"github.com/pulse-hub/pulse/hub/internal/plugin/vault"
	"github.com/pulse-hub/pulse/sdk/manifest"
)

// Errors of decisions.
var (
	// ErrUnknown says that nothing is known of the plugin.
	ErrUnknown = errors.New("no such plugin")
	// ErrNotOffered says that no package with the digest is in the inbox.
	ErrNotOffered = errors.New("no package with this sha256 is offered")
	// ErrUnusable says that a package cannot be approved on this hub, whoever wants it.
	ErrUnusable = errors.New("the package cannot be used")
	// ErrNeeds says that more was granted than the package wants.
	ErrNeeds = errors.New("more is granted than the plugin wants")
	// ErrState says that the plugin's state does not allow the change.
	ErrState = errors.New("not possible in this state")
	// ErrNoPrevious says that there is no version to go back to.
	ErrNoPrevious = errors.New("there is no version to go back to")
	// ErrOccupied says that another package has the plugin's id.
	ErrOccupied = errors.New("the id belongs to an approved package")
	// ErrQuarantined says that the stored package is not what was approved.
	ErrQuarantined = errors.New("the plugin is in quarantine")
)

// State is where a plugin is between the inbox and running.
type State string

// The states of a plugin. What cannot be read at all has no id and stays a
// candidate of the inbox, invalid with a reason.
const (
	Incompatible State = "incompatible" // all that is offered cannot be used on this hub
	Unapproved   State = "unapproved"   // offered, and nobody has decided
	Approved     State = "approved"     // may run, and was never enabled
	Enabled      State = "enabled"
	Disabled     State = "disabled"
	Quarantined  State = "quarantined" // the stored package was changed; it does not run
)

// Level is why a plugin is trusted.
type Level string

// The levels of trust.
const (
	Bundled Level = "bundled" // comes with the hub
	Signed  Level = "signed"  // by a publisher that is known
	Pinned  Level = "pinned"  // exactly this content was approved
	Dev     Level = "dev"     // runs from its author's folder, unchecked
)

// Version is one content that was approved.
type Version struct {
	Version string         `json:"version"`
	Digest  archive.Digest `json:"sha256,omitempty"` // empty for Dev
	Level   Level          `json:"trust"`
	// Publisher and Key are whose signature it has; only if Signed.
	Publisher string    `json:"publisher,omitempty"`
	Key       trust.Key `json:"key,omitempty"`
	// Granted is what it may do, never more than it wants.
	Granted    manifest.Needs `json:"granted,omitzero"`
	ApprovedAt time.Time      `json:"approved_at"`
	ApprovedBy string         `json:"approved_by"`
}

// stored tells whether the vault has it.
func (v *Version) stored() bool { return v != nil && (v.Level == Signed || v.Level == Pinned) }

// Offer is one package in the inbox that a plugin could be.
type Offer struct {
	// Name is that of the candidate in the inbox.
	Name    string         `json:"name"`
	Version string         `json:"version"`
	Digest  archive.Digest `json:"sha256"`
	Wants   manifest.Needs `json:"wants,omitzero"`
	Verdict trust.Verdict  `json:"signature"`
	// Problem says why it cannot be approved; empty if it can.
	Problem string `json:"problem,omitempty"`
}

// Record is all that was decided about a plugin, and what is offered. A Record
// that was handed over is the receiver's.
type Record struct {
	ID    string `json:"id"`
	State State  `json:"state"`
	// Reason says why it is Quarantined or Incompatible.
	Reason string `json:"reason,omitempty"`
	// Current is what runs, and Previous what to go back to.
	Current  *Version `json:"current,omitempty"`
	Previous *Version `json:"previous,omitempty"`
	// History are the approvals, the newest first, at most 20.
	History []Version `json:"history,omitempty"`
	// Declined are the contents that were rolled back from: they are not approved by themselves again.
	Declined []archive.Digest `json:"declined,omitempty"`
	// Offers are what is in the inbox, the current content too if it still lies
	// there. They are ordered with the newest version first, at most 8.
	Offers    []Offer   `json:"offers,omitempty"`
	Changed   time.Time `json:"changed"`
	ChangedBy string    `json:"changed_by"`
}

// Upgrades returns the offers that are not what is current already.
func (r *Record) Upgrades() []Offer {
	return slices.DeleteFunc(slices.Clone(r.Offers), func(o Offer) bool {
		return r.Current != nil && o.Digest == r.Current.Digest
	})
}

const (
	maxHistory  = 20
	maxDeclined = 20
	maxOffers   = 8
)

// Ref returns the name of a version in the vault.
func (r *Record) Ref(v *Version) vault.Ref {
	return vault.Ref{ID: r.ID, Version: v.Version, Digest: v.Digest}
}

// refs are the packages that the vault must keep for the plugin.
func (r *Record) refs() []vault.Ref {
	var refs []vault.Ref
	for _, version := range []*Version{r.Current, r.Previous} {
		if version.stored() {
			refs = append(refs, r.Ref(version))
		}
	}
	return refs
}

// The actors that are no people.
const (
	ActorHub  = "hub"       // by its own rules
	ActorLock = "lock file" // because the operator's lock file names the package
)

// What happened to a plugin.
const (
	Discovered  = "discovered"
	Offered     = "offered"
	Withdrawn   = "withdrawn"
	WasApproved = "approved"
	Upgraded    = "upgraded"
	WasEnabled  = "enabled"
	WasDisabled = "disabled"
	Isolated    = "quarantined"
	RolledBack  = "rolled back"
	Removed     = "removed"
)

// Event is one change.
type Event struct {
	At     time.Time
	Actor  string
	Plugin string
	What   string
	Detail string
}

// Events takes the changes after they are durable. It must not block for long. The context is that of whoever asked
// for the change, and may have ended.
type Events interface {
	Happened(ctx context.Context, event Event)
}
