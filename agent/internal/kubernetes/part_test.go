package kubernetes

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hashicorp/go-hclog"

	"github.com/pulse-hub/pulse/agent/internal/kubernetes/apiclient"
	"github.com/pulse-hub/pulse/agent/internal/kubernetes/inventory"
	"github.com/pulse-hub/pulse/agent/internal/kubernetes/kubeconfig"
	"github.com/pulse-hub/pulse/agent/internal/kubernetes/kubetest"
	"github.com/pulse-hub/pulse/agent/internal/module"
	"github.com/pulse-hub/pulse/agent/report"
)

// fakeFollower fails as it is told, and counts.
type fakeFollower struct {
	err             error
	fresh           bool
	lists, cleared  int
	skipped         int
	short, overflow bool
}

func (f *fakeFollower) Fresh() bool                       { return f.fresh }
func (f *fakeFollower) Run(context.Context) error         { return nil }
func (f *fakeFollower) Clear()                            { f.cleared++ }
func (f *fakeFollower) List(context.Context) (int, error) { f.lists++; return f.skipped, f.err }

func TestPartOverTime(t *testing.T) {
	forbidden, missing := &apiclient.StatusError{Code: 403}, &apiclient.StatusError{Code: 404}
	broken := errors.New("broken")
	type step struct {
		passes time.Duration
		err    error
		lists  int
		known  bool
		state  module.State
	}
	tests := []struct {
		name  string
		steps []step
	}{
		{"what is known is kept for a while", []step{
			{0, nil, 1, true, module.OK}, {time.Minute, broken, 2, true, module.Failed}, {5 * time.Minute, broken, 3, false, module.Failed}, {time.Second, nil, 4, true, module.OK},
		}},
		{"forbidden is forgotten at once and asked for in a minute", []step{
			{0, nil, 1, true, module.OK}, {30 * time.Second, forbidden, 2, false, module.Denied}, {30 * time.Second, nil, 2, false, module.Denied}, {30 * time.Second, nil, 3, true, module.OK},
		}},
		{"what is not there is asked for in ten minutes", []step{
			{0, missing, 1, false, module.Failed}, {9 * time.Minute, nil, 1, false, module.Failed}, {time.Minute, nil, 2, true, module.OK},
		}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				fake := &fakeFollower{}
				subject := &part{name: "x", follower: fake, keeper: fake}
				for i, step := range test.steps {
					time.Sleep(step.passes) // the bubble's clock
					fake.err = step.err
					subject.refresh(t.Context())
					if fake.lists != step.lists || subject.known() != step.known || subject.check().State != step.state {
						t.Errorf("step %d: %d lists, known %v, %q; want %+v", i, fake.lists, subject.known(), subject.check().State, step)
					}
				}
			})
		})
	}
}

func TestPartSaysWhatIsMissing(t *testing.T) {
	fake := &fakeFollower{skipped: 2}
	subject := &part{name: "pods", follower: fake, keeper: fake, short: func() bool { return fake.short }, overflows: func() bool { return fake.overflow }}
	subject.refresh(t.Context())
	if got := subject.check(); got.State != module.OK || got.Reason != "2 objects cannot be read" {
		t.Errorf("check %+v", got)
	}
	fake.skipped, fake.overflow, fake.fresh, fake.short = 0, true, true, true
	subject.refresh(t.Context())
	if got := subject.check(); fake.lists != 2 || got.Reason != "there are more objects than are counted" {
		t.Errorf("%d lists, check %+v; want a list, as the fresh one is short", fake.lists, got)
	}
	fake.short = false
	subject.refresh(t.Context())
	if fake.lists != 2 {
		t.Errorf("%d lists of a collection that is watched", fake.lists)
	}
}

// lines counts the lines of a log.
type lines int

func (l *lines) Write(data []byte) (int, error) { *l++; return len(data), nil }

func TestPartLogsChangesOnly(t *testing.T) {
	var count lines
	logger := hclog.New(&hclog.LoggerOptions{Output: &count})
	fake := &fakeFollower{}
	subject := &part{name: "x", follower: fake, keeper: fake}
	for i, step := range []struct {
		err  error
		want lines
	}{{nil, 0}, {nil, 0}, {errors.New("a"), 1}, {errors.New("b"), 1}, {nil, 2}, {nil, 2}} {
		fake.err = step.err
		subject.refresh(t.Context())
		subject.log(logger)
		if count != step.want {
			t.Errorf("step %d: %d lines, want %d", i, count, step.want)
		}
	}
}

func TestReportFits(t *testing.T) {
	made := &report.Kubernetes{Detail: &report.KubernetesDetail{Pods: &report.PodCount{Total: 1000}, Warnings: make([]report.KubernetesEvent, 10)}}
	for i := range 1000 {
		made.Pods = append(made.Pods, report.Pod{Name: fmt.Sprintf("p%04d", i), Message: "a pod with something to say"})
	}
	if err := fit(made, 40_000); err != nil {
		t.Fatal(err)
	}
	body, err := report.Encode(made, 1)
	if err != nil {
		t.Fatal(err)
	}
	if len(body) > 40_000 || len(made.Pods) < 100 || made.Pods[0].Name != "p0000" || made.Detail.Warnings != nil {
		t.Errorf("%d bytes with %d pods", len(body), len(made.Pods))
	}
	if got := made.Detail.Pods.Omitted; got != 1000-len(made.Pods) {
		t.Errorf("%d pods are said to be omitted, of %d", got, 1000-len(made.Pods))
	}
	whole := &report.Kubernetes{Pods: made.Pods, Detail: &report.KubernetesDetail{Warnings: make([]report.KubernetesEvent, 3)}}
	if err := fit(whole, 1<<20); err != nil || whole.Detail == nil || len(whole.Detail.Warnings) != 3 {
		t.Errorf("a report that fits was cut: %+v, %v", whole.Detail, err)
	}
}

func TestClustersSeenFromWithinAreToldApart(t *testing.T) {
	tests := []struct {
		name, context string
		prepare       func(*kubetest.Server)
		want          string
	}{
		{"by the id of a namespace", kubeconfig.InCluster, func(s *kubetest.Server) {
			s.Put("/api/v1/namespaces", kubetest.Object{"metadata": kubetest.Object{"name": "kube-system", "uid": "0b5e7d0e-3c1c-4d43"}})
		}, "in-cluster-0b5e7d0e"},
		{"not at all where it is forbidden", kubeconfig.InCluster, func(s *kubetest.Server) { s.Refuse("get", "/api/v1/namespaces/kube-system", 403) }, "in-cluster"},
		{"by the context elsewhere", "prod", func(*kubetest.Server) {}, "prod"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			server := kubetest.New(t)
			test.prepare(server)
			client, err := apiclient.Open(kubeconfig.Access{Server: server.URL}, "")
			if err != nil {
				t.Fatal(err)
			}
			subject := &session{client: client, cluster: report.Cluster{Context: test.context, Name: test.context, Server: server.URL}}
			if err := subject.probe(t.Context()); err != nil {
				t.Fatal(err)
			}
			if subject.cluster.Name != test.want || len(subject.cluster.ID) != 64 || subject.cluster.Version != "v1.31.2" {
				t.Errorf("cluster %+v", subject.cluster)
			}
		})
	}
}

func TestNamespacesOneByOneOnlyWhenFew(t *testing.T) {
	for count, want := range map[int]int{1: 1, maxScopes: maxScopes, maxScopes + 1: 1} {
		var filter inventory.Filter
		for i := range count {
			filter.Include = append(filter.Include, fmt.Sprint("ns-", i))
		}
		if c := newContent(&hugeCluster{}, filter, Options{}); len(c.pods) != want {
			t.Errorf("%d namespaces are asked for in %d questions, want %d", count, len(c.pods), want)
		}
	}
}
