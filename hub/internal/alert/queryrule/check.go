package queryrule

import (
	"crypto/sha256"
	"encoding/hex"
	"math"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"

	"github.com/pulse-hub/pulse/hub/internal/alert"
	"github.com/pulse-hub/pulse/hub/internal/alert/policy"
	"github.com/pulse-hub/pulse/hub/internal/inventory"
	"github.com/pulse-hub/pulse/hub/internal/metrics"
	"github.com/pulse-hub/pulse/hub/internal/view/v5"
	"github.com/pulse-hub/pulse/sdk/resource"
)

// hashBytes is how much of the hash of a series is in its identity.
const hashBytes = 8

// world is what a rule is told with.
type world struct {
	*inventory.Snapshot
	active map[string][]*alert.Alert // of each key
}

// check returns what the rule says.
func (r *rule) check(w *world, now time.Time, p *policy.Policy) alert.Checked {
	c := alert.Checked{Key: r.key}
	if p.TypeDisabled(alert.QueryRule) {
		return c
	}
	if r.problem != nil || r.answeredAt.IsZero() || now.Sub(r.answeredAt) > fresh*r.every {
		c.Unseen = true
		if r.problem != nil && !p.TypeDisabled(alert.HubHealth) {
			c.Findings = append(c.Findings, r.failing(now))
		}
		return c
	}
	told := make(map[alert.Identity]bool, len(r.answer))
	for i := range r.answer {
		f := r.find(w, &r.answer[i])
		if !told[f.Identity] {
			told[f.Identity] = true
			c.Findings = append(c.Findings, f)
		}
	}
	for _, a := range w.active[r.key] {
		if !told[a.Identity] {
			c.Findings = append(c.Findings, r.over(a))
		}
	}
	return c
}

// find is what is found out of a series that is selected.
func (r *rule) find(w *world, one *point) alert.Finding {
	hash := hashOf(one.labels)
	subject := r.subject(w, one.labels)
	return alert.Finding{
		Identity: alert.IdentityOf(r.key, alert.QueryRule, hash), Type: alert.QueryRule, AlertID: "rule-" + r.ID + "-" + hash,
		Subject: subject, Verdict: alert.Bad, Level: alert.Level(r.Level), Value: one.value,
		Critical: math.Inf(1), // the level is that of the rule, at once
		Message:  r.sentence(&subject, one), Rule: "rule " + r.called(), At: r.answeredAt, Delay: time.Duration(r.For) * time.Second,
		Numeric: true, Category: policy.CategoryOf(alert.QueryRule),
		Metadata: map[string]any{"ruleId": r.ID, "ruleName": r.Name, "expr": r.Expr, "labels": labelsOf(one.labels)},
	}
}

// over ends an alert whose series is not selected any more.
func (r *rule) over(a *alert.Alert) alert.Finding {
	return alert.Finding{
		Identity: a.Identity, Type: a.Type, AlertID: a.ID, Subject: a.Subject, Verdict: alert.Good, Value: a.Value,
		Message: a.Message, Metadata: a.Metadata, Rule: a.Rule, At: r.answeredAt,
	}
}

// failing says that the rule cannot be evaluated. An alert comes of it when that goes on.
func (r *rule) failing(now time.Time) alert.Finding {
	return alert.Finding{
		Identity: alert.IdentityOf(r.key, alert.HubHealth, ""), Type: alert.HubHealth, AlertID: "rule-" + r.ID + "-failing",
		Subject: alert.Subject{Key: r.key, ID: "rule-" + r.ID, Name: r.called()}, Verdict: alert.Bad, Level: alert.Warning,
		Message: shortened("Alert rule '" + r.called() + "' cannot be evaluated: " + r.problem.Error()),
		Rule:    "defaults", At: now, ByClock: true, Delay: failingFor, Category: policy.CategoryOf(alert.HubHealth),
	}
}

// called is what people call the rule.
func (r *rule) called() string {
	if r.Name != "" {
		return r.Name
	}
	return r.ID
}

// subject is the resource that a label names; without one, what the labels say.
func (r *rule) subject(w *world, set labels.Labels) alert.Subject {
	s := alert.Subject{Key: r.key, ID: "rule-" + r.ID, Name: r.called()}
	e, known := w.Get(set.Get(metrics.LabelResource))
	if !known {
		if text := listed(set); text != "" {
			s.Name = text
		}
		return s
	}
	s.ID, s.Name, s.Kind, s.Tags = v5.ID(w.Snapshot, e), nameOf(e), e.Kind, e.Tags
	s.Node, s.Instance = w.placeOf(e), e.Source
	if source, told := w.Source(e.Source); told && source.Name != "" {
		s.Instance = source.Name
	}
	return s
}

func nameOf(e *inventory.Entry) string {
	switch {
	case e.Settings != nil && e.Settings.DisplayName != "":
		return e.Settings.DisplayName
	case e.DisplayName != "":
		return e.DisplayName
	}
	return e.Name
}

// placeOf returns the name of the node or machine that a resource is, or is on.
func (w *world) placeOf(e *inventory.Entry) string {
	for range maxDepth {
		switch e.Kind {
		case resource.KindNode, resource.KindHost, resource.KindContainerHost, resource.KindClusterNode:
			return e.Name
		}
		parent, known := w.Get(e.ParentKey)
		if !known {
			return ""
		}
		e = parent
	}
	return ""
}

// maxDepth is how far up the parents of a resource are followed.
const maxDepth = 4

// hashOf tells series apart, in every version of the hub alike.
func hashOf(set labels.Labels) string {
	h := sha256.New()
	set.Range(func(l labels.Label) {
		h.Write([]byte(l.Name))
		h.Write([]byte{0})
		h.Write([]byte(l.Value))
		h.Write([]byte{0})
	})
	return hex.EncodeToString(h.Sum(nil)[:hashBytes])
}

func labelsOf(set labels.Labels) map[string]string {
	out := map[string]string{}
	set.Range(func(l labels.Label) {
		if l.Name != model.MetricNameLabel {
			out[l.Name] = l.Value
		}
	})
	return out
}
