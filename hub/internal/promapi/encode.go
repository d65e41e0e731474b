package promapi

import (
	"bufio"
	"encoding/json"
	"fmt"
	"math"
	"strconv"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/promql/parser"
	"github.com/prometheus/prometheus/util/stats"
)

// An encoder writes results of queries as JSON. Its writer keeps errors for Flush.
type encoder struct {
	*bufio.Writer
	buf []byte // reused from point to point
}

// result writes the value of a query with its type.
func (e *encoder) result(value parser.Value) error {
	_, _ = e.WriteString(`{"resultType":"` + string(value.Type()) + `","result":`)
	switch value := value.(type) {
	case promql.Matrix:
		if err := e.matrix(value); err != nil {
			return err
		}
	case promql.Vector:
		if err := e.vector(value); err != nil {
			return err
		}
	case promql.Scalar:
		e.point(value.T, value.V)
	case promql.String:
		text, err := json.Marshal(value.V)
		if err != nil {
			return fmt.Errorf("encode text: %w", err)
		}
		e.open(value.T)
		_, _ = e.Write(text)
		_ = e.WriteByte(']')
	default:
		return fmt.Errorf("encode result: unknown type %T", value)
	}
	return nil
}

func (e *encoder) matrix(matrix promql.Matrix) error {
	_ = e.WriteByte('[')
	for i := range matrix {
		e.comma(i)
		if err := e.series(&matrix[i]); err != nil {
			return err
		}
	}
	return e.WriteByte(']')
}

func (e *encoder) series(s *promql.Series) error {
	if err := e.metric(s.Metric); err != nil {
		return err
	}
	if len(s.Floats) > 0 {
		_, _ = e.WriteString(`,"values":[`)
		for i, p := range s.Floats {
			e.comma(i)
			e.point(p.T, p.F)
		}
		_ = e.WriteByte(']')
	}
	if len(s.Histograms) > 0 {
		encoded, err := json.Marshal(s.Histograms)
		if err != nil {
			return fmt.Errorf("encode histograms: %w", err)
		}
		_, _ = e.WriteString(`,"histograms":`)
		_, _ = e.Write(encoded)
	}
	return e.WriteByte('}')
}

func (e *encoder) vector(vector promql.Vector) error {
	_ = e.WriteByte('[')
	for i := range vector {
		e.comma(i)
		if err := e.sample(&vector[i]); err != nil {
			return err
		}
	}
	return e.WriteByte(']')
}

func (e *encoder) sample(s *promql.Sample) error {
	if s.H != nil {
		encoded, err := json.Marshal(s)
		if err != nil {
			return fmt.Errorf("encode histogram: %w", err)
		}
		_, _ = e.Write(encoded)
		return nil
	}
	if err := e.metric(s.Metric); err != nil {
		return err
	}
	_, _ = e.WriteString(`,"value":`)
	e.point(s.T, s.F)
	return e.WriteByte('}')
}

// metric opens an object that begins with the labels of a series.
func (e *encoder) metric(lset labels.Labels) error {
	encoded, err := json.Marshal(lset)
	if err != nil {
		return fmt.Errorf("encode labels: %w", err)
	}
	_, _ = e.WriteString(`{"metric":`)
	_, _ = e.Write(encoded)
	return nil
}

// point writes a time and a value: [1435781451.781,"1"].
func (e *encoder) point(at int64, value float64) {
	e.open(at)
	_ = e.WriteByte('"')
	e.buf = appendValue(e.buf[:0], value)
	_, _ = e.Write(e.buf)
	_, _ = e.WriteString(`"]`)
}

// open begins the list of a time, in Unix milliseconds, and what was there then.
func (e *encoder) open(at int64) {
	_ = e.WriteByte('[')
	e.buf = appendSeconds(e.buf[:0], at)
	_, _ = e.Write(e.buf)
	_ = e.WriteByte(',')
}

func (e *encoder) comma(i int) {
	if i > 0 {
		_ = e.WriteByte(',')
	}
}

// appendSeconds writes milliseconds as seconds, with a fraction if there is one.
func appendSeconds(b []byte, ms int64) []byte {
	if ms < 0 {
		b = append(b, '-')
		ms = -ms
	}
	b = strconv.AppendInt(b, ms/1000, 10)
	if rest := ms % 1000; rest != 0 {
		b = append(b, '.', byte('0'+rest/100), byte('0'+rest/10%10), byte('0'+rest%10))
	}
	return b
}

// appendValue writes the shortest decimals that stand for v, with an exponent where they would be many.
func appendValue(b []byte, v float64) []byte {
	format := byte('f')
	if size := math.Abs(v); size != 0 && (size < 1e-6 || size >= 1e21) {
		format = 'e'
	}
	return strconv.AppendFloat(b, v, format, -1, 64)
}

// stats adds what the query took.
func (e *encoder) stats(measured stats.QueryStats) error {
	encoded, err := json.Marshal(measured)
	if err != nil {
		return fmt.Errorf("encode statistics: %w", err)
	}
	_, _ = e.WriteString(`,"stats":`)
	_, _ = e.Write(encoded)
	return nil
}
