package conformance

import (
	"context"
	"fmt"
	"math"
	"regexp"

	"google.golang.org/protobuf/proto"

	pluginv1 "github.com/pulse-hub/pulse/proto/gen/pulse/plugin/v1"
)

const (
	// maxItems and maxChunk are the limits of one chunk. A single item may be larger.
	maxItems = 500
	maxChunk = 1<<20 + 64<<10
)

// collectSample configures the sample and collects everything.
func (p *process) collectSample(ctx context.Context, c *component) ([]*answer, error) {
	if err := p.add(ctx, c, "a", nil); err != nil {
		return nil, err
	}
	return p.collectAll(ctx, c, "a")
}

func collectIDs(ctx context.Context, p *process, c *component) error {
	first, err := p.collectSample(ctx, c)
	if err != nil {
		return err
	}
	second, err := p.collectAll(ctx, c, "a")
	if err != nil {
		return err
	}
	before, err := idsByKind(first)
	if err != nil {
		return err
	}
	after, err := idsByKind(second)
	if err != nil {
		return err
	}
	for kind, ids := range before {
		if !alike(ids, after[kind]) {
			return fmt.Errorf("resources of the kind %q have other ids in a second run: %s is gone, %s is new",
				kind, example(ids, after[kind]), example(after[kind], ids))
		}
	}
	return nil
}

// idsByKind refuses ids that are empty or come twice.
func idsByKind(answers []*answer) (map[string]map[string]bool, error) {
	seen, kinds := map[string]bool{}, map[string]map[string]bool{}
	for _, a := range answers {
		for _, r := range a.resources {
			id := r.GetId()
			if id == "" || seen[id] {
				return nil, fmt.Errorf("the id %q of a resource of the kind %q is empty or comes twice", shorten(id), r.GetKind())
			}
			seen[id] = true
			if kinds[r.GetKind()] == nil {
				kinds[r.GetKind()] = map[string]bool{}
			}
			kinds[r.GetKind()][id] = true
		}
	}
	return kinds, nil
}

func collectParents(ctx context.Context, p *process, c *component) error {
	answers, err := p.collectSample(ctx, c)
	if err != nil {
		return err
	}
	parents := map[string]string{}
	for _, a := range answers {
		for _, r := range a.resources {
			parents[r.GetId()] = r.GetParentId()
		}
	}
	for id := range parents {
		steps := 0
		for at := id; parents[at] != ""; at = parents[at] {
			if _, ok := parents[parents[at]]; !ok {
				return fmt.Errorf("the parent %q of %q does not exist", shorten(parents[at]), shorten(at))
			}
			if steps++; steps > len(parents) {
				return fmt.Errorf("%q is its own ancestor", shorten(at))
			}
		}
	}
	return nil
}

func collectValues(ctx context.Context, p *process, c *component) error {
	answers, err := p.collectSample(ctx, c)
	if err != nil {
		return err
	}
	for _, a := range answers {
		for _, r := range a.resources {
			if problem := valueProblem(r); problem != "" {
				return fmt.Errorf("resource %q: %s", shorten(r.GetId()), problem)
			}
		}
	}
	return nil
}

var metricName = regexp.MustCompile(`^[a-z][a-z0-9]*(_[a-z0-9]+)*$`)

// valueProblem returns what is wrong with the values of a resource, or nothing.
func valueProblem(r *pluginv1.Resource) string {
	if pluginv1.Status_name[int32(r.GetStatus())] == "" {
		return fmt.Sprintf("status %d is not known", r.GetStatus())
	}
	if r.GetKind() == "" || r.GetName() == "" {
		return "kind or name is empty"
	}
	if cpu := r.GetUsage().GetCpu(); !finite(cpu) || cpu < 0 {
		return fmt.Sprintf("a processor usage of %v is no ratio", cpu)
	}
	for _, m := range r.GetMetrics() {
		switch {
		case !metricName.MatchString(m.GetName()):
			return fmt.Sprintf("metric %q is not lower-case words joined by underscores", shorten(m.GetName()))
		case pluginv1.Unit_name[int32(m.GetUnit())] == "":
			return fmt.Sprintf("unit %d of metric %q is not known", m.GetUnit(), m.GetName())
		case !finite(m.GetValue()):
			return fmt.Sprintf("the value of metric %q is not a finite number", m.GetName())
		}
	}
	return ""
}

func finite(value float64) bool { return !math.IsNaN(value) && !math.IsInf(value, 0) }

func collectChunks(ctx context.Context, p *process, c *component) error {
	answers, err := p.collectSample(ctx, c)
	if err != nil {
		return err
	}
	for i, a := range answers {
		if len(a.chunks) == 0 {
			return fmt.Errorf("dataset %s: the answer has no chunk", c.datasets[i])
		}
		for j, chunk := range a.chunks {
			if problem := chunkProblem(a, j, c.datasets[i]); problem != "" {
				return fmt.Errorf("dataset %s, chunk %d of %d: %s", c.datasets[i], j+1, len(a.chunks), problem)
			}
			if err := chunk.GetObservedAt().CheckValid(); err != nil {
				return fmt.Errorf("dataset %s: observed_at: %w", c.datasets[i], err)
			}
		}
	}
	return nil
}

// chunkProblem returns what is wrong with one chunk of an answer, or nothing.
func chunkProblem(a *answer, index int, dataset string) string {
	chunk := a.chunks[index]
	items := len(chunk.GetResources()) + len(chunk.GetEvents()) + len(chunk.GetProblems())
	switch size := proto.Size(chunk); {
	case items > maxItems:
		return fmt.Sprintf("it holds %d items, more than %d", items, maxItems)
	case size > maxChunk && items > 1:
		return fmt.Sprintf("it holds %d bytes, more than about 1 MiB", size)
	case chunk.GetDataset() != dataset:
		return fmt.Sprintf("it names the dataset %q", shorten(chunk.GetDataset()))
	case chunk.GetFull() != a.chunks[0].GetFull():
		return "it disagrees with the first chunk on full"
	case chunk.GetLast() != (index == len(a.chunks)-1):
		return fmt.Sprintf("it is marked last=%v", chunk.GetLast())
	}
	return ""
}
