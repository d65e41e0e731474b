// Package usage asks the metrics API of a Kubernetes cluster (metrics.k8s.io/v1beta1) what nodes and pods use. That API
// cannot be watched, and most clusters measure every 15 to 60 seconds, so it is asked now and then.
package usage

import (
	"context"
	"sync"
	"time"

	"github.com/pulse-hub/pulse/agent/internal/kubernetes/object"
	"github.com/pulse-hub/pulse/agent/internal/kubernetes/watch"
	"github.com/pulse-hub/pulse/agent/report"
)

// pollEvery is how long figures count as fresh.
const pollEvery = 25 * time.Second

// Of is what one node or pod uses. Nodes have no namespace.
type Of struct {
	Namespace, Name string
	Used            report.KubernetesUsage
}

// Choice says which figures are kept. The zero value keeps all.
type Choice struct {
	// Allows says which namespaces count at all; nil means all.
	Allows func(namespace string) bool
	// Wanted returns the names of objects whose figures are kept in any case; of the others those are kept that use most.
	// Nil means that all are wanted. It is called by List only.
	Wanted func() map[object.Name]bool
}

// Poll keeps what the nodes, or the pods of a cluster or namespace, use. It is safe for concurrent use.
type Poll struct {
	client     watch.Getter
	collection watch.Collection
	choice     Choice

	mu       sync.Mutex
	polledAt time.Time
	figures  []Of
}

// New returns a poll of a path such as "/apis/metrics.k8s.io/v1beta1/pods".
func New(client watch.Getter, path string, choice Choice) *Poll {
	return &Poll{client: client, collection: watch.Collection{Path: path}, choice: choice}
}

// Fresh reports whether the figures are from just now.
func (p *Poll) Fresh() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return time.Since(p.polledAt) < pollEvery
}

// Run waits for the context to end: there is nothing to watch.
func (p *Poll) Run(ctx context.Context) error {
	<-ctx.Done()
	return nil
}

// List asks for the figures and returns how many could not be read. After an error the figures are what they were.
func (p *Poll) List(ctx context.Context) (skipped int, err error) {
	selection := p.choice.begin()
	listing, err := watch.Each(ctx, p.client, p.collection, selection.take)
	if err != nil {
		return 0, err
	}
	figures := selection.end()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.figures, p.polledAt = figures, time.Now()
	return listing.Skipped, nil
}

// Clear forgets the figures.
func (p *Poll) Clear() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.figures, p.polledAt = nil, time.Time{}
}

// Figures returns what is known, in the order of namespace and name. The caller must not change it.
func (p *Poll) Figures() []Of {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.figures
}
