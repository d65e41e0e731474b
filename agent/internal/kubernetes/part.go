package kubernetes

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/hashicorp/go-hclog"

	"github.com/pulse-hub/pulse/agent/internal/kubernetes/apiclient"
	"github.com/pulse-hub/pulse/agent/internal/module"
)

const (
	// keepFor is how long what a part said is reported while it does not answer.
	keepFor = 5 * time.Minute
	// askForbidden and askMissing are the times between questions that were answered "forbidden" and "not there".
	askForbidden = time.Minute
	askMissing   = 10 * time.Minute
)

// follower is what keeps a collection up to date: a [watch.Follower], or a [usage.Poll].
type follower interface {
	Fresh() bool
	List(ctx context.Context) (skipped int, err error)
	Run(ctx context.Context) error
}

// keeper is where a part keeps what it knows.
type keeper interface{ Clear() }

// part is one collection that is collected on its own, and can fail on its own.
type part struct {
	name     string // for people, such as "pods"
	follower follower
	keeper   keeper
	// short reports whether a fresh collection must be listed all the same; nil means never.
	short func() bool
	// overflows reports whether there are more objects than are counted; nil means never.
	overflows func() bool
	// optional parts belong to an API that a cluster need not have.
	optional bool

	mu      sync.Mutex
	err     error
	skipped int
	took    time.Duration
	goodAt  time.Time // zero: nothing is known
	askAt   time.Time // not before
	logged  module.State
}

// refresh makes what the part knows as new as it can be.
func (p *part) refresh(ctx context.Context) {
	p.mu.Lock()
	wait := time.Now().Before(p.askAt)
	p.mu.Unlock()
	if wait {
		return
	}
	if p.follower.Fresh() && (p.short == nil || !p.short()) {
		p.good()
		return
	}
	began := time.Now()
	skipped, err := p.follower.List(ctx)
	if err != nil {
		p.bad(err)
		return
	}
	p.listed(skipped, time.Since(began))
}

// good notes that what is known is new.
func (p *part) good() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.err, p.goodAt = nil, time.Now()
}

// listed notes a list.
func (p *part) listed(skipped int, took time.Duration) {
	p.good()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.skipped, p.took = skipped, took
}

// bad notes an error, and forgets what is no longer to be reported.
func (p *part) bad(err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := time.Now()
	p.err = err
	switch {
	case errors.Is(err, apiclient.ErrForbidden):
		p.askAt = now.Add(askForbidden)
	case errors.Is(err, apiclient.ErrNotFound):
		p.askAt = now.Add(askMissing)
	case now.Sub(p.goodAt) < keepFor:
		return
	}
	p.goodAt = time.Time{}
	p.keeper.Clear()
}

// known reports whether the part has something to report.
func (p *part) known() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return !p.goodAt.IsZero()
}

// failure returns why the part has nothing new to report; nil when it has.
func (p *part) failure() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.err
}

// check returns how the part stands.
func (p *part) check() module.Check {
	p.mu.Lock()
	defer p.mu.Unlock()
	check := module.Check{Name: p.name, State: module.OK, Duration: p.took}
	switch {
	case p.err == nil && p.skipped > 0:
		check.Reason = fmt.Sprintf("%d objects cannot be read", p.skipped)
	case p.err == nil && p.overflows != nil && p.overflows():
		check.Reason = "there are more objects than are counted"
	case p.err == nil:
	case errors.Is(p.err, apiclient.ErrForbidden):
		check.State, check.Reason = module.Denied, p.err.Error()
		check.Remedy = "let the agent's user list and watch " + p.name
	case p.optional && errors.Is(p.err, apiclient.ErrNotFound):
		check.State, check.Reason = module.Unavailable, "the cluster does not serve it"
	default:
		check.State, check.Reason = module.Failed, p.err.Error()
	}
	return check
}

// log tells how the part stands when that has changed.
func (p *part) log(logger hclog.Logger) {
	check := p.check()
	p.mu.Lock()
	before := p.logged
	p.logged = check.State
	p.mu.Unlock()
	if check.State == before || before == "" && check.State == module.OK {
		return
	}
	switch check.State {
	case module.OK:
		logger.Info("part of the cluster is reported again", "part", check.Name)
	case module.Unavailable:
		logger.Info("part of the cluster is not there", "part", check.Name)
	default:
		logger.Warn("part of the cluster is not reported", "part", check.Name, "state", string(check.State), "error", check.Reason)
	}
}
