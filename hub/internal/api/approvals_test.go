package api_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/go-hclog"

	"github.com/pulse-hub/pulse/hub/internal/api"
	"github.com/pulse-hub/pulse/hub/internal/api/route"
	"github.com/pulse-hub/pulse/hub/internal/approve"
	"github.com/pulse-hub/pulse/hub/internal/audit"
	"github.com/pulse-hub/pulse/hub/internal/auth"
	"github.com/pulse-hub/pulse/hub/internal/fleet/remote"
)

// byName recognises callers by the name they give as their token.
type byName map[string]*auth.Principal

func (b byName) Authenticate(r *http.Request, _ auth.Origin) (*auth.Principal, error) {
	principal, ok := b[r.Header.Get("X-API-Token")]
	if !ok {
		return nil, auth.ErrNoCredentials
	}
	return principal, nil
}

// machines pretends that agents run what is granted.
type machines struct {
	ran    []approve.Command
	result remote.Result
	err    error
	begins func() // may be nil
}

func (m *machines) Execute(_ context.Context, grant approve.Grant) (remote.Result, error) {
	command, err := grant.Take()
	if err != nil {
		return remote.Result{}, err
	}
	m.ran = append(m.ran, command)
	if m.begins != nil {
		m.begins()
	}
	return m.result, m.err
}

// gate is a hub with the routes of approvals alone. Its callers are people anna and ben, who may run commands, and vera, who
// may not; and the tokens bot and monitor, of which the first may.
type gate struct {
	http.Handler
	t        *testing.T
	now      time.Time
	machines machines
	log      *audit.Log
}

func newGate(t *testing.T) *gate {
	t.Helper()
	g := &gate{t: t, now: time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC), log: audit.New(audit.Options{Records: openStore(t)})}
	g.machines.result = remote.Result{Success: true, Stdout: "up\n", Stderr: "<w>", Duration: 34 * time.Millisecond}
	runner := auth.Role{Name: "runner", Permissions: []auth.Permission{{Resource: auth.ResourceCommands, Action: auth.ActionRun}}}
	callers := byName{
		"anna": auth.NewPerson(auth.MethodBasic, "anna", "", auth.Administrator()),
		"ben":  auth.NewPerson(auth.MethodBasic, "ben", "", runner),
		"vera": auth.NewPerson(auth.MethodBasic, "vera", "", auth.Operator()),
	}
	tokens := map[string]auth.Scope{"bot": auth.ScopeCommandsRun, "monitor": auth.ScopeMonitoringWrite}
	for name, scope := range tokens {
		configured := auth.Token{ID: name, Name: name, Hash: auth.HashToken(name), Scopes: []auth.Scope{scope}}
		principal, err := auth.New(auth.Options{Configured: []auth.Token{configured}}).Recognize(name)
		if err != nil {
			t.Fatal(err)
		}
		callers[name] = principal
	}
	desk := approve.New(approve.Options{Audit: g.log, Now: func() time.Time { return g.now }})
	approvals := &api.CommandApprovals{Approvals: desk, Commands: &g.machines, Audit: g.log, Logger: hclog.NewNullLogger()}
	g.Handler = route.New(route.Options{
		Routes: approvals.Routes(), Auth: callers, Audit: g.log, Logger: hclog.NewNullLogger(), Page: http.NotFoundHandler(),
	})
	return g
}

// call makes a request that has to be answered with the status, and reads the answer.
func call[T any](g *gate, method, path, as, body string, status int) T {
	g.t.Helper()
	w := ask(g.t, g, method, "/api/approvals"+path, as, body)
	var answer T
	if w.Code != status {
		g.t.Fatalf("%s %s as %s: %d %s, want %d", method, path, as, w.Code, w.Body, status)
	}
	if err := json.Unmarshal(w.Body.Bytes(), &answer); err != nil {
		g.t.Fatalf("%s %s as %s: %s: %v", method, path, as, w.Body, err)
	}
	return answer
}

const uptime = `{"agent":"pve1","command":"uptime"}`

// asked returns the id of a command that was asked for, allowed where somebody is named.
func (g *gate) asked(by, allowedBy string) string {
	g.t.Helper()
	id := call[api.Approval](g, "POST", "", by, uptime, http.StatusCreated).ID
	if allowedBy != "" {
		call[api.Approval](g, "POST", "/"+id+"/allow", allowedBy, "", http.StatusOK)
	}
	return id
}

// told lists who has done what, by the audit log.
func (g *gate) told() []string {
	g.t.Helper()
	events, err := g.log.Query(g.t.Context(), audit.Filter{})
	if err != nil {
		g.t.Fatal(err)
	}
	var told []string
	for _, event := range events {
		_, detail, _ := strings.Cut(event.Detail, ": ")
		told = append(told, fmt.Sprintf("%s %s %s %s %s: %s", event.Actor, event.Kind, event.Subject, event.What, event.Outcome, detail))
	}
	return told
}

func TestCommandRunsOnceItIsAllowed(t *testing.T) {
	g := newGate(t)
	draft := `{"agent":"pve1","command":"systemctl restart nginx","target":"container","targetId":"101","timeoutSeconds":90,"reason":"it <hangs>"}`
	asked := call[api.Approval](g, "POST", "", "bot", draft, http.StatusCreated)
	want := api.Approval{
		ID: asked.ID, Digest: asked.Digest, Agent: "pve1", Command: "systemctl restart nginx", Target: approve.TargetContainer, TargetID: "101",
		TimeoutSeconds: 90, Reason: "it <hangs>", State: approve.Pending, RequestedBy: "bot", RequestedAt: g.now, ExpiresAt: g.now.Add(approve.Lifetime),
	}
	if diff := cmp.Diff(want, asked); diff != "" || asked.ID == "" || len(asked.Digest) != 64 {
		t.Errorf("asked for is %+v: %s", asked, diff)
	}
	g.now = g.now.Add(time.Second)
	second := g.asked("anna", "")
	list := call[api.ApprovalList](g, "GET", "", "ben", "", http.StatusOK)
	if len(list.Approvals) != 2 || list.Approvals[0].ID != second || !cmp.Equal(list.Approvals[1], want) {
		t.Errorf("open are %+v", list)
	}
	g.now = g.now.Add(time.Second)
	decided := g.now
	want.State, want.DecidedBy, want.DecidedAt = approve.Allowed, "ben", &decided
	if diff := cmp.Diff(want, call[api.Approval](g, "POST", "/"+asked.ID+"/allow", "ben", "", http.StatusOK)); diff != "" {
		t.Error(diff)
	}
	if denied := call[api.Approval](g, "POST", "/"+second+"/deny", "ben", "", http.StatusOK); denied.State != approve.Denied {
		t.Errorf("denied is %+v", denied)
	}
	outcome := call[api.CommandOutcome](g, "POST", "/"+asked.ID+"/run", "bot", "", http.StatusOK)
	if diff := cmp.Diff(api.CommandOutcome{ApprovalID: asked.ID, Success: true, Stdout: "up\n", Stderr: "<w>", DurationMs: 34}, outcome); diff != "" {
		t.Error(diff)
	}
	ran := approve.Command{Agent: "pve1", Text: "systemctl restart nginx", Target: approve.TargetContainer, TargetID: "101", Timeout: 90 * time.Second}
	if diff := cmp.Diff([]approve.Command{ran}, g.machines.ran); diff != "" {
		t.Error(diff)
	}
	call[route.Problem](g, "POST", "/"+asked.ID+"/run", "bot", "", http.StatusNotFound)
	told := []string{
		"bot command pve1 ran success: exit code 0",
		"bot command pve1 redeemed success: container 101: systemctl restart nginx",
		"ben command pve1 denied success: uptime",
		"ben command pve1 allowed success: container 101: systemctl restart nginx",
		"anna command pve1 requested success: uptime",
		"bot command pve1 requested success: container 101: systemctl restart nginx",
	}
	if diff := cmp.Diff(told, g.told()); diff != "" {
		t.Error(diff)
	}
}

func TestCommandsAreForThoseWhoMayRunThem(t *testing.T) {
	g := newGate(t)
	id := g.asked("anna", "")
	for caller, want := range map[string]int{"": http.StatusUnauthorized, "vera": http.StatusForbidden, "monitor": http.StatusForbidden} {
		for _, target := range []string{"GET ", "POST ", "POST /" + id + "/allow", "POST /" + id + "/deny", "POST /" + id + "/run"} {
			method, path, _ := strings.Cut(target, " ")
			if w := ask(t, g, method, "/api/approvals"+path, caller, uptime); w.Code != want {
				t.Errorf("%s as %q: %d %s", target, caller, w.Code, w.Body)
			}
		}
	}
	if list := call[api.ApprovalList](g, "GET", "", "anna", "", http.StatusOK); len(list.Approvals) != 1 || list.Approvals[0].State != approve.Pending {
		t.Errorf("open are %+v", list)
	}
}

func TestNothingRunsThatWasNotAllowed(t *testing.T) {
	tests := map[string]struct {
		do   func(g *gate) (id, verb, as string)
		code string
		want int
	}{
		"unknown":           {func(*gate) (string, string, string) { return "x", "run", "anna" }, "approval_not_found", http.StatusNotFound},
		"decide on nothing": {func(*gate) (string, string, string) { return "x", "allow", "anna" }, "approval_not_found", http.StatusNotFound},
		"undecided":         {func(g *gate) (string, string, string) { return g.asked("anna", ""), "run", "anna" }, "not_approved", http.StatusConflict},
		"somebody else's":   {func(g *gate) (string, string, string) { return g.asked("bot", "anna"), "run", "anna" }, "not_your_request", http.StatusForbidden},
		"a program's own":   {func(g *gate) (string, string, string) { return g.asked("bot", ""), "allow", "bot" }, "own_request", http.StatusForbidden},
		"decided already":   {func(g *gate) (string, string, string) { return g.asked("bot", "anna"), "deny", "ben" }, "already_decided", http.StatusConflict},
		"expired": {func(g *gate) (string, string, string) {
			id := g.asked("bot", "anna")
			g.now = g.now.Add(time.Hour)
			return id, "run", "bot"
		}, "approval_not_found", http.StatusNotFound},
		"expired, undecided": {func(g *gate) (string, string, string) {
			id := g.asked("bot", "")
			g.now = g.now.Add(time.Hour)
			return id, "allow", "anna"
		}, "approval_not_found", http.StatusNotFound},
		"denied": {func(g *gate) (string, string, string) {
			id := g.asked("bot", "")
			call[api.Approval](g, "POST", "/"+id+"/deny", "anna", "", http.StatusOK)
			return id, "run", "bot"
		}, "not_approved", http.StatusConflict},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			g := newGate(t)
			id, verb, as := test.do(g)
			if problem := call[route.Problem](g, "POST", "/"+id+"/"+verb, as, "", test.want); problem.Code != test.code {
				t.Errorf("the code is %q, want %q", problem.Code, test.code)
			}
			if len(g.machines.ran) != 0 {
				t.Errorf("ran: %v", g.machines.ran)
			}
		})
	}
}

func TestCommandsThatCannotBeAskedFor(t *testing.T) {
	g := newGate(t)
	for body, field := range map[string]string{
		`{"agent":"pve1"}`:                      "command",
		`{"agent":"pve1","command":"a\u200bb"}`: "command",
		`{"agent":"pve1","command":"` + strings.Repeat("x", approve.MaxText+1) + `"}`: "command",
		`{"command":"uptime"}`:                                                     "target",
		`{"agent":"pve1","command":"uptime","target":"cloud"}`:                     "target",
		`{"agent":"pve1","command":"uptime","target":"vm"}`:                        "target",
		`{"agent":"pve1","command":"uptime","timeoutSeconds":-1}`:                  "timeoutSeconds",
		`{"agent":"pve1","command":"uptime","timeoutSeconds":3601}`:                "timeoutSeconds",
		`{"agent":"pve1","command":"uptime","timeoutSeconds":9223372036854775807}`: "timeoutSeconds",
		`{"agent":"pve1","command":"uptime","timeoutSeconds":"x"}`:                 "timeoutSeconds",
		`{"agent":"pve1","command":"uptime","reason":"\u202e"}`:                    "reason",
	} {
		problem := call[route.Problem](g, "POST", "", "anna", body, http.StatusBadRequest)
		if len(problem.Errors) != 1 || problem.Errors[0].Field != field {
			t.Errorf("%.80s: %+v, want the field %s", body, problem, field)
		}
	}
	for body, want := range map[string]int{
		``: http.StatusBadRequest, `{`: http.StatusBadRequest, `{"agnet":"a"}`: http.StatusBadRequest,
		`{"command":"` + strings.Repeat("x", 1<<20) + `"}`: http.StatusRequestEntityTooLarge,
	} {
		call[route.Problem](g, "POST", "", "anna", body, want)
	}
	escaped := `{"agent":"pve1","command":"` + strings.Repeat(`\u0078`, approve.MaxText) + `","reason":"` + strings.Repeat(`\u0078`, approve.MaxReason) + `"}`
	call[api.Approval](g, "POST", "", "ben", escaped, http.StatusCreated)
	for range approve.MaxPerCaller {
		g.asked("anna", "")
	}
	if problem := call[route.Problem](g, "POST", "", "anna", uptime, http.StatusTooManyRequests); problem.Code != "too_many_approvals" {
		t.Errorf("one too many: %+v", problem)
	}
}

func TestWhatBecameOfACommandIsToldAndWrittenDown(t *testing.T) {
	tests := map[string]struct {
		result remote.Result
		err    error
		status int
		code   string
		told   string
	}{
		"failed":  {result: remote.Result{ExitCode: 3, Stdout: "x"}, status: http.StatusOK, told: "anna command pve1 ran failure: exit code 3"},
		"refused": {result: remote.Result{ExitCode: -1, Error: "not here" + strings.Repeat("!", 1<<20)}, status: http.StatusOK, told: "anna command pve1 ran failure: not here" + strings.Repeat("!", 192)},
		"away":    {err: remote.ErrNotConnected, status: http.StatusServiceUnavailable, code: "agent_not_connected", told: "anna command pve1 no result failure: agent is not connected"},
		"busy":    {err: remote.ErrBusy, status: http.StatusServiceUnavailable, code: "agent_busy", told: "anna command pve1 no result failure: agent has too many commands"},
		"lost":    {err: fmt.Errorf("%w: secret", remote.ErrLost), status: http.StatusBadGateway, code: "agent_lost", told: "anna command pve1 no result failure: connection to the agent was lost: secret"},
		"silent":  {err: remote.ErrTimeout, status: http.StatusGatewayTimeout, code: "agent_timeout", told: "anna command pve1 no result failure: agent did not answer in time"},
		"broken":  {err: errors.New("odd"), status: http.StatusInternalServerError, code: "internal_error", told: "anna command pve1 no result failure: odd"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			g := newGate(t)
			g.machines.result, g.machines.err = test.result, test.err
			answer := call[map[string]any](g, "POST", "/"+g.asked("anna", "anna")+"/run", "anna", "", test.status)
			if told := g.told(); told[0] != test.told {
				t.Errorf("told is %.300q", told[0])
			}
			if test.err != nil {
				if answer["code"] != test.code || strings.Contains(fmt.Sprint(answer), "secret") {
					t.Errorf("the answer is %v", answer)
				}
				return
			}
			if answer["success"] != false || answer["exitCode"] != float64(test.result.ExitCode) || answer["stdout"] != test.result.Stdout {
				t.Errorf("the answer is %.300v", answer)
			}
		})
	}
}

// TestCallerWhoGoesLeavesARecord: what runs on a machine is known even if nobody waits for it.
func TestCallerWhoGoesLeavesARecord(t *testing.T) {
	g := newGate(t)
	id := g.asked("anna", "anna")
	ctx, leave := context.WithCancel(t.Context())
	g.machines.begins, g.machines.err = leave, context.Canceled
	r := httptest.NewRequestWithContext(ctx, http.MethodPost, "/api/approvals/"+id+"/run", http.NoBody)
	r.Header.Set("X-API-Token", "anna")
	g.ServeHTTP(httptest.NewRecorder(), r)
	if told := g.told(); told[0] != "anna command pve1 no result failure: context canceled" {
		t.Errorf("told is %q", told)
	}
}
