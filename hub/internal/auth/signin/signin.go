// Package signin lets people in: by password and second factor, by passkey, or
// because an identity provider says who they are.
package signin

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/netip"
	"time"

	"github.com/hashicorp/go-hclog"

	"github.com/pulse-hub/pulse/hub/internal/audit"
	"github.com/pulse-hub/pulse/hub/internal/auth"
	"github.com/pulse-hub/pulse/hub/internal/auth/account"
	"github.com/pulse-hub/pulse/hub/internal/auth/lockout"
	"github.com/pulse-hub/pulse/hub/internal/auth/session"
)

// ErrSecondFactor is returned when the password is right and a code is needed.
var ErrSecondFactor = errors.New("a code of the second factor is needed")

// RejectedError says that a name, password or code is wrong.
type RejectedError struct {
	Attempt lockout.Attempt
	// Code says that the password was right and the code was not.
	Code bool
}

func (e *RejectedError) Error() string { return "name, password or code is wrong" }

// Users are the people who may sign in, as account.Desk has them.
type Users interface {
	Get(name string) (account.User, bool)
	Verify(ctx context.Context, name, password string) (account.User, error)
	CheckSecondFactor(ctx context.Context, name, code string) error
	SetPassword(ctx context.Context, name, password string) error
	CheckPassword(password, name string) error
	SignedIn(ctx context.Context, name string) error
	Ensure(ctx context.Context, external account.External) (account.User, error)
}

// Sessions are the browsers that are signed in, as session.Desk has them.
type Sessions interface {
	Open(ctx context.Context, draft session.Draft) (session.Opened, error)
	End(ctx context.Context, id string) error
	EndUser(ctx context.Context, user, except string) (int, error)
}

// Attempts are those to sign in, as lockout.Guard has them.
type Attempts interface {
	Check(user string, from netip.Addr) lockout.Verdict
	Failed(user string, from netip.Addr) lockout.Attempt
	Succeeded(user string, from netip.Addr)
	Knows(user string, from netip.Addr) bool
	Introduce(user string, from netip.Addr)
}

// Devices recognises browsers that somebody has signed in with before, as device.Marks does.
type Devices interface {
	Knows(mark, user string) bool
}

// Audit writes down who signed in and who could not.
type Audit interface {
	Add(ctx context.Context, event audit.Event) error
	AddRepeated(ctx context.Context, key string, event audit.Event) error
}

// Options are what a Desk is built from. All are needed but Now.
type Options struct {
	Users    Users
	Sessions Sessions
	Attempts Attempts
	Devices  Devices
	Audit    Audit
	Logger   hclog.Logger
	// Now is the clock; nil is time.Now.
	Now func() time.Time
}

// Desk lets people in. It is safe for concurrent use.
type Desk struct{ Options }

// New builds a Desk.
func New(options Options) *Desk {
	if options.Now == nil {
		options.Now = time.Now
	}
	return &Desk{options}
}

// Visitor is the browser that somebody signs in with.
type Visitor struct {
	Address   netip.Addr
	UserAgent string
	// Device is the mark of a browser that somebody has signed in with before; empty: it has none.
	Device string
	// Remember keeps it signed in for 30 days instead of one.
	Remember bool
}

// Password is a name and what proves it.
type Password struct {
	Name, Password string
	// Code is of the second factor, or a recovery code; empty: not given.
	Code string
}

// Password lets somebody in who knows a password, and the code if there is a
// second factor. The error is an *auth.LockedError, a *RejectedError,
// ErrSecondFactor, account.ErrBusy, or one of the store.
func (d *Desk) Password(ctx context.Context, given Password, visitor Visitor) (session.Opened, error) {
	if visitor.Device != "" && d.Devices.Knows(visitor.Device, given.Name) {
		d.Attempts.Introduce(given.Name, visitor.Address)
	}
	verdict := d.Attempts.Check(given.Name, visitor.Address)
	if verdict.Locked || verdict.Wait > 0 {
		until := verdict.Until
		if !verdict.Locked {
			until = d.Now().Add(verdict.Wait)
		}
		d.refused(ctx, given.Name, visitor, "locked")
		return session.Opened{}, &auth.LockedError{Until: until}
	}
	verifying := ctx
	if d.Attempts.Knows(given.Name, visitor.Address) {
		verifying = account.Prefer(ctx)
	}
	user, err := d.Users.Verify(verifying, given.Name, given.Password)
	if errors.Is(err, account.ErrCredentials) {
		return session.Opened{}, d.rejected(ctx, given.Name, visitor, false)
	}
	if err != nil {
		return session.Opened{}, err
	}
	if user.TOTP {
		if given.Code == "" {
			return session.Opened{}, ErrSecondFactor
		}
		if err := d.Users.CheckSecondFactor(ctx, user.Name, given.Code); errors.Is(err, account.ErrCode) {
			return session.Opened{}, d.rejected(ctx, given.Name, visitor, true)
		} else if err != nil {
			return session.Opened{}, err
		}
	}
	return d.open(ctx, user, session.Draft{Method: auth.MethodSession}, visitor)
}

// rejected counts a wrong answer.
func (d *Desk) rejected(ctx context.Context, name string, visitor Visitor, code bool) error {
	attempt := d.Attempts.Failed(name, visitor.Address)
	d.refused(ctx, name, visitor, "wrong")
	return &RejectedError{Attempt: attempt, Code: code}
}

// refused writes down that somebody did not get in. Of many tries there is one event.
func (d *Desk) refused(ctx context.Context, name string, visitor Visitor, why string) {
	// Whoever tries writes the name: it is told short, and as text.
	shown := name[:min(len(name), 64)]
	err := d.Audit.AddRepeated(ctx, "sign-in "+visitor.Address.String(), audit.Event{
		Actor: "stranger", Kind: "session", Subject: shown, What: "sign-in refused", Detail: why, Outcome: audit.Failure,
		From: visitor.Address.String(), Via: string(auth.MethodSession),
	})
	if err != nil {
		d.Logger.Warn("refused sign-in not written down", "error", err)
	}
}

// Passkey lets somebody in whose passkey was verified. The error is a
// *RejectedError or one of the store.
func (d *Desk) Passkey(ctx context.Context, user account.User, visitor Visitor) (session.Opened, error) {
	return d.open(ctx, user, session.Draft{Method: auth.MethodSession, Provider: "passkey"}, visitor)
}

// External lets somebody in whom an identity provider vouches for. The draft
// says by which method and provider. The error is a *RejectedError, or one of
// account.Desk.Ensure or the store.
func (d *Desk) External(ctx context.Context, external account.External, draft session.Draft, visitor Visitor) (session.Opened, error) {
	user, err := d.Users.Ensure(ctx, external)
	if err != nil {
		return session.Opened{}, fmt.Errorf("keep user: %w", err)
	}
	return d.open(ctx, user, draft, visitor)
}

// open opens a session for a user as they were when they were recognised.
func (d *Desk) open(ctx context.Context, user account.User, draft session.Draft, visitor Visitor) (session.Opened, error) {
	draft.User, draft.Remember, draft.Address, draft.UserAgent = user.Name, visitor.Remember, visitor.Address, visitor.UserAgent
	opened, err := d.Sessions.Open(ctx, draft)
	if err != nil {
		return session.Opened{}, fmt.Errorf("open session: %w", err)
	}
	// Whoever changes a user first changes them and then ends their sessions: this one came either before the end, or
	// after the change, which is seen here.
	if !d.unchanged(user) {
		return session.Opened{}, d.withdraw(ctx, opened, visitor)
	}
	if draft.Method == auth.MethodSession {
		d.Attempts.Succeeded(user.Name, visitor.Address)
	}
	if err := d.Users.SignedIn(ctx, draft.User); err != nil {
		d.Logger.Warn("time of the sign-in not written down", "error", err)
	}
	err = d.Audit.Add(ctx, audit.Event{
		Actor: draft.User, Via: string(draft.Method), Credential: "session:" + opened.ID, From: visitor.Address.String(),
		Kind: "session", Subject: draft.User, What: "signed in", Detail: cmp.Or(draft.Provider, "password"),
	})
	if err != nil {
		d.Logger.Warn("sign-in not written down", "error", err)
	}
	return opened, nil
}

// unchanged reports whether the user may still sign in with what was looked at.
func (d *Desk) unchanged(seen account.User) bool {
	present, known := d.Users.Get(seen.Name)
	return known && !present.Disabled && present.Created.Equal(seen.Created) && present.PasswordChanged.Equal(seen.PasswordChanged)
}

// withdraw ends a session that was opened on grounds that do not hold any more.
// It is no guess, and does not count as one.
func (d *Desk) withdraw(ctx context.Context, opened session.Opened, visitor Visitor) error {
	// The session must not stay because the caller has gone.
	err := d.Sessions.End(context.WithoutCancel(ctx), opened.ID)
	if err != nil && !errors.Is(err, session.ErrUnknown) {
		return fmt.Errorf("end session: %w", err)
	}
	d.refused(ctx, opened.User, visitor, "changed meanwhile")
	return &RejectedError{Attempt: lockout.Attempt{Remaining: lockout.MaxAttempts}}
}

// ChangePassword sets the password of a user who knows the present one, and
// ends all their sessions. The error is a *account.PolicyError, an
// *auth.LockedError, a *RejectedError, account.ErrBusy, or one of the store.
func (d *Desk) ChangePassword(ctx context.Context, name, current, next string, from netip.Addr) error {
	if err := d.Users.CheckPassword(next, name); err != nil {
		return err
	}
	if err := d.Confirm(ctx, name, current, from); err != nil {
		return err
	}
	if err := d.Users.SetPassword(ctx, name, next); err != nil {
		return err
	}
	_, err := d.Sessions.EndUser(ctx, name, "")
	return err
}

// Confirm has somebody who is signed in show their password again. The errors
// are those of ChangePassword.
func (d *Desk) Confirm(ctx context.Context, name, password string, from netip.Addr) error {
	if verdict := d.Attempts.Check(name, from); verdict.Locked {
		return &auth.LockedError{Until: verdict.Until}
	}
	_, err := d.Users.Verify(account.Prefer(ctx), name, password)
	if errors.Is(err, account.ErrCredentials) {
		return &RejectedError{Attempt: d.Attempts.Failed(name, from)}
	}
	return err
}
