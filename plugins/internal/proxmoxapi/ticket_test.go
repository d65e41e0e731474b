package proxmoxapi_test

import (
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pulse-hub/pulse/plugins/internal/proxmoxapi"
	"github.com/pulse-hub/pulse/plugins/internal/proxmoxtest"
	"github.com/pulse-hub/pulse/sdk/fault"
)

// clock is a clock that stands until it is moved.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) forward(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

func session(t *testing.T, password string) (*proxmoxtest.Server, *proxmoxapi.Client, *clock) {
	t.Helper()
	s, c := start(t), &clock{at: time.Now()}
	o := options(s)
	o.Auth = proxmoxapi.Auth{User: "pulse@pve", Password: "right"}
	if password != "" {
		o.Auth.Password = proxmoxapi.Auth{Password: "wrong"}.Password
	}
	client, err := proxmoxapi.NewWithClock(o, c.now)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	return s, client, c
}

func TestOneLoginForManyCalls(t *testing.T) {
	s, c, _ := session(t, "")
	var calls sync.WaitGroup
	for range 20 {
		calls.Go(func() {
			if _, err := ask(t.Context(), c); err != nil {
				t.Error(err)
			}
		})
	}
	calls.Wait()
	if n := s.Logins(); n != 1 {
		t.Errorf("%d logins", n)
	}
	for _, header := range s.Headers() {
		if cookie := header.Get("Cookie"); strings.Contains(cookie, "+") || strings.Contains(cookie, "/") {
			t.Errorf("ticket is not escaped: %s", cookie)
		}
	}
}

func TestTicketIsRenewed(t *testing.T) {
	s, c, clock := session(t, "")
	for _, step := range []struct {
		name   string
		wait   time.Duration
		expire bool
		logins int // since the beginning
	}{
		{"first call", 0, false, 1},
		{"still good", time.Hour, false, 1},
		{"before it ends", 45 * time.Minute, false, 2},
		{"refused by the server", 0, true, 3},
		{"after a long sleep", 3 * time.Hour, true, 5}, // the ticket as password first, then the password
	} {
		clock.forward(step.wait)
		if step.expire {
			s.ExpireTickets()
		}
		if got, err := ask(t.Context(), c); got != "8.4.1" || err != nil {
			t.Errorf("%s: version %q, error %v", step.name, got, err)
		}
		if n := s.Logins(); n != step.logins {
			t.Errorf("%s: %d logins, want %d", step.name, n, step.logins)
		}
	}
}

func TestWrongPasswordIsNotTriedAgainAndAgain(t *testing.T) {
	s, c, clock := session(t, "wrong")
	for range 5 {
		if _, err := ask(t.Context(), c); code(err) != fault.CodeAuth {
			t.Errorf("got %v", err)
		}
	}
	if n := s.Logins(); n != 1 {
		t.Errorf("%d logins", n)
	}
	clock.forward(2 * time.Minute)
	if _, err := ask(t.Context(), c); code(err) != fault.CodeAuth || s.Logins() != 2 {
		t.Errorf("%v after %d logins", err, s.Logins())
	}
}

func TestSecondFactorIsExplained(t *testing.T) {
	for _, body := range []string{`{"data":{"NeedTFA":1,"ticket":"PVE:!tfa!x"}}`, `{"data":{"tfa-challenge":"x","ticket":"y"}}`} {
		s, c, _ := session(t, "")
		s.Fail("/access/ticket", proxmoxtest.Saying(body))
		if _, err := ask(t.Context(), c); code(err) != fault.CodeAuth || !strings.Contains(err.Error(), "second factor") {
			t.Errorf("%s: %v", body, err)
		}
	}
}

func TestLoginIsNotBlamedForTheNetwork(t *testing.T) {
	s, c, _ := session(t, "")
	s.Fail("/access/ticket", proxmoxtest.Failing(500, "out of memory"))
	if _, err := ask(t.Context(), c); code(err) != proxmoxapi.CodeServerError {
		t.Errorf("got %v", err)
	}
	s.Heal()
	if _, err := ask(t.Context(), c); err != nil {
		t.Errorf("after it has recovered: %v", err)
	}
}
