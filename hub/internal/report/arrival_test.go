package report

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	wire "github.com/pulse-hub/pulse/agent/report"
	"github.com/pulse-hub/pulse/hub/internal/inventory"
	"github.com/pulse-hub/pulse/sdk/resource"
)

func TestArrival(t *testing.T) {
	const valid = time.Minute
	tests := []struct {
		name        string
		taken, sent time.Duration // since arrival
		want        time.Duration // of what it is filed under, since arrival
		late        bool
		skew        time.Duration
	}{
		{"at once", -time.Second, 0, -time.Second, false, 0},
		{"a little old", -50 * time.Second, 0, -50 * time.Second, false, 0},
		{"late", -10 * time.Minute, 0, -10 * time.Minute, true, 0},
		{"clock a little off", -21 * time.Second, -20 * time.Second, -21 * time.Second, false, 0},
		{"clock behind", -time.Hour - 5*time.Second, -time.Hour, -5 * time.Second, false, time.Hour},
		{"clock ahead", time.Hour - 5*time.Second, time.Hour, -5 * time.Second, false, -time.Hour},
		{"clock behind and late", -time.Hour - 10*time.Minute, -time.Hour, -10 * time.Minute, true, time.Hour},
		{"taken after it was sent", time.Second, 0, time.Second, false, 0},
	}
	for _, tt := range tests {
		got := arrive(at, at.Add(tt.taken), at.Add(tt.sent), valid)
		if want := (arrival{at.Add(tt.want), tt.late, tt.skew}); got != want {
			t.Errorf("%s: got %+v, want %+v", tt.name, got, want)
		}
	}
	// An agent that does not say when it sent is believed.
	if got := arrive(at, at.Add(-time.Hour), time.Time{}, valid); got != (arrival{at: at.Add(-time.Hour)}) {
		t.Errorf("without the moment of sending: %+v", got)
	}
}

// TestAnOutageIsToldOnce plays an agent that reports every five seconds, a hub
// that is away for ten minutes, and a crash of the agent in between that has it
// send some reports again.
func TestAnOutageIsToldOnce(t *testing.T) {
	now := at
	inv := inventory.New(inventory.Options{Now: func() time.Time { return now }})
	in := New(Options{Inventory: inv, Hosts: known{}, Fleet: known{}, Now: func() time.Time { return now }})
	sub := inv.Subscribe("test", 1000)
	defer sub.Close()
	send := func(n int) {
		t.Helper()
		r := decode(t, func(r *wire.Host) {
			r.Timestamp, r.Sequence = at.Add(time.Duration(n)*5*time.Second), uint64(1000+n)
			r.Network[1].RxBytes += uint64(n) * 500
		})
		if _, err := in.Host(t.Context(), Delivery{SentAt: now}, r); err != nil {
			t.Fatal(err)
		}
	}
	send(0)
	now = at.Add(10 * time.Minute)
	for n := 1; n <= 60; n++ {
		send(n)
	}
	for n := 41; n <= 120; n++ { // from where the agent's log of what was sent ends
		send(n)
	}
	seen := map[time.Time]bool{}
	for len(sub.Batches()) > 0 {
		batch := <-sub.Batches()
		entry := batch.Changes[0].After
		if seen[batch.At] {
			t.Errorf("%s was told twice", batch.At)
		}
		if age := now.Sub(batch.At); batch.Late != (age > time.Minute && batch.At != at) {
			t.Errorf("the report of %s ago is late: %t", age, batch.Late)
		}
		if entry.Rates == nil != (batch.At.Equal(at)) || entry.Rates != nil && entry.Rates.NetIn != 100 {
			t.Errorf("rates at %s are %+v", batch.At, entry.Rates)
		}
		seen[batch.At] = true
	}
	if len(seen) != 121 {
		t.Errorf("%d reports were told, want 121", len(seen))
	}
}

// errMalformed stands for any *DecodeError.
var errMalformed = errors.New("malformed")

func TestCompressedBodies(t *testing.T) {
	pack := func(text string) string {
		var packed bytes.Buffer
		w := gzip.NewWriter(&packed)
		_, _ = w.Write([]byte(text))
		_ = w.Close()
		return packed.String()
	}
	large := `{"host":{"hostname":"a"},"tags":["` + strings.Repeat("x", 3<<20) + `"]}`
	tests := []struct {
		name, encoding, body string
		want                 error
	}{
		{"plain", "", string(sample(t)), nil},
		{"identity", "identity", string(sample(t)), nil},
		{"gzip", "GZIP", pack(string(sample(t))), nil},
		{"unknown", "br", "", ErrEncoding},
		{"a bomb", "gzip", pack(large), ErrTooLarge},
		{"not gzip", "gzip", "{}", errMalformed},
		{"cut off", "gzip", pack(string(sample(t)))[:100], errMalformed},
	}
	for _, tt := range tests {
		_, err := DecodeHost(Body{Reader: strings.NewReader(tt.body), Encoding: tt.encoding, Limit: wire.MaxHostBytes})
		if malformed := new(DecodeError); errors.As(err, &malformed) {
			err = errMalformed
		}
		if !errors.Is(err, tt.want) {
			t.Errorf("%s: %v, want %v", tt.name, err, tt.want)
		}
	}
}

func TestStatusOfContainers(t *testing.T) {
	tests := []struct {
		container wire.Container
		want      resource.Status
		reason    string
	}{
		{wire.Container{State: "running"}, resource.StatusRunning, ""},
		{wire.Container{State: "running", Health: "unhealthy"}, resource.StatusDegraded, "its health check fails"},
		{wire.Container{State: "running", Health: "starting"}, resource.StatusRunning, ""},
		{wire.Container{State: "exited"}, resource.StatusStopped, ""},
		{wire.Container{State: "exited", ExitCode: 137}, resource.StatusStopped, "it ended with code 137"},
		{wire.Container{State: "Paused"}, resource.StatusPaused, ""},
		{wire.Container{State: "restarting"}, resource.StatusDegraded, "it keeps restarting"},
		{wire.Container{State: "dead"}, resource.StatusOffline, "the engine could not remove it"},
		{wire.Container{State: "new word"}, resource.StatusUnknown, ""},
	}
	for _, tt := range tests {
		if got, reason := containerStatus(&tt.container); got != tt.want || reason != tt.reason {
			t.Errorf("%s %s is %s (%q)", tt.container.State, tt.container.Health, got, reason)
		}
	}
}

func TestStatusOfPods(t *testing.T) {
	waiting := []wire.PodContainer{{Name: "main", State: "waiting", Reason: "CrashLoopBackOff"}}
	tests := []struct {
		pod    wire.Pod
		want   resource.Status
		reason string
	}{
		{wire.Pod{Phase: "Running", Containers: []wire.PodContainer{{Ready: true}}}, resource.StatusRunning, ""},
		{wire.Pod{Phase: "Running", Containers: waiting}, resource.StatusDegraded, "CrashLoopBackOff"},
		{wire.Pod{Phase: "Pending", Containers: waiting}, resource.StatusDegraded, "CrashLoopBackOff"},
		{wire.Pod{Phase: "Pending"}, resource.StatusDegraded, "pending"},
		{wire.Pod{Phase: "Failed", Reason: "Evicted"}, resource.StatusOffline, "Evicted"},
		{wire.Pod{Phase: "Succeeded"}, resource.StatusStopped, ""},
	}
	for _, tt := range tests {
		if got, reason := podStatus(&tt.pod); got != tt.want || reason != tt.reason {
			t.Errorf("%s is %s (%q)", tt.pod.Phase, got, reason)
		}
	}
}

// TestUnlistedContainersAreKept: a report without a list does not say that there are none.
func TestUnlistedContainersAreKept(t *testing.T) {
	inv := newInventory()
	in := newIngest(inv)
	send := func(after int, containers string) {
		t.Helper()
		r, err := DecodeDocker(plain(fmt.Sprintf(`{"agent":{"id":"a"},"host":{"hostname":"h","memory":{}},"containers":%s,"timestamp":"2026-11-23T05:00:%02dZ"}`, containers, after)))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := in.Docker(t.Context(), Delivery{}, r); err != nil {
			t.Fatal(err)
		}
	}
	count := func() (known, stale int) {
		for e := range inv.Snapshot().OfKind(resource.KindAppContainer) {
			known++
			if e.Stale {
				stale++
			}
		}
		return known, stale
	}
	send(0, `[{"id":"c1","name":"one"},{"id":"c2","name":"two"}]`)
	send(10, `null`)
	if known, stale := count(); known != 2 || stale != 2 {
		t.Errorf("%d containers are known, %d of them stale; want 2 and 2", known, stale)
	}
	send(20, `[{"id":"c1","name":"one"}]`)
	if known, stale := count(); known != 1 || stale != 0 {
		t.Errorf("%d containers are known, %d of them stale; want 1 and 0", known, stale)
	}
}

// FuzzDecodeDocker checks that whatever decodes can be kept.
func FuzzDecodeDocker(f *testing.F) {
	f.Add(file(f, "docker.json"))
	f.Add(file(f, "docker-full.json"))
	f.Add([]byte(`{"agent":{"id":"a","intervalSeconds":-1},"host":{"hostname":"h"},"containers":[{"id":"c/","cpuPercent":-1e308,"ports":[{"privatePort":70000}]}]}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		r, err := DecodeDocker(Body{Reader: bytes.NewReader(raw), Limit: wire.MaxDockerBytes})
		if err != nil {
			return
		}
		if _, err := newIngest(newInventory()).Docker(t.Context(), Delivery{}, r); err != nil && r.Agent.ID != "" && !strings.ContainsAny(r.Agent.ID, "/\x00") {
			t.Errorf("a report that decodes is not taken: %v", err)
		}
	})
}

// FuzzDecodeKubernetes checks the same of clusters.
func FuzzDecodeKubernetes(f *testing.F) {
	f.Add(file(f, "kubernetes.json"))
	f.Add([]byte(`{"agent":{"id":"a"},"cluster":{"id":"c"},"nodes":[{"name":"n","capacity":{"cpuCores":-1}}],"pods":[{},{}]}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		r, err := DecodeKubernetes(Body{Reader: bytes.NewReader(raw), Limit: wire.MaxKubernetesBytes})
		if err != nil {
			return
		}
		if _, err := newIngest(newInventory()).Kubernetes(t.Context(), Delivery{}, r); err != nil && r.Cluster.ID != "" && !strings.ContainsAny(r.Cluster.ID, "/\x00") {
			t.Errorf("a report that decodes is not taken: %v", err)
		}
	})
}
