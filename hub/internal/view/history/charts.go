package history

import (
	"context"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/pulse-hub/pulse/hub/internal/inventory"
	"github.com/pulse-hub/pulse/hub/internal/view/resources"
	"github.com/pulse-hub/pulse/hub/internal/view/v5"
	"github.com/pulse-hub/pulse/sdk/resource"
)

// Point is one value of a chart. Timestamp is Unix ms.
type Point struct {
	Timestamp int64   `json:"timestamp"`
	Value     float64 `json:"value"`
}

// Lines are the points of one resource by metric name.
type Lines map[string][]Point

// Charts is the answer of `/api/charts`: lines by v5 id, and in ResourceData, by unified id, those of every other kind
// of resource: datastores, servers, Kubernetes, and whatever plugins know. Clients of earlier versions do not look
// there, so it has only what is measured.
type Charts struct {
	Data           map[string]Lines  `json:"data"`
	NodeData       map[string]Lines  `json:"nodeData"`
	StorageData    map[string]Lines  `json:"storageData"`
	DockerData     map[string]Lines  `json:"dockerData"`
	DockerHostData map[string]Lines  `json:"dockerHostData"`
	HostData       map[string]Lines  `json:"hostData"`
	ResourceData   map[string]Lines  `json:"resourceData"`
	GuestTypes     map[string]string `json:"guestTypes"`
	Timestamp      int64             `json:"timestamp"`
	Stats          ChartStats        `json:"stats"`
}

// ChartStats says how far back the charts go, in Unix ms.
type ChartStats struct {
	OldestDataTimestamp int64 `json:"oldestDataTimestamp"`
}

// Bounds of one charts answer.
const (
	// maxLinePoints is how many points a line has at most, the present value aside.
	maxLinePoints = 300
	// minLinePoints is how many it may have however many lines there are.
	minLinePoints = 30
	// maxChartPoints is how many points all lines together aim at.
	maxChartPoints = 400_000
)

// usualInterval is how far apart the samples of most resources are.
const usualInterval = 10 * time.Second

// peakFactor is how many usual samples a step has from which on lines of what comes in bursts show its peaks: an
// average of so many hides them, and a point has one value.
const peakFactor = 10

// A ChartPlan knows what is to be drawn of one snapshot. Write does it.
type ChartPlan struct {
	request Request
	groups  []chartGroup
	guests  map[string]string // types of guests by id
	step    time.Duration
}

// A chartGroup is one of the maps of Charts: of which resources, with which metrics.
type chartGroup struct {
	name string
	// metrics are drawn, with the present value where there is no history; empty are there as empty lists.
	metrics []wireMetric
	empty   []string
	// known says that only lines with values are there.
	known   bool
	members []member
}

// A member is a resource of a group.
type member struct {
	entry *inventory.Entry
	id    string
}

// PlanCharts looks up what there is to draw. The more resources there are, the coarser are the lines.
func PlanCharts(request Request) *ChartPlan {
	p := &ChartPlan{request: request, groups: chartGroups(), guests: map[string]string{}}
	p.addMembers()
	for i := range p.groups {
		slices.SortFunc(p.groups[i].members, func(a, b member) int { return strings.Compare(a.id, b.id) })
	}
	points := max(minLinePoints, min(maxLinePoints, maxChartPoints/max(p.Lines(), 1)))
	p.step = stepFor(request.Span, points)
	return p
}

// The groups, in the order they are told.
const (
	guestGroup = iota
	nodeGroup
	storageGroup
	containerGroup
	engineGroup
	hostGroup
	otherGroup
)

func chartGroups() []chartGroup {
	all := wireMetrics()
	usage, disk := all[:3], all[2:3]
	rates := []string{"diskread", "diskwrite", "netin", "netout"}
	return []chartGroup{
		guestGroup:     {name: "data", metrics: all},
		nodeGroup:      {name: "nodeData", metrics: usage},
		storageGroup:   {name: "storageData", metrics: disk},
		containerGroup: {name: "dockerData", metrics: usage, empty: rates},
		engineGroup:    {name: "dockerHostData", metrics: usage, empty: rates},
		hostGroup:      {name: "hostData", metrics: all},
		otherGroup:     {name: "resourceData", metrics: all, known: true},
	}
}

func (p *ChartPlan) addMembers() {
	snap := p.request.Snapshot
	unified := resources.NewProjector(snap, resources.Inputs{}, nil)
	for _, group := range v5.StorageGroups(snap) {
		p.add(storageGroup, group.Entry, v5.ID(snap, group.Entry))
	}
	for e := range snap.All() {
		switch e.Kind {
		case resource.KindStorage:
		case resource.KindVM, resource.KindContainer:
			id := v5.ID(snap, e)
			p.guests[id] = string(e.Kind)
			p.add(guestGroup, e, id)
		case resource.KindNode:
			p.add(nodeGroup, e, v5.ID(snap, e))
		case resource.KindAppContainer:
			p.add(containerGroup, e, v5.ID(snap, e))
		case resource.KindContainerHost:
			p.add(engineGroup, e, v5.ID(snap, e))
		case resource.KindHost:
			p.add(hostGroup, e, v5.ID(snap, e))
		default:
			if resources.Shown(e.Kind) {
				p.add(otherGroup, e, unified.ID(e))
			}
		}
	}
}

func (p *ChartPlan) add(group int, e *inventory.Entry, id string) {
	p.groups[group].members = append(p.groups[group].members, member{e, id})
}

// Lines returns how many lines there are at most.
func (p *ChartPlan) Lines() int {
	lines := 0
	for i := range p.groups {
		lines += len(p.groups[i].members) * len(p.groups[i].metrics)
	}
	return lines
}

// Write writes the JSON of a Charts value. It reads the histories of a few hundred resources at a time and writes them
// before it reads on, so that what it holds is bounded however many there are. It fails as the store and the writer
// do; nothing has been written when the first reading fails.
func (p *ChartPlan) Write(ctx context.Context, store Store, w io.Writer) error {
	c := chartWriter{plan: p, store: store, w: w, oldest: second(p.request.Now)}
	for i := range p.groups {
		if err := c.group(ctx, &p.groups[i], i == 0); err != nil {
			return err
		}
	}
	return c.finish()
}

// peaks says whether a metric shows the maximum of each step in place of the average.
func (p *ChartPlan) peaks(m wireMetric) bool {
	return m.bursts && p.step >= peakFactor*usualInterval
}
