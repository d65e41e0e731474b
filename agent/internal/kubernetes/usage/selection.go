package usage

import (
	"cmp"
	"slices"

	"github.com/pulse-hub/pulse/agent/internal/kubernetes/object"
	"github.com/pulse-hub/pulse/agent/report"
)

const (
	// maxKept bounds the figures of nodes, and of pods that are wanted.
	maxKept = 5000
	// maxTop is how many of the pods that use most processor time, and most memory, are kept besides those wanted.
	maxTop = 20
)

// selection chooses the figures to keep as they come.
type selection struct {
	choice                  Choice
	wanted                  map[object.Name]bool
	kept, byCores, byMemory []Of
}

func (c Choice) begin() *selection {
	s := &selection{choice: c}
	if c.Wanted != nil {
		s.wanted = c.Wanted()
	}
	return s
}

// take considers one figure.
func (s *selection) take(value *object.Usage) {
	name := object.Name{Namespace: value.Metadata.Namespace, Name: value.Metadata.Name}
	if s.choice.Allows != nil && !s.choice.Allows(name.Namespace) {
		return
	}
	figure := convert(value)
	if (s.choice.Wanted == nil || s.wanted[name]) && len(s.kept) < maxKept {
		s.kept = append(s.kept, figure)
		return
	}
	s.byCores = top(s.byCores, figure, func(a, b Of) bool { return a.Used.CPUCores > b.Used.CPUCores })
	s.byMemory = top(s.byMemory, figure, func(a, b Of) bool { return a.Used.MemoryBytes > b.Used.MemoryBytes })
}

// end returns the figures, each once, in the order of namespace and name.
func (s *selection) end() []Of {
	all := slices.Concat(s.kept, s.byCores, s.byMemory)
	slices.SortFunc(all, order)
	return slices.CompactFunc(all, func(a, b Of) bool { return order(a, b) == 0 })
}

func convert(value *object.Usage) Of {
	cores, memory := value.Sum()
	return Of{
		Namespace: value.Metadata.Namespace, Name: value.Metadata.Name,
		Used: report.KubernetesUsage{CPUCores: cores, MemoryBytes: memory, MeasuredAt: value.Timestamp.UTC()},
	}
}

// top takes a figure into the list of the greatest, which stays in order.
func top(list []Of, figure Of, greater func(a, b Of) bool) []Of {
	at := len(list)
	for at > 0 && greater(figure, list[at-1]) {
		at--
	}
	if at == maxTop {
		return list
	}
	return slices.Insert(list[:min(len(list), maxTop-1)], at, figure)
}

func order(a, b Of) int {
	return cmp.Or(cmp.Compare(a.Namespace, b.Namespace), cmp.Compare(a.Name, b.Name))
}
