package read

import (
	"encoding/json"
	"slices"
	"testing"

	"github.com/prometheus/common/model"

	"github.com/pulse-hub/pulse/hub/internal/metrics"
)

func FuzzJoin(f *testing.F) {
	f.Add([]byte(`[{"metric":{"resource":"a","kind":"vm","pulse_aggregation":"min"},"values":[[59.999,"1"],[119.999,"2"]]},` +
		`{"metric":{"resource":"a","kind":"vm","pulse_aggregation":"avg"},"values":[[119.999,"NaN"]]}]`))
	f.Add([]byte(`[null]`))
	f.Add([]byte(`[{"metric":{},"values":[[-1e300,"+Inf"],[0,"0"],[0,"1"]]},{"metric":{"hub":"home","x":"y"}}]`))
	store := &Store{options: Options{Labels: map[string]string{"hub": "home"}}}
	f.Fuzz(func(t *testing.T, raw []byte) {
		var matrix model.Matrix
		if json.Unmarshal(raw, &matrix) != nil {
			return
		}
		values := 0
		for _, stream := range matrix {
			if stream != nil {
				values += len(stream.Values)
			}
		}
		points := 0
		for _, result := range store.join(matrix, "pulse_x", 60_000) {
			points += len(result.Points)
			if !slices.IsSortedFunc(result.Points, func(a, b metrics.Point) int { return int(max(-1, min(1, a.At-b.At))) }) {
				t.Error("points are not in order of time")
			}
		}
		if points > values {
			t.Errorf("%d values make %d points", values, points)
		}
	})
}
