package fleet

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/pulse-hub/pulse/hub/internal/view/v5"
)

// Known returns a member that was not removed.
func (d *Desk) Known(kind Kind, id string) (*Member, bool) {
	member := d.members.Load().byKey[key{kind, id}]
	return member, member != nil && member.Removed.IsZero()
}

// Removed returns the members of a kind that may not report, the last one first.
func (d *Desk) Removed(kind Kind) []*Member {
	now := d.Now()
	var list []*Member
	for at, member := range d.members.Load().byKey {
		if at.kind == kind && member.blocked(now) {
			list = append(list, member)
		}
	}
	slices.SortFunc(list, func(a, b *Member) int {
		return cmp.Or(b.Removed.Compare(a.Removed), cmp.Compare(a.ID, b.ID))
	})
	return list
}

// Revision changes whenever a member does.
func (d *Desk) Revision() uint64 { return d.members.Load().revision }

// Remove forgets an engine or a cluster and what it told, voids its token, and
// refuses its reports for BlockTime. One that is not known is blocked too.
func (d *Desk) Remove(ctx context.Context, kind Kind, id string) (known bool, err error) {
	var removed *Member
	err = d.change(ctx, func(tx *draft) error {
		removed = tx.get(kind, id)
		if known = removed != nil && removed.Removed.IsZero(); removed == nil {
			if kind == Docker {
				return nil // an agent that never reported has nothing to be kept from
			}
			if len(tx.base.byKey) >= maxMembers {
				return ErrFull
			}
			removed = &Member{Kind: kind, ID: id}
		}
		next := Member{
			Kind: kind, ID: id, AgentID: removed.AgentID, TokenID: removed.TokenID, MachineID: removed.MachineID,
			Hostname: removed.Hostname, Name: removed.Name, DisplayName: removed.DisplayName, Removed: removed.Removed,
		}
		if known || next.Removed.IsZero() {
			next.Removed = d.Now()
		}
		tx.put(&next)
		return nil
	})
	if err != nil || removed == nil {
		return known, err
	}
	return known, d.clear(ctx, removed)
}

// clear voids the token of a removed member and takes it out of the inventory.
func (d *Desk) clear(ctx context.Context, removed *Member) error {
	if err := d.revoke(ctx, removed.TokenID); err != nil {
		return err
	}
	return d.Inventory.Forget(ctx, SourceID(removed.Kind, removed.ID))
}

// AllowReenroll lifts the block of a removed member. One that is not blocked is no error.
func (d *Desk) AllowReenroll(ctx context.Context, kind Kind, id string) error {
	return d.change(ctx, func(tx *draft) error {
		if member := tx.get(kind, id); member != nil && !member.Removed.IsZero() {
			tx.drop(member)
		}
		return nil
	})
}

// Edit changes what people have set on a member: SetHidden, SetPendingUninstall
// or SetDisplayName. The error is ErrUnknown or one of the store.
func (d *Desk) Edit(ctx context.Context, kind Kind, id string, edit func(*Member)) error {
	return d.change(ctx, func(tx *draft) error {
		member, err := tx.present(kind, id)
		if err != nil {
			return err
		}
		edit(member)
		tx.put(member)
		return nil
	})
}

// SetHidden hides a member or shows it again.
func SetHidden(hidden bool) func(*Member) { return func(m *Member) { m.Hidden = hidden } }

// SetPendingUninstall says that a member's agent is being removed.
func SetPendingUninstall() func(*Member) { return func(m *Member) { m.PendingUninstall = true } }

// maxDisplayName bounds a name, in bytes.
const maxDisplayName = 256

// SetDisplayName gives a member a name of people's own; empty takes it away.
func SetDisplayName(name string) func(*Member) {
	name = strings.TrimSpace(name)
	return func(m *Member) { m.DisplayName = strings.ToValidUTF8(name[:min(len(name), maxDisplayName)], "") }
}

// CommandsOverride returns whether a host's agent must run commands, or must
// not; nil: as it is configured itself.
func (d *Desk) CommandsOverride(hostID string) *bool {
	if member, known := d.Known(Host, hostID); known {
		return member.CommandsEnabled
	}
	return nil
}

// OverrideCommands sets what CommandsOverride returns.
func (d *Desk) OverrideCommands(ctx context.Context, hostID string, enabled *bool) error {
	return d.editHost(ctx, hostID, func(m *Member) { m.CommandsEnabled = enabled })
}

// Unlink says that a host is not the node of the same name. The error is
// ErrNotLinked if nobody said that it is.
func (d *Desk) Unlink(ctx context.Context, hostID string) error {
	snapshot := d.Inventory.Snapshot()
	entry, known := snapshot.Get(SourceID(Host, hostID) + "/" + hostID)
	if !known || v5.NewLinks(snapshot).NodeID(entry) == "" {
		return ErrNotLinked
	}
	return d.editHost(ctx, hostID, func(m *Member) { m.Unlinked = true })
}

// editHost changes a host, which has a record only once there is something to keep.
func (d *Desk) editHost(ctx context.Context, hostID string, edit func(*Member)) error {
	return d.change(ctx, func(tx *draft) error {
		member := tx.get(Host, hostID)
		if member == nil {
			if len(tx.base.byKey) >= maxMembers {
				return ErrFull
			}
			member = &Member{Kind: Host, ID: hostID}
		}
		edit(member)
		tx.put(member)
		return nil
	})
}

// RemoveHost forgets a host and what it told. Its token is voided unless
// another agent reports with it. A host whose token is valid may come back. An
// unknown id is no error.
func (d *Desk) RemoveHost(ctx context.Context, hostID string) error {
	if err := d.change(ctx, func(tx *draft) error {
		if member := tx.get(Host, hostID); member != nil {
			tx.drop(member)
		}
		return nil
	}); err != nil {
		return err
	}
	tokenID, known := d.Hosts.Token(hostID)
	if known && d.Hosts.Users(tokenID) == 1 && !d.members.Load().reportsWith(tokenID) {
		if err := d.revoke(ctx, tokenID); err != nil {
			return err
		}
	}
	if err := d.Hosts.Release(ctx, hostID); err != nil {
		return err
	}
	return d.Inventory.Forget(ctx, SourceID(Host, hostID))
}

func (m *members) reportsWith(tokenID string) bool {
	for _, member := range m.byKey {
		if member.TokenID == tokenID && member.Removed.IsZero() {
			return true
		}
	}
	return false
}

// Online says whether a member reports.
func (d *Desk) Online(kind Kind, id string) bool {
	entry, known := d.Inventory.Snapshot().Get(SourceID(kind, id) + "/" + id)
	return known && !entry.Stale
}
