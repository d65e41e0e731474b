package signin

import (
	"context"
	"errors"
	"net/netip"
	"path/filepath"
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"

	"github.com/pulse-hub/pulse/hub/internal/audit"
	"github.com/pulse-hub/pulse/hub/internal/auth"
	"github.com/pulse-hub/pulse/hub/internal/auth/account"
	"github.com/pulse-hub/pulse/hub/internal/auth/lockout"
	"github.com/pulse-hub/pulse/hub/internal/auth/session"
	"github.com/pulse-hub/pulse/hub/internal/store"
)

const (
	first  = "violet tractor 9 lamps"
	second = "amber tractor 10 lamps"
)

var home = netip.MustParseAddr("192.168.1.9")

// interrupted are sessions for which something happens just before or after one is opened.
type interrupted struct {
	*session.Desk
	before, after func()
}

func (i *interrupted) Open(ctx context.Context, draft session.Draft) (session.Opened, error) {
	if i.before != nil {
		i.before()
	}
	opened, err := i.Desk.Open(ctx, draft)
	if i.after != nil {
		i.after()
	}
	return opened, err
}

// desk is a Desk with all that it stands on.
type desk struct {
	*Desk
	users    *account.Desk
	sessions *interrupted
	log      *audit.Log
}

func newDesk(t *testing.T) *desk {
	t.Helper()
	dir := t.TempDir()
	db, err := store.Open(filepath.Join(dir, "pulse.db"), store.Options{KeyFile: filepath.Join(dir, "pulse.key")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	d := &desk{log: audit.New(audit.Options{Records: db})}
	d.users = account.New(account.Options{Records: db, Logger: hclog.NewNullLogger()})
	d.sessions = &interrupted{Desk: session.New(session.Options{Records: db})}
	d.Desk = New(Options{
		Users: d.users, Sessions: d.sessions, Attempts: lockout.New(lockout.Options{}), Audit: d.log, Logger: hclog.NewNullLogger(),
	})
	for _, name := range []string{"owner", "anna"} {
		if _, err := d.users.Create(t.Context(), account.Draft{Name: name, Password: first, Role: auth.RoleAdmin}); err != nil {
			t.Fatal(err)
		}
	}
	return d
}

// TestNobodyComesInOnWhatHasChanged: a user changes while they are let in, before or after their session is opened.
func TestNobodyComesInOnWhatHasChanged(t *testing.T) {
	change := map[string]func(t *testing.T, d *desk){
		"another password": func(t *testing.T, d *desk) {
			if err := d.ChangePassword(t.Context(), "anna", first, second, home); err != nil {
				t.Error(err)
			}
		},
		"disabled": func(t *testing.T, d *desk) {
			disabled := true
			if _, err := d.users.Update(t.Context(), "anna", account.Change{Disabled: &disabled}); err != nil {
				t.Error(err)
			}
		},
		"removed": func(t *testing.T, d *desk) {
			if err := d.users.Delete(t.Context(), "anna"); err != nil {
				t.Error(err)
			}
		},
		"removed and made anew": func(t *testing.T, d *desk) {
			if err := d.users.Delete(t.Context(), "anna"); err != nil {
				t.Error(err)
			}
			if _, err := d.users.Create(t.Context(), account.Draft{Name: "anna", Password: second, Role: auth.RoleViewer}); err != nil {
				t.Error(err)
			}
		},
	}
	visitor := Visitor{Address: home, UserAgent: "test"}
	ways := map[string]func(ctx context.Context, d *desk) error{
		"password": func(ctx context.Context, d *desk) error {
			_, err := d.Password(ctx, Password{Name: "anna", Password: first}, visitor)
			return err
		},
		"passkey": func(ctx context.Context, d *desk) error {
			user, _ := d.users.Get("anna")
			_, err := d.Passkey(ctx, user, visitor)
			return err
		},
	}
	for way, enter := range ways {
		for name, happens := range change {
			for _, when := range []string{"before", "after"} {
				t.Run(way+" "+name+" "+when, func(t *testing.T) {
					d := newDesk(t)
					once := func() { happens(t, d) }
					if when == "before" {
						d.sessions.before = once
					} else {
						d.sessions.after = once
					}
					rejected, ok := errors.AsType[*RejectedError](enter(t.Context(), d))
					if !ok || rejected.Attempt.Remaining != lockout.MaxAttempts {
						t.Errorf("got %+v", rejected)
					}
					if left := d.sessions.List(""); len(left) != 0 {
						t.Errorf("sessions are left: %+v", left)
					}
					if d.Attempts.Knows("anna", home) {
						t.Error("the address counts as one that they have signed in from")
					}
				})
			}
		}
	}
}

func TestDisabledPeopleOfProvidersComeInNoMore(t *testing.T) {
	d := newDesk(t)
	who := account.External{Name: "carl", Subject: "1", Role: auth.RoleViewer, Origin: "oidc:main"}
	draft := session.Draft{Method: auth.MethodOIDC, Provider: "main"}
	visitor := Visitor{Address: home, Remember: true}
	opened, err := d.External(t.Context(), who, draft, visitor)
	if err != nil || opened.User != "carl" || !opened.Remember || opened.Method != auth.MethodOIDC {
		t.Fatalf("%+v, %v", opened, err)
	}
	d.sessions.before = func() {
		disabled := true
		if _, err := d.users.Update(t.Context(), "carl", account.Change{Disabled: &disabled}); err != nil {
			t.Error(err)
		}
	}
	_, err = d.External(t.Context(), who, draft, visitor)
	if _, ok := errors.AsType[*RejectedError](err); !ok || len(d.sessions.List("carl")) != 1 {
		t.Errorf("%v, %d sessions", err, len(d.sessions.List("carl")))
	}
	if _, err := d.External(t.Context(), who, draft, visitor); !errors.Is(err, account.ErrDisabled) {
		t.Errorf("got %v", err)
	}
}

func TestPasswordsAreCountedAndChanged(t *testing.T) {
	d := newDesk(t)
	visitor := Visitor{Address: home}
	for i := range lockout.MaxAttempts {
		_, err := d.Password(t.Context(), Password{Name: "anna", Password: "wrong"}, visitor)
		rejected, ok := errors.AsType[*RejectedError](err)
		if !ok || rejected.Attempt.Count != i+1 || rejected.Attempt.Locked != (i+1 == lockout.MaxAttempts) {
			t.Fatalf("failure %d: %+v, %v", i, rejected, err)
		}
	}
	_, err := d.Password(t.Context(), Password{Name: "anna", Password: first}, visitor)
	if locked, ok := errors.AsType[*auth.LockedError](err); !ok || time.Until(locked.Until) <= 0 {
		t.Errorf("got %v", err)
	}
	if err := d.Confirm(t.Context(), "anna", first, home); err == nil {
		t.Error("somebody who is locked out can confirm a password")
	}
	away := netip.MustParseAddr("203.0.113.7")
	if _, err := d.Password(t.Context(), Password{Name: "anna", Password: first}, Visitor{Address: away}); err != nil {
		t.Errorf("elsewhere: %v", err)
	}
	if _, ok := errors.AsType[*account.PolicyError](d.ChangePassword(t.Context(), "anna", first, "short", away)); !ok {
		t.Error("a weak password is taken")
	}
	if err := d.ChangePassword(t.Context(), "anna", first, second, away); err != nil || len(d.sessions.List("anna")) != 0 {
		t.Errorf("%v, %d sessions", err, len(d.sessions.List("anna")))
	}
	events, err := d.log.Query(t.Context(), audit.Filter{Limit: audit.MaxLimit})
	if err != nil {
		t.Fatal(err)
	}
	told := map[string]bool{}
	for _, e := range events {
		told[e.What+" "+e.Detail] = true
	}
	if !told["sign-in refused wrong"] || !told["signed in password"] {
		t.Errorf("it is told that %v", told)
	}
}
