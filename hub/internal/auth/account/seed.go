package account

import (
	"context"
	"fmt"

	"github.com/pulse-hub/pulse/hub/internal/auth"
	"github.com/pulse-hub/pulse/hub/internal/auth/account/password"
)

// Seed makes the user whom the configuration names, as an administrator, or
// gives them the password it states if that is another one than last time: one
// that was changed in the hub stays until the configuration changes. The value
// is a password, or its bcrypt or Argon2id hash. Seed is called at each start
// after Load, and reports whether the password was set. Without a name or
// without a value it does nothing. The error is one of ErrName,
// ErrPasswordHash, a *PolicyError for what is too long to be a password,
// ErrBusy, ErrTooManyUsers, or one of the store.
func (d *Desk) Seed(ctx context.Context, name, value string) (changed bool, err error) {
	if name == "" || value == "" {
		return false, nil
	}
	if err := checkName(name); err != nil {
		return false, fmt.Errorf("configured user: %w", err)
	}
	if len(value) > password.MaxBytes {
		return false, fmt.Errorf("configured password: %w", password.ErrTooLong)
	}
	if same, err := d.seeded(ctx, name, value); same || err != nil {
		return false, err
	}
	hash, seed, err := d.seedHashes(ctx, name, value)
	if err != nil {
		return false, err
	}
	err = d.change(ctx, func(t *table) error { return d.seed(t, name, hash, seed) })
	return err == nil, err
}

// seeded reports whether the value is the one of last time.
func (d *Desk) seeded(ctx context.Context, name, value string) (bool, error) {
	one, known := d.current.Load().users[key(name)]
	if !known || one.Seed == "" {
		return false, nil
	}
	match, err := d.hasher.Verify(ctx, value, one.Seed)
	if err != nil {
		return false, fmt.Errorf("compare configured password: %w", err)
	}
	return match != password.Wrong, nil
}

// seedHashes returns the hash that signs the user in, and the one by which the
// value is known next time.
func (d *Desk) seedHashes(ctx context.Context, name, value string) (hash, seed string, err error) {
	isHash, err := password.IsHash(value)
	if err != nil {
		return "", "", fmt.Errorf("configured password: %w", err)
	}
	if seed, err = d.hasher.Hash(ctx, value); err != nil {
		return "", "", fmt.Errorf("remember configured password: %w", err)
	}
	if isHash {
		return value, seed, nil
	}
	// Refusing a weak one would lock the owner of an existing install out.
	if weakness := password.Check(value, name); weakness != nil {
		d.logger.Warn("configured password is weak", "user", name, "reason", weakness)
	}
	if hash, err = d.hasher.Hash(ctx, value); err != nil {
		return "", "", fmt.Errorf("hash configured password: %w", err)
	}
	return hash, seed, nil
}

func (d *Desk) seed(t *table, name, hash, seed string) error {
	if _, known := t.users[key(name)]; !known {
		if err := t.add(d.newRecord(External{Name: name, Role: auth.RoleAdmin, Origin: OriginEnvironment})); err != nil {
			return err
		}
	}
	one, err := t.edit(name)
	if err != nil {
		return err
	}
	if external(one.Origin) {
		one.Origin = OriginEnvironment
	}
	one.Password, one.Seed, one.PasswordChanged = hash, seed, d.now().UTC()
	return nil
}
