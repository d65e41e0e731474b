package history

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/pulse-hub/pulse/hub/internal/metrics"
	"github.com/pulse-hub/pulse/hub/internal/view/unit"
	"github.com/pulse-hub/pulse/hub/internal/view/v5"
	"github.com/pulse-hub/pulse/sdk/resource"
)

// StoragePoint is one value of a storage chart.
type StoragePoint struct {
	Value     float64   `json:"value"`
	Timestamp time.Time `json:"timestamp"`
}

// StorageLines are the charts of one storage: Usage in percent, the rest in
// bytes. All are null when there is no history.
type StorageLines struct {
	Usage []StoragePoint `json:"usage"`
	Used  []StoragePoint `json:"used"`
	Total []StoragePoint `json:"total"`
	Avail []StoragePoint `json:"avail"`
}

// storageBatch is how many storages are read at a time.
const storageBatch = 500

// ReadStorageCharts reads the charts of every storage in the snapshot, by v5 id. The more there are, the coarser the
// lines.
func ReadStorageCharts(ctx context.Context, store Store, request Request) (map[string]*StorageLines, error) {
	charts, byKey := map[string]*StorageLines{}, map[string]*StorageLines{}
	for _, group := range v5.StorageGroups(request.Snapshot) {
		lines := &StorageLines{}
		byKey[group.Entry.Key] = lines
		charts[v5.ID(request.Snapshot, group.Entry)] = lines
	}
	query := metrics.Query{
		Names: []string{metrics.DiskUsageRatio, metrics.DiskUsedBytes, metrics.DiskTotalBytes},
		Kinds: []string{string(resource.KindStorage)}, From: request.from(), To: request.Now.UnixMilli(),
	}
	points := max(minLinePoints, min(maxLinePoints, maxChartPoints/max(4*len(charts), 1)))
	query.Step = stepFor(request.Span, points).Milliseconds()
	for batch := range slices.Chunk(slices.Collect(maps.Keys(byKey)), storageBatch) {
		query.Resources = batch
		results, err := store.Select(ctx, query)
		if err != nil {
			return nil, fmt.Errorf("read storage series: %w", err)
		}
		for i := range results {
			if lines := byKey[results[i].Resource]; lines != nil && len(results[i].Extra) == 0 {
				lines.add(&results[i])
			}
		}
	}
	for _, lines := range charts {
		lines.Avail = difference(lines.Total, lines.Used)
	}
	return charts, nil
}

func (l *StorageLines) add(result *metrics.Result) {
	line, factor := &l.Usage, 100.0
	switch result.Name {
	case metrics.DiskUsedBytes:
		line, factor = &l.Used, 1
	case metrics.DiskTotalBytes:
		line, factor = &l.Total, 1
	}
	points := make([]StoragePoint, len(result.Points))
	for i, p := range result.Points {
		points[i] = StoragePoint{Value: unit.Finite(p.Avg * factor), Timestamp: time.UnixMilli(p.At).UTC()}
	}
	*line = points
}

// difference subtracts one line from another where both have a point.
func difference(line, subtract []StoragePoint) []StoragePoint {
	var points []StoragePoint
	j := 0
	for _, p := range line {
		for j < len(subtract) && subtract[j].Timestamp.Before(p.Timestamp) {
			j++
		}
		if j < len(subtract) && subtract[j].Timestamp.Equal(p.Timestamp) {
			points = append(points, StoragePoint{max(0, p.Value-subtract[j].Value), p.Timestamp})
		}
	}
	return points
}
