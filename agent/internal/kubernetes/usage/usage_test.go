package usage_test

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pulse-hub/pulse/agent/internal/kubernetes/apiclient"
	"github.com/pulse-hub/pulse/agent/internal/kubernetes/kubeconfig"
	"github.com/pulse-hub/pulse/agent/internal/kubernetes/kubetest"
	"github.com/pulse-hub/pulse/agent/internal/kubernetes/object"
	"github.com/pulse-hub/pulse/agent/internal/kubernetes/usage"
)

const path = "/apis/metrics.k8s.io/v1beta1/pods"

func TestPollKeepsWhatIsWantedAndWhatUsesMost(t *testing.T) {
	server := kubetest.New(t)
	for i := range 100 {
		server.Put(path, kubetest.Object{
			"metadata":   kubetest.Object{"namespace": "ns", "name": fmt.Sprintf("p%02d", i)},
			"containers": []kubetest.Object{{"usage": kubetest.Object{"cpu": fmt.Sprint(i), "memory": fmt.Sprint(200 - i)}}},
		})
	}
	server.Put(path, kubetest.Object{
		"metadata":   kubetest.Object{"namespace": "other", "name": "greatest"},
		"containers": []kubetest.Object{{"usage": kubetest.Object{"cpu": "1000", "memory": "1Gi"}}},
	})
	client, err := apiclient.Open(kubeconfig.Access{Server: server.URL}, "")
	if err != nil {
		t.Fatal(err)
	}
	poll := usage.New(client, path, usage.Choice{
		Allows: func(namespace string) bool { return namespace == "ns" },
		Wanted: func() map[object.Name]bool { return map[object.Name]bool{{Namespace: "ns", Name: "p50"}: true} },
	})
	if poll.Fresh() || poll.Figures() != nil {
		t.Error("figures before the first poll")
	}
	if _, err := poll.List(t.Context()); err != nil || !poll.Fresh() {
		t.Fatalf("List = %v, fresh %v", err, poll.Fresh())
	}
	var want, got []string
	for i := range 100 {
		if i < 20 || i == 50 || i >= 80 {
			want = append(want, fmt.Sprintf("p%02d", i))
		}
	}
	for _, figure := range poll.Figures() {
		got = append(got, figure.Name)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("pods (-want +got):\n%s", diff)
	}

	server.Refuse("list", path, http.StatusServiceUnavailable)
	if _, err := poll.List(t.Context()); err == nil || len(poll.Figures()) != len(want) {
		t.Errorf("List = %v, then %d figures; want those of before", err, len(poll.Figures()))
	}
	poll.Clear()
	if poll.Fresh() || poll.Figures() != nil {
		t.Error("figures after Clear")
	}
}
