package promapi

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/util/stats"
)

// errTooFine says that a range query has too many steps.
var errTooFine = errors.New("exceeded maximum resolution of 11,000 points per timeseries. Try decreasing the query resolution (?step=XX)")

// serve runs one request within its limits and answers it: with what work returns, or with its error.
func (a *API) serve(w http.ResponseWriter, r *http.Request, work func(ctx context.Context) (*answer, error)) {
	if err := r.ParseForm(); err != nil {
		writeFailure(w, badData(fmt.Errorf("error parsing form values: %w", err)))
		return
	}
	timeout, err := durationOf(r, "timeout", a.options.Timeout)
	if err != nil {
		writeFailure(w, err)
		return
	}
	if timeout <= 0 || timeout > a.options.Timeout {
		timeout = a.options.Timeout
	}
	ctx, cancel := context.WithTimeout(r.Context(), timeout)
	defer cancel()
	leave, err := a.gate.enter(ctx)
	if err != nil {
		writeFailure(w, err)
		return
	}
	defer leave()
	found, err := work(ctx)
	if err != nil {
		writeFailure(w, err)
		return
	}
	found.send(w, r)
}

// Query answers /query: a query at one moment.
func (a *API) Query(w http.ResponseWriter, r *http.Request) {
	a.serve(w, r, func(ctx context.Context) (*answer, error) {
		at, err := timeOf(r, "time", a.options.Now())
		if err != nil {
			return nil, err
		}
		options, err := queryOptions(r)
		if err != nil {
			return nil, err
		}
		query, err := a.engine.NewInstantQuery(ctx, a.options.Queryable, options, r.FormValue("query"), at)
		if err != nil {
			return nil, badData(fmt.Errorf("invalid parameter \"query\": %w", err))
		}
		return a.run(ctx, r, query)
	})
}

// QueryRange answers /query_range: a query at each step of a time.
func (a *API) QueryRange(w http.ResponseWriter, r *http.Request) {
	a.serve(w, r, func(ctx context.Context) (*answer, error) {
		steps, err := stepsOf(r)
		if err != nil {
			return nil, err
		}
		options, err := queryOptions(r)
		if err != nil {
			return nil, err
		}
		query, err := a.engine.NewRangeQuery(ctx, a.options.Queryable, options, r.FormValue("query"), steps.start, steps.end, steps.step)
		if err != nil {
			return nil, badData(fmt.Errorf("invalid parameter \"query\": %w", err))
		}
		return a.run(ctx, r, query)
	})
}

// steps are the moments of a range query.
type steps struct {
	start, end time.Time
	step       time.Duration
}

func stepsOf(r *http.Request) (out steps, err error) {
	for _, name := range []string{"start", "end", "step"} {
		if r.FormValue(name) == "" {
			return out, badParameter(name, "")
		}
	}
	if out.start, err = timeOf(r, "start", time.Time{}); err != nil {
		return out, err
	}
	if out.end, err = timeOf(r, "end", time.Time{}); err != nil {
		return out, err
	}
	if out.step, err = durationOf(r, "step", 0); err != nil {
		return out, err
	}
	switch {
	case out.end.Before(out.start):
		return out, badData(errors.New(`invalid parameter "end": end timestamp must not be before start time`))
	case out.step < time.Millisecond: // times have no finer part
		return out, badData(errors.New(`invalid parameter "step": zero or negative query resolution step widths are not accepted. Try a positive integer`))
	case out.end.Sub(out.start)/out.step > maxPoints:
		return out, badData(errTooFine)
	}
	return out, nil
}

func queryOptions(r *http.Request) (promql.QueryOpts, error) {
	back, err := durationOf(r, "lookback_delta", 0)
	if err != nil {
		return nil, err
	}
	return promql.NewPrometheusQueryOpts(false, back, nil), nil
}

// run executes a query. Its memory is given back once the answer is written.
func (a *API) run(ctx context.Context, r *http.Request, query promql.Query) (*answer, error) {
	limit, err := limitOf(r)
	if err != nil {
		query.Close()
		return nil, err
	}
	result := query.Exec(ctx)
	if result.Err != nil {
		query.Close()
		return nil, result.Err
	}
	notes := result.Warnings
	if cut(result, limit) {
		notes = notes.Add(errCut)
	}
	var measured stats.QueryStats
	if r.FormValue("stats") != "" {
		measured = stats.NewQueryStats(query.Stats())
	}
	return &answer{query: query.String(), notes: notes, write: func(w *bufio.Writer) error {
		defer query.Close()
		return writeResult(w, result, measured)
	}}, nil
}

// cut shortens a result to a number of series, if that is not 0, and says whether it had more.
func cut(result *promql.Result, limit int) bool {
	if limit == 0 {
		return false
	}
	switch value := result.Value.(type) {
	case promql.Matrix:
		if len(value) > limit {
			result.Value = value[:limit]
			return true
		}
	case promql.Vector:
		if len(value) > limit {
			result.Value = value[:limit]
			return true
		}
	}
	return false
}

func writeResult(w *bufio.Writer, result *promql.Result, measured stats.QueryStats) error {
	e := encoder{Writer: w}
	if err := e.result(result.Value); err != nil {
		return err
	}
	if measured != nil {
		if err := e.stats(measured); err != nil {
			return err
		}
	}
	return w.WriteByte('}')
}
