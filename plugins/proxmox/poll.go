package proxmox

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/pulse-hub/pulse/plugins/internal/proxmoxapi"
	"github.com/pulse-hub/pulse/sdk"
	"github.com/pulse-hub/pulse/sdk/fault"
)

// The times for which a node that does not answer is left alone: the first,
// twice that after the next failure, and so on.
const (
	firstRest   = 15 * time.Second
	longestRest = 2 * time.Minute
)

// breaker leaves nodes alone that hang or cannot be reached, so that they cost
// others no time. It is safe for concurrent use.
type breaker struct {
	now func() time.Time

	mu    sync.Mutex
	rests map[string]rest // by node; bounded by forget
}

type rest struct {
	until time.Time
	next  time.Duration
	err   error
}

func newBreaker(now func() time.Time) *breaker {
	return &breaker{now: now, rests: map[string]rest{}}
}

// check returns the error for which a node is left alone, nil if it may be asked.
func (b *breaker) check(node string) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if r := b.rests[node]; b.now().Before(r.until) {
		return r.err
	}
	return nil
}

// note takes the outcome of a call about a node.
func (b *breaker) note(node string, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if err == nil {
		delete(b.rests, node)
		return
	}
	if code := fault.Of(err).Code; code != proxmoxapi.CodeTimeout && code != proxmoxapi.CodeNodeDown {
		return // the node answers, or it was not asked
	}
	r := b.rests[node]
	r.next = min(max(2*r.next, firstRest), longestRest)
	r.until, r.err = b.now().Add(r.next), err
	b.rests[node] = r
}

// forget drops the nodes that are no longer there.
func (b *breaker) forget(v *view) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for node := range b.rests {
		if !slices.ContainsFunc(v.nodes, func(m member) bool { return m.name == node }) {
			delete(b.rests, node)
		}
	}
}

// eachNode does something for several nodes at the same time and returns the
// errors by node. Nodes that are left alone are not asked.
func (s *source) eachNode(nodes []string, do func(node string) error) map[string]error {
	var mu sync.Mutex
	failed := map[string]error{}
	var asking sync.WaitGroup
	for _, node := range nodes {
		asking.Go(func() {
			err := s.nodes.check(node)
			if err == nil {
				err = do(node)
				s.nodes.note(node, err)
			}
			if err != nil {
				mu.Lock()
				defer mu.Unlock()
				failed[node] = err
			}
		})
	}
	asking.Wait()
	return failed
}

// tellFailures reports the nodes that could not be looked at, in order.
func tellFailures(out *sdk.Snapshot, failed map[string]error) {
	nodes := make([]string, 0, len(failed))
	for node := range failed {
		nodes = append(nodes, node)
	}
	slices.SortFunc(nodes, strings.Compare)
	for _, node := range nodes {
		out.Failed(nodeID(node), failed[node])
	}
}

// get asks about a node.
func (s *source) get(ctx context.Context, limit time.Duration, into any, segments ...string) error {
	return s.client.GetWithin(ctx, limit, proxmoxapi.Path(segments...), nil, into)
}

// isAbsent says whether an error means that there is no such thing here: an
// older or newer version, or a part that is not installed.
func isAbsent(err error) bool {
	return err != nil && fault.Of(err).Code == fault.CodeNotFound
}

// isForbidden says whether the account lacks a privilege.
func isForbidden(err error) bool {
	return err != nil && fault.Of(err).Code == proxmoxapi.CodeForbidden
}

// isOver says whether a call ended because the whole collect did.
func isOver(ctx context.Context, err error) bool {
	return ctx.Err() != nil || errors.Is(err, context.Canceled)
}
