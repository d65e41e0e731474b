package queryrule

import (
	"context"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/promql/parser"
	"github.com/prometheus/prometheus/storage"

	"github.com/pulse-hub/pulse/hub/internal/promapi"
)

const (
	// deadline bounds one evaluation.
	deadline = 10 * time.Second
	// maxSeries is how many series a rule may select. A rule that selects more fails: it is not meant that way.
	maxSeries = 200
	// lookback is how old a value may be to count as the present one, subqueryStep the step of a subquery that names none.
	// They are those of queries by the API.
	lookback     = 5 * time.Minute
	subqueryStep = time.Minute
)

// Errors of rules. Test with [errors.Is].
var (
	// ErrExpression is the cause when an expression is not PromQL, or says nothing that there could be an alert about.
	ErrExpression = errors.New("expression cannot be a rule")
	// ErrTooManySeries is the cause when a rule selects more than 200 series.
	ErrTooManySeries = errors.New("rule selects too many series")
	// errDeadline is the cause when an evaluation takes too long.
	errDeadline = errors.New("rule was not evaluated within 10 seconds")
)

// A point is one series that an expression selects.
type point struct {
	labels labels.Labels
	value  float64
}

// An evaluator evaluates expressions. It is safe for concurrent use.
type evaluator struct {
	queryable storage.Queryable
	engine    *promql.Engine
}

func newEvaluator(queryable storage.Queryable) *evaluator {
	return &evaluator{queryable: queryable, engine: promql.NewEngine(promql.EngineOpts{
		Parser: newParser(), MaxSamples: promapi.DefaultMaxSamples, LookbackDelta: lookback,
		Timeout:                  2 * deadline, // the deadline of the context comes first
		NoStepSubqueryIntervalFn: func(int64) int64 { return subqueryStep.Milliseconds() },
		EnableAtModifier:         true, EnableNegativeOffset: true,
	})}
}

func newParser() parser.Parser { return parser.NewParser(parser.Options{}) }

// evaluate returns what an expression selects at a moment. A comparison of numbers selects one series without labels if
// it is true.
func (e *evaluator) evaluate(ctx context.Context, expr string, at time.Time) ([]point, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, deadline, errDeadline)
	defer cancel()
	query, err := e.engine.NewInstantQuery(ctx, e.queryable, promql.NewPrometheusQueryOpts(false, 0, nil), expr, at)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrExpression, err)
	}
	defer query.Close()
	result := query.Exec(ctx)
	if result.Err != nil && ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	if result.Err != nil {
		return nil, fmt.Errorf("evaluate: %w", result.Err)
	}
	return pointsOf(result.Value)
}

// pointsOf takes over what there is to tell; the result goes back to the engine.
func pointsOf(value parser.Value) ([]point, error) {
	switch v := value.(type) {
	case promql.Scalar:
		if v.V == 0 || math.IsNaN(v.V) {
			return nil, nil
		}
		return []point{{value: v.V}}, nil
	case promql.Vector:
		if len(v) > maxSeries {
			return nil, fmt.Errorf("%w: %d, at most %d", ErrTooManySeries, len(v), maxSeries)
		}
		out := make([]point, 0, len(v))
		for i := range v {
			if !math.IsNaN(v[i].F) && !math.IsInf(v[i].F, 0) {
				out = append(out, point{v[i].Metric, v[i].F})
			}
		}
		return out, nil
	}
	return nil, fmt.Errorf("%w: it gives a %s", ErrExpression, value.Type())
}

// Validate says whether an expression can be that of a rule: it must be PromQL and give series at one moment, or compare
// numbers. It fails with ErrExpression.
func Validate(expr string) error {
	parsed, err := newParser().ParseExpr(expr)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrExpression, err)
	}
	switch kind := parsed.Type(); kind {
	case parser.ValueTypeVector:
		return nil
	case parser.ValueTypeScalar:
		if compares(parsed) {
			return nil
		}
		return fmt.Errorf("%w: a number is no condition, compare it", ErrExpression)
	default:
		return fmt.Errorf("%w: it gives a %s, not series at one moment", ErrExpression, parser.DocumentedType(kind))
	}
}

func compares(expr parser.Expr) bool {
	for {
		inner, bracketed := expr.(*parser.ParenExpr)
		if !bracketed {
			break
		}
		expr = inner.Expr
	}
	binary, is := expr.(*parser.BinaryExpr)
	return is && binary.Op.IsComparisonOperator()
}
