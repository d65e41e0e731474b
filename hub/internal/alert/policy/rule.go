package policy

import (
	"cmp"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/pulse-hub/pulse/hub/internal/alert"
)

// equalWithin is how far apart two values may be that a rule calls equal.
const equalWithin = 0.5

// A rule is an enabled custom rule made ready.
type rule struct {
	priority   int
	all        bool // all conditions must hold, instead of one
	conditions []condition
	overlay    *overlay
}

// A condition is one filter made ready. The number is for metrics, the text, in lower case, for the rest.
type condition struct {
	field    string // empty: any of the texts, for raw conditions
	metric   alert.Type
	operator string
	number   float64
	text     string
}

// normaliseRules puts the thresholds of custom rules in order and refuses filters that could never hold.
func normaliseRules(c *Config) error {
	for i := range c.CustomRules {
		c.CustomRules[i].Thresholds.normalise(c.HysteresisMargin)
	}
	_, err := newRules(c.CustomRules, c.CriticalMargin)
	return err
}

// newRules makes the enabled rules ready, those of the highest priority first; among equals the order stays.
func newRules(from []CustomRule, margin float64) ([]rule, error) {
	var rules []rule
	for i, r := range from {
		conditions, err := newConditions(r.FilterConditions.Filters, at("customRules", i)+".filterConditions.filters")
		if err != nil {
			return nil, err
		}
		if !r.Enabled {
			continue
		}
		rules = append(rules, rule{
			priority:   r.Priority,
			all:        r.FilterConditions.LogicalOperator == "AND",
			conditions: conditions,
			overlay:    newOverlay(r.Thresholds, margin, "rule "+cmp.Or(r.Name, r.ID)),
		})
	}
	slices.SortStableFunc(rules, func(a, b rule) int { return cmp.Compare(b.priority, a.priority) })
	return rules, nil
}

func newConditions(from []FilterCondition, path string) ([]condition, error) {
	var conditions []condition
	for i, f := range from {
		c, err := newCondition(f, at(path, i))
		if err != nil {
			return nil, err
		}
		conditions = append(conditions, c)
	}
	return conditions, nil
}

func newCondition(f FilterCondition, path string) (condition, error) {
	switch f.Type {
	case "metric":
		return newMetricCondition(f, path)
	case "text":
		if !slices.Contains([]string{"name", "node", "vmid"}, f.Field) {
			return condition{}, wrong(path+".field", "is none of name, node, vmid")
		}
		text, err := textOf(f.Value, path)
		return condition{field: f.Field, text: text}, err
	case "raw":
		if f.RawText != "" {
			return condition{text: strings.ToLower(f.RawText)}, nil
		}
		text, err := textOf(f.Value, path)
		return condition{text: text}, err
	}
	return condition{}, wrong(path+".type", "is none of metric, text, raw")
}

func newMetricCondition(f FilterCondition, path string) (condition, error) {
	metric := alert.Type(f.Field)
	if i, ok := indexOf(metric); !ok || guests.metrics()&(1<<i) == 0 {
		return condition{}, wrong(path+".field", "is no metric of guests")
	}
	if !slices.Contains([]string{">", "<", ">=", "<=", "=", "=="}, f.Operator) {
		return condition{}, wrong(path+".operator", "is none of > < >= <= = ==")
	}
	number, err := numberOf(f.Value, path)
	return condition{metric: metric, operator: f.Operator, number: number}, err
}

// numberOf returns the value of a filter as a number. Forms send what was typed, so that a number may be a text.
func numberOf(value any, path string) (float64, error) {
	switch v := value.(type) {
	case float64:
		return v, nil
	case string:
		number, err := strconv.ParseFloat(strings.TrimSpace(v), 64)
		if err == nil && !math.IsNaN(number) && !math.IsInf(number, 0) {
			return number, nil
		}
	}
	return 0, wrong(path+".value", "is no number")
}

// textOf returns the value of a filter as a text in lower case.
func textOf(value any, path string) (string, error) {
	switch v := value.(type) {
	case nil:
		return "", nil
	case string:
		return strings.ToLower(v), nil
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64), nil
	}
	return "", wrong(path+".value", "is no text")
}

// ruleFor returns the rule that applies to a guest, or nil.
func (p *Policy) ruleFor(t *Target) *rule {
	for i := range p.rules {
		if p.rules[i].matches(t) {
			return &p.rules[i]
		}
	}
	return nil
}

// matches says whether a rule is for a guest. Without conditions it is for every guest.
func (r *rule) matches(t *Target) bool {
	for i := range r.conditions {
		if r.conditions[i].holds(t) != r.all {
			return !r.all
		}
	}
	return r.all || len(r.conditions) == 0
}

func (c *condition) holds(t *Target) bool {
	if c.metric != "" {
		value, known := t.Values[c.metric]
		return known && c.compares(value)
	}
	switch c.field {
	case "name":
		return containsFold(t.Name, c.text)
	case "node":
		return containsFold(t.Node, c.text)
	case "vmid":
		return strings.Contains(strconv.Itoa(t.VMID), c.text)
	}
	return containsFold(t.Name, c.text) || containsFold(t.Node, c.text) || containsFold(t.Status, c.text) ||
		slices.ContainsFunc(t.IDs, func(id string) bool { return containsFold(id, c.text) })
}

func (c *condition) compares(value float64) bool {
	switch c.operator {
	case ">":
		return value > c.number
	case "<":
		return value < c.number
	case ">=":
		return value >= c.number
	case "<=":
		return value <= c.number
	}
	return math.Abs(value-c.number) <= equalWithin
}

// containsFold says whether a text contains another, which is in lower case.
func containsFold(text, lower string) bool { return strings.Contains(strings.ToLower(text), lower) }
