package account

import (
	"context"
	"time"

	"github.com/pulse-hub/pulse/hub/internal/auth/account/password"
)

// Verify returns the user with the name and password, or ErrCredentials,
// ErrBusy, or an error of ctx. It takes as long for users who do not exist, are
// disabled or have no password; only a bcrypt hash takes its own time, until
// the first sign-in replaces it. A user with a second factor is not signed in
// by a password alone: see CheckSecondFactor.
func (d *Desk) Verify(ctx context.Context, name, given string) (User, error) {
	one, known := d.current.Load().users[key(name)]
	hash := d.decoy
	if known && one.Password != "" && len(given) <= password.MaxBytes {
		hash = one.Password
	}
	if len(given) > password.MaxBytes {
		given = given[:password.MaxBytes]
	}
	match, err := d.hasher.Verify(ctx, given, hash)
	if err != nil {
		return User{}, err
	}
	if match == password.Wrong || hash == d.decoy {
		return User{}, ErrCredentials
	}
	// Checking took a while: the user may have been disabled or given another password.
	present, known := d.current.Load().users[key(name)]
	if !known || present.Disabled || present.Password != hash {
		return User{}, ErrCredentials
	}
	if match == password.Outdated {
		d.renew(ctx, present.Name, given, hash)
	}
	return present.user(), nil
}

// renew stores a better hash of the same password. Where that does not work
// the old one serves until the next sign-in.
func (d *Desk) renew(ctx context.Context, name, given, old string) {
	hash, err := d.hasher.Hash(ctx, given)
	if err == nil {
		_, err = d.changeUser(ctx, name, func(_ *table, one *record) error {
			if one.Password == old {
				one.Password = hash
			}
			return nil
		})
	}
	if err != nil {
		d.logger.Warn("hash of a password was not renewed", "user", name, "error", err)
	}
}

// CheckPassword returns a *PolicyError when the password is too easily guessed
// for a user of that name, or cannot be kept.
func (d *Desk) CheckPassword(given, name string) error { return password.Check(given, name) }

// SetPassword gives a user another password. Ending their sessions is the
// caller's. The error is one of a *PolicyError, ErrUnknownUser, ErrExternal,
// ErrBusy, or one of the store.
func (d *Desk) SetPassword(ctx context.Context, name, given string) error {
	user, known := d.Get(name)
	if !known {
		return ErrUnknownUser
	}
	if user.External() {
		return ErrExternal
	}
	if err := password.Check(given, user.Name); err != nil {
		return err
	}
	hash, err := d.hasher.Hash(ctx, given)
	if err != nil {
		return err
	}
	_, err = d.changeUser(ctx, name, func(_ *table, one *record) error {
		if external(one.Origin) {
			return ErrExternal
		}
		one.Password, one.PasswordChanged = hash, d.now().UTC()
		return nil
	})
	return err
}

// signInStep is how exactly it is kept when somebody signed in last.
const signInStep = time.Minute

// SignedIn notes that the user has signed in just now. It writes at most once a
// minute, and nothing for names that no user has.
func (d *Desk) SignedIn(ctx context.Context, name string) error {
	now := d.now().UTC()
	user, known := d.Get(name)
	if !known || now.Sub(user.LastSignIn).Abs() < signInStep {
		return nil
	}
	_, err := d.changeUser(ctx, name, func(_ *table, one *record) error {
		one.LastSignIn = now
		return nil
	})
	return err
}
