package history

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/pulse-hub/pulse/hub/internal/inventory"
	"github.com/pulse-hub/pulse/hub/internal/metrics"
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

// Charts is the answer of `/api/charts`: lines by v5 id.
type Charts struct {
	Data           map[string]Lines  `json:"data"`
	NodeData       map[string]Lines  `json:"nodeData"`
	StorageData    map[string]Lines  `json:"storageData"`
	DockerData     map[string]Lines  `json:"dockerData"`
	DockerHostData map[string]Lines  `json:"dockerHostData"`
	HostData       map[string]Lines  `json:"hostData"`
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
	// maxLinePoints is how many points a line has at most.
	maxLinePoints = 300
	// minLinePoints is how many it may have however many lines there are.
	minLinePoints = 30
	// maxChartPoints is how many points all lines together aim at.
	maxChartPoints = 400_000
)

// chartGroup is one of the maps of Charts: of which kinds, with which metrics.
type chartGroup struct {
	kinds []resource.Kind
	// filled are metrics with points, empty those that are there as empty lists.
	filled, empty []string
	lines         map[string]Lines
}

func newCharts(at time.Time) (*Charts, []chartGroup) {
	charts := &Charts{
		Data: map[string]Lines{}, NodeData: map[string]Lines{}, StorageData: map[string]Lines{},
		DockerData: map[string]Lines{}, DockerHostData: map[string]Lines{}, HostData: map[string]Lines{},
		GuestTypes: map[string]string{}, Timestamp: second(at), Stats: ChartStats{OldestDataTimestamp: second(at)},
	}
	usage := []string{"cpu", "memory", "disk"}
	rates := []string{"diskread", "diskwrite", "netin", "netout"}
	all := slices.Concat(usage, rates)
	return charts, []chartGroup{
		{kinds: []resource.Kind{resource.KindVM, resource.KindContainer}, filled: all, lines: charts.Data},
		{kinds: []resource.Kind{resource.KindNode}, filled: usage, lines: charts.NodeData},
		{kinds: []resource.Kind{resource.KindStorage}, filled: []string{"disk"}, lines: charts.StorageData},
		{kinds: []resource.Kind{resource.KindAppContainer}, filled: usage, empty: rates, lines: charts.DockerData},
		{kinds: []resource.Kind{resource.KindContainerHost}, filled: usage, empty: rates, lines: charts.DockerHostData},
		{kinds: []resource.Kind{resource.KindHost}, filled: all, lines: charts.HostData},
	}
}

// ReadCharts reads the lines of every resource in the snapshot. The more
// resources there are, the coarser the lines, so that the answer stays bounded.
// A line without history has one point with the present value.
func ReadCharts(ctx context.Context, store Store, request Request) (*Charts, error) {
	charts, groups := newCharts(request.Now)
	members := make([]map[string]string, len(groups)) // ids by key
	lineCount := 0
	for i := range groups {
		members[i] = groups[i].members(request.Snapshot)
		lineCount += len(members[i]) * len(groups[i].filled)
	}
	points := max(minLinePoints, min(maxLinePoints, maxChartPoints/max(lineCount, 1)))
	step := stepFor(request.Span, points)
	for i := range groups {
		if len(members[i]) == 0 {
			continue
		}
		if err := groups[i].read(ctx, store, request, step, members[i]); err != nil {
			return nil, err
		}
		groups[i].complete(request, members[i])
	}
	charts.finish(request.Snapshot, groups)
	return charts, nil
}

// members returns the v5 ids of what the group shows, by key.
func (g *chartGroup) members(snap *inventory.Snapshot) map[string]string {
	ids := map[string]string{}
	if g.kinds[0] == resource.KindStorage {
		for _, group := range v5.StorageGroups(snap) {
			ids[group.Entry.Key] = v5.ID(snap, group.Entry)
		}
		return ids
	}
	for _, kind := range g.kinds {
		for e := range snap.OfKind(kind) {
			ids[e.Key] = v5.ID(snap, e)
		}
	}
	return ids
}

func (g *chartGroup) read(ctx context.Context, store Store, request Request, step time.Duration, ids map[string]string) error {
	byName := map[string]wireMetric{}
	var names []string
	for _, m := range wireMetrics() {
		if slices.Contains(g.filled, m.wire) {
			byName[m.name] = m
			names = append(names, m.name)
		}
	}
	var kinds []string
	for _, kind := range g.kinds {
		kinds = append(kinds, string(kind))
	}
	results, err := store.Select(ctx, metrics.Query{
		Names: names, Kinds: kinds, Step: step.Milliseconds(),
		From: request.from(), To: request.Now.UnixMilli(),
	})
	if err != nil {
		return fmt.Errorf("read chart series: %w", err)
	}
	for i := range results {
		result := &results[i]
		id, shown := ids[result.Resource]
		metric, known := byName[result.Name]
		if !shown || !known {
			continue
		}
		g.add(id, metric, result.Points)
	}
	return nil
}

func (g *chartGroup) add(id string, metric wireMetric, stored []metrics.Point) {
	lines := g.lines[id]
	if lines == nil {
		lines = make(Lines, len(g.filled)+len(g.empty))
		g.lines[id] = lines
	}
	points := make([]Point, len(stored))
	for i, p := range stored {
		points[i] = Point{Timestamp: p.At / 1000 * 1000, Value: metric.value(p.Avg)}
	}
	lines[metric.wire] = points
}

// complete gives lines without history one point, and adds those that are always empty.
func (g *chartGroup) complete(request Request, ids map[string]string) {
	for key, id := range ids {
		e, ok := request.Snapshot.Get(key)
		if !ok {
			continue
		}
		lines := g.lines[id]
		if lines == nil {
			lines = make(Lines, len(g.filled)+len(g.empty))
			g.lines[id] = lines
		}
		for _, metric := range wireMetrics() {
			if slices.Contains(g.filled, metric.wire) && len(lines[metric.wire]) == 0 {
				value, _ := metric.current(e)
				lines[metric.wire] = []Point{{Timestamp: second(request.Now), Value: value}}
			}
		}
		for _, name := range g.empty {
			lines[name] = []Point{}
		}
	}
}

// finish adds what is told about the lines.
func (c *Charts) finish(snap *inventory.Snapshot, groups []chartGroup) {
	for e := range snap.OfKind(resource.KindVM) {
		c.GuestTypes[v5.ID(snap, e)] = "vm"
	}
	for e := range snap.OfKind(resource.KindContainer) {
		c.GuestTypes[v5.ID(snap, e)] = "container"
	}
	for i := range groups {
		for _, lines := range groups[i].lines {
			for _, points := range lines {
				if len(points) > 0 && points[0].Timestamp < c.Stats.OldestDataTimestamp {
					c.Stats.OldestDataTimestamp = points[0].Timestamp
				}
			}
		}
	}
}

// AppendJSON appends the charts as JSON: what json.Marshal makes of them, in a
// fraction of the time.
func (c *Charts) AppendJSON(out []byte) []byte {
	out = append(out, `{"data":`...)
	out = appendGroup(out, c.Data)
	out = append(out, `,"nodeData":`...)
	out = appendGroup(out, c.NodeData)
	out = append(out, `,"storageData":`...)
	out = appendGroup(out, c.StorageData)
	out = append(out, `,"dockerData":`...)
	out = appendGroup(out, c.DockerData)
	out = append(out, `,"dockerHostData":`...)
	out = appendGroup(out, c.DockerHostData)
	out = append(out, `,"hostData":`...)
	out = appendGroup(out, c.HostData)
	out = append(out, `,"guestTypes":`...)
	out = append(out, marshal(c.GuestTypes)...)
	out = append(out, `,"timestamp":`...)
	out = strconv.AppendInt(out, c.Timestamp, 10)
	out = append(out, `,"stats":`...)
	out = append(out, marshal(c.Stats)...)
	return append(out, '}')
}

func appendGroup(out []byte, group map[string]Lines) []byte {
	out = append(out, '{')
	for i, id := range slices.Sorted(maps.Keys(group)) {
		if i > 0 {
			out = append(out, ',')
		}
		out = append(out, marshal(id)...)
		out = append(out, ':')
		out = appendLines(out, group[id])
	}
	return append(out, '}')
}

func appendLines(out []byte, lines Lines) []byte {
	out = append(out, '{')
	for i, name := range slices.Sorted(maps.Keys(lines)) {
		if i > 0 {
			out = append(out, ',')
		}
		out = append(out, '"')
		out = append(out, name...)
		out = append(out, `":[`...)
		for j, point := range lines[name] {
			if j > 0 {
				out = append(out, ',')
			}
			out = append(out, `{"timestamp":`...)
			out = strconv.AppendInt(out, point.Timestamp, 10)
			out = append(out, `,"value":`...)
			out = appendFloat(out, point.Value)
			out = append(out, '}')
		}
		out = append(out, ']')
	}
	return append(out, '}')
}
