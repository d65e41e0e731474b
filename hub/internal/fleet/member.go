package fleet

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"maps"
	"time"

	"github.com/pulse-hub/pulse/hub/internal/inventory"
	"github.com/pulse-hub/pulse/hub/internal/store"
)

// recordPrefix is what keys of members begin with; kind and id follow.
const recordPrefix = "fleet:"

// Member is one machine, engine or cluster. A Member that was handed out is
// never changed.
type Member struct {
	Kind Kind   `json:"kind"`
	ID   string `json:"id"`
	// AgentID, TokenID, MachineID and Hostname are those of its last report. A
	// cluster's Hostname is its name.
	AgentID   string `json:"agentId,omitempty"`
	TokenID   string `json:"tokenId,omitempty"`
	MachineID string `json:"machineId,omitempty"`
	Hostname  string `json:"hostname,omitempty"`
	// Name is what the report calls it, for people.
	Name string `json:"name,omitempty"`

	// DisplayName is what people call it.
	DisplayName      string `json:"displayName,omitempty"`
	Hidden           bool   `json:"hidden,omitempty"`
	PendingUninstall bool   `json:"pendingUninstall,omitempty"`
	// Unlinked says that a host is not the node of the same name.
	Unlinked bool `json:"unlinked,omitempty"`
	// CommandsEnabled overrides the agent's own setting; nil: it does not.
	CommandsEnabled *bool `json:"commandsEnabled,omitempty"`
	// Removed is when it was removed; zero: it was not.
	Removed time.Time `json:"removed,omitzero"`
	// Command is the last command for its agent; nil: none.
	Command *Command `json:"command,omitempty"`
}

type key struct {
	kind Kind
	id   string
}

func (m *Member) key() key { return key{m.Kind, m.ID} }

// Label returns what to call it, for people.
func (m *Member) Label() string {
	for _, name := range []string{m.DisplayName, m.Name, m.Hostname} {
		if name != "" {
			return name
		}
	}
	return m.ID
}

// blocked says whether it may not report.
func (m *Member) blocked(now time.Time) bool {
	return !m.Removed.IsZero() && now.Before(m.Removed.Add(BlockTime))
}

// forgotten says whether the block of a removed member is over.
func (m *Member) forgotten(now time.Time) bool { return !m.Removed.IsZero() && !m.blocked(now) }

// over says whether time has brought something to an end.
func (m *Member) over(now time.Time) bool {
	return m.forgotten(now) || m.Command != nil && m.Command.pending() && !now.Before(m.Command.Expires)
}

// expire ends a command that nobody has carried out in time.
func (m *Member) expire(now time.Time) {
	if m.Command == nil || !m.Command.pending() || now.Before(m.Command.Expires) {
		return
	}
	expired := *m.Command
	expired.Status, expired.Updated, expired.FailureReason = StatusExpired, now, "command expired"
	m.finish(&expired)
}

// finish puts the end of a command down.
func (m *Member) finish(command *Command) {
	m.Command = command
	if command.Type == commandStop && command.Status != StatusCompleted {
		m.PendingUninstall = false
	}
}

// settings is what the inventory shows; nil: nothing is set.
func (m *Member) settings() *inventory.Settings {
	s := inventory.Settings{
		DisplayName: m.DisplayName, Hidden: m.Hidden, PendingUninstall: m.PendingUninstall, Unlinked: m.Unlinked,
	}
	if m.Command != nil {
		s.Command = &m.Command.Command
	}
	if s == (inventory.Settings{}) || !m.Removed.IsZero() {
		return nil
	}
	return &s
}

// members are all members at one moment. They are never changed.
type members struct {
	revision uint64
	byKey    map[key]*Member
	// byToken are those that were not removed, by kind and token.
	byToken map[key][]*Member
}

func newMembers(revision uint64, byKey map[key]*Member) *members {
	m := &members{revision: revision, byKey: byKey, byToken: map[key][]*Member{}}
	for _, member := range byKey {
		if member.Removed.IsZero() {
			at := key{member.Kind, member.TokenID}
			m.byToken[at] = append(m.byToken[at], member)
		}
	}
	return m
}

// draft is the next state while it is being made. Members are copied before
// they are changed.
type draft struct {
	base    *members
	changed map[key]*Member // nil: dropped
}

// get returns a copy of a member, or nil.
func (t *draft) get(kind Kind, id string) *Member {
	member, changed := t.changed[key{kind, id}]
	if !changed {
		member = t.base.byKey[key{kind, id}]
	}
	if member == nil {
		return nil
	}
	fresh := *member
	return &fresh
}

// present returns a copy of a member that was not removed, or ErrUnknown.
func (t *draft) present(kind Kind, id string) (*Member, error) {
	member := t.get(kind, id)
	if member == nil || !member.Removed.IsZero() {
		return nil, ErrUnknown
	}
	return member, nil
}

func (t *draft) put(member *Member)  { t.changed[member.key()] = member }
func (t *draft) drop(member *Member) { t.changed[member.key()] = nil }

// change runs edit as the only writer, and publishes what it changed once
// that is durable. With an error of edit nothing is changed.
func (d *Desk) change(ctx context.Context, edit func(*draft) error) error {
	select {
	case d.writer <- struct{}{}:
		defer func() { <-d.writer }()
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	base := d.members.Load()
	tx := &draft{base: base, changed: map[key]*Member{}}
	if err := edit(tx); err != nil || len(tx.changed) == 0 {
		return err
	}
	if err := d.save(ctx, tx.changed); err != nil {
		return err
	}
	byKey := maps.Clone(base.byKey)
	for at, member := range tx.changed {
		if member == nil {
			delete(byKey, at)
			continue
		}
		byKey[at] = member
	}
	d.members.Store(newMembers(base.revision+1, byKey))
	// What is durable is shown, also when the caller has gone meanwhile.
	ctx = context.WithoutCancel(ctx)
	for at, member := range tx.changed {
		if member == nil {
			member = &Member{Kind: at.kind, ID: at.id}
		}
		if err := d.show(ctx, member); err != nil {
			d.Logger.Warn("change is made and not shown yet", "kind", at.kind, "id", at.id, "error", err)
		}
	}
	return nil
}

func (d *Desk) save(ctx context.Context, changed map[key]*Member) error {
	err := d.Records.Update(ctx, func(tx store.Tx) error {
		for at, member := range changed {
			record := recordPrefix + string(at.kind) + ":" + at.id
			if member == nil {
				if err := tx.Delete(ctx, store.Sources, record); err != nil {
					return err
				}
				continue
			}
			if err := store.PutJSON(ctx, tx, store.Sources, record, member); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("save fleet: %w", err)
	}
	return nil
}

// show tells the inventory what is set on a member.
func (d *Desk) show(ctx context.Context, member *Member) error {
	ctx, cancel := context.WithTimeout(ctx, showTimeout)
	defer cancel()
	at := SourceID(member.Kind, member.ID) + "/" + member.ID
	if err := d.Inventory.Annotate(ctx, at, member.settings()); err != nil {
		return fmt.Errorf("show settings of %s: %w", at, err)
	}
	return nil
}

// showTimeout is how long the inventory may take to show a change.
const showTimeout = 5 * time.Second

// newUUID returns a random UUID (RFC 9562, version 4).
func newUUID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails, says crypto/rand
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	text := hex.EncodeToString(b[:])
	return text[:8] + "-" + text[8:12] + "-" + text[12:16] + "-" + text[16:20] + "-" + text[20:]
}
