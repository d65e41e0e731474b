package session

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/pulse-hub/pulse/hub/internal/audit"
)

// maxEndings bounds the endings that wait to be written down.
const maxEndings = 1000

// reason is why a session ended without a request for it, as people read it.
type reason string

const (
	reasonExpired reason = "expired"
	reasonBrowser reason = "came from another browser or operating system"
	reasonTooMany reason = "gave way to a newer one"
)

// endLocked ends a session that nobody asked to end.
func (d *Desk) endLocked(e *entry, why reason) {
	d.dropLocked(e)
	if d.options.Audit == nil {
		return
	}
	if len(d.endings) >= maxEndings {
		d.lost++
		return
	}
	d.endings = append(d.endings, audit.Event{
		At: d.now(), Actor: "hub", Via: "hub", Credential: "session:" + e.ID, From: e.Address,
		Kind: "session", Subject: e.User, What: "session ended", Detail: string(why),
	})
}

// dropLocked makes a session void. Its record goes with the next write.
func (d *Desk) dropLocked(e *entry) {
	d.table.remove(e)
	d.unsaved[e.key] = struct{}{}
}

// List returns the live sessions of a user, or of everybody for an empty name;
// those used last come first. The slice is the caller's.
func (d *Desk) List(user string) []Session {
	now := d.now()
	d.mu.Lock()
	defer d.mu.Unlock()
	list := []Session{}
	for e := range d.table.of(user) {
		if !e.expired(now) {
			list = append(list, e.Session)
		}
	}
	slices.SortFunc(list, func(a, b Session) int {
		return cmp.Or(b.Seen.Compare(a.Seen), cmp.Compare(b.ID, a.ID))
	})
	return list
}

// End signs a browser out. The session is void from here on, also when its
// record cannot be removed, which is tried again; until that works, the end of
// the hub would bring it back. The error is ErrUnknown, or one of the store.
func (d *Desk) End(ctx context.Context, id string) error {
	ended, err := d.end(ctx, "", func(e *entry) bool { return e.ID == id })
	if err == nil && ended == 0 {
		return ErrUnknown
	}
	return err
}

// EndUser ends the sessions of a user, but not the one with the id of except,
// and returns how many those were. An empty id spares none. Errors are as with
// End, and the number is right nevertheless.
func (d *Desk) EndUser(ctx context.Context, user, except string) (int, error) {
	if user == "" {
		return 0, nil
	}
	return d.end(ctx, user, func(e *entry) bool { return e.ID != except })
}

// EndProvider ends the sessions of an identity provider and returns how many
// those were: every one for a nil function, else those whose session at the
// provider it tells of. The function must not call the desk. Errors are as
// with EndUser.
func (d *Desk) EndProvider(ctx context.Context, provider string, covers func(Upstream) bool) (int, error) {
	return d.end(ctx, "", func(e *entry) bool {
		if e.Provider != provider || provider == "" {
			return false
		}
		return covers == nil || e.upstream != nil && covers(*e.upstream)
	})
}

// end ends the sessions of a user, or of everybody for an empty name, that are meant.
func (d *Desk) end(ctx context.Context, user string, meant func(*entry) bool) (int, error) {
	d.mu.Lock()
	now := d.now()
	var ended []digest
	live := 0
	for _, e := range slices.Collect(d.table.of(user)) {
		if !meant(e) {
			continue
		}
		if !e.expired(now) {
			live++
		}
		d.dropLocked(e)
		ended = append(ended, e.key)
	}
	d.mu.Unlock()
	if err := d.write(ctx, ended); err != nil {
		return live, fmt.Errorf("remove session: %w", err)
	}
	return live, nil
}

// Upstream returns the session at the identity provider that a live session
// hangs on, and false when there is none.
func (d *Desk) Upstream(id string) (Upstream, bool) {
	now := d.now()
	d.mu.Lock()
	defer d.mu.Unlock()
	e, ok := d.table.ids[id]
	if !ok || e.expired(now) || e.upstream == nil {
		return Upstream{}, false
	}
	return *e.upstream, true
}

// SetUpstream replaces the session at the identity provider. It returns when
// that is on disk; on an error of the store it is valid in memory, and written
// later. Other errors are ErrUnknown and ErrUpstream, which change nothing.
func (d *Desk) SetUpstream(ctx context.Context, id string, upstream Upstream) error {
	if err := upstream.check(); err != nil {
		return err
	}
	now := d.now()
	d.mu.Lock()
	e, ok := d.table.ids[id]
	if !ok || e.expired(now) {
		d.mu.Unlock()
		return ErrUnknown
	}
	e.upstream = &upstream
	d.unsaved[e.key] = struct{}{}
	key := e.key
	d.mu.Unlock()
	if err := d.write(ctx, []digest{key}); err != nil {
		return fmt.Errorf("keep tokens of the identity provider: %w", err)
	}
	return nil
}
