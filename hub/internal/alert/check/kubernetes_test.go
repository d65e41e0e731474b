package check

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pulse-hub/pulse/hub/internal/alert"
	"github.com/pulse-hub/pulse/hub/internal/alert/policy"
	"github.com/pulse-hub/pulse/hub/internal/inventory"
	"github.com/pulse-hub/pulse/hub/internal/view/viewtest"
	"github.com/pulse-hub/pulse/sdk/resource"
)

const (
	nodeID   = "k1/node/n1"
	podID    = "k1/pod/p1"
	deployID = "k1/deployment/d1"
)

func clusterSource() inventory.SourceRef {
	return inventory.SourceRef{ID: agentSource, Type: "kubernetes", Name: "prod"}
}

func kubeCluster() resource.Resource {
	return resource.Resource{
		ID: "k1", Kind: resource.KindCluster, Name: "prod", Status: resource.StatusRunning,
		Detail: &resource.Cluster{Version: "v1.33.1", Agent: resource.Agent{Interval: 10 * time.Second}},
	}
}

func kubeNode(detail resource.ClusterNode) resource.Resource {
	detail.UID = "n1"
	return resource.Resource{ID: nodeID, ParentID: "k1", Kind: resource.KindClusterNode, Name: "worker-1", Detail: &detail}
}

func kubePod(detail resource.Pod) resource.Resource {
	detail.UID, detail.Namespace, detail.Node = "p1", "shop", "worker-1"
	return resource.Resource{ID: podID, ParentID: nodeID, Kind: resource.KindPod, Name: "web-1", Detail: &detail}
}

func kubeDeployment(detail resource.Deployment) resource.Resource {
	detail.UID, detail.Namespace = "d1", "shop"
	return resource.Resource{ID: deployID, ParentID: "k1", Kind: resource.KindDeployment, Name: "web", Detail: &detail}
}

func TestClusterOffline(t *testing.T) {
	bad := outline{"kubernetes-offline-k1", alert.Bad, alert.Critical, 0, 0, "Kubernetes cluster 'prod' is offline: nothing heard for 41 seconds"}
	cases := map[string]struct {
		scene scene
		want  outline
	}{
		"reports":             {scene{now: time.Minute}, outline{ID: bad.ID, Verdict: alert.Good}},
		"silent":              {scene{remembered: true, now: 41 * time.Second}, bad},
		"silent for a moment": {scene{remembered: true, now: 39 * time.Second}, outline{ID: bad.ID}},
		"type off":            {scene{now: time.Minute, config: func(c *policy.Config) { c.DisabledTypes = []string{"kubernetes-offline"} }}, noFinding},
		"hidden":              {scene{remembered: true, now: time.Hour, settings: map[string]*inventory.Settings{"agent/k1": {Hidden: true}}}, noFinding},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			c.scene.source, c.scene.resources = clusterSource(), []resource.Resource{kubeCluster()}
			if diff := cmp.Diff(c.want, outlineOf(t, c.scene.check(t, "k1"), alert.KubernetesOffline, "")); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestClusterNodes(t *testing.T) {
	const id = "kubernetes-node-" + nodeID
	cases := map[string]struct {
		node resource.ClusterNode
		want outline
	}{
		"ready":    {resource.ClusterNode{Ready: true}, outline{ID: id, Verdict: alert.Good}},
		"cordoned": {resource.ClusterNode{Ready: true, Unschedulable: true}, outline{ID: id, Verdict: alert.Good}},
		"not ready": {
			resource.ClusterNode{NotReady: &resource.NodeProblem{Reason: "KubeletNotReady", Message: "container runtime is down"}},
			outline{id, alert.Bad, alert.Critical, 0, 0, "Kubernetes node 'worker-1' is not ready: container runtime is down"},
		},
		"not ready, no reason": {resource.ClusterNode{}, outline{id, alert.Bad, alert.Critical, 0, 0, "Kubernetes node 'worker-1' is not ready"}},
		"under pressure": {
			resource.ClusterNode{Ready: true, Problems: []resource.NodeProblem{{Type: "DiskPressure"}, {Type: "PIDPressure"}}},
			outline{id, alert.Bad, alert.Warning, 0, 0, "Kubernetes node 'worker-1' has problems: DiskPressure, PIDPressure"},
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			checked := scene{source: clusterSource(), resources: []resource.Resource{kubeCluster(), kubeNode(c.node)}}.check(t, nodeID)
			if diff := cmp.Diff(c.want, outlineOf(t, checked, alert.KubernetesNode, "")); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestPendingPods(t *testing.T) {
	const id = "kubernetes-pending-" + podID
	ago := func(d time.Duration) time.Time { return viewtest.Epoch().Add(-d) }
	pull := []resource.PodContainer{{Name: "web", State: "waiting", Reason: "ImagePullBackOff"}}
	cases := map[string]struct {
		pod   resource.Pod
		want  outline
		delay time.Duration
	}{
		"runs":            {pod: resource.Pod{Phase: "Running", CreatedAt: ago(time.Hour)}, want: outline{ID: id, Verdict: alert.Good}},
		"done":            {pod: resource.Pod{Phase: "Succeeded", CreatedAt: ago(time.Hour)}, want: outline{ID: id, Verdict: alert.Good}},
		"for a moment":    {pod: resource.Pod{Phase: "Pending", CreatedAt: ago(5 * time.Minute)}, want: outline{ID: id, Verdict: alert.Good}},
		"for long":        {pod: resource.Pod{Phase: "Pending", CreatedAt: ago(6 * time.Minute), Reason: "Unschedulable"}, want: outline{id, alert.Bad, alert.Warning, 0, 0, "Pod 'shop/web-1' is pending for 6 minutes: Unschedulable"}},
		"without image":   {pod: resource.Pod{Phase: "Pending", CreatedAt: ago(time.Hour), Containers: pull}, want: outline{id, alert.Bad, alert.Warning, 0, 0, "Pod 'shop/web-1' is pending for 60 minutes: ImagePullBackOff"}},
		"since who knows": {pod: resource.Pod{Phase: "Pending"}, want: outline{id, alert.Bad, alert.Warning, 0, 0, "Pod 'shop/web-1' is pending"}, delay: 5 * time.Minute},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			checked := scene{source: clusterSource(), resources: []resource.Resource{kubeCluster(), kubeNode(resource.ClusterNode{Ready: true}), kubePod(c.pod)}}.check(t, podID)
			if diff := cmp.Diff(c.want, outlineOf(t, checked, alert.KubernetesPending, "")); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if f := findingOf(t, checked, alert.KubernetesPending, ""); f != nil && f.Delay != c.delay {
				t.Errorf("delay %s, want %s", f.Delay, c.delay)
			}
		})
	}
}

func TestCrashLoops(t *testing.T) {
	const id = "kubernetes-crash-loop-" + podID
	type look struct {
		restarts int
		waits    bool
	}
	cases := map[string]struct {
		looks []look // five minutes apart
		up    time.Duration
		want  outline
	}{
		"runs":                   {[]look{{0, false}}, 0, outline{ID: id, Verdict: alert.Good}},
		"crashes":                {[]look{{3, true}, {4, true}}, 0, outline{id, alert.Bad, alert.Critical, 1, 0, "Pod 'shop/web-1' keeps crashing: container 'web' has been restarted 4 times"}},
		"waits, not seen before": {[]look{{3, true}}, 0, outline{ID: id}},
		"between two crashes":    {[]look{{3, true}, {4, true}, {4, false}}, 0, outline{ID: id, Value: 1}},
		"recovered":              {[]look{{3, true}, {4, true}, {4, false}, {4, false}, {4, false}}, 0, outline{ID: id, Verdict: alert.Good}},
		"hub has just begun":     {[]look{{4, false}}, 14 * time.Minute, outline{ID: id}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			inv, checker := viewtest.Inventory(), New()
			var got outline
			for i, l := range c.looks {
				ago := time.Duration(i-len(c.looks)) * 5 * time.Minute
				pod := resource.Pod{Phase: "Running", Restarts: l.restarts, Containers: []resource.PodContainer{{Name: "web", State: "running", Restarts: l.restarts}}}
				if l.waits {
					pod.Containers[0].State, pod.Containers[0].Reason = "waiting", "CrashLoopBackOff"
				}
				viewtest.ApplyAt(t, inv, clusterSource(), viewtest.Epoch().Add(ago), kubeCluster(), kubeNode(resource.ClusterNode{Ready: true}), kubePod(pod))
				checked := checkIn(t, checker, scene{now: ago, up: c.up}.look(t, inv), podID)
				got = outlineOf(t, checked, alert.KubernetesCrashLoop, "")
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestDeployments(t *testing.T) {
	const id = "kubernetes-workload-" + deployID
	cases := map[string]struct {
		deployment resource.Deployment
		want       outline
	}{
		"whole":       {resource.Deployment{Desired: 3, Available: 3}, outline{ID: id, Verdict: alert.Good, Value: 3, Trigger: 3}},
		"scaled to 0": {resource.Deployment{}, outline{ID: id, Verdict: alert.Good}},
		"some":        {resource.Deployment{Desired: 3, Available: 2}, outline{id, alert.Bad, alert.Warning, 2, 3, "Deployment 'shop/web' has 2 of 3 replicas available"}},
		"none":        {resource.Deployment{Desired: 3}, outline{id, alert.Bad, alert.Critical, 0, 3, "Deployment 'shop/web' has 0 of 3 replicas available"}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			checked := scene{source: clusterSource(), resources: []resource.Resource{kubeCluster(), kubeDeployment(c.deployment)}}.check(t, deployID)
			if diff := cmp.Diff(c.want, outlineOf(t, checked, alert.KubernetesWorkload, "")); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if f := findingOf(t, checked, alert.KubernetesWorkload, ""); f.Delay != 5*time.Minute {
				t.Errorf("delay %s", f.Delay)
			}
		})
	}
}

func TestClusterSubjects(t *testing.T) {
	waiting := kubePod(resource.Pod{Phase: "Pending", CreatedAt: viewtest.Epoch().Add(-time.Hour)})
	for name, ready := range map[string]bool{"on a node that is ready": true, "on a node that is not": false} {
		t.Run(name, func(t *testing.T) {
			checked := scene{source: clusterSource(), resources: []resource.Resource{kubeCluster(), kubeNode(resource.ClusterNode{Ready: ready}), waiting}}.check(t, podID)
			f := findingOf(t, checked, alert.KubernetesPending, "")
			want := alert.Subject{Key: "agent/k1/pod/p1", ID: "kubernetes:k1/pod/p1", Name: "web-1", Node: "worker-1", Instance: "prod", Kind: resource.KindPod}
			if diff := cmp.Diff(want, f.Subject); diff != "" {
				t.Errorf("subject (-want +got):\n%s", diff)
			}
			explains := alert.IdentityOf("agent/k1", alert.KubernetesOffline, "")
			if !ready {
				explains = alert.IdentityOf("agent/k1/node/n1", alert.KubernetesNode, "")
			}
			if f.HiddenBy != explains {
				t.Errorf("hidden by %q, want %q", f.HiddenBy, explains)
			}
			wantKeys(t, f.Metadata, "resourceType", "clusterId", "clusterName", "uid", "namespace", "nodeName", "phase", "reason", "ownerKind", "ownerName")
		})
	}
}

func TestUnseenClusterResources(t *testing.T) {
	all := []resource.Resource{
		kubeCluster(), kubeNode(resource.ClusterNode{}), kubeDeployment(resource.Deployment{Desired: 1}),
		kubePod(resource.Pod{Phase: "Pending", CreatedAt: viewtest.Epoch().Add(-time.Hour)}),
	}
	override := func(id string) func(*policy.Config) {
		return func(c *policy.Config) { c.Overrides[id] = policy.ThresholdConfig{Disabled: true} }
	}
	for id, uid := range map[string]string{nodeID: "n1", podID: "p1", deployID: "d1"} {
		t.Run(id, func(t *testing.T) {
			old := scene{source: clusterSource(), remembered: true, resources: all}.check(t, id)
			if !old.Unseen || len(old.Findings) > 0 {
				t.Errorf("old: unseen %v, findings %+v", old.Unseen, old.Findings)
			}
			off := scene{source: clusterSource(), resources: all, config: override(uid)}.check(t, id)
			if off.Unseen || len(off.Findings) > 0 {
				t.Errorf("disabled: unseen %v, findings %+v", off.Unseen, off.Findings)
			}
		})
	}
}
