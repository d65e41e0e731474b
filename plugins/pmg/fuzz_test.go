package pmg

import (
	"encoding/json"
	"errors"
	"math"
	"testing"
	"time"

	"github.com/pulse-hub/pulse/sdk/resource"
)

// decoded decodes the member data the way the client does: what has another
// type than expected is left out. It says whether the client would go on.
func decoded[T any](body []byte) (T, bool) {
	var envelope struct {
		Data T `json:"data"`
	}
	err := json.Unmarshal(body, &envelope)
	_, mismatch := errors.AsType[*json.UnmarshalTypeError](err)
	return envelope.Data, err == nil || mismatch
}

// FuzzAnswers takes any body for the answer to any question: nothing may
// panic, and what comes out must be fit for the hub.
func FuzzAnswers(f *testing.F) {
	for _, body := range mx(f).Bodies() {
		f.Add(body)
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		r := resource.Resource{}
		if status, ok := decoded[nodeStatus](body); ok {
			looks := []nodeLook{{status: &status}}
			describe(&r, looks)
			_, _ = looks[0].node(), looks[0].complaint()
		}
		if m, ok := decoded[mailStats](body); ok {
			r.Metrics = append(r.Metrics, statsMetrics(m.stats(time.Unix(1795400000, 0)))...)
		}
		if rows, ok := decoded[[]mailCount](body); ok {
			if counts := countsUntil(rows, time.Unix(1795400000, 0)); len(counts) > hours {
				t.Errorf("%d counts", len(counts))
			}
		}
		if rows, ok := decoded[[]shape](body); ok {
			if all := total(rows); all.oldest() < 0 {
				t.Errorf("oldest %v", all.oldest())
			}
		}
		if status, ok := decoded[quarantineStatus](body); ok {
			h := &held{spam: status, virus: status}
			r.Metrics = append(r.Metrics, h.metrics()...)
			if q := h.totals(); q.Spam < 0 || q.Virus < 0 {
				t.Errorf("quarantine %+v", q)
			}
		}
		if rows, ok := decoded[[]service](body); ok {
			for i := range rows {
				rows[i].down()
			}
		}
		if at, ok := decoded[nodeTime](body); ok {
			if _, offset := time.Unix(0, 0).In(at.zone(time.UTC)).Zone(); math.Abs(float64(offset)) > maxOffset.Seconds() {
				t.Errorf("offset %d", offset)
			}
		}
		if rows, ok := decoded[[]backup](body); ok {
			s := &source{}
			for i := range rows {
				s.backup("mx1", &rows[i])
			}
		}
		_, _ = decoded[[]member](body)
		for _, m := range r.Metrics {
			if math.IsNaN(m.Value) || math.IsInf(m.Value, 0) {
				t.Errorf("metric %+v", m)
			}
		}
		if r.Uptime < 0 {
			t.Errorf("uptime %v", r.Uptime)
		}
	})
}
