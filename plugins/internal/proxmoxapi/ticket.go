package proxmoxapi

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"sync"
	"time"

	"github.com/pulse-hub/pulse/sdk/fault"
)

const (
	// renewAfter is when a ticket, which lives two hours, is exchanged for a new one.
	renewAfter = 90 * time.Minute
	// refusedFor is how long a refused login is not tried again, so that a
	// wrong password does not lock the account.
	refusedFor = time.Minute
)

// tickets keeps the ticket of a session. Whoever holds the token of busy may log in.
type tickets struct {
	busy chan struct{}

	mu      sync.Mutex
	ticket  string // empty: none
	since   time.Time
	refusal error // of the last login, nil if it went well
	refused time.Time
}

func newTickets() *tickets { return &tickets{busy: make(chan struct{}, 1)} }

// valid returns what is known without asking: a ticket, or why there is none.
func (t *tickets) valid(now time.Time) (ticket string, ok bool, err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	switch {
	case t.ticket != "" && now.Sub(t.since) < renewAfter:
		return t.ticket, true, nil
	case t.refusal != nil && now.Sub(t.refused) < refusedFor:
		return "", true, t.refusal
	}
	return "", false, nil
}

// drop forgets a ticket that the server no longer takes.
func (t *tickets) drop(ticket string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.ticket == ticket {
		t.ticket = ""
	}
}

func (t *tickets) old() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.ticket
}

// put keeps the outcome of a login.
func (t *tickets) put(ticket string, err error, now time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.ticket, t.since, t.refusal = ticket, now, nil
	if known := fault.Of(err); err != nil && known.Code == fault.CodeAuth {
		t.refusal, t.refused = err, now
	}
}

// ticket returns the ticket of the session. However many calls wait for one, a
// single login is made.
func (c *Client) ticket(ctx context.Context, e *endpoint) (string, error) {
	if ticket, ok, err := c.tickets.valid(c.now()); ok {
		return ticket, err
	}
	release, err := take(ctx, c.tickets.busy)
	if err != nil {
		return "", err
	}
	defer release()
	if ticket, ok, err := c.tickets.valid(c.now()); ok {
		return ticket, err
	}
	ticket, err := c.renew(ctx, e)
	if err == nil || fault.Of(err).Code == fault.CodeAuth {
		c.tickets.put(ticket, err, c.now())
	}
	return ticket, err
}

// renew exchanges the old ticket for a new one, or logs in with the password.
func (c *Client) renew(ctx context.Context, e *endpoint) (string, error) {
	if old := c.tickets.old(); old != "" {
		if ticket, err := c.login(ctx, e, old); err == nil {
			return ticket, nil
		} // it may have expired; the password says for sure
	}
	return c.login(ctx, e, string(c.options.Auth.Password))
}

// errSecondFactor says that the account cannot log in by itself.
var errSecondFactor = errors.New("the account wants a second factor: use an API token, or an account without one")

func (c *Client) login(ctx context.Context, e *endpoint, password string) (string, error) {
	body, err := c.send(ctx, e, request{
		path: "access/ticket",
		form: url.Values{"username": {c.options.Auth.User}, "password": {password}},
	}, func(http.Header) {})
	if err != nil {
		return "", err
	}
	var answer struct {
		Ticket       Text `json:"ticket"`
		NeedTFA      Flag `json:"NeedTFA"`
		TFAChallenge Text `json:"tfa-challenge"`
	}
	if err := decodeData(body, &answer); err != nil {
		return "", err
	}
	if bool(answer.NeedTFA) || answer.TFAChallenge != "" {
		return "", &fault.Error{Origin: fault.OriginCaller, Code: fault.CodeAuth, Err: errSecondFactor}
	}
	if answer.Ticket == "" {
		return "", fault.Newf(fault.OriginRemote, CodeBadAnswer, "the answer to the login holds no ticket")
	}
	return string(answer.Ticket), nil
}
