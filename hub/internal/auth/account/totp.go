package account

import (
	"context"
	"crypto/subtle"
	"fmt"
	"maps"
	"strings"
	"sync"
	"time"

	"github.com/pquerna/otp/hotp"
	"github.com/pquerna/otp/totp"
)

// Codes are those of RFC 6238 as authenticator apps make them: SHA-1, six
// digits, a new one every 30 seconds.
const (
	totpDigits = 6
	totpPeriod = 30 // seconds
	// totpSecretBytes is what RFC 4226 recommends for SHA-1.
	totpSecretBytes = 20
	// enrolTime is how long a secret may wait for its first code.
	enrolTime = 10 * time.Minute
)

// totpRecord is a second factor as the store keeps it.
type totpRecord struct {
	// Secret is in base32 without padding.
	Secret string `json:"secret"`
	// Step is the last of which a code was accepted: none is accepted twice,
	// nor an older one.
	Step int64 `json:"step"`
}

// enrolments are secrets that wait for their first code. Each user has at most
// one. The zero value is empty. It is safe for concurrent use.
type enrolments struct {
	mu     sync.Mutex
	byUser map[string]enrolment
}

type enrolment struct {
	secret string
	until  time.Time
}

func (e *enrolments) put(user string, one enrolment, now time.Time) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.byUser == nil {
		e.byUser = map[string]enrolment{}
	}
	maps.DeleteFunc(e.byUser, func(_ string, old enrolment) bool { return !now.Before(old.until) })
	e.byUser[user] = one
}

func (e *enrolments) get(user string, now time.Time) (string, bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	one, ok := e.byUser[user]
	return one.secret, ok && now.Before(one.until)
}

func (e *enrolments) drop(user string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	delete(e.byUser, user)
}

// TOTPSetup is what an authenticator app has to be told.
type TOTPSetup struct {
	// Secret is in base32, for typing.
	Secret string
	// URL is an otpauth:// address for a QR code. It holds the secret.
	URL string
}

// BeginTOTP makes a secret for a second factor, which replaces the one begun
// before and counts once ConfirmTOTP has seen a code of it within ten minutes.
// The error is one of ErrUnknownUser, ErrExternal and ErrSecondFactorOn.
func (d *Desk) BeginTOTP(_ context.Context, name string) (TOTPSetup, error) {
	user, known := d.Get(name)
	switch {
	case !known:
		return TOTPSetup{}, ErrUnknownUser
	case user.External():
		return TOTPSetup{}, ErrExternal
	case user.TOTP:
		return TOTPSetup{}, ErrSecondFactorOn
	}
	made, err := totp.Generate(totp.GenerateOpts{
		Issuer: "Pulse", AccountName: user.Name, Period: totpPeriod, SecretSize: totpSecretBytes,
	})
	if err != nil {
		return TOTPSetup{}, fmt.Errorf("make secret: %w", err)
	}
	now := d.now()
	d.enrols.put(key(name), enrolment{made.Secret(), now.Add(enrolTime)}, now)
	return TOTPSetup{Secret: made.Secret(), URL: made.URL()}, nil
}

// ConfirmTOTP turns the second factor on, by the first code of its secret, and
// returns ten recovery codes, which replace all earlier ones and are told this
// once. The error is one of ErrNotBegun, ErrCode, ErrUnknownUser,
// ErrSecondFactorOn, or one of the store.
func (d *Desk) ConfirmTOTP(ctx context.Context, name, code string) ([]string, error) {
	secret, ok := d.enrols.get(key(name), d.now())
	if !ok {
		return nil, ErrNotBegun
	}
	step, ok := findStep(secret, code, d.now(), 0)
	if !ok {
		return nil, ErrCode
	}
	codes, hashes := newRecoveryCodes()
	_, err := d.changeUser(ctx, name, func(_ *table, one *record) error {
		if one.TOTP != nil {
			return ErrSecondFactorOn
		}
		one.TOTP, one.Recovery = &totpRecord{Secret: secret, Step: step}, hashes
		return nil
	})
	if err != nil {
		return nil, err
	}
	d.enrols.drop(key(name))
	return codes, nil
}

// CheckSecondFactor returns nil when the code is a present one of the user's
// app, or one of their recovery codes, and uses it up: none is accepted twice.
// The error is one of ErrCode, ErrNoSecondFactor, ErrUnknownUser, or one of the
// store. The caller bounds how often it may be tried.
func (d *Desk) CheckSecondFactor(ctx context.Context, name, code string) error {
	_, err := d.changeUser(ctx, name, func(_ *table, one *record) error {
		if one.TOTP == nil {
			return ErrNoSecondFactor
		}
		if step, ok := findStep(one.TOTP.Secret, code, d.now(), one.TOTP.Step); ok {
			one.TOTP.Step = step
			return nil
		}
		rest, ok := useRecoveryCode(one.Recovery, code)
		if !ok {
			return ErrCode
		}
		one.Recovery = rest
		return nil
	})
	return err
}

// RenewRecoveryCodes returns ten new recovery codes, told this once. Those
// before are void. The error is one of ErrNoSecondFactor, ErrUnknownUser, or
// one of the store.
func (d *Desk) RenewRecoveryCodes(ctx context.Context, name string) ([]string, error) {
	codes, hashes := newRecoveryCodes()
	_, err := d.changeUser(ctx, name, func(_ *table, one *record) error {
		if one.TOTP == nil {
			return ErrNoSecondFactor
		}
		one.Recovery = hashes
		return nil
	})
	if err != nil {
		return nil, err
	}
	return codes, nil
}

// DisableTOTP turns the second factor off and voids the recovery codes. The
// error is one of ErrUnknownUser, ErrNoSecondFactor, or one of the store.
func (d *Desk) DisableTOTP(ctx context.Context, name string) error {
	_, err := d.changeUser(ctx, name, func(_ *table, one *record) error {
		if one.TOTP == nil {
			return ErrNoSecondFactor
		}
		one.TOTP, one.Recovery = nil, nil
		return nil
	})
	return err
}

// findStep returns the step after the last one that the code is of: the
// present one, or one beside it for clocks that are not exact.
func findStep(secret, code string, now time.Time, last int64) (int64, bool) {
	code = strings.ReplaceAll(strings.TrimSpace(code), " ", "")
	if len(code) != totpDigits {
		return 0, false
	}
	present := now.Unix() / totpPeriod
	var found int64
	for step := present - 1; step <= present+1; step++ {
		wanted, err := hotp.GenerateCode(secret, uint64(step))
		// Every step is compared, so that the time taken does not tell which.
		if err == nil && subtle.ConstantTimeCompare([]byte(wanted), []byte(code)) == 1 && step > last {
			found = step
		}
	}
	return found, found > 0
}
