package approve

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pulse-hub/pulse/hub/internal/audit"
	"github.com/pulse-hub/pulse/hub/internal/auth"
)

// journal remembers what was told; with an error it cannot keep it.
type journal struct {
	mu     sync.Mutex
	events []audit.Event
	err    error
}

func (j *journal) Add(_ context.Context, event audit.Event) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.err != nil {
		return j.err
	}
	j.events = append(j.events, event)
	return nil
}

func (j *journal) told() []string {
	j.mu.Lock()
	defer j.mu.Unlock()
	var told []string
	for _, event := range j.events {
		told = append(told, strings.Join([]string{event.Actor, event.Subject, event.What, event.Outcome}, " "))
	}
	return told
}

type bench struct {
	*Desk
	t       *testing.T
	now     time.Time
	journal *journal
}

func newBench(t *testing.T) *bench {
	b := &bench{t: t, now: time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC), journal: &journal{}}
	b.Desk = New(Options{Audit: b.journal, Now: func() time.Time { return b.now }})
	return b
}

func (b *bench) request(command Command, by *auth.Principal) Approval {
	b.t.Helper()
	approval, err := b.Request(b.t.Context(), Draft{Command: command, By: by, Reason: "it hangs"})
	if err != nil {
		b.t.Fatal(err)
	}
	return approval
}

func (b *bench) decide(id string, by *auth.Principal, allow bool) {
	b.t.Helper()
	if _, err := b.Decide(b.t.Context(), id, by, allow); err != nil {
		b.t.Fatal(err)
	}
}

func person(name string, role auth.Role) *auth.Principal {
	return auth.NewPerson(auth.MethodSession, name, "session-of-"+name, role)
}

// token returns the caller behind an API token that is allowed what the scopes say.
func token(t *testing.T, raw string, scopes ...auth.Scope) *auth.Principal {
	t.Helper()
	a := auth.New(auth.Options{Configured: []auth.Token{{ID: raw, Name: raw, Hash: auth.HashToken(raw), Scopes: scopes}}})
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	r.Header.Set("X-API-Token", raw)
	principal, err := a.Authenticate(r)
	if err != nil {
		t.Fatal(err)
	}
	return principal
}

var (
	restart = Command{Agent: "pve1", Text: "systemctl restart nginx"}
	runner  = auth.Role{Name: "runner", Permissions: []auth.Permission{{Resource: auth.ResourceCommands, Action: auth.ActionRun}}}
)

func TestFromTheRequestToTheRun(t *testing.T) {
	b := newBench(t)
	anna, ben := person("anna", auth.Operator()), person("ben", runner)
	asked := b.request(restart, anna)
	want := Approval{
		ID: asked.ID, Digest: asked.Digest, Reason: "it hangs", RequestedBy: "anna", Requested: b.now, Expires: b.now.Add(5 * time.Minute), State: Pending,
		Command: Command{Agent: "pve1", Text: "systemctl restart nginx", Target: TargetHost, Timeout: time.Minute},
	}
	if diff := cmp.Diff([]Approval{want}, b.List()); diff != "" || asked.ID == "" || len(asked.Digest) != 64 {
		t.Errorf("%s: %s", asked.ID, diff)
	}
	if _, err := b.Redeem(t.Context(), asked.ID, restart, anna); !errors.Is(err, ErrNotAllowed) {
		t.Errorf("before the decision: %v", err)
	}
	b.now = b.now.Add(time.Minute)
	b.decide(asked.ID, ben, true)
	want.State, want.DecidedBy, want.Decided = Allowed, "ben", b.now
	if got, ok := b.Get(asked.ID); !ok || got != want {
		t.Errorf("decided is %+v", got)
	}
	// From another browser, and with the defaults spelled out.
	grant, err := b.Redeem(t.Context(), asked.ID, want.Command, auth.NewPerson(auth.MethodOIDC, "Anna", "s2", auth.Operator()))
	if err != nil {
		t.Fatal(err)
	}
	if command, err := grant.Take(); err != nil || command != want.Command || grant.Approval() != asked.ID {
		t.Errorf("granted is %+v, %v", command, err)
	}
	if _, err := grant.Take(); !errors.Is(err, ErrGrant) {
		t.Errorf("a grant taken twice gave %v", err)
	}
	if _, err := b.Redeem(t.Context(), asked.ID, restart, anna); !errors.Is(err, ErrUnknown) {
		t.Errorf("redeeming twice gave %v", err)
	}
	if len(b.List()) != 0 {
		t.Errorf("still open: %v", b.List())
	}
	told := []string{"anna pve1 requested success", "anna pve1 refused failure", "ben pve1 allowed success", "Anna pve1 redeemed success"}
	if diff := cmp.Diff(told, b.journal.told()); diff != "" {
		t.Error(diff)
	}
	first := b.journal.events[0]
	if first.Kind != "command" || first.Via != "session" || first.Credential != "session:session-of-anna" ||
		!strings.Contains(first.Detail, "systemctl restart nginx") || !strings.Contains(string(first.After), asked.Digest) {
		t.Errorf("the first event is %+v", first)
	}
}

func TestWhoMayDecide(t *testing.T) {
	admin := auth.Administrator()
	machine := token(t, "machine", auth.ScopeAll)
	ownedBy := func(name string, principal *auth.Principal) *auth.Principal {
		owned := *principal
		owned.User = name
		return &owned
	}
	tests := map[string]struct {
		asks, decides *auth.Principal
		allow         bool
		want          error
	}{
		"somebody else":                {person("anna", auth.Viewer()), person("ben", runner), true, nil},
		"an administrator":             {person("anna", auth.Viewer()), auth.Local(), true, nil},
		"without the permission":       {person("anna", admin), person("ben", auth.Operator()), true, ErrForbidden},
		"refuses without permission":   {person("anna", admin), person("ben", auth.Operator()), false, ErrForbidden},
		"nobody":                       {person("anna", admin), nil, true, ErrForbidden},
		"in person for themselves":     {person("anna", runner), person("anna", runner), true, nil},
		"for themselves without":       {person("anna", auth.Operator()), person("anna", auth.Operator()), true, ErrForbidden},
		"withdraws":                    {person("anna", auth.Viewer()), person("anna", auth.Viewer()), false, nil},
		"a person for a token":         {machine, person("ben", runner), true, nil},
		"a token for itself":           {machine, machine, true, ErrOwn},
		"a token withdraws":            {machine, machine, false, nil},
		"a token without the scope":    {person("anna", admin), token(t, "t", auth.ScopeSettingsWrite, auth.ScopeHostManage), true, ErrForbidden},
		"a token with the scope":       {person("anna", admin), token(t, "t", auth.ScopeCommandsRun), true, nil},
		"a token for its owner":        {person("anna", admin), ownedBy("Anna", machine), true, ErrOwn},
		"a token for its sister":       {ownedBy("anna", token(t, "t", auth.ScopeAll)), ownedBy("anna", machine), true, ErrOwn},
		"the owner for their token":    {ownedBy("anna", machine), person("anna", admin), true, nil},
		"a token for another's":        {ownedBy("anna", token(t, "t", auth.ScopeAll)), ownedBy("ben", machine), true, nil},
		"recovery mode":                {person("anna", admin), auth.NewPerson(auth.MethodRecovery, "", "", admin), true, ErrForbidden},
		"the bypass for itself":        {auth.NewPerson(auth.MethodDevelopment, "", "", admin), auth.NewPerson(auth.MethodDevelopment, "", "", admin), true, ErrOwn},
		"behind a proxy":               {person("anna", admin), auth.NewPerson(auth.MethodProxy, "ben", "", admin), true, nil},
		"behind a proxy, of less rank": {person("anna", admin), auth.NewPerson(auth.MethodProxy, "ben", "", auth.Operator()), true, ErrForbidden},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			asked := b.request(restart, tt.asks)
			decided, err := b.Decide(t.Context(), asked.ID, tt.decides, tt.allow)
			if !errors.Is(err, tt.want) {
				t.Fatalf("got %v, want %v", err, tt.want)
			}
			open, _ := b.Get(asked.ID)
			if err != nil {
				if open != asked {
					t.Errorf("it is %+v now", open)
				}
				return
			}
			if open != decided || (open.State == Allowed) != tt.allow || (open.State == Denied) == tt.allow {
				t.Errorf("decided is %+v, kept is %+v", decided, open)
			}
			if _, err := b.Decide(t.Context(), asked.ID, person("carl", admin), true); !errors.Is(err, ErrDecided) {
				t.Errorf("deciding twice gave %v", err)
			}
			_, err = b.Redeem(t.Context(), asked.ID, restart, tt.asks)
			if (err == nil) != tt.allow {
				t.Errorf("redeeming gave %v", err)
			}
		})
	}
}

func TestOnlyWhatWasApprovedIsRedeemed(t *testing.T) {
	anna := person("anna", auth.Administrator())
	with := func(change func(*Command)) Command {
		c := restart
		change(&c)
		return c
	}
	tests := map[string]struct {
		command Command
		by      *auth.Principal
		want    error
	}{
		"another text":        {with(func(c *Command) { c.Text += " " }), anna, ErrMismatch},
		"another agent":       {with(func(c *Command) { c.Agent = "pve2" }), anna, ErrMismatch},
		"another target":      {with(func(c *Command) { c.Target, c.TargetID = TargetVM, "104" }), anna, ErrMismatch},
		"another target id":   {with(func(c *Command) { c.TargetID = "104" }), anna, ErrMismatch},
		"more time":           {with(func(c *Command) { c.Timeout = 2 * time.Minute }), anna, ErrMismatch},
		"nothing sensible":    {Command{}, anna, ErrMismatch},
		"another person":      {restart, person("ben", auth.Administrator()), ErrNotYours},
		"a token":             {restart, token(t, "anna", auth.ScopeAll), ErrNotYours},
		"nobody":              {restart, nil, ErrNotYours},
		"the same by a proxy": {restart, auth.NewPerson(auth.MethodProxy, "anna", "", auth.Administrator()), ErrNotYours},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			id := b.request(restart, anna).ID
			b.decide(id, anna, true)
			grant, err := b.Redeem(t.Context(), id, tt.command, tt.by)
			if !errors.Is(err, tt.want) {
				t.Errorf("got %v, want %v", err, tt.want)
			}
			if command, err := grant.Take(); !errors.Is(err, ErrGrant) {
				t.Errorf("granted is %+v", command)
			}
			if tt.by != nil {
				if told := b.journal.told(); !strings.HasSuffix(told[len(told)-1], "refused failure") {
					t.Errorf("told is %q", told)
				}
			}
			if _, err := b.Redeem(t.Context(), id, restart, anna); err != nil {
				t.Errorf("afterwards the right one gave %v", err)
			}
		})
	}
}

func TestApprovalsAndGrantsEnd(t *testing.T) {
	b := newBench(t)
	anna := person("anna", auth.Administrator())
	pending, allowed, denied := b.request(restart, anna).ID, b.request(restart, anna).ID, b.request(restart, anna).ID
	b.decide(allowed, anna, true)
	b.decide(denied, anna, false)
	b.now = b.now.Add(Lifetime - time.Second)
	soon := b.request(restart, anna).ID
	b.decide(soon, anna, true)
	late, err := b.Redeem(t.Context(), soon, restart, anna)
	if err != nil {
		t.Fatal(err)
	}
	b.now = b.now.Add(time.Second)
	if _, err := b.Decide(t.Context(), pending, anna, true); !errors.Is(err, ErrUnknown) {
		t.Errorf("deciding too late gave %v", err)
	}
	if _, err := b.Redeem(t.Context(), allowed, restart, anna); !errors.Is(err, ErrUnknown) {
		t.Errorf("redeeming too late gave %v", err)
	}
	if _, ok := b.Get(allowed); ok || len(b.List()) != 0 {
		t.Errorf("open: %v", b.List())
	}
	b.now = b.now.Add(grantTime - time.Second)
	if _, err := late.Take(); !errors.Is(err, ErrGrant) {
		t.Errorf("taking too late gave %v", err)
	}
	if _, err := (Grant{}).Take(); !errors.Is(err, ErrGrant) || (Grant{}).Approval() != "" {
		t.Errorf("an empty grant gave %v", err)
	}
	b.sweep(t.Context())
	told := b.journal.told()
	if diff := cmp.Diff([]string{"hub pve1 expired success", "hub pve1 expired success"}, told[len(told)-2:]); diff != "" {
		t.Error(diff)
	}
	if len(b.open) != 0 {
		t.Errorf("%d are still kept", len(b.open))
	}
}

func TestGrantEndsWithItsApproval(t *testing.T) {
	b := newBench(t)
	anna := person("anna", auth.Administrator())
	id := b.request(restart, anna).ID
	b.decide(id, anna, true)
	b.now = b.now.Add(Lifetime - time.Second)
	grant, err := b.Redeem(t.Context(), id, restart, anna)
	if err != nil {
		t.Fatal(err)
	}
	b.now = b.now.Add(time.Second)
	if _, err := grant.Take(); !errors.Is(err, ErrGrant) {
		t.Errorf("got %v", err)
	}
}

func TestNothingHappensThatIsNotWrittenDown(t *testing.T) {
	b := newBench(t)
	anna := person("anna", auth.Administrator())
	full := errors.New("disk is full")
	b.journal.err = full
	if _, err := b.Request(t.Context(), Draft{Command: restart, By: anna}); !errors.Is(err, full) || len(b.List()) != 0 {
		t.Errorf("a request gave %v, open are %v", err, b.List())
	}
	b.journal.err = nil
	asked := b.request(restart, anna)
	b.journal.err = full
	if _, err := b.Decide(t.Context(), asked.ID, anna, true); !errors.Is(err, full) {
		t.Errorf("a decision gave %v", err)
	}
	if open, _ := b.Get(asked.ID); open != asked {
		t.Errorf("it is decided: %+v", open)
	}
	b.journal.err = nil
	b.decide(asked.ID, anna, true)
	b.journal.err = full
	grant, err := b.Redeem(t.Context(), asked.ID, restart, anna)
	if !errors.Is(err, full) {
		t.Errorf("redeeming gave %v", err)
	}
	if _, err := grant.Take(); !errors.Is(err, ErrGrant) {
		t.Errorf("taking gave %v", err)
	}
}

func TestRequestsAreBounded(t *testing.T) {
	b := newBench(t)
	for i := range MaxPending / MaxPerCaller {
		by := person(fmt.Sprint("user", i), auth.Viewer())
		for range MaxPerCaller {
			b.request(restart, by)
		}
		if _, err := b.Request(t.Context(), Draft{Command: restart, By: by}); !errors.Is(err, ErrFull) {
			t.Errorf("one too many of one caller gave %v", err)
		}
	}
	anna := person("anna", auth.Administrator())
	if _, err := b.Request(t.Context(), Draft{Command: restart, By: anna}); !errors.Is(err, ErrFull) {
		t.Errorf("one too many gave %v", err)
	}
	b.now = b.now.Add(Lifetime)
	b.request(restart, anna)
	if got := len(b.List()); got != 1 {
		t.Errorf("%d are open", got)
	}
	for name, draft := range map[string]struct {
		Draft
		want error
	}{
		"nobody":        {Draft{Command: restart}, ErrForbidden},
		"no command":    {Draft{Command: Command{Agent: "pve1"}, By: anna}, ErrCommand},
		"no agent":      {Draft{Command: Command{Text: "ls"}, By: anna}, ErrTarget},
		"long reason":   {Draft{Command: restart, By: anna, Reason: strings.Repeat("r", MaxReason+1)}, ErrReason},
		"hidden reason": {Draft{Command: restart, By: anna, Reason: "a\u202eb"}, ErrReason},
	} {
		if _, err := b.Request(t.Context(), draft.Draft); !errors.Is(err, draft.want) {
			t.Errorf("%s gave %v", name, err)
		}
	}
}

func TestListHasTheNewestFirst(t *testing.T) {
	b := newBench(t)
	var want []Approval
	for i := range 5 {
		b.now = b.now.Add(time.Second)
		want = append([]Approval{b.request(restart, person(fmt.Sprint("user", i), auth.Viewer()))}, want...)
	}
	if diff := cmp.Diff(want, b.List()); diff != "" {
		t.Error(diff)
	}
}

func TestOneOfManyWins(t *testing.T) {
	b := newBench(t)
	anna := person("anna", auth.Administrator())
	id := b.request(restart, anna).ID
	count := func(try func() error) (won int) {
		var mu sync.Mutex
		var all sync.WaitGroup
		for range 20 {
			all.Go(func() {
				if try() == nil {
					mu.Lock()
					defer mu.Unlock()
					won++
				}
			})
		}
		all.Wait()
		return won
	}
	if won := count(func() error { _, err := b.Decide(t.Context(), id, anna, true); return err }); won != 1 {
		t.Errorf("%d have decided", won)
	}
	var grant Grant
	redeem := func() error {
		got, err := b.Redeem(t.Context(), id, restart, anna)
		if err == nil {
			grant = got
		}
		return err
	}
	if won := count(redeem); won != 1 {
		t.Errorf("%d have redeemed", won)
	}
	if won := count(func() error { _, err := grant.Take(); return err }); won != 1 {
		t.Errorf("%d may run it", won)
	}
}

func TestRunTellsOfTheEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		journal := &journal{}
		d := New(Options{Audit: journal})
		if _, err := d.Request(t.Context(), Draft{Command: restart, By: person("anna", auth.Viewer())}); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		var running sync.WaitGroup
		running.Go(func() {
			if err := d.Run(ctx); err != nil {
				t.Error(err)
			}
		})
		time.Sleep(Lifetime + sweepInterval) // of the bubble's clock
		synctest.Wait()
		if diff := cmp.Diff([]string{"anna pve1 requested success", "hub pve1 expired success"}, journal.told()); diff != "" {
			t.Error(diff)
		}
		cancel()
		running.Wait()
	})
}

func TestRecordsOfLongCommandsAreShort(t *testing.T) {
	b := newBench(t)
	long := Command{Agent: "pve1", Text: strings.Repeat("ü", MaxText/2), Target: TargetVM, TargetID: "104"}
	b.request(long, person("anna", auth.Viewer()))
	event := b.journal.events[0]
	if len(event.Detail) > 2*maxBrief || len(event.After) > 2*maxNoted || !strings.Contains(event.Detail, "vm 104: üü") || !strings.HasSuffix(event.Detail, "…") {
		t.Errorf("%d bytes of values, detail %q", len(event.After), event.Detail)
	}
}
