package account

import (
	"context"
	"crypto/rand"
)

// External is a user as a provider or proxy tells of them.
type External struct {
	Name, Email string
	// Subject is the provider's own name for the person, which never changes; empty: it has none. Names can be chosen
	// there: whoever takes the name of another one does not become them.
	Subject string
	// Role is the name of the role that they have there.
	Role string
	// Origin is OriginProxy, "oidc:…" or "saml:…".
	Origin string
}

// Ensure returns the user who came through a provider or proxy, made at their
// first sign-in and with the role and address they have there now. Nothing is
// written when nothing changed. The last administrator may be demoted this way:
// who is one is decided there. The error is one of ErrDisabled, ErrOtherOrigin,
// ErrName, ErrOrigin, ErrUnknownRole, ErrTooManyUsers, or one of the store.
// An address that is none is left out.
func (d *Desk) Ensure(ctx context.Context, who External) (User, error) {
	if !external(who.Origin) {
		return User{}, ErrOrigin
	}
	if err := checkName(who.Name); err != nil {
		return User{}, err
	}
	if checkTexts("", who.Email) != nil {
		who.Email = ""
	}
	if one, ok := d.current.Load().users[key(who.Name)]; ok && one.is(who) {
		return one.user(), nil
	}
	var user User
	err := d.change(ctx, func(t *table) error {
		one, err := d.ensure(t, who)
		if err != nil {
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

// is reports whether nothing has to be changed for somebody to come in.
func (r *record) is(who External) bool {
	return r.Origin == who.Origin && r.Subject == who.Subject && r.Role == who.Role && r.Email == who.Email && !r.Disabled
}

func (d *Desk) ensure(t *table, who External) (*record, error) {
	t.anyAdmin = true
	if _, known := t.users[key(who.Name)]; !known {
		one := d.newRecord(who)
		return one, t.add(one)
	}
	one, err := t.edit(who.Name)
	switch _, ok := t.role(who.Role); {
	case err != nil:
		return nil, err
	case one.Origin != who.Origin || one.Subject != "" && one.Subject != who.Subject:
		return nil, ErrOtherOrigin
	case one.Disabled:
		return nil, ErrDisabled
	case !ok:
		return nil, ErrUnknownRole
	}
	one.Role, one.Email, one.Subject = who.Role, who.Email, who.Subject
	return one, nil
}

// handleBytes is how long the id is that passkeys know a user by.
const handleBytes = 32

func newHandle() []byte {
	handle := make([]byte, handleBytes)
	_, _ = rand.Read(handle) // never fails, says crypto/rand
	return handle
}
