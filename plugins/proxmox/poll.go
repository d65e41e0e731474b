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
// others no time: for all datasets where the node does not even tell its
// status, for one where only that is too slow, as with a dead network storage.
// It is safe for concurrent use.
type breaker struct {
	now func() time.Time

	mu    sync.Mutex
	rests map[target]rest // bounded by forget
}

// target is a dataset about a node.
type target struct{ dataset, node string }

type rest struct {
	until time.Time
	next  time.Duration
	err   error
}

func newBreaker(now func() time.Time) *breaker {
	return &breaker{now: now, rests: map[target]rest{}}
}

// check returns the error for which a node is left alone, nil if it may be asked.
func (b *breaker) check(dataset, node string) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, a := range []target{{datasetStatus, node}, {dataset, node}} {
		if r := b.rests[a]; b.now().Before(r.until) {
			return r.err
		}
	}
	return nil
}

// note takes the outcome of calls about a node.
func (b *breaker) note(dataset, node string, err error) {
	a := target{dataset, node}
	b.mu.Lock()
	defer b.mu.Unlock()
	if err == nil {
		delete(b.rests, a)
		return
	}
	if code := fault.Of(err).Code; code != proxmoxapi.CodeTimeout && code != proxmoxapi.CodeNodeDown {
		return // the node answers, or it was not asked
	}
	r := b.rests[a]
	r.next = min(max(2*r.next, firstRest), longestRest)
	r.until, r.err = b.now().Add(r.next), err
	b.rests[a] = r
}

// forget drops the nodes that are no longer there.
func (b *breaker) forget(v *view) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for a := range b.rests {
		if !slices.ContainsFunc(v.nodes, func(m member) bool { return m.name == a.node }) {
			delete(b.rests, a)
		}
	}
}

// eachNode does something for several nodes at the same time and returns the
// errors by node. Nodes that are left alone are not asked. That the collect is
// over is not held against a node.
func (s *source) eachNode(ctx context.Context, dataset string, nodes []string, do func(node string) error) map[string]error {
	var mu sync.Mutex
	failed := map[string]error{}
	var calls sync.WaitGroup
	for _, node := range nodes {
		calls.Go(func() {
			err := s.nodes.check(dataset, node)
			if err == nil {
				if err = do(node); err == nil || !isOver(ctx, err) {
					s.nodes.note(dataset, node, err)
				}
			}
			if err != nil {
				mu.Lock()
				defer mu.Unlock()
				failed[node] = err
			}
		})
	}
	calls.Wait()
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

// eachStep does one thing after the other about a node and returns the first
// error. What one of them cannot be told does not keep the others from it,
// unless the node does not answer at all.
func eachStep(steps ...func() error) error {
	var first error
	for _, step := range steps {
		err := step()
		if first == nil {
			first = err
		}
		if err != nil && isSilence(err) {
			break
		}
	}
	return first
}

// isSilence says whether an error means that a node does not answer.
func isSilence(err error) bool {
	code := fault.Of(err).Code
	return code == proxmoxapi.CodeTimeout || code == proxmoxapi.CodeNodeDown || code == proxmoxapi.CodeBusy
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
