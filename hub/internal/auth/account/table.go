package account

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/pulse-hub/pulse/hub/internal/auth"
	"github.com/pulse-hub/pulse/hub/internal/store"
)

// table is all users, by their key, and all roles that are not built in, by
// name. Once it is published it is not changed any more.
type table struct {
	users map[string]*record
	roles map[string]auth.Role

	unreadable []error         // one for each record that cannot be read
	dirtyUsers map[string]bool // that the transaction has to write or delete
	dirtyRoles map[string]bool
	// anyAdmin lets the last administrator go.
	anyAdmin bool
}

func newTable() *table {
	return &table{
		users: map[string]*record{}, roles: map[string]auth.Role{},
		dirtyUsers: map[string]bool{}, dirtyRoles: map[string]bool{},
	}
}

// readTable reads everything. A record that cannot be read is left out: the
// others must still be able to sign in.
func readTable(ctx context.Context, r store.Reader) (*table, error) {
	t := newTable()
	if err := readRecords(ctx, r, store.Users, t, t.users); err != nil {
		return nil, err
	}
	return t, readRecords(ctx, r, store.Roles, t, t.roles)
}

func readRecords[T any](ctx context.Context, r store.Reader, bucket store.Bucket, t *table, into map[string]T) error {
	records, err := r.List(ctx, bucket, "")
	if errors.Is(err, store.ErrSealed) {
		t.unreadable = append(t.unreadable, err)
	} else if err != nil {
		return err
	}
	for _, one := range records {
		var value T
		if json.Unmarshal(one.Value, &value) != nil {
			// The decoder's own message can quote the value.
			t.unreadable = append(t.unreadable, fmt.Errorf("%w: %s/%s", store.ErrDecode, bucket, one.Key))
			continue
		}
		into[one.Key] = value
	}
	return nil
}

// edit returns the user's record, to be changed.
func (t *table) edit(name string) (*record, error) {
	one, ok := t.users[key(name)]
	if !ok {
		return nil, ErrUnknownUser
	}
	t.dirtyUsers[key(name)] = true
	return one, nil
}

func (t *table) add(one *record) error {
	if _, exists := t.users[key(one.Name)]; exists {
		return ErrExists
	}
	if len(t.users) >= MaxUsers {
		return ErrTooManyUsers
	}
	if _, ok := t.role(one.Role); !ok {
		return ErrUnknownRole
	}
	t.users[key(one.Name)] = one
	t.dirtyUsers[key(one.Name)] = true
	return nil
}

func (t *table) role(name string) (auth.Role, bool) {
	builtIn := auth.BuiltInRoles()
	if i := slices.IndexFunc(builtIn, func(r auth.Role) bool { return r.Name == name }); i >= 0 {
		return builtIn[i], true
	}
	role, ok := t.roles[name]
	return role, ok
}

// admins counts those who can sign in and do everything: on their own, with a
// password or a passkey of the hub, and all of them with those whom a provider
// or proxy has to vouch for.
type admins struct{ own, all int }

func (t *table) admins() admins {
	var count admins
	for _, one := range t.users {
		role, ok := t.role(one.Role)
		if !ok || !role.IsAdmin() || one.Disabled {
			continue
		}
		switch {
		case external(one.Origin):
			count.all++
		case one.Password != "" || len(one.Passkeys) > 0:
			count.own++
			count.all++
		}
	}
	return count
}

// lost reports whether the last of either kind is gone.
func (before admins) lost(after admins) bool {
	return before.own > 0 && after.own == 0 || before.all > 0 && after.all == 0
}

// write stores what was changed.
func (t *table) write(ctx context.Context, tx store.Tx) error {
	for name := range t.dirtyUsers {
		if err := writeRecord(ctx, tx, store.Users, name, t.users); err != nil {
			return err
		}
	}
	for name := range t.dirtyRoles {
		if err := writeRecord(ctx, tx, store.Roles, name, t.roles); err != nil {
			return err
		}
	}
	return nil
}

func writeRecord[T any](ctx context.Context, tx store.Tx, bucket store.Bucket, name string, from map[string]T) error {
	value, ok := from[name]
	if !ok {
		return tx.Delete(ctx, bucket, name)
	}
	return store.PutJSON(ctx, tx, bucket, name, value)
}

// change makes one transaction of what edit does to the present table, and
// publishes the outcome. What edit returns as an error changes nothing and is
// returned as it is.
func (d *Desk) change(ctx context.Context, edit func(*table) error) error {
	if err := d.lock(ctx); err != nil {
		return err
	}
	defer d.unlock()
	var next *table
	err := d.records.Update(ctx, func(tx store.Tx) (err error) {
		if next, err = readTable(ctx, tx); err != nil {
			return fmt.Errorf("read accounts: %w", err)
		}
		before := next.admins()
		if err := edit(next); err != nil {
			return err
		}
		if !next.anyAdmin && before.lost(next.admins()) {
			return ErrLastAdmin
		}
		return next.write(ctx, tx)
	})
	if err != nil {
		return err
	}
	d.publish(next)
	return nil
}

// changeUser changes one user and returns them as they are then.
func (d *Desk) changeUser(ctx context.Context, name string, edit func(*table, *record) error) (User, error) {
	var user User
	err := d.change(ctx, func(t *table) error {
		one, err := t.edit(name)
		if err != nil {
			return err
		}
		if err := edit(t, one); err != nil {
			return err
		}
		user = one.user()
		return nil
	})
	if err != nil {
		return User{}, err
	}
	return user, nil
}

// publish makes the table the present one. The caller holds the writer's token.
func (d *Desk) publish(t *table) {
	if len(t.unreadable) > 0 && len(t.unreadable) != d.broken {
		d.logger.Error("accounts cannot be read and are left out", "error", errors.Join(t.unreadable...))
	}
	d.broken = len(t.unreadable)
	clear(t.dirtyUsers)
	clear(t.dirtyRoles)
	d.current.Store(t)
}

// lock waits for the writer's token, so that what is published last is what was stored last.
func (d *Desk) lock(ctx context.Context) error {
	select {
	case d.writer <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (d *Desk) unlock() { <-d.writer }

// Roles returns all roles, the built-in ones first and the others by name. The
// slice is the caller's.
func (d *Desk) Roles() []auth.Role {
	roles := auth.BuiltInRoles()
	own := d.current.Load().roles
	for _, name := range slices.Sorted(maps.Keys(own)) {
		roles = append(roles, own[name])
	}
	return roles
}

// Role returns the role with the name.
func (d *Desk) Role(name string) (auth.Role, bool) { return d.current.Load().role(name) }
