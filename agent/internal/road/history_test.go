package roadtest

import (
	"fmt"
	"math"
	"net/url"
	"slices"
	"testing"
	"time"
)

// historyPoint sums up the samples of one second.
type historyPoint struct {
	Timestamp int64   `json:"timestamp"` // Unix ms
	Value     float64 `json:"value"`
	Min       float64 `json:"min"`
	Max       float64 `json:"max"`
}

// history reads what is stored of a machine's processor load, by the second.
func (h *hub) history(t testing.TB, hostID string) []historyPoint {
	t.Helper()
	query := url.Values{"resourceType": {"host"}, "resourceId": {hostID}, "metric": {"cpu"}, "range": {"5m"}}
	var answer struct{ Points []historyPoint }
	h.get(t, "/api/metrics-store/history?"+query.Encode(), &answer)
	return answer.Points
}

// second returns the beginning of the second of a sample, as in a history.
func (d delivery) second() int64 { return d.at.Unix() * 1000 }

// missing compares a history with what was delivered: every sample once, at its own time, and nothing else. It returns
// the first difference.
func missing(points []historyPoint, samples []delivery) string {
	want := map[int64][]float64{}
	for _, sample := range samples {
		want[sample.second()] = append(want[sample.second()], sample.cpu)
	}
	for _, point := range points {
		values := want[point.Timestamp]
		if len(values) == 0 {
			return fmt.Sprintf("%s: stored twice, or at a time at which no sample was taken", clock(point.Timestamp))
		}
		delete(want, point.Timestamp)
		sum := 0.0
		for _, value := range values {
			sum += value
		}
		for _, pair := range [][2]float64{{point.Value, sum / float64(len(values))}, {point.Min, slices.Min(values)}, {point.Max, slices.Max(values)}} {
			if math.Abs(pair[0]-pair[1]) > 0.02 {
				return fmt.Sprintf("%s: %+v of samples %v", clock(point.Timestamp), point, values)
			}
		}
	}
	for at := range want {
		return fmt.Sprintf("%s: %d of %d seconds are missing, this is one", clock(at), len(want), len(want)+len(points))
	}
	return ""
}

func clock(ms int64) string { return time.UnixMilli(ms).Format("15:04:05.000") }

// distinct returns every sample once, in the order in which they were taken.
func distinct(deliveries []delivery) []delivery {
	sorted := slices.Clone(deliveries)
	slices.SortStableFunc(sorted, func(a, b delivery) int { return a.at.Compare(b.at) })
	return slices.CompactFunc(sorted, func(a, b delivery) bool { return a.at.Equal(b.at) })
}

func TestMissing(t *testing.T) {
	t.Parallel()
	sample := func(ms int64, cpu float64) delivery { return delivery{at: time.UnixMilli(ms), cpu: cpu} }
	samples := []delivery{sample(1001, 5), sample(1999, 7), sample(3000, 9)}
	first, last := historyPoint{1000, 6, 5, 7}, historyPoint{3000, 9, 9, 9}
	for _, test := range []struct {
		name   string
		points []historyPoint
		fine   bool
	}{
		{"all", []historyPoint{first, last}, true},
		{"a gap", []historyPoint{first}, false},
		{"a second too many", []historyPoint{first, {2000, 5, 5, 5}, last}, false},
		{"a sample twice in its second", []historyPoint{{1000, 5.7, 5, 7}, last}, false},
		{"a sample lost in its second", []historyPoint{{1000, 7, 7, 7}, last}, false},
	} {
		if got := missing(test.points, samples); got == "" != test.fine {
			t.Errorf("%s: %q", test.name, got)
		}
	}
}
