package approval

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	"github.com/pulse-hub/pulse/hub/internal/plugin/archive"
	"github.com/pulse-hub/pulse/hub/internal/plugin/trust"
	"github.com/pulse-hub/pulse/hub/internal/plugin/vault"
	"github.com/pulse-hub/pulse/sdk/manifest"
)

// Approval is somebody's decision that exactly this content may run.
type Approval struct {
	ID     string
	Digest archive.Digest
	// Granted is what it may do: at most what it wants.
	Granted manifest.Needs
	Actor   string
}

// Approve copies the offered package with the digest into the vault and makes
// it the plugin's current version. If the inbox holds anything else by now, it
// fails with vault.ErrChanged and nothing is changed. A plugin that was enabled
// stays so. Approving the current content again changes what it is granted, and
// ends its quarantine.
func (d *Desk) Approve(ctx context.Context, wanted Approval) (Record, error) {
	if err := d.begin(ctx); err != nil {
		return Record{}, err
	}
	defer d.end()
	return d.approve(ctx, wanted)
}

func (d *Desk) approve(ctx context.Context, wanted Approval) (Record, error) {
	record, err := d.Get(ctx, wanted.ID)
	if err != nil {
		return Record{}, err
	}
	offer, err := d.approvable(record, wanted)
	if err != nil {
		return Record{}, err
	}
	version, err := d.admit(ctx, record.ID, offer)
	if err != nil {
		return Record{}, err
	}
	version.Granted, version.ApprovedBy, version.ApprovedAt = wanted.Granted, wanted.Actor, time.Now().UTC()
	event := Event{Actor: wanted.Actor, What: WasApproved, Detail: version.Version + ", sha256 " + string(version.Digest)}
	if record.Current != nil && record.Current.Digest != version.Digest {
		event.What = Upgraded
		event.Detail = record.Current.Version + " to " + event.Detail
	}
	record.approve(version)
	if wanted.Actor == ActorLock && record.State == Approved {
		record.State = Enabled // a lock file is for installations that nobody attends to
	}
	if err := d.save(ctx, &record, event); err != nil {
		return Record{}, err // the copy in the vault is swept at the next start
	}
	_ = d.Vault.Prune(ctx, record.ID, record.refs()...) // best effort: Tidy removes what is left
	return record, nil
}

// approvable returns the offer to approve if it may be.
func (d *Desk) approvable(record Record, wanted Approval) (Offer, error) {
	if record.Current != nil && !record.Current.stored() {
		return Offer{}, fmt.Errorf("%w: %s is %s", ErrOccupied, record.ID, record.Current.Level)
	}
	offer, err := findOffer(record, wanted.Digest)
	if err != nil {
		return Offer{}, err
	}
	if offer.Problem != "" {
		return Offer{}, fmt.Errorf("%w: %s", ErrUnusable, offer.Problem)
	}
	if !within(wanted.Granted, offer.Wants) {
		return Offer{}, fmt.Errorf("%w: %s", ErrNeeds, record.ID)
	}
	return offer, d.locked(record.ID, offer)
}

// admit copies the offer into the vault. Whose it is follows from the copy, not
// from what was seen in the inbox.
func (d *Desk) admit(ctx context.Context, id string, offer Offer) (Version, error) {
	source, err := d.Inbox.Open(offer.Name)
	if err != nil {
		return Version{}, fmt.Errorf("open offered package: %w", err)
	}
	defer source.Close()
	content, err := d.Vault.Admit(ctx, source, vault.Ref{ID: id, Version: offer.Version, Digest: offer.Digest})
	if err != nil {
		return Version{}, err
	}
	verdict, err := d.Judge.Judge(ctx, content.Checksums, content.Signature)
	if err != nil {
		return Version{}, fmt.Errorf("check signature: %w", err)
	}
	if problem := d.Host.problem(content, verdict); problem != "" {
		return Version{}, fmt.Errorf("%w: %s", ErrUnusable, problem)
	}
	// An upgrade of its own accord, and what people saw, both rest on whose it was.
	if verdict.Key != offer.Verdict.Key {
		return Version{}, fmt.Errorf("%w: whose signature it is has changed", ErrUnusable)
	}
	version := Version{Version: offer.Version, Digest: offer.Digest, Level: Pinned}
	if verdict.State == trust.Signed {
		version.Level, version.Publisher, version.Key = Signed, verdict.Publisher, verdict.Key
	}
	return version, nil
}

// alter makes one change to a record that is known.
func (d *Desk) alter(ctx context.Context, id string, event Event, change func(*Record) error) (Record, error) {
	if err := d.begin(ctx); err != nil {
		return Record{}, err
	}
	defer d.end()
	record, err := d.Get(ctx, id)
	if err != nil {
		return Record{}, err
	}
	if err := change(&record); err != nil {
		return Record{}, err
	}
	if record.Current != nil && event.Detail == "" {
		event.Detail = record.Current.Version
	}
	return record, d.save(ctx, &record, event)
}

// Enable lets an approved plugin run.
func (d *Desk) Enable(ctx context.Context, id, actor string) (Record, error) {
	return d.alter(ctx, id, Event{Actor: actor, What: WasEnabled}, (*Record).enable)
}

// Disable keeps a plugin from running. The caller stops its process.
func (d *Desk) Disable(ctx context.Context, id, actor string) (Record, error) {
	return d.alter(ctx, id, Event{Actor: actor, What: WasDisabled}, (*Record).disable)
}

// Quarantine keeps a plugin from running because of what was found. It leaves
// quarantine by being approved again or rolled back. The caller stops its process.
func (d *Desk) Quarantine(ctx context.Context, id, reason, actor string) (Record, error) {
	return d.alter(ctx, id, Event{Actor: actor, What: Isolated, Detail: reason}, func(r *Record) error {
		return r.quarantine(reason)
	})
}

// Rollback goes back to the previous version, which must be whole in the vault.
// The version it leaves does not come back unless somebody approves it.
func (d *Desk) Rollback(ctx context.Context, id, actor string) (Record, error) {
	return d.alter(ctx, id, Event{Actor: actor, What: RolledBack}, func(r *Record) error {
		if r.Previous != nil {
			if _, err := d.Vault.Verify(ctx, r.Ref(r.Previous)); err != nil {
				return fmt.Errorf("verify previous version: %w", err)
			}
		}
		return r.rollback()
	})
}

// Executable opens what an enabled plugin runs, verified to the last file, and
// returns it with the decision about it. The caller closes it. A plugin whose
// stored package is not what was approved is put in quarantine, and the error
// is ErrQuarantined. It is for what the vault keeps: bundled plugins and those
// of developers fail with ErrState.
func (d *Desk) Executable(ctx context.Context, id string) (*vault.Executable, Version, error) {
	record, err := d.Get(ctx, id)
	if err != nil {
		return nil, Version{}, err
	}
	if record.State == Quarantined {
		return nil, Version{}, fmt.Errorf("%w: %s", ErrQuarantined, record.Reason)
	}
	if record.State != Enabled || !record.Current.stored() {
		return nil, Version{}, fmt.Errorf("%w: it is %s", ErrState, record.State)
	}
	executable, err := d.Vault.Executable(ctx, record.Ref(record.Current), d.Host.Platform)
	if errors.Is(err, vault.ErrTampered) || errors.Is(err, vault.ErrNotStored) {
		return nil, Version{}, errors.Join(fmt.Errorf("%w: %w", ErrQuarantined, err), d.isolate(ctx, record, err))
	}
	if err != nil {
		return nil, Version{}, err
	}
	return executable, *record.Current, nil
}

// isolate puts a plugin in quarantine for what was found of its current
// version, unless that is no longer the current one.
func (d *Desk) isolate(ctx context.Context, found Record, reason error) error {
	_, err := d.alter(ctx, found.ID, Event{Actor: ActorHub, What: Isolated, Detail: reason.Error()}, func(r *Record) error {
		if r.Current == nil || r.Current.Digest != found.Current.Digest {
			return fmt.Errorf("%w: another version is current by now", ErrState)
		}
		return r.quarantine(reason.Error())
	})
	return err
}

// DataFate says what becomes of a plugin's own folder when it is removed.
type DataFate string

// The fates of data.
const (
	KeepData   DataFate = "keep"
	DeleteData DataFate = "delete"
)

// Remove forgets all decisions about a plugin and deletes its packages. The
// caller has stopped its process, and has made sure that no instance needs it.
// What still lies in the inbox is offered again. After a failure it can be
// called again.
func (d *Desk) Remove(ctx context.Context, id string, data DataFate, actor string) error {
	if err := d.begin(ctx); err != nil {
		return err
	}
	defer d.end()
	record, err := d.Get(ctx, id)
	if err != nil {
		return err
	}
	if data == DeleteData {
		if err := d.deleteData(id); err != nil {
			return err
		}
	}
	if err := d.Vault.Prune(ctx, record.ID); err != nil {
		return err
	}
	return d.forget(ctx, id, Event{Actor: actor, What: Removed, Detail: "data: " + string(data)})
}

// deleteData removes the plugin's folder and follows no link out of it.
func (d *Desk) deleteData(id string) error {
	root, err := os.OpenRoot(d.DataRoot)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("open plugin data: %w", err)
	}
	defer root.Close()
	if err := root.RemoveAll(id); err != nil {
		return fmt.Errorf("delete plugin data: %w", err)
	}
	return nil
}

// Adoption is a plugin that needs no approval by an administrator.
type Adoption struct {
	ID, Version string
	Digest      archive.Digest // of the executable if Bundled, empty if Dev
	Level       Level          // Bundled or Dev
	Granted     manifest.Needs
}

// Adopt records a plugin that comes with the hub, or that its author runs from
// a folder, as enabled unless somebody disabled it. It fails with ErrOccupied
// if a package of that id was approved.
func (d *Desk) Adopt(ctx context.Context, wanted Adoption) (Record, error) {
	if err := d.begin(ctx); err != nil {
		return Record{}, err
	}
	defer d.end()
	record, err := d.Get(ctx, wanted.ID)
	if err != nil && !errors.Is(err, ErrUnknown) {
		return Record{}, err
	}
	if !manifest.ValidID(wanted.ID) || record.Current.stored() || wanted.Level != Bundled && wanted.Level != Dev {
		return Record{}, fmt.Errorf("%w: %s", ErrOccupied, wanted.ID)
	}
	before := record.Current
	if before != nil && before.Version == wanted.Version && before.Digest == wanted.Digest && before.Level == wanted.Level {
		return record, nil
	}
	record.ID = wanted.ID
	record.approve(Version{
		Version: wanted.Version, Digest: wanted.Digest, Level: wanted.Level, Granted: wanted.Granted,
		ApprovedAt: time.Now().UTC(), ApprovedBy: ActorHub,
	})
	if record.State == Approved {
		record.State = Enabled
	}
	return record, d.save(ctx, &record, Event{Actor: ActorHub, What: WasApproved, Detail: string(wanted.Level) + " " + wanted.Version})
}
