package metrics

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/storage"
)

// ErrBadSeries is returned by Intern for a series that cannot be stored; the text says why.
var ErrBadSeries = errors.New("series is not valid")

// Bounds of one series; they keep a source that misbehaves from filling memory with labels.
const (
	maxNameBytes   = 128
	maxLabelBytes  = 512
	maxExtraLabels = 8
)

// A Label is a name and a value that tell series of one resource apart, as a sensor or a file system does.
type Label struct {
	Name, Value string
}

// A Series says what is measured and on what. Two are the same series when all fields are equal.
type Series struct {
	// Name is the metric, one of the constants of this package or one a plugin declared: letters, digits and "_",
	// with the unit at its end.
	Name string
	// Resource is the stable id of the resource. It is required.
	Resource string
	// Kind is the kind of the resource, such as "node" or "vm".
	Kind string
	// Extra holds further labels, sorted by name, each name once; it may be nil.
	Extra []Label
}

// A Handle stands for a series in samples, so that storing one builds no labels. Get it from Intern. It stays valid
// as long as its Store, and may be used by many goroutines.
type Handle struct {
	series Series
	labels labels.Labels
	round  rounding

	// The fields below belong to the writer once Intern has published the handle.
	ref      storage.SeriesRef
	opening  int   // of the TSDB, that ref belongs to
	lastUsed int64 // Unix milliseconds
}

// Series returns what the handle stands for. Its Extra must not be changed.
func (h *Handle) Series() Series { return h.series }

func newHandle(s Series, now int64) (*Handle, error) {
	if err := s.validate(); err != nil {
		return nil, err
	}
	b := labels.NewScratchBuilder(3 + len(s.Extra))
	b.Add(model.MetricNameLabel, s.Name)
	b.Add(LabelResource, s.Resource)
	if s.Kind != "" {
		b.Add(LabelKind, s.Kind)
	}
	for _, l := range s.Extra {
		b.Add(l.Name, l.Value)
	}
	b.Sort()
	return &Handle{series: s, labels: b.Labels(), round: roundingFor(s.Name), lastUsed: now}, nil
}

func (s Series) validate() error {
	if !validName(s.Name) {
		return fmt.Errorf("%w: name %.64q", ErrBadSeries, s.Name)
	}
	if s.Resource == "" || !validValue(s.Resource) || !validValue(s.Kind) {
		return fmt.Errorf("%w: %s: resource or kind is empty, too long or not UTF-8", ErrBadSeries, s.Name)
	}
	if len(s.Extra) > maxExtraLabels {
		return fmt.Errorf("%w: %s: more than %d extra labels", ErrBadSeries, s.Name, maxExtraLabels)
	}
	for i, l := range s.Extra {
		if !validName(l.Name) || strings.HasPrefix(l.Name, "__") || l.Name == LabelResource || l.Name == LabelKind {
			return fmt.Errorf("%w: %s: label name %.64q", ErrBadSeries, s.Name, l.Name)
		}
		if l.Value == "" || !validValue(l.Value) {
			return fmt.Errorf("%w: %s: value of label %s", ErrBadSeries, s.Name, l.Name)
		}
		if i > 0 && s.Extra[i-1].Name >= l.Name {
			return fmt.Errorf("%w: %s: extra labels are not sorted", ErrBadSeries, s.Name)
		}
	}
	return nil
}

// validName accepts what every Prometheus version and PromQL accept without quoting.
func validName(name string) bool {
	if name == "" || len(name) > maxNameBytes || name[0] >= '0' && name[0] <= '9' {
		return false
	}
	for i := range len(name) {
		c := name[i]
		if c != '_' && (c < '0' || c > '9') && (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') {
			return false
		}
	}
	return true
}

func validValue(v string) bool { return len(v) <= maxLabelBytes && utf8.ValidString(v) }

// seriesOf reads a Series back from stored labels.
func seriesOf(lset labels.Labels) Series {
	var s Series
	lset.Range(func(l labels.Label) {
		switch l.Name {
		case model.MetricNameLabel:
			s.Name = l.Value
		case LabelResource:
			s.Resource = l.Value
		case LabelKind:
			s.Kind = l.Value
		default:
			s.Extra = append(s.Extra, Label(l))
		}
	})
	return s
}
