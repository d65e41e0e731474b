package account

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	// MaxPasskeys bounds the passkeys of a user.
	MaxPasskeys = 20
	// maxPasskeyName bounds the name of a passkey, in characters.
	maxPasskeyName = 64
)

// BeginRegistration begins to register a passkey for the user, whose browser
// has opened the hub at the origin, "https://host" with a port unless it is
// 443. The error is one of ErrUnknownUser, ErrExternal, ErrTooManyPasskeys and ErrSite.
func (d *Desk) BeginRegistration(_ context.Context, name, origin string) (Begun, error) {
	one, known := d.current.Load().users[key(name)]
	if !known {
		return Begun{}, ErrUnknownUser
	}
	if err := one.mayRegister(); err != nil {
		return Begun{}, err
	}
	return d.ceremonies.BeginRegistration(origin, one.owner())
}

// Registration is the answer of a browser that has made a passkey.
type Registration struct {
	// ID is that of the ceremony.
	ID string
	// Name is what the owner calls the passkey; empty is "Passkey".
	Name string
	// Response is the PublicKeyCredential in JSON, as its toJSON returns it.
	Response []byte
}

// FinishRegistration gives the user the passkey that their browser has made.
// The error is one of ErrCeremony, ErrResponse, ErrPasskeyName,
// ErrPasskeyExists, ErrTooManyPasskeys, ErrUnknownUser, ErrExternal, or one of
// the store.
func (d *Desk) FinishRegistration(ctx context.Context, name string, answer Registration) (Passkey, error) {
	label, err := passkeyName(answer.Name)
	if err != nil {
		return Passkey{}, err
	}
	owner, known := d.current.Load().users[key(name)]
	if !known {
		return Passkey{}, ErrUnknownUser
	}
	made, err := d.ceremonies.FinishRegistration(answer.ID, owner.owner(), answer.Response)
	if err != nil {
		return Passkey{}, err
	}
	made.Name = label
	_, err = d.changeUser(ctx, name, func(t *table, one *record) error {
		if t.hasPasskey(made.ID) {
			return ErrPasskeyExists
		}
		if !bytes.Equal(one.Handle, owner.Handle) {
			return ErrUnknownUser // deleted meanwhile and made anew
		}
		if err := one.mayRegister(); err != nil {
			return err
		}
		one.Passkeys = append(slices.Clone(one.Passkeys), made)
		return nil
	})
	if err != nil {
		return Passkey{}, err
	}
	return shown(made), nil
}

// BeginSignIn begins to sign somebody in by a passkey, in a browser that has
// opened the hub at the origin. The error is ErrSite.
func (d *Desk) BeginSignIn(_ context.Context, origin string) (Begun, error) {
	return d.ceremonies.BeginSignIn(origin)
}

// FinishSignIn returns the user whose passkey has answered. Their device has
// asked for a PIN or a finger, so no second factor is needed. The error is
// ErrCeremony, ErrCredentials, or one of the store.
func (d *Desk) FinishSignIn(ctx context.Context, id string, response []byte) (User, error) {
	owner, used, err := d.ceremonies.FinishSignIn(id, response, d.byHandle)
	if errors.Is(err, ErrResponse) {
		return User{}, fmt.Errorf("%w: %w", ErrCredentials, err)
	}
	if err != nil {
		return User{}, err
	}
	user, err := d.changeUser(ctx, owner.Name, func(_ *table, one *record) error { return one.usePasskey(owner, used) })
	if errors.Is(err, ErrUnknownUser) {
		return User{}, ErrCredentials // deleted meanwhile
	}
	return user, err
}

// usePasskey notes the use of a passkey, if it is still valid: the user may
// have been disabled meanwhile, or somebody else was faster with a copy of it.
func (r *record) usePasskey(owner Owner, used Credential) error {
	at := r.findPasskey(used.ID)
	if at < 0 || r.Disabled || external(r.Origin) || !bytes.Equal(r.Handle, owner.Handle) {
		return ErrCredentials
	}
	if before := r.Passkeys[at].SignCount; used.SignCount <= before && (used.SignCount != 0 || before != 0) {
		return fmt.Errorf("%w: %w", ErrCredentials, ErrCounter)
	}
	r.Passkeys = slices.Clone(r.Passkeys)
	r.Passkeys[at] = used
	return nil
}

// byHandle finds the owner of a passkey. Disabled users are nobody.
func (d *Desk) byHandle(handle []byte) (Owner, bool) {
	for _, one := range d.current.Load().users {
		if bytes.Equal(one.Handle, handle) && !one.Disabled && !external(one.Origin) {
			return one.owner(), true
		}
	}
	return Owner{}, false
}

// ListPasskeys returns the passkeys of a user by the time they were made, or
// ErrUnknownUser. The slice is the caller's.
func (d *Desk) ListPasskeys(name string) ([]Passkey, error) {
	user, known := d.Get(name)
	if !known {
		return nil, ErrUnknownUser
	}
	return user.Passkeys, nil
}

// DeletePasskey removes a passkey of a user by its id. The error is one of
// ErrUnknownUser, ErrUnknownPasskey, ErrLastAdmin when it is the last way in,
// or one of the store.
func (d *Desk) DeletePasskey(ctx context.Context, name, id string) error {
	decoded, err := base64.RawURLEncoding.DecodeString(id)
	if err != nil {
		return ErrUnknownPasskey
	}
	_, err = d.changeUser(ctx, name, func(_ *table, one *record) error {
		at := one.findPasskey(decoded)
		if at < 0 {
			return ErrUnknownPasskey
		}
		one.Passkeys = slices.Delete(slices.Clone(one.Passkeys), at, at+1)
		return nil
	})
	return err
}

func (r *record) owner() Owner {
	return Owner{Handle: r.Handle, Name: r.Name, DisplayName: r.DisplayName, Credentials: r.Passkeys}
}

func (r *record) findPasskey(id []byte) int {
	return slices.IndexFunc(r.Passkeys, func(c Credential) bool { return bytes.Equal(c.ID, id) })
}

func (r *record) mayRegister() error {
	if external(r.Origin) {
		return ErrExternal
	}
	if len(r.Passkeys) >= MaxPasskeys {
		return ErrTooManyPasskeys
	}
	return nil
}

func (t *table) hasPasskey(id []byte) bool {
	for _, one := range t.users {
		if one.findPasskey(id) >= 0 {
			return true
		}
	}
	return false
}

func passkeyName(name string) (string, error) {
	name = strings.TrimSpace(name)
	if name == "" {
		return "Passkey", nil
	}
	unprintable := func(c rune) bool { return !unicode.IsPrint(c) }
	if utf8.RuneCountInString(name) > maxPasskeyName || slices.ContainsFunc([]rune(name), unprintable) {
		return "", ErrPasskeyName
	}
	return name, nil
}
