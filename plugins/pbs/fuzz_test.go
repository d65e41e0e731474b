package pbs

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
	for _, body := range vault(f).Bodies() {
		f.Add(body)
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		var made []resource.Resource
		s := &source{now: time.Now}
		if v, ok := decoded[version](body); ok {
			_, _ = v.String(), v.knowsDirections()
		}
		if status, ok := decoded[nodeStatus](body); ok {
			r := resource.Resource{ID: serverID}
			status.describe(&r)
			made = append(made, r)
		}
		if rows, ok := decoded[[]rrdRow](body); ok {
			made = append(made, resource.Resource{ID: serverID, Usage: resource.Usage{Rates: newestRates(rows)}})
		}
		if rows, ok := decoded[[]storeInfo](body); ok {
			for _, row := range rows {
				look := storeLook{info: row, now: time.Unix(1795400000, 0)}
				made = append(made, look.resource())
			}
		}
		if rows, ok := decoded[[]storeUsage](body); ok {
			for _, row := range rows {
				look := storeLook{usage: row, now: time.Unix(1795400000, 0)}
				made = append(made, look.resource())
			}
		}
		if rows, ok := decoded[[]namespace](body); ok {
			if got := namespacesOf(pathsOf(rows)); got[0].Path != "" {
				t.Errorf("the root is not in front: %v", got)
			}
		}
		if rows, ok := decoded[[]group](body); ok {
			for i := range rows {
				(*groupHoldings)(nil).same(&rows[i])
			}
		}
		if rows, ok := decoded[[]snapshot](body); ok {
			made = append(made, place{"main", "edge"}.hold(rows).backups...)
		}
		made = append(made, fuzzedJobs(s, body)...)
		check(t, made)
	})
}

func fuzzedJobs(s *source, body []byte) []resource.Resource {
	var made []resource.Resource
	if rows, ok := decoded[[]gcJob](body); ok {
		for i := range rows {
			made = append(made, s.garbageJob(&rows[i]))
		}
	}
	if rows, ok := decoded[[]job](body); ok {
		for _, row := range rows {
			made = append(made, s.job("sync", row))
		}
	}
	if rows, ok := decoded[[]task](body); ok {
		s.tasks.add(rows, time.Unix(1795400000, 0))
		made = append(made, s.tasks.lastRuns()...)
	}
	return made
}

// check looks at what the hub would refuse or show wrongly.
func check(t *testing.T, made []resource.Resource) {
	for i := range made {
		r := &made[i]
		if r.ID == "" || r.Uptime < 0 {
			t.Errorf("unfit: %+v", r)
		}
		for _, m := range r.Metrics {
			if math.IsNaN(m.Value) || math.IsInf(m.Value, 0) {
				t.Errorf("%s: metric %+v", r.ID, m)
			}
		}
		if rates := r.Usage.Rates; rates != nil && (rates.NetIn < 0 || rates.NetOut < 0 || rates.DiskRead < 0 || rates.DiskWrite < 0) {
			t.Errorf("%s: rates %+v", r.ID, rates)
		}
		if d, ok := r.Detail.(*resource.Datastore); ok && (math.IsInf(d.DedupFactor, 0) || d.DedupFactor < 0) {
			t.Errorf("%s: %+v", r.ID, d)
		}
	}
}

func FuzzTaskNames(f *testing.F) {
	f.Add("main:ns/edge/site1:ct/200")
	f.Add(`hq\x3amain\x3aoffsite`)
	f.Add("UPID:vault:000030B1:000082AF:00000010:6B03A7C0:garbage_collection:main:root@pam:")
	f.Fuzz(func(t *testing.T, text string) {
		if g, ok := parseWorkerGroup(text); ok && (g.store == "" || g.kind == "" || g.id == "") {
			t.Errorf("%q: %+v", text, g)
		}
		if at := startOf(text); !at.IsZero() && at.Year() > 2300 {
			t.Errorf("%q: %v", text, at)
		}
	})
}
