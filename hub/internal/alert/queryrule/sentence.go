package queryrule

import (
	"strconv"
	"strings"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"

	"github.com/pulse-hub/pulse/hub/internal/alert"
)

const (
	// maxSentence bounds a message, maxListed what is said of labels, in bytes.
	maxSentence = 1000
	maxListed   = 120
)

// sentence says what a series is, in the words of the rule if it has any. A placeholder such as {{value}} stands for the
// value, {{name}}, {{node}} and {{instance}} for the resource, and others for labels. One that stands for nothing is
// left out.
func (r *rule) sentence(s *alert.Subject, one *point) string {
	value := strconv.FormatFloat(one.value, 'g', 6, 64)
	if strings.TrimSpace(r.Message) == "" {
		if s.Name == r.called() {
			return shortened(r.called() + ": " + value)
		}
		return shortened(r.called() + ": " + s.Name + " is at " + value)
	}
	return shortened(fill(r.Message, func(name string) string {
		if text := one.labels.Get(name); text != "" {
			return text
		}
		return map[string]string{"value": value, "name": s.Name, "node": s.Node, "instance": s.Instance}[name]
	}))
}

// fill replaces the placeholders of a text. What they stand for is not looked at for more of them.
func fill(text string, of func(name string) string) string {
	var b strings.Builder
	for {
		before, rest, open := strings.Cut(text, "{{")
		name, after, closed := strings.Cut(rest, "}}")
		if !open || !closed {
			b.WriteString(text)
			return b.String()
		}
		b.WriteString(before)
		b.WriteString(of(strings.TrimSpace(name)))
		text = after
	}
}

// listed says what the labels of a series are.
func listed(set labels.Labels) string {
	var parts []string
	set.Range(func(l labels.Label) {
		if l.Name != model.MetricNameLabel {
			parts = append(parts, l.Name+"="+l.Value)
		}
	})
	return cut(strings.Join(parts, ", "), maxListed)
}

func shortened(text string) string { return cut(text, maxSentence) }

// cut shortens a text to a number of bytes, without a part of a character at its end.
func cut(text string, most int) string {
	if len(text) <= most {
		return text
	}
	const dots = "…"
	return strings.ToValidUTF8(text[:most-len(dots)], "") + dots
}
