package approve

import (
	"context"
	"crypto/subtle"
	"strings"

	"github.com/pulse-hub/pulse/hub/internal/auth"
)

// Decide agrees to a command or refuses it. Whoever decides needs the
// permission commands:run, and a token the scope of that name. Whoever has
// asked may always withdraw, but agree only as a person with the permission:
// no token agrees to what it, its owner or another token of its owner has asked.
// The error is ErrUnknown, ErrDecided, ErrForbidden, ErrOwn, or one of the
// audit; it is undecided then.
func (d *Desk) Decide(ctx context.Context, id string, by *auth.Principal, allow bool) (Approval, error) {
	open, err := d.reserve(id, by, allow)
	if err != nil {
		return Approval{}, err
	}
	decided := open.Approval
	decided.State, decided.DecidedBy, decided.Decided = Denied, by.Name(), d.options.Now()
	if allow {
		decided.State = Allowed
	}
	err = d.note(ctx, decided, by, string(decided.State), nil)
	d.mu.Lock()
	defer d.mu.Unlock()
	open.busy = false
	if err != nil {
		return Approval{}, err
	}
	open.Approval = decided
	return decided, nil
}

// reserve returns an approval about which nobody else can decide meanwhile.
func (d *Desk) reserve(id string, by *auth.Principal, allow bool) (*entry, error) {
	now := d.options.Now()
	d.mu.Lock()
	defer d.mu.Unlock()
	e := d.open[id]
	switch {
	case e == nil || !e.live(now):
		return nil, ErrUnknown
	case by == nil:
		return nil, ErrForbidden
	}
	own := e.caller == caller(by)
	switch {
	case !mayRun(by) && (allow || !own):
		return nil, ErrForbidden
	case allow && !isPerson(by) && (own || by.User != "" && e.user == user(by)):
		return nil, ErrOwn
	case e.State != Pending || e.busy:
		return nil, ErrDecided
	}
	e.busy = true
	return e, nil
}

// Redeem exchanges an approval for the right to run its command, once. The
// command must be the one that was asked for, and the caller who asked. The
// error is ErrUnknown, ErrNotYours, ErrNotAllowed, ErrMismatch, or one of the
// audit; after the latter the approval is void, too.
func (d *Desk) Redeem(ctx context.Context, id string, command Command, by *auth.Principal) (Grant, error) {
	if by == nil {
		return Grant{}, ErrNotYours
	}
	approval, err := d.take(id, command, by)
	if approval.ID == "" {
		return Grant{}, err
	}
	if err != nil {
		if noteErr := d.note(ctx, approval, by, "refused", err); noteErr != nil {
			d.options.Logger.Warn("refusal of a command not written down", "approval_id", approval.ID, "error", noteErr)
		}
		return Grant{}, err
	}
	if err := d.note(ctx, approval, by, "redeemed", nil); err != nil {
		return Grant{}, err
	}
	now := d.options.Now()
	expires := approval.Expires
	if soon := now.Add(grantTime); soon.Before(expires) {
		expires = soon
	}
	return Grant{&use{command: approval.Command, approval: approval.ID, expires: expires, now: d.options.Now}}, nil
}

// take removes the approval if the caller may redeem it for the command. With
// an error the approval says which one it is about, and stays.
func (d *Desk) take(id string, command Command, by *auth.Principal) (Approval, error) {
	now := d.options.Now()
	d.mu.Lock()
	defer d.mu.Unlock()
	e := d.open[id]
	if e == nil || !e.live(now) {
		return Approval{}, ErrUnknown
	}
	if e.caller != caller(by) {
		return e.Approval, ErrNotYours
	}
	if e.State != Allowed {
		return e.Approval, ErrNotAllowed
	}
	command, err := command.complete()
	if err != nil {
		return e.Approval, ErrMismatch
	}
	if got := digest(command, caller(by)); subtle.ConstantTimeCompare(got[:], e.digest[:]) != 1 {
		return e.Approval, ErrMismatch
	}
	delete(d.open, id)
	return e.Approval, nil
}

// caller tells callers apart. One person is the same in every browser, a token
// is itself and not its maker.
func caller(p *auth.Principal) string {
	switch p.Method {
	case auth.MethodToken:
		return "token:" + p.Token.ID
	case auth.MethodSession, auth.MethodOIDC, auth.MethodSAML, auth.MethodBasic:
		return "user:" + user(p)
	}
	return string(p.Method) + ":" + user(p)
}

// user returns the account behind a caller, for a token that of its owner;
// empty: there is none.
func user(p *auth.Principal) string { return strings.ToLower(p.User) }

// isPerson reports whether the caller has shown to be a person who is known.
func isPerson(p *auth.Principal) bool {
	switch p.Method {
	case auth.MethodSession, auth.MethodOIDC, auth.MethodSAML, auth.MethodBasic, auth.MethodProxy, auth.MethodLocal:
		return true
	}
	return false
}

// mayRun reports whether the caller may decide about commands. Recovery mode is
// for getting into the hub, not into the machines it watches.
func mayRun(p *auth.Principal) bool {
	run := auth.Permission{Resource: auth.ResourceCommands, Action: auth.ActionRun}
	return p.May(run) && p.Has(auth.ScopeCommandsRun) && p.Method != auth.MethodRecovery
}
