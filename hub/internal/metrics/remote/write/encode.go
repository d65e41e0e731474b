package write

import (
	"math"

	"github.com/klauspost/compress/snappy"
	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/metadata"
	"google.golang.org/protobuf/encoding/protowire"
)

// A Protocol is a version of remote write.
type Protocol string

// The versions, see https://prometheus.io/docs/specs/prw/remote_write_spec/ and …/remote_write_spec_2_0/.
const (
	V1 Protocol = "v1"
	V2 Protocol = "v2"
)

// contentType and version are the headers of a request.
func (p Protocol) contentType() string {
	if p == V2 {
		return "application/x-protobuf;proto=io.prometheus.write.v2.Request"
	}
	return "application/x-protobuf"
}

func (p Protocol) version() string {
	if p == V2 {
		return "2.0.0"
	}
	return "0.1.0"
}

// An encoder turns samples into the bodies of requests. One goroutine uses it.
type encoder struct {
	protocol Protocol
	// extra are labels that each series gets unless it has one of that name.
	extra    labels.Labels
	describe func(name string) metadata.Metadata

	message, series, part []byte // reused from request to request
	symbols               map[string]uint64
	order                 []string
	builder               *labels.Builder
}

func newEncoder(protocol Protocol, extra labels.Labels, describe func(string) metadata.Metadata) *encoder {
	return &encoder{protocol: protocol, extra: extra, describe: describe, builder: labels.NewBuilder(labels.EmptyLabels())}
}

// encode returns the compressed body of a request with all samples. It belongs to the caller.
func (e *encoder) encode(samples []sample) []byte {
	e.message = e.message[:0]
	if e.protocol == V2 {
		e.encodeV2(samples)
	} else {
		e.encodeV1(samples)
	}
	return snappy.Encode(nil, e.message)
}

// The numbers of fields in prometheus.WriteRequest.
const (
	v1Series = 1 // of the request

	v1Labels, v1Samples  = 1, 2 // of a series
	v1Name, v1Value      = 1, 2 // of a label
	sampleValue, sampleT = 1, 2 // of a sample, in both versions
)

func (e *encoder) encodeV1(samples []sample) {
	for i := range samples {
		e.series = e.series[:0]
		e.labelsOf(samples[i].series).Range(func(l labels.Label) {
			e.part = appendText(e.part[:0], v1Name, l.Name)
			e.part = appendText(e.part, v1Value, l.Value)
			e.series = appendMessage(e.series, v1Labels, e.part)
		})
		e.appendSample(v1Samples, &samples[i])
		e.message = appendMessage(e.message, v1Series, e.series)
	}
}

// The numbers of fields in io.prometheus.write.v2.Request.
const (
	v2Symbols, v2Series = 4, 5 // of the request

	v2LabelRefs, v2Samples, v2Metadata = 1, 2, 5 // of a series
	v2Type, v2HelpRef, v2UnitRef       = 1, 3, 4 // of metadata
)

// encodeV2 writes the symbols behind the series that use them, which are only complete then. Readers take fields in any
// order.
func (e *encoder) encodeV2(samples []sample) {
	e.symbols, e.order = map[string]uint64{"": 0}, []string{""}
	for i := range samples {
		e.series = e.series[:0]
		lset := e.labelsOf(samples[i].series)
		e.part = e.part[:0]
		lset.Range(func(l labels.Label) {
			e.part = protowire.AppendVarint(e.part, e.symbol(l.Name))
			e.part = protowire.AppendVarint(e.part, e.symbol(l.Value))
		})
		e.series = appendMessage(e.series, v2LabelRefs, e.part)
		e.appendSample(v2Samples, &samples[i])
		e.appendMetadata(e.describe(lset.Get(model.MetricNameLabel)))
		e.message = appendMessage(e.message, v2Series, e.series)
	}
	for _, text := range e.order {
		e.message = appendText(e.message, v2Symbols, text)
	}
}

func (e *encoder) symbol(text string) uint64 {
	if known, ok := e.symbols[text]; ok {
		return known
	}
	next := uint64(len(e.order))
	e.symbols[text] = next
	e.order = append(e.order, text)
	return next
}

func (e *encoder) appendMetadata(m metadata.Metadata) {
	e.part = protowire.AppendTag(e.part[:0], v2Type, protowire.VarintType)
	e.part = protowire.AppendVarint(e.part, metricType(m))
	e.part = protowire.AppendTag(e.part, v2HelpRef, protowire.VarintType)
	e.part = protowire.AppendVarint(e.part, e.symbol(m.Help))
	e.part = protowire.AppendTag(e.part, v2UnitRef, protowire.VarintType)
	e.part = protowire.AppendVarint(e.part, e.symbol(m.Unit))
	e.series = appendMessage(e.series, v2Metadata, e.part)
}

// metricType returns the number of a type in io.prometheus.write.v2.Metadata.MetricType.
func metricType(m metadata.Metadata) uint64 {
	switch m.Type {
	case "counter":
		return 1
	case "gauge":
		return 2
	}
	return 0
}

func (e *encoder) appendSample(field protowire.Number, s *sample) {
	e.part = protowire.AppendTag(e.part[:0], sampleValue, protowire.Fixed64Type)
	e.part = protowire.AppendFixed64(e.part, math.Float64bits(s.value))
	e.part = protowire.AppendTag(e.part, sampleT, protowire.VarintType)
	e.part = protowire.AppendVarint(e.part, uint64(s.at))
	e.series = appendMessage(e.series, field, e.part)
}

// labelsOf returns the labels of a series with the extra ones, sorted.
func (e *encoder) labelsOf(s *series) labels.Labels {
	if e.extra.IsEmpty() {
		return s.labels
	}
	e.builder.Reset(s.labels)
	e.extra.Range(func(l labels.Label) {
		if s.labels.Get(l.Name) == "" {
			e.builder.Set(l.Name, l.Value)
		}
	})
	return e.builder.Labels()
}

func appendText(b []byte, field protowire.Number, text string) []byte {
	return protowire.AppendString(protowire.AppendTag(b, field, protowire.BytesType), text)
}

func appendMessage(b []byte, field protowire.Number, message []byte) []byte {
	return protowire.AppendBytes(protowire.AppendTag(b, field, protowire.BytesType), message)
}
