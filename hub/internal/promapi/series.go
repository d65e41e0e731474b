package promapi

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"
	"github.com/prometheus/prometheus/storage"
	"github.com/prometheus/prometheus/util/annotations"
)

// errNoSelector says that a request for series names none.
var errNoSelector = errors.New("no match[] parameter provided")

// noSamples is what the storage is told so that it does not look at samples.
const noSamples = "series"

// Series answers /series: the labels of the series that one of the selectors matches.
func (a *API) Series(w http.ResponseWriter, r *http.Request) {
	a.lookUp(w, r, func(ctx context.Context, l *look) (*answer, error) {
		if len(l.sets) == 0 {
			return nil, badData(errNoSelector)
		}
		return l.series(ctx)
	})
}

// Labels answers /labels: the names of labels.
func (a *API) Labels(w http.ResponseWriter, r *http.Request) {
	a.lookUp(w, r, func(ctx context.Context, l *look) (*answer, error) {
		return l.words(func(matchers []*labels.Matcher) ([]string, annotations.Annotations, error) {
			return l.querier.LabelNames(ctx, l.hints(), matchers...)
		})
	})
}

// LabelValues answers /label/NAME/values: the values of one label. Its name may be escaped the way Prometheus does it.
func (a *API) LabelValues(w http.ResponseWriter, r *http.Request, name string) {
	if strings.HasPrefix(name, "U__") {
		name = model.UnescapeName(name, model.ValueEncodingEscaping)
	}
	a.lookUp(w, r, func(ctx context.Context, l *look) (*answer, error) {
		if !model.UTF8Validation.IsValidLabelName(name) {
			return nil, badData(fmt.Errorf("invalid label name: %.100q", name))
		}
		return l.words(func(matchers []*labels.Matcher) ([]string, annotations.Annotations, error) {
			return l.querier.LabelValues(ctx, name, l.hints(), matchers...)
		})
	})
}

// FormatQuery answers /format_query: the query with the usual spaces and line breaks.
func (a *API) FormatQuery(w http.ResponseWriter, r *http.Request) {
	a.serve(w, r, func(context.Context) (*answer, error) {
		expr, err := a.parser.ParseExpr(r.FormValue("query"))
		if err != nil {
			return nil, badData(fmt.Errorf("invalid parameter \"query\": %w", err))
		}
		return inJSON(parser.Prettify(expr), nil), nil
	})
}

// A look is one look at what series there are. It serves one request.
type look struct {
	querier storage.Querier
	sets    [][]*labels.Matcher
	span    span
	limit   int // never 0
}

// lookUp opens a look for a request and closes it when it is over.
func (a *API) lookUp(w http.ResponseWriter, r *http.Request, work func(context.Context, *look) (*answer, error)) {
	a.serve(w, r, func(ctx context.Context) (*answer, error) {
		l := &look{}
		var err error
		if l.sets, err = a.matchersOf(r); err != nil {
			return nil, err
		}
		if l.span, err = spanOf(r); err != nil {
			return nil, err
		}
		if l.limit, err = limitOf(r); err != nil {
			return nil, err
		}
		if l.limit == 0 || l.limit > a.options.MaxSeries {
			l.limit = a.options.MaxSeries
		}
		if l.querier, err = a.options.Queryable.Querier(l.span.from, l.span.to); err != nil {
			return nil, err
		}
		// Closing ends a hold on files; its error concerns nothing that was read.
		defer l.querier.Close()
		return work(ctx, l)
	})
}

// hints ask for one more than is told, to see whether there is more.
func (l *look) hints() *storage.LabelHints { return &storage.LabelHints{Limit: l.limit + 1} }

// series lists labels, those that several selectors match once.
func (l *look) series(ctx context.Context) (*answer, error) {
	hints := &storage.SelectHints{Start: l.span.from, End: l.span.to, Func: noSamples, Limit: l.limit + 1}
	sets := make([]storage.SeriesSet, 0, len(l.sets))
	for _, matchers := range l.sets {
		sets = append(sets, l.querier.Select(ctx, true, hints, matchers...))
	}
	merged := storage.NewMergeSeriesSet(sets, 0, storage.ChainedSeriesMerge)
	found, more := []labels.Labels{}, false
	for merged.Next() {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if more = len(found) == l.limit; more {
			break
		}
		found = append(found, merged.At().Labels())
	}
	if err := merged.Err(); err != nil {
		return nil, err
	}
	notes := merged.Warnings()
	if more {
		notes = notes.Add(errCut)
	}
	return inJSON(found, notes), nil
}

// words lists names or values, sorted, those of several selectors once.
func (l *look) words(read func([]*labels.Matcher) ([]string, annotations.Annotations, error)) (*answer, error) {
	sets := l.sets
	if len(sets) == 0 {
		sets = [][]*labels.Matcher{nil}
	}
	all := []string{}
	var notes annotations.Annotations
	for _, matchers := range sets {
		found, some, err := read(matchers)
		if err != nil {
			return nil, err
		}
		all = append(all, found...)
		notes.Merge(some)
	}
	slices.Sort(all)
	all = slices.Compact(all)
	if len(all) > l.limit {
		all = all[:l.limit]
		notes = notes.Add(errCut)
	}
	return inJSON(all, notes), nil
}
