package api_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pulse-hub/pulse/hub/internal/alert/policy"
	"github.com/pulse-hub/pulse/hub/internal/api"
	"github.com/pulse-hub/pulse/hub/internal/auth"
	"github.com/pulse-hub/pulse/hub/internal/config"
	"github.com/pulse-hub/pulse/hub/internal/inventory"
	"github.com/pulse-hub/pulse/hub/internal/metrics"
	"github.com/pulse-hub/pulse/sdk/resource"
)

// configured are alerts of which only the configuration is asked for.
type configured struct {
	api.Alerts
	config policy.Config
}

func (c configured) Config() policy.Config { return c.config }

// past has a sample of each processor every minute, and answers what it is asked for. Where something receives from
// asked, it waits for release, or for the caller to go.
type past struct {
	from, to time.Time
	value    func(minute int) float64
	asked    chan struct{}
	release  chan struct{}
}

func (p *past) Stats() metrics.Stats { return metrics.Stats{OldestRaw: p.from} }

func (p *past) Select(ctx context.Context, q metrics.Query) ([]metrics.Result, error) {
	if p.asked != nil {
		p.asked <- struct{}{}
		select {
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		case <-p.release:
		}
	}
	if !strings.Contains(strings.Join(q.Names, " "), metrics.CPUUsageRatio) {
		return nil, nil
	}
	var points []metrics.Point
	for minute := 0; ; minute++ {
		at, v := p.from.Add(time.Duration(minute)*time.Minute).UnixMilli(), p.value(minute)
		if at > q.To || at > p.to.UnixMilli() {
			break
		}
		if at < q.From {
			continue
		}
		if n := len(points); q.Step > 0 && n > 0 && points[n-1].At == at-at%q.Step {
			points[n-1].Max, points[n-1].Min = max(points[n-1].Max, v), min(points[n-1].Min, v)
			continue
		}
		if q.Step > 0 {
			at -= at % q.Step
		}
		points = append(points, metrics.Point{At: at, Avg: v, Min: v, Max: v})
	}
	var found []metrics.Result
	for _, key := range q.Resources {
		found = append(found, metrics.Result{Series: metrics.Series{Name: metrics.CPUUsageRatio, Resource: key, Kind: "vm"}, Points: points})
	}
	return found, nil
}

var backtestNow = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

// newBacktest is the API over two guests whose processors were at 88% for ten minutes of each of the last three days; a
// backup was made of the first on the last day.
func newBacktest(t *testing.T) (http.Handler, *past) {
	t.Helper()
	p := &past{from: backtestNow.AddDate(0, 0, -3), to: backtestNow, value: func(minute int) float64 {
		if minute%1440 >= 600 && minute%1440 < 610 {
			return 0.88
		}
		return 0.25
	}}
	present := inventory.New(inventory.Options{Now: func() time.Time { return backtestNow }})
	guest := func(id, name string, vmid int) resource.Resource {
		return resource.Resource{
			ID: id, Kind: resource.KindVM, Name: name, Status: resource.StatusRunning, Detail: &resource.Guest{Node: "pve1", VMID: vmid},
		}
	}
	began := backtestNow.AddDate(0, 0, -1).Add(10 * time.Hour)
	_, err := present.Apply(t.Context(), inventory.Observation{
		Source: inventory.SourceRef{ID: "lab", Type: "pve", Name: "lab", Plugin: "pulse.proxmox"}, Dataset: "all", At: backtestNow, Complete: true,
		Resources: []resource.Resource{guest("qemu/100", "web", 100), guest("qemu/101", "db", 101), {
			ID: "task/1", Kind: resource.KindBackupTask, Name: "task",
			Detail: &resource.BackupTask{Node: "pve1", VMID: 100, Result: "OK", Start: began, End: began.Add(time.Hour)},
		}},
	})
	if err != nil {
		t.Fatal(err)
	}
	rules := policy.Default()
	rules.ActivationState = policy.Active
	around := newWall(t, config.SignIn{}, nil,
		auth.Token{ID: "reader", Scopes: []auth.Scope{auth.ScopeMonitoringRead}}, auth.Token{ID: "other", Scopes: []auth.Scope{auth.ScopeSettingsRead}})
	handler, _ := behind(around, api.Parts{
		Alerts: configured{config: rules}, Measurements: p, Inventory: present, Now: func() time.Time { return backtestNow },
	})
	return handler, p
}

func backtestCall(ctx context.Context, h http.Handler, token, body string) *httptest.ResponseRecorder {
	r := httptest.NewRequestWithContext(ctx, http.MethodPost, "/api/alerts/backtest", strings.NewReader(body))
	r.Header.Set("X-API-Token", token)
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func TestBacktestAnswers(t *testing.T) {
	h, _ := newBacktest(t)
	w := backtestCall(t.Context(), h, "reader", `{"days":7}`)
	var got api.AlertBacktest
	if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil || w.Code != http.StatusOK {
		t.Fatalf("%d %s: %v", w.Code, w.Body, err)
	}
	figures := func(firings, backups int, seconds float64) api.AlertBacktestFigures {
		return api.AlertBacktestFigures{
			Firings: firings, Notified: firings, Withheld: map[string]int{}, DuringBackups: backups,
			TotalSeconds: seconds * float64(firings), LongestSeconds: seconds,
		}
	}
	// An alert begins with the second sample, and ends with the first low one.
	const lasts = 9 * 60
	want := api.AlertBacktest{
		AlertBacktestFigures: figures(6, 1, lasts), From: backtestNow.AddDate(0, 0, -7), To: backtestNow, Resources: 2, Measures: 6,
		ByType: []api.AlertBacktestType{{Type: "cpu", AlertBacktestFigures: figures(6, 1, lasts)}},
		ByResource: []api.AlertBacktestResource{
			{ResourceID: "lab:pve1:100", ResourceName: "web", Node: "pve1", Instance: "lab", AlertBacktestFigures: figures(3, 1, lasts)},
			{ResourceID: "lab:pve1:101", ResourceName: "db", Node: "pve1", Instance: "lab", AlertBacktestFigures: figures(3, 0, lasts)},
		},
		ByDay: []api.AlertBacktestDay{
			{Day: "2026-11-20", AlertBacktestFigures: figures(2, 0, lasts)}, {Day: "2026-11-21", AlertBacktestFigures: figures(2, 0, lasts)},
			{Day: "2026-11-22", AlertBacktestFigures: figures(2, 1, lasts)},
		},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("answer (-want +got):\n%s", diff)
	}
}

func TestBacktestOfAChange(t *testing.T) {
	h, _ := newBacktest(t)
	for _, tt := range []struct {
		name, body, token string
		status            int
		want              string
	}{
		{"a higher threshold", `{"config":{"guestDefaults":{"cpu":{"trigger":89,"clear":80}}}}`, "reader", 200, `{"firings":0,`},
		{"what is not mentioned stays", `{"config":{"activationState":"snoozed"}}`, "reader", 200, `{"firings":6,"notified":0,"withheld":{"not-activated":6},`},
		{"one resource", `{"resourceId":"lab:pve1:101"}`, "reader", 200, `{"firings":3,`},
		{"a resource that is not there", `{"resourceId":"lab:pve1:999"}`, "reader", 200, `{"firings":0,`},
		{"another type", `{"types":["memory"]}`, "reader", 200, `{"firings":0,`},
		{"two days", `{"days":2}`, "reader", 200, `{"firings":4,`},
		{"too many days", `{"days":91}`, "reader", 400, `"errors":[{"field":"days"`},
		{"negative days", `{"days":-1}`, "reader", 400, `"errors":[{"field":"days"`},
		{"a threshold of the wrong type", `{"config":{"guestDefaults":{"cpu":{"trigger":"x"}}}}`, "reader", 400, `"errors":[{"field":"config.guestDefaults.cpu.trigger"`},
		{"a configuration that is none", `{"config":[]}`, "reader", 400, `"errors":[{"field":"config"`},
		{"no JSON", `{`, "reader", 400, `invalid_body`},
		{"an unknown member", `{"day":3}`, "reader", 400, `invalid_body`},
		{"somebody who may not", `{}`, "other", 403, `missing_scope`},
	} {
		w := backtestCall(t.Context(), h, tt.token, tt.body)
		if w.Code != tt.status || !strings.Contains(w.Body.String(), tt.want) {
			t.Errorf("%s: %d %s, want %d with %s", tt.name, w.Code, w.Body, tt.status, tt.want)
		}
	}
}

// TestBacktestsWaitForNobody lets a second one come while the first looks at history, which ends when its caller goes.
func TestBacktestsWaitForNobody(t *testing.T) {
	h, p := newBacktest(t)
	p.asked, p.release = make(chan struct{}), make(chan struct{})
	ctx, leave := context.WithCancel(t.Context())
	first := make(chan *httptest.ResponseRecorder)
	go func() { first <- backtestCall(ctx, h, "reader", `{}`) }()
	<-p.asked
	w := backtestCall(t.Context(), h, "reader", `{}`)
	if w.Code != http.StatusTooManyRequests || w.Header().Get("Retry-After") != "5" {
		t.Errorf("the second got %d %v", w.Code, w.Header())
	}
	leave()
	if w := <-first; strings.Contains(w.Body.String(), "firings") {
		t.Errorf("the first got %d %s although its caller has gone", w.Code, w.Body)
	}
	p.asked = nil
	if w := backtestCall(t.Context(), h, "reader", `{}`); w.Code != http.StatusOK {
		t.Errorf("the third got %d %s", w.Code, w.Body)
	}
}
