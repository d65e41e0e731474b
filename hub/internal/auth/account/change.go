package account

import (
	"context"

	"github.com/pulse-hub/pulse/hub/internal/auth/account/password"
)

// MaxUsers bounds the number of users.
const MaxUsers = 1000

// Draft is a user who is wanted.
type Draft struct {
	Name string
	// Password is needed for local users and not allowed for others.
	Password string
	// Role is the name of a role.
	Role string
	// DisplayName and Email may be empty.
	DisplayName string
	Email       string
	// Origin is OriginLocal when empty.
	Origin string
}

// Create makes a user. The error is one of a *PolicyError, ErrName, ErrText,
// ErrOrigin, ErrExists, ErrUnknownRole, ErrTooManyUsers, ErrBusy, or one of
// the store.
func (d *Desk) Create(ctx context.Context, draft Draft) (User, error) {
	if draft.Origin == "" {
		draft.Origin = OriginLocal
	}
	if err := draft.check(); err != nil {
		return User{}, err
	}
	one := d.newRecord(External{Name: draft.Name, Email: draft.Email, Role: draft.Role, Origin: draft.Origin})
	one.DisplayName = draft.DisplayName
	if !external(draft.Origin) {
		hash, err := d.hasher.Hash(ctx, draft.Password)
		if err != nil {
			return User{}, err
		}
		one.Password, one.PasswordChanged = hash, one.Created
	}
	if err := d.change(ctx, func(t *table) error { return t.add(one) }); err != nil {
		return User{}, err
	}
	return one.user(), nil
}

func (draft Draft) check() error {
	if err := checkName(draft.Name); err != nil {
		return err
	}
	if err := checkTexts(draft.DisplayName, draft.Email); err != nil {
		return err
	}
	if external(draft.Origin) && draft.Password == "" {
		return nil
	}
	if draft.Origin != OriginLocal && draft.Origin != OriginEnvironment {
		return ErrOrigin
	}
	return password.Check(draft.Password, draft.Name)
}

func (d *Desk) newRecord(who External) *record {
	return &record{
		Name: who.Name, Email: who.Email, Role: who.Role, Origin: who.Origin, Subject: who.Subject,
		Created: d.now().UTC(), Handle: newHandle(),
	}
}

// Change is what to change of a user; nil stays as it is.
type Change struct {
	Role, DisplayName, Email *string
	Disabled                 *bool
}

// Update changes a user and returns them as they are then. The error is one of
// ErrUnknownUser, ErrUnknownRole, ErrText, ErrLastAdmin, or one of the store.
func (d *Desk) Update(ctx context.Context, name string, change Change) (User, error) {
	return d.changeUser(ctx, name, func(t *table, one *record) error {
		set(&one.DisplayName, change.DisplayName)
		set(&one.Email, change.Email)
		set(&one.Role, change.Role)
		set(&one.Disabled, change.Disabled)
		if _, ok := t.role(one.Role); !ok {
			return ErrUnknownRole
		}
		return checkTexts(one.DisplayName, one.Email)
	})
}

func set[T any](field, value *T) {
	if value != nil {
		*field = *value
	}
}

// Delete removes a user with all they sign in with. Ending their sessions is
// the caller's. The error is one of ErrUnknownUser, ErrLastAdmin, or one of the store.
func (d *Desk) Delete(ctx context.Context, name string) error {
	err := d.change(ctx, func(t *table) error {
		if _, err := t.edit(name); err != nil {
			return err
		}
		delete(t.users, key(name))
		return nil
	})
	if err == nil {
		d.enrols.drop(key(name))
	}
	return err
}
