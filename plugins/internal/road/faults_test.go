// Package roadtest drives played systems of Proxmox through the hub and its
// plugins, all in processes of their own as a release has them, and looks at
// what the API then says.
package roadtest

import (
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pulse-hub/pulse/plugins/internal/proxmoxtest"
)

// patience is how long it may take until the API tells of all the faults,
// since all are at once: a node is shown as offline a minute after it was last
// seen, and the gateway is only asked once a minute.
const patience = 2 * time.Minute

// recovering is how long it may take until the API tells that one is over.
const recovering = 45 * time.Second

// The documents that tell of faults.
const (
	inState     = "/api/state"
	inResources = "/api/resources"
	inScheduler = "/api/monitoring/scheduler/health"
	inNodes     = "/api/config/nodes"
)

// expectation is a value in a document; "$" in its path stands for the name of
// the fault. A wanted text that begins with "…" is a part of the value, and
// " or " separates values of which each will do.
type expectation struct{ document, path, want string }

func (e expectation) met(got string) bool {
	for want := range strings.SplitSeq(e.want, " or ") {
		if part, found := strings.CutPrefix(want, "…"); got == want || found && strings.Contains(got, part) {
			return true
		}
	}
	return false
}

// faultCase is a system that works at first, and then fails in one way.
type faultCase struct {
	name string
	product
	folder string
	ahead  time.Duration // of its clock
	fail   func(*proxmoxtest.Server)
	want   []expectation
	// after, if there is one, is called when all that has come true.
	after func(f *trouble, t *testing.T, name string, system *proxmoxtest.Server)
}

// What is told of a host of Proxmox VE that stands alone, by fault.
func gone(category, message string) []expectation {
	return []expectation{
		{inState, "nodes > instance=$ > status", "offline"},
		{inState, "nodes > instance=$ > connectionHealth", "error"},
		{inState, "connectionHealth > $", "false"},
		{inResources, "resources > platformId=$, type=node > status", "offline"},
		{inResources, "resources > platformId=$, type=node > stale", "true"},
		{inResources, "resources > platformId=$, type=vm > stale", "true"},
		{inScheduler, "instances > instance=$ > pollStatus > lastError > category", category},
		{inScheduler, "instances > instance=$ > pollStatus > lastError > message", "…" + message},
		{inScheduler, "instances > instance=$ > breaker > state", "open or half_open"},
		{inNodes, "name=$ > status", "disconnected"},
	}
}

// given up is what is told besides when trying again does not help.
func givenUp(message string) []expectation {
	return append(
		gone("permanent", message),
		expectation{inScheduler, "instances > instance=$ > deadLetter > present", "true"},
		expectation{inScheduler, "instances > instance=$ > deadLetter > reason", "permanent_failure"},
		expectation{inScheduler, "deadLetter > tasks > instance=$ > lastError", "…" + message},
	)
}

// well is what is told of a host that works.
func well() []expectation {
	return []expectation{
		{inState, "nodes > instance=$ > status", "online"},
		{inState, "nodes > instance=$ > connectionHealth", "healthy"},
		{inState, "connectionHealth > $", "true"},
		{inResources, "resources > platformId=$, type=node > stale", "null"},
		{inScheduler, "instances > instance=$ > pollStatus > consecutiveFailures", "0"},
		{inScheduler, "instances > instance=$ > deadLetter > present", "false"},
		{inScheduler, "instances > instance=$ > breaker > state", "closed"},
		{inNodes, "name=$ > status", "connected"},
	}
}

func serverGone(typ string) []expectation {
	return []expectation{
		{inState, "connectionHealth > " + typ + "-$", "false"},
		{inScheduler, "instances > instance=$ > pollStatus > lastError > category", "transient"},
		{inScheduler, "instances > instance=$ > pollStatus > lastError > message", "…connection refused"},
		{inNodes, "name=$ > status", "disconnected"},
	}
}

// with fails everything in the same way.
func with(f proxmoxtest.Fault) func(*proxmoxtest.Server) {
	return func(s *proxmoxtest.Server) { s.Fail("/", f) }
}

// stop ends the first node.
func stop(s *proxmoxtest.Server) { s.Stop("") }

// Sizes of answers: one that a large cluster gives, and one that is more than
// is read of any.
const (
	largeAnswer = 10 << 20
	hugeAnswer  = 33 << 20
)

// largePath is asked for every half minute.
const largePath = "/cluster/ha/status/current"

// longer pads the answer to a path with blanks.
func longer(path string, size int) func(*proxmoxtest.Server) {
	return func(s *proxmoxtest.Server) {
		s.Fail(path, proxmoxtest.Saying(strings.Repeat(" ", size)+`{"data":[]}`))
	}
}

func faultCases() []faultCase {
	// What takes longest to be told comes last: all fail at once.
	return []faultCase{
		{name: "comes-back", product: pve, folder: solo, fail: stop, want: []expectation{
			{inScheduler, "instances > instance=$ > breaker > state", "open"},
			{inState, "connectionHealth > $", "false"},
		}, after: (*trouble).resume},
		{name: "dies", product: pve, folder: solo, fail: stop, want: gone("transient", "connection refused")},
		{name: "hangs", product: pve, folder: solo, fail: with(proxmoxtest.Hanging()), want: gone("transient", "no answer")},
		{
			name: "slow-loris", product: pve, folder: solo, fail: with(proxmoxtest.Fault{Drip: true}),
			want: gone("transient", "no answer"),
		},
		{
			name: "token-revoked", product: pve, folder: solo, fail: with(proxmoxtest.Failing(401, "authentication failure")),
			want: givenUp("the login is refused"), after: (*trouble).renew,
		},
		{
			name: "permission-missing", product: pve, folder: solo,
			fail: with(proxmoxtest.Failing(403, "Permission check failed (/, Sys.Audit)")),
			want: givenUp("the account lacks the privilege Sys.Audit on /"),
		},
		{name: "permission-of-node-missing", product: pve, folder: solo, fail: func(s *proxmoxtest.Server) {
			s.Fail("/nodes/pve/status", proxmoxtest.Failing(403, "Permission check failed (/nodes/pve, Sys.Audit)"))
		}, want: []expectation{
			{inState, "nodes > instance=$ > status", "online"},
			{inState, "nodes > instance=$ > connectionHealth", "degraded"},
			{inState, "connectionHealth > $", "true"},
			{inResources, "resources > platformId=$, type=node > status", "degraded"},
			{inResources, "resources > platformId=$, type=node > statusReason", "…the account lacks the privilege Sys.Audit on /nodes/pve"},
			{inScheduler, "instances > instance=$ > pollStatus > consecutiveFailures", "0"},
		}},
		{name: "certificate-changed", product: pve, folder: solo, fail: func(s *proxmoxtest.Server) {
			s.Stop("")
			s.Issue("", proxmoxtest.Certificate{})
			s.Resume("")
		}, want: givenUp("its certificate is not the expected one, the fingerprint is"), after: (*trouble).renew},
		{name: "split", product: pve, folder: lab3, fail: split, want: []expectation{
			{inState, "connectionHealth > $", "true"},
			{inState, "nodes > instance=$, name=lab1 > status", "online"},
			{inState, "nodes > instance=$, name=lab2 > status", "offline"},
			{inState, "nodes > instance=$, name=lab2 > connectionHealth", "error"},
			{inState, "nodes > instance=$, name=lab3 > status", "offline"},
			{inResources, "resources > platformId=$, name=lab1 > status", "degraded"},
			{inResources, "resources > platformId=$, name=lab1 > statusReason", "…the cluster has no quorum"},
			{inResources, "resources > platformId=$, name=lab2 > statusReason", "the cluster has no connection to it"},
		}},
		{name: "clock-ahead", product: pve, folder: solo, ahead: time.Hour, want: append(
			well(), expectation{inNodes, "name=$ > statusReason", "…its clock is"}, // an hour, to a second or so
			expectation{inNodes, "name=$ > statusReason", "…ahead of that of Pulse"},
		), after: (*trouble).clock},
		{name: "large-answer", product: pve, folder: solo, fail: longer(largePath, largeAnswer), want: well(), after: (*trouble).digest},
		{
			name: "huge-answer", product: pve, folder: solo, fail: longer("/", hugeAnswer),
			want: givenUp("the answer is longer than"),
		},
		{
			name: "invalid-json", product: pve, folder: solo, fail: with(proxmoxtest.Saying(`{"data":[{"type":"node"`)),
			want: gone("transient", "decode answer"),
		},
		{
			name: "redirect", product: pve, folder: solo, fail: with(proxmoxtest.Fault{Redirect: "https://login.example/"}),
			want: givenUp("sends elsewhere"),
		},
		{name: "backup-server-dies", product: pbs, folder: vault, fail: stop, want: append(
			serverGone("pbs"),
			expectation{inState, "pbs > name=$ > status", "offline"},
			expectation{inState, "pbs > name=$ > connectionHealth", "error"},
			expectation{inResources, "resources > name=$, type=pbs > stale", "true"},
		)},
		{name: "mail-gateway-dies", product: pmg, folder: mx, fail: stop, want: serverGone("pmg")},
	}
}

// split leaves one node of a cluster alone: the others are not there, and it cannot decide.
func split(s *proxmoxtest.Server) {
	s.Fail("/cluster/status", proxmoxtest.Saying(`{"data":[
{"type":"cluster","id":"cluster","name":"lab","nodes":3,"quorate":0,"version":7},
{"type":"node","id":"node/lab1","ip":"10.10.0.11","name":"lab1","nodeid":1,"online":1,"local":1},
{"type":"node","id":"node/lab2","ip":"10.10.0.12","name":"lab2","nodeid":2,"online":0,"local":0},
{"type":"node","id":"node/lab3","ip":"10.10.0.13","name":"lab3","nodeid":3,"online":0,"local":0}]}`))
	for _, node := range []string{"lab2", "lab3"} {
		s.Stop(node)
		s.Fail("/nodes/"+node+"/", proxmoxtest.Failing(595, "No route to host"))
	}
}

// trouble is a hub that watches systems which fail.
type trouble struct {
	*hub
	since time.Time // of when all of them have failed
	// asked is how often each had been asked for largePath before that.
	asked map[string]int

	mu   sync.Mutex
	read map[string]reading
}

type reading struct {
	at       time.Time
	document any
}

// readingAge is how old a document may be that is looked at again.
const readingAge = 200 * time.Millisecond

func (f *trouble) document(t *testing.T, path string) any {
	t.Helper()
	f.mu.Lock()
	defer f.mu.Unlock()
	if last := f.read[path]; time.Since(last.at) < readingAge {
		return last.document
	}
	document := f.get(t, path)
	f.read[path] = reading{time.Now(), document}
	return document
}

// await waits until the API tells all that is expected of a system.
func (f *trouble) await(t *testing.T, name string, within time.Duration, want []expectation) {
	t.Helper()
	until(t, within, func() string {
		for _, e := range want {
			path := strings.ReplaceAll(e.path, "$", name)
			if got := text(at(f.document(t, e.document), path)); !e.met(got) {
				return e.document + " > " + path + " is " + got + ", want " + e.want
			}
		}
		return ""
	})
}

// TestFaults lets all systems of one hub fail at once, each in its own way:
// whatever one of them does, the API tells the truth about each.
func TestFaults(t *testing.T) {
	if testing.Short() {
		t.Skip("waits for more than a minute")
	}
	t.Parallel()
	f := &trouble{hub: startHub(t), read: map[string]reading{}, asked: map[string]int{}}
	cases, systems := faultCases(), map[string]*proxmoxtest.Server{}
	for _, c := range cases {
		answers := proxmoxtest.Load(t, c.folder).At(time.Now().Add(c.ahead))
		systems[c.name] = play(t, c.product, answers, c.ahead)
		f.add(t, c.product, c.name, systems[c.name])
	}
	for _, c := range cases {
		f.await(t, c.name, recovering, []expectation{{inNodes, "name=$ > status", "connected"}})
	}
	for _, c := range cases {
		f.asked[c.name] = systems[c.name].Count(largePath)
		if c.fail != nil {
			c.fail(systems[c.name])
		}
	}
	f.since = time.Now()
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			f.await(t, c.name, max(patience-time.Since(f.since), readingAge), c.want)
			t.Logf("told after %s", time.Since(f.since).Round(time.Second))
			if c.after != nil {
				c.after(f, t, c.name, systems[c.name])
			}
		})
	}
}
