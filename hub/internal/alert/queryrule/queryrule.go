// Package queryrule finds out what rules in PromQL say: each series that the expression of a rule selects is an alert.
package queryrule

import (
	"net/url"
	"sync"
	"time"

	"github.com/hashicorp/go-hclog"
	"github.com/prometheus/prometheus/storage"

	"github.com/pulse-hub/pulse/hub/internal/alert"
	"github.com/pulse-hub/pulse/hub/internal/alert/desk"
	"github.com/pulse-hub/pulse/hub/internal/alert/policy"
	"github.com/pulse-hub/pulse/hub/internal/inventory"
)

const (
	// prefix begins the keys of rules.
	prefix = "rule/"
	// usualEvery is how often a rule is evaluated that does not say.
	usualEvery = time.Minute
	// fresh is for how many evaluations an answer holds when no newer one comes.
	fresh = 3
	// failingFor is how long a rule must fail before there is an alert about that.
	failingFor = 10 * time.Minute
)

// Options are the parts of a Finder. Queryable, Inventory and Active are needed.
type Options struct {
	// Queryable has the samples; [metrics.Store.Queryable] is one.
	Queryable storage.Queryable
	// Inventory is where the resources are that labels name.
	Inventory interface{ Snapshot() *inventory.Snapshot }
	// Active returns the alerts that go on, as [desk.Desk.Active] does: those whose series are gone are over. It must not
	// block.
	Active func() []desk.Active
	// Logger may be nil.
	Logger hclog.Logger
	// Now is the clock; nil is time.Now.
	Now func() time.Time
}

// Finder evaluates rules. Make it with New; rules come with Find, and are evaluated while Run runs. It is safe for
// concurrent use.
type Finder struct {
	Options
	evaluator *evaluator

	mu     sync.Mutex
	policy *policy.Policy // that rules are of
	rules  []*rule        // the enabled ones, in the order of the configuration
}

// A rule is an enabled rule and what it last said.
type rule struct {
	policy.QueryRule
	key   string
	every time.Duration

	running bool
	begunAt time.Time // of the newest evaluation
	// answeredAt is the moment that the answer is of; zero: there is none yet. An answer is not changed.
	answeredAt time.Time
	answer     []point
	// problem says why the newest evaluation failed, failingSince since when they do; nil and zero: it did not.
	problem      error
	failingSince time.Time
}

// New returns a Finder without rules.
func New(options Options) *Finder {
	if options.Now == nil {
		options.Now = time.Now
	}
	if options.Logger == nil {
		options.Logger = hclog.NewNullLogger()
	}
	return &Finder{Options: options, evaluator: newEvaluator(options.Queryable)}
}

// Prefix is what the keys of all rules begin with.
func (f *Finder) Prefix() string { return prefix }

// Find returns what the rules last said. Rules that are new are evaluated soon, and unseen until then; so are those whose
// answer is old, and those that fail: an alert never ends because nothing is known.
func (f *Finder) Find(now time.Time, p *policy.Policy) []alert.Checked {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.policy != p {
		f.policy = p
		f.adoptLocked(p.Config().QueryRules)
	}
	if len(f.rules) == 0 {
		return nil
	}
	w := world{Snapshot: f.Inventory.Snapshot(), active: byKey(f.Active())}
	out := make([]alert.Checked, 0, len(f.rules))
	for _, r := range f.rules {
		out = append(out, r.check(&w, now, p))
	}
	return out
}

// adoptLocked takes the rules of a configuration. What a rule said holds on unless its expression is another one.
func (f *Finder) adoptLocked(list []policy.QueryRule) {
	before := map[string]*rule{}
	for _, r := range f.rules {
		before[r.ID] = r
	}
	f.rules = nil
	for _, one := range list {
		if !one.Enabled {
			continue
		}
		r := before[one.ID]
		if r == nil || r.Expr != one.Expr {
			r = &rule{}
		}
		r.QueryRule, r.key, r.every = one, prefix+url.PathEscape(one.ID), time.Duration(one.Every)*time.Second
		if r.every <= 0 {
			r.every = usualEvery
		}
		f.rules = append(f.rules, r)
	}
}

// A Problem is a rule that cannot be evaluated.
type Problem struct {
	// Rule is its id, Name what people call it.
	Rule, Name string
	// Since is when it began to fail, Err what the newest evaluation failed with.
	Since time.Time
	Err   error
}

// Problems returns the rules that fail now, in the order of the configuration.
func (f *Finder) Problems() []Problem {
	f.mu.Lock()
	defer f.mu.Unlock()
	var out []Problem
	for _, r := range f.rules {
		if r.problem != nil {
			out = append(out, Problem{Rule: r.ID, Name: r.Name, Since: r.failingSince, Err: r.problem})
		}
	}
	return out
}

func byKey(active []desk.Active) map[string][]*alert.Alert {
	out := map[string][]*alert.Alert{}
	for i := range active {
		a := &active[i].Alert
		key := a.Identity.Key()
		out[key] = append(out[key], a)
	}
	return out
}
