package kubernetes_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/go-hclog"

	"github.com/pulse-hub/pulse/agent/internal/kubernetes"
	"github.com/pulse-hub/pulse/agent/internal/kubernetes/kubetest"
	"github.com/pulse-hub/pulse/agent/internal/module"
	"github.com/pulse-hub/pulse/agent/report"
)

// kubeconfigFor writes a kubeconfig with a token and returns its path.
func kubeconfigFor(tb testing.TB, url, token string) string {
	tb.Helper()
	path := filepath.Join(tb.TempDir(), "config")
	text := fmt.Sprintf(`{"current-context":"demo-ctx","contexts":[{"name":"demo-ctx","context":{"cluster":"demo","user":"me"}}],
		"clusters":[{"name":"demo","cluster":{"server":%q}}],"users":[{"name":"me","user":{"token":%q}}]}`, url, token)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		tb.Fatal(err)
	}
	return path
}

// newModule returns a module for the server, with changes to its options.
func newModule(tb testing.TB, server *kubetest.Server, change func(*kubernetes.Options)) *kubernetes.Module {
	tb.Helper()
	options := kubernetes.Options{
		Kubeconfig: kubeconfigFor(tb, server.URL, "tok"), MaxPods: 200, Version: "dev", Interval: 5 * time.Second,
		LookupEnv: func(string) (string, bool) { return "", false }, Logger: hclog.NewNullLogger(),
	}
	if change != nil {
		change(&options)
	}
	return kubernetes.New(options)
}

func collect(tb testing.TB, subject *kubernetes.Module) *report.Kubernetes {
	tb.Helper()
	made, err := subject.Collect(tb.Context())
	if err != nil {
		tb.Fatalf("Collect: %v", err)
	}
	return made.(*report.Kubernetes)
}

// run runs the background work until the test ends.
func run(t *testing.T, subject *kubernetes.Module) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- subject.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("Run = %v", err)
		}
	})
}

// eventually polls, as the server and the watches run on their own time.
func eventually(t *testing.T, what string, done func() bool) {
	t.Helper()
	deadline := time.NewTimer(20 * time.Second)
	defer deadline.Stop()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for !done() {
		select {
		case <-deadline.C:
			t.Fatalf("%s did not come true", what)
		case <-tick.C:
		}
	}
}

// recorded returns the members of the recorded report that our cluster stands for.
func recorded(t *testing.T) map[string]any {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("..", "..", "report", "testdata", "kubernetes-report.json"))
	if err != nil {
		t.Fatal(err)
	}
	var body map[string]any
	if err := json.Unmarshal(raw, &body); err != nil {
		t.Fatal(err)
	}
	return body
}

func TestReportIsTheRecordedOne(t *testing.T) {
	server := kubetest.New(t)
	fillRecorded(server)
	made := collect(t, newModule(t, server, nil))
	if age := time.Since(made.Timestamp); age < 0 || age > time.Minute || made.Timestamp.Location() != time.UTC {
		t.Errorf("timestamp %s", made.Timestamp)
	}
	full, err := report.Encode(made, 3)
	if err != nil {
		t.Fatal(err)
	}
	plain, err := report.For(report.Features{}, full)
	if err != nil {
		t.Fatal(err)
	}
	var got map[string]any
	if err := json.Unmarshal(plain, &got); err != nil {
		t.Fatal(err)
	}
	want := recorded(t)
	sum := sha256.Sum256([]byte(server.URL + "|demo-ctx|demo-ctx"))
	id := hex.EncodeToString(sum[:])
	want["agent"].(map[string]any)["id"] = id
	want["cluster"].(map[string]any)["id"] = id
	want["cluster"].(map[string]any)["server"] = server.URL
	want["timestamp"] = got["timestamp"]
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("report (-recorded +ours):\n%s", diff)
	}
}

func TestAgentIDWins(t *testing.T) {
	made := collect(t, newModule(t, kubetest.New(t), func(o *kubernetes.Options) { o.AgentID = "mine"; o.Version = "1.2.3" }))
	if made.Agent.ID != "mine" || made.Agent.Version != "1.2.3" || made.Cluster.ID == "mine" || len(made.Cluster.ID) != 64 {
		t.Errorf("agent %+v of cluster %q", made.Agent, made.Cluster.ID)
	}
}

func TestDetail(t *testing.T) {
	server := kubetest.New(t)
	fillRecorded(server)
	fillDetail(server)
	got := collect(t, newModule(t, server, func(o *kubernetes.Options) { o.ExcludeNamespaces = []string{"hidden-*"} })).Detail
	at := func(text string) time.Time {
		moment, err := time.Parse(time.RFC3339, text)
		if err != nil {
			t.Fatal(err)
		}
		return moment
	}
	want := &report.KubernetesDetail{
		Namespaces:  &report.NamespaceCount{Total: 2, Terminating: []string{"old"}},
		Pods:        &report.PodCount{Total: 6, Phases: map[string]int{"Running": 2, "Pending": 1, "Failed": 1, "Succeeded": 2}, Problems: 3},
		Deployments: &report.WorkloadCount{Total: 2, Problems: 1},
		Nodes: []report.KubernetesNodeDetail{
			{Name: "cp-1", CPUCores: 2, AllocatableCPUCores: 2, CreatedAt: at("2026-01-01T00:00:00Z"), Addresses: []string{"10.0.0.1"},
				NotReady: &report.NodeProblem{Type: "Ready", Reason: "KubeletNotReady", Message: "no network", Since: at("2026-11-23T05:00:00Z")},
				Problems: []report.NodeProblem{{Type: "DiskPressure", Reason: "KubeletHasDiskPressure", Since: at("2026-11-23T05:00:00Z")}}},
			{Name: "worker-1", CPUCores: 4, AllocatableCPUCores: 3.92, CreatedAt: at("2026-01-01T00:00:00Z"), Addresses: []string{"10.0.0.2"},
				Usage: &report.KubernetesUsage{CPUCores: 1.25, MemoryBytes: 3 << 30, MeasuredAt: at("2026-11-23T05:29:00Z")}},
		},
		Workloads: map[string]report.WorkloadCount{"StatefulSet": {Total: 1, Problems: 1}, "DaemonSet": {Total: 1}, "Job": {Total: 2, Problems: 1}, "CronJob": {Total: 1, Problems: 1}},
		WorkloadProblems: []report.Workload{
			{Kind: "StatefulSet", UID: "ss-1", Name: "db", Namespace: "default", Desired: 3, Ready: 2, Problem: "2 of 3 ready"},
			{Kind: "Job", UID: "j-1", Name: "import", Namespace: "default", Failed: 4, Problem: "failed: BackoffLimitExceeded"},
			{Kind: "CronJob", UID: "cj-1", Name: "nightly", Namespace: "default", Problem: "last run did not succeed"},
		},
		Services: &report.ServiceCount{Total: 2, Types: map[string]int{"ClusterIP": 1, "LoadBalancer": 1}, Exposed: []report.KubernetesService{
			{UID: "svc-1", Name: "web", Namespace: "default", Type: "LoadBalancer", Addresses: []string{"192.0.2.1"}, Ports: []string{"80:30080/TCP"}},
		}},
		Volumes: []report.Volume{
			{UID: "pv-2", Name: "pv-broken", Phase: "Failed", CapacityBytes: 1 << 30, StorageClass: "fast", Reason: "DeleteFailed"},
			{UID: "pv-1", Name: "pv-a", Phase: "Bound", CapacityBytes: 10 << 30, StorageClass: "fast", Claim: "default/data"},
		},
		VolumePhases: map[string]int{"Bound": 1, "Failed": 1},
		Claims: []report.VolumeClaim{
			{UID: "pvc-2", Name: "waiting", Namespace: "default", Phase: "Pending", RequestedBytes: 5 << 30},
			{UID: "pvc-1", Name: "data", Namespace: "default", Phase: "Bound", RequestedBytes: 8 << 30, CapacityBytes: 10 << 30, StorageClass: "fast", Volume: "pv-a"},
		},
		ClaimPhases: map[string]int{"Bound": 1, "Pending": 1},
		Warnings: []report.KubernetesEvent{
			{Kind: "Node", Name: "cp-1", Reason: "NodeNotReady", Count: 1, LastSeen: at("2026-11-23T05:20:00Z")},
			{Namespace: "default", Kind: "Pod", Name: "web-crash", Reason: "BackOff", Message: "restarting failed container", Count: 17, LastSeen: at("2026-11-23T05:10:00Z")},
		},
		PodUsage: []report.PodUsage{
			{Namespace: "default", Name: "busy", KubernetesUsage: report.KubernetesUsage{CPUCores: 2, MemoryBytes: 1 << 20, MeasuredAt: at("2026-11-23T05:29:00Z")}},
			{Namespace: "default", Name: "web-crash", KubernetesUsage: report.KubernetesUsage{CPUCores: 0.003, MemoryBytes: 3 << 20, MeasuredAt: at("2026-11-23T05:29:00Z")}},
		},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("detail (-want +got):\n%s", diff)
	}
}

func TestNamespaces(t *testing.T) {
	tests := []struct {
		name             string
		include, exclude []string
		want             []string
		asks             string
	}{
		{"all", nil, nil, []string{"kube-system/p", "team-a/p", "team-b/p"}, "/api/v1/pods"},
		{"wildcard", []string{"team-*"}, nil, []string{"team-a/p", "team-b/p"}, "/api/v1/pods"},
		{"exclude wins", []string{"team-*"}, []string{"*-b"}, []string{"team-a/p"}, "/api/v1/pods"},
		{"exclude alone", nil, []string{"kube-*"}, []string{"team-a/p", "team-b/p"}, "/api/v1/pods"},
		{"by name, each on its own", []string{"team-b", "team-a"}, nil, []string{"team-a/p", "team-b/p"}, "/api/v1/namespaces/team-a/pods"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			server := kubetest.New(t)
			for _, namespace := range []string{"kube-system", "team-b", "team-a"} {
				server.Put("/api/v1/pods", pod(namespace, "p", "Pending"))
			}
			made := collect(t, newModule(t, server, func(o *kubernetes.Options) { o.IncludeNamespaces, o.ExcludeNamespaces = test.include, test.exclude }))
			var got []string
			for _, each := range made.Pods {
				got = append(got, each.Namespace+"/"+each.Name)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("pods (-want +got):\n%s", diff)
			}
			if made.Detail.Pods.Total != len(test.want) || server.Seen("list", test.asks) != 1 {
				t.Errorf("%d pods, %s asked for %d times", made.Detail.Pods.Total, test.asks, server.Seen("list", test.asks))
			}
		})
	}
}

func TestPodsAreCutInOrder(t *testing.T) {
	server := kubetest.New(t)
	for i := range 30 {
		server.Put("/api/v1/pods", pod("ns", fmt.Sprintf("p%02d", i), "Pending"))
	}
	server.Put("/api/v1/pods", pod("ns", "fine", "Running"))
	subject := newModule(t, server, func(o *kubernetes.Options) { o.MaxPods = 4 })
	run(t, subject)
	names := func() string {
		var list []string
		for _, each := range collect(t, subject).Pods {
			list = append(list, each.Name)
		}
		return strings.Join(list, " ")
	}
	if got := names(); got != "p00 p01 p02 p03" {
		t.Errorf("pods %s", got)
	}
	if got := collect(t, subject).Detail.Pods; got.Omitted != 26 || got.Problems != 30 || got.Total != 31 {
		t.Errorf("count %+v", got)
	}
	eventually(t, "watch", func() bool { return server.Seen("watch", "/api/v1/pods") > 0 })
	for i := range 6 { // more than are kept in reserve
		server.Delete("/api/v1/pods", "ns", fmt.Sprintf("p%02d", i))
	}
	eventually(t, "the next pods", func() bool { return names() == "p06 p07 p08 p09" })
}

func TestIncludeAll(t *testing.T) {
	server := kubetest.New(t)
	fillRecorded(server)
	made := collect(t, newModule(t, server, func(o *kubernetes.Options) { o.IncludeAllPods, o.IncludeAllDeployments = true, true }))
	if len(made.Pods) != 4 || len(made.Deployments) != 2 || made.Detail.Pods.Problems != 3 {
		t.Errorf("%d pods (want all but those that succeeded), %d deployments, %+v", len(made.Pods), len(made.Deployments), made.Detail.Pods)
	}
}

func TestWatchesKeepReportsUpToDateWithoutLists(t *testing.T) {
	server := kubetest.New(t)
	fillRecorded(server)
	subject := newModule(t, server, nil)
	run(t, subject)
	before := collect(t, subject)
	for _, path := range []string{"/api/v1/pods", "/api/v1/nodes", "/apis/apps/v1/deployments"} {
		eventually(t, "watch of "+path, func() bool { return server.Seen("watch", path) == 1 })
	}
	eventually(t, "reports without lists", func() bool {
		lists := server.Seen("list", "/api/v1/pods")
		collect(t, subject)
		return server.Seen("list", "/api/v1/pods") == lists
	})
	lists := server.Seen("list", "/api/v1/pods")

	server.Put("/api/v1/pods", pod("default", "added", "Pending"))
	server.Delete("/api/v1/pods", "default", "failed-1")
	fixed := pod("default", "pending-1", "Running")
	fixed["metadata"].(kubetest.Object)["uid"] = "uid-pending-1"
	server.Put("/api/v1/pods", fixed)
	var names []string
	eventually(t, "changes", func() bool {
		names = nil
		for _, each := range collect(t, subject).Pods {
			names = append(names, each.Name)
		}
		return strings.Join(names, " ") == "added web-crash"
	})
	if got := server.Seen("list", "/api/v1/pods"); got != lists {
		t.Errorf("%d lists, want %d: what changed was watched (pods %v, before %d)", got, lists, names, len(before.Pods))
	}
	count := collect(t, subject).Detail.Pods
	if diff := cmp.Diff(&report.PodCount{Total: 6, Phases: map[string]int{"Running": 3, "Pending": 1, "Succeeded": 2}, Problems: 2}, count); diff != "" {
		t.Errorf("count (-want +got):\n%s", diff)
	}
}

func TestForbiddenWatchMeansLists(t *testing.T) {
	server := kubetest.New(t)
	server.Refuse("watch", "/api/v1/pods", http.StatusForbidden)
	subject := newModule(t, server, nil)
	run(t, subject)
	collect(t, subject)
	eventually(t, "the refused watch", func() bool { return server.Seen("watch", "/api/v1/pods") == 1 })
	server.Put("/api/v1/pods", pod("a", "p", "Pending"))
	made := collect(t, subject)
	if len(made.Pods) != 1 || server.Seen("list", "/api/v1/pods") != 2 || server.Seen("watch", "/api/v1/pods") != 1 {
		t.Errorf("%d pods, %d lists and %d watches", len(made.Pods), server.Seen("list", "/api/v1/pods"), server.Seen("watch", "/api/v1/pods"))
	}
	if made.Detail.Degraded != nil {
		t.Errorf("degraded %+v, want nothing: all is known", made.Detail.Degraded)
	}
}

func TestExpiredVersionMeansAList(t *testing.T) {
	server := kubetest.New(t)
	subject := newModule(t, server, nil)
	run(t, subject)
	collect(t, subject)
	eventually(t, "the watch", func() bool { return server.Seen("watch", "/api/v1/pods") > 0 })
	server.Put("/api/v1/nodes", kubetest.Object{"metadata": kubetest.Object{"name": "n", "uid": "n"}}) // the version moves on
	server.Put("/api/v1/pods", pod("a", "p", "Pending"))
	server.Compact()
	server.CutWatches()
	server.Put("/api/v1/pods", pod("a", "q", "Pending"))
	eventually(t, "both pods", func() bool { return len(collect(t, subject).Pods) == 2 })
	server.Put("/api/v1/pods", pod("a", "r", "Pending"))
	eventually(t, "the watch after the list", func() bool { return len(collect(t, subject).Pods) == 3 })
}

func TestPartsFailAlone(t *testing.T) {
	server := kubetest.New(t)
	fillRecorded(server)
	server.Refuse("list", "/api/v1/nodes", http.StatusForbidden)
	server.Refuse("list", "/apis/batch/v1/cronjobs", http.StatusNotFound)
	server.Refuse("list", "/api/v1/events", http.StatusInternalServerError)
	subject := newModule(t, server, nil)
	made := collect(t, subject)
	if made.Nodes != nil || len(made.Pods) != 3 || len(made.Deployments) != 1 {
		t.Errorf("%d nodes, %d pods, %d deployments", len(made.Nodes), len(made.Pods), len(made.Deployments))
	}
	want := []report.DegradedPart{
		{Part: "nodes", Reason: "API server answers 403: refused: Forbidden"},
		{Part: "events", Reason: "API server answers 500: refused: Internal Server Error"},
	}
	if diff := cmp.Diff(want, made.Detail.Degraded); diff != "" {
		t.Errorf("degraded (-want +got):\n%s", diff)
	}
	if _, there := made.Detail.Workloads["CronJob"]; there || len(made.Detail.Workloads) != 3 {
		t.Errorf("workloads %+v", made.Detail.Workloads)
	}
	states := map[string]module.State{}
	for _, check := range subject.Checks() {
		states[check.Name] = check.State
		if check.State == module.Denied && check.Remedy == "" {
			t.Errorf("no remedy for %s", check.Name)
		}
	}
	for part, want := range map[string]module.State{
		"api server": module.OK, "pods": module.OK, "nodes": module.Denied, "events": module.Failed, "cronjobs": module.Unavailable,
		"metrics of nodes": module.Unavailable,
	} {
		if states[part] != want {
			t.Errorf("%s is %q, want %q", part, states[part], want)
		}
	}
}

func TestAPartThatFailsLaterKeepsWhatItSaid(t *testing.T) {
	server := kubetest.New(t)
	fillRecorded(server)
	subject := newModule(t, server, nil)
	collect(t, subject)
	server.Refuse("list", "/api/v1/pods", http.StatusServiceUnavailable)
	if made := collect(t, subject); len(made.Pods) != 3 || len(made.Detail.Degraded) != 1 {
		t.Errorf("%d pods, degraded %+v", len(made.Pods), made.Detail.Degraded)
	}
	server.Refuse("list", "/api/v1/pods", http.StatusForbidden)
	if made := collect(t, subject); len(made.Pods) != 0 || made.Detail.Pods != nil {
		t.Errorf("%d pods that must not be seen, %+v", len(made.Pods), made.Detail.Pods)
	}
}

func TestNothingToReport(t *testing.T) {
	server := kubetest.New(t)
	tests := []struct {
		name   string
		change func(*kubernetes.Options)
		before func()
	}{
		{"no kubeconfig", func(o *kubernetes.Options) { o.Kubeconfig = "/none" }, func() {}},
		{"no configuration at all", func(o *kubernetes.Options) { o.Kubeconfig = "" }, func() {}},
		{"nobody there", func(o *kubernetes.Options) { o.Kubeconfig = kubeconfigFor(t, "https://127.0.0.1:1", "s3cret") }, func() {}},
		{"not let in", nil, func() { server.RequireToken("s3cret") }},
		{"everything forbidden", nil, func() {
			server.RequireToken("")
			for _, path := range []string{"/api/v1/nodes", "/api/v1/pods", "/apis/apps/v1/deployments"} {
				server.Refuse("list", path, http.StatusForbidden)
			}
		}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			test.before()
			subject := newModule(t, server, test.change)
			made, err := subject.Collect(t.Context())
			if made != nil || !errors.Is(err, module.ErrUnavailable) {
				t.Errorf("Collect = %v, %v; want ErrUnavailable", made, err)
			}
			if err != nil && (strings.Contains(err.Error(), "s3cret") || strings.Contains(err.Error(), "tok\"") || strings.Contains(err.Error(), "https://")) {
				t.Errorf("error shows what it must not: %v", err)
			}
			if checks := subject.Checks(); len(checks) == 0 {
				t.Error("no check says so")
			}
		})
	}
}

func TestKubeconfigIsReadAgainAfterFailures(t *testing.T) {
	server := kubetest.New(t)
	server.RequireToken("first")
	path := kubeconfigFor(t, server.URL, "first")
	subject := newModule(t, server, func(o *kubernetes.Options) { o.Kubeconfig = path })
	run(t, subject)
	collect(t, subject)
	server.RequireToken("second")
	for range 2 {
		if _, err := subject.Collect(t.Context()); !errors.Is(err, module.ErrUnavailable) {
			t.Fatalf("Collect = %v, want ErrUnavailable", err)
		}
	}
	raw, err := os.ReadFile(kubeconfigFor(t, server.URL, "second"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, raw, 0o600); err != nil {
		t.Fatal(err)
	}
	collect(t, subject)
}

// writeJSON writes a kubeconfig, which may be JSON, and returns its path.
func writeJSON(t *testing.T, cluster, user kubetest.Object) string {
	t.Helper()
	raw, err := json.Marshal(kubetest.Object{
		"current-context": "c", "contexts": []kubetest.Object{{"name": "c", "context": kubetest.Object{"cluster": "c", "user": "u"}}},
		"clusters": []kubetest.Object{{"name": "c", "cluster": cluster}}, "users": []kubetest.Object{{"name": "u", "user": user}},
	})
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "config")
	if err := os.WriteFile(path, raw, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestWatchesShareOneEncryptedConnection(t *testing.T) {
	server := kubetest.NewUnstarted(t)
	var connections atomic.Int32
	server.HTTP.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			connections.Add(1)
		}
	}
	server.HTTP.EnableHTTP2 = true
	server.HTTP.StartTLS()
	authority := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.HTTP.Certificate().Raw})
	subject := newModule(t, server, func(o *kubernetes.Options) {
		o.Kubeconfig = writeJSON(t, kubetest.Object{"server": server.HTTP.URL, "certificate-authority-data": authority}, kubetest.Object{"token": "t"})
	})
	run(t, subject)
	collect(t, subject)
	eventually(t, "all watches", func() bool {
		return server.Seen("watch", "/api/v1/pods") == 1 && server.Seen("watch", "/api/v1/events") == 1 && server.Seen("watch", "/apis/batch/v1/cronjobs") == 1
	})
	server.Put("/api/v1/pods", pod("a", "p", "Pending"))
	eventually(t, "the pod", func() bool { return len(collect(t, subject).Pods) == 1 })
	server.HTTP.CloseClientConnections()
	server.Put("/api/v1/pods", pod("a", "q", "Pending"))
	eventually(t, "the pod after a disconnect", func() bool {
		made, err := subject.Collect(t.Context())
		return err == nil && len(made.(*report.Kubernetes).Pods) == 2
	})
	if got := connections.Load(); got > 6 {
		t.Errorf("%d connections for a dozen watches", got)
	}
}

func TestRotatedTokenInterruptsNothing(t *testing.T) {
	server := kubetest.New(t)
	file := filepath.Join(t.TempDir(), "token")
	subject := newModule(t, server, func(o *kubernetes.Options) {
		o.Kubeconfig = writeJSON(t, kubetest.Object{"server": server.URL}, kubetest.Object{"tokenFile": file})
	})
	for _, token := range []string{"one", "two", "three"} {
		if err := os.WriteFile(file, []byte(token), 0o600); err != nil {
			t.Fatal(err)
		}
		server.RequireToken(token)
		collect(t, subject)
	}
}

func TestCancelledCollectEndsAtOnce(t *testing.T) {
	server := kubetest.New(t)
	subject := newModule(t, server, nil)
	server.Pause()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() {
		_, err := subject.Collect(ctx)
		done <- err
	}()
	eventually(t, "the request", func() bool { return server.Seen("get", "/version") > 0 })
	cancel()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Errorf("Collect = %v, want that it was cancelled", err)
	}
}

func TestHear(t *testing.T) {
	tests := []struct {
		name   string
		answer module.Answer
		want   error
	}{
		{"accepted", module.Answer{Status: 200, Body: []byte(`{"success":true}`)}, nil},
		{"removed", module.Answer{Status: 400, Body: []byte(`{"error":"kubernetes cluster \"x\" was removed at 2026-11-23T05:33:12Z and cannot report again.","code":"invalid_report","status_code":400}`)}, module.ErrEnded},
		{"other refusal", module.Answer{Status: 400, Body: []byte(`{"error":"cluster identifier is missing","code":"invalid_report"}`)}, nil},
		{"no scope", module.Answer{Status: 403, Body: []byte(`{"error":"was removed","code":"missing_scope"}`)}, nil},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if err := newModule(t, kubetest.New(t), nil).Hear(test.answer); !errors.Is(err, test.want) {
				t.Errorf("Hear = %v, want %v", err, test.want)
			}
		})
	}
}

func TestInfo(t *testing.T) {
	want := module.Info{Name: "kubernetes", Path: "/api/agents/kubernetes/report", MaxBytes: 2 << 20, UserAgent: "pulse-kubernetes-agent/dev"}
	if got := newModule(t, kubetest.New(t), nil).Info(); got != want {
		t.Errorf("Info = %+v, want %+v", got, want)
	}
}
