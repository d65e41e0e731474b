package read

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/prometheus/common/model"

	"github.com/pulse-hub/pulse/hub/internal/metrics"
)

// selector writes the conditions of a query as a PromQL selector.
func selector(names []string, q metrics.Query, labels map[string]string) string {
	conditions := []string{condition(model.MetricNameLabel, names)}
	if len(q.Resources) > 0 {
		conditions = append(conditions, condition(metrics.LabelResource, q.Resources))
	}
	if len(q.Kinds) > 0 {
		conditions = append(conditions, condition(metrics.LabelKind, q.Kinds))
	}
	for _, l := range q.Extra {
		conditions = append(conditions, condition(l.Name, []string{l.Value}))
	}
	for _, name := range slices.Sorted(maps.Keys(labels)) {
		conditions = append(conditions, condition(name, []string{labels[name]}))
	}
	return "{" + strings.Join(conditions, ",") + "}"
}

// condition says that a label has one of several values.
func condition(label string, values []string) string {
	if len(values) == 1 {
		return label + "=" + strconv.Quote(values[0])
	}
	quoted := make([]string, len(values))
	for i, v := range values {
		quoted[i] = regexp.QuoteMeta(v)
	}
	return fmt.Sprintf("%s=~%s", label, strconv.Quote(strings.Join(quoted, "|")))
}
