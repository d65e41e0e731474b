package roadtest

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pulse-hub/pulse/agent/internal/kubernetes/kubetest"
)

type object = kubetest.Object

// Collections of the cluster.
const (
	nodes       = "/api/v1/nodes"
	pods        = "/api/v1/pods"
	deployments = "/apis/apps/v1/deployments"
)

func nodeNamed(name, role, ready string) object {
	return object{
		"metadata": object{"uid": "uid-" + name, "name": name, "labels": object{"node-role.kubernetes.io/" + role: ""}},
		"spec":     object{"unschedulable": role == "worker"},
		"status": object{
			"capacity": object{"cpu": "4", "memory": "8Gi", "pods": "110"}, "allocatable": object{"cpu": "3920m", "memory": "7Gi", "pods": "110"},
			"conditions": []object{{"type": "Ready", "status": ready}},
			"nodeInfo":   object{"kubeletVersion": "v1.31.2"},
		},
	}
}

func podNamed(name, phase string, restarts int) object {
	return object{
		"metadata": object{
			"uid": "uid-" + name, "name": name, "namespace": "default", "creationTimestamp": "2026-01-01T00:00:00Z",
			"ownerReferences": []object{{"kind": "ReplicaSet", "name": name + "-rs", "controller": true}},
		},
		"spec": object{"nodeName": "worker-1", "containers": []object{{"name": "main", "image": "nginx:1.27"}}},
		"status": object{"phase": phase, "containerStatuses": []object{{
			"name": "main", "image": "nginx:1.27", "ready": phase == "Running", "restartCount": restarts,
			"state": object{"running": object{"startedAt": "2026-01-01T00:00:00Z"}},
		}}},
	}
}

func deploymentNamed(name string, desired, ready int) object {
	return object{
		"metadata": object{"uid": "uid-" + name, "name": name, "namespace": "default"},
		"spec":     object{"replicas": desired},
		"status":   object{"replicas": desired, "updatedReplicas": desired, "readyReplicas": ready, "availableReplicas": ready},
	}
}

// kubeconfig writes a configuration for the server and returns its path.
func kubeconfig(t testing.TB, server *kubetest.Server) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "kubeconfig")
	text := fmt.Sprintf(`{"current-context":"demo","contexts":[{"name":"demo","context":{"cluster":"demo","user":"me"}}],
		"clusters":[{"name":"demo","cluster":{"server":%q}}],"users":[{"name":"me","user":{"token":"tok"}}]}`, server.URL)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// lines sums up what the state says of the parts of a cluster.
func (c *clusterState) lines() []string {
	var list []string
	for _, n := range c.Nodes {
		list = append(list, fmt.Sprintf("node %s ready=%t held=%t %s %d cores", n.Name, n.Ready, n.Unschedulable, strings.Join(n.Roles, ","), n.Cores))
	}
	for _, p := range c.Pods {
		list = append(list, fmt.Sprintf("pod %s/%s %s on %s restarts=%d of %s", p.Namespace, p.Name, p.Phase, p.NodeName, p.Restarts, p.OwnerName))
	}
	for _, d := range c.Deployments {
		list = append(list, fmt.Sprintf("deployment %s %d/%d", d.Name, d.Ready, d.Desired))
	}
	return list
}

func TestKubernetes(t *testing.T) {
	t.Parallel()
	server := kubetest.New(t)
	server.RequireToken("tok")
	server.Put(nodes, nodeNamed("cp-1", "control-plane", "True"))
	server.Put(nodes, nodeNamed("worker-1", "worker", "True"))
	server.Put(pods, podNamed("db", "Running", 0))
	server.Put(pods, podNamed("web", "Running", 3))
	server.Put(deployments, deploymentNamed("web", 2, 2))
	h := newHub(t)
	startAgent(t, agentOptions{url: h.url, args: []string{
		"--interval", interval.String(), "--enable-host=false", "--enable-kubernetes", "--kubeconfig", kubeconfig(t, server),
		"--kube-include-all-pods", "--kube-include-all-deployments",
	}})
	until(t, patience, func() string {
		if n := len(h.state(t).Clusters); n != 1 {
			return fmt.Sprintf("%d clusters are shown", n)
		}
		return ""
	})
	want := []string{
		"node cp-1 ready=true held=false control-plane 4 cores", "node worker-1 ready=true held=true worker 4 cores",
		"pod default/db Running on worker-1 restarts=0 of db-rs", "pod default/web Running on worker-1 restarts=3 of web-rs",
		"deployment web 2/2",
	}
	for _, step := range []struct {
		name   string
		change func()
		line   int    // of want that is another one then
		is     string // what it is; empty: there is none any more
	}{
		{"as it was", func() {}, 0, want[0]},
		{"a pod fails", func() { server.Put(pods, podNamed("db", "Failed", 1)) }, 2, "pod default/db Failed on worker-1 restarts=1 of db-rs"},
		{"a pod runs again", func() { server.Put(pods, podNamed("db", "Running", 2)) }, 2, "pod default/db Running on worker-1 restarts=2 of db-rs"},
		{"a deployment lacks a pod", func() { server.Put(deployments, deploymentNamed("web", 2, 1)) }, 4, "deployment web 1/2"},
		{"a node is lost", func() { server.Put(nodes, nodeNamed("cp-1", "control-plane", "Unknown")) }, 0, "node cp-1 ready=false held=false control-plane 4 cores"},
		{"watches break", func() { server.CutWatches(); server.Put(pods, podNamed("db", "Running", 3)) }, 2, "pod default/db Running on worker-1 restarts=3 of db-rs"},
		{"a pod goes", func() { server.Delete(pods, "default", "web") }, 3, ""},
	} {
		step.change()
		want[step.line] = step.is
		soon(t, step.name, time.Now(), func() (int64, string) {
			cluster := h.state(t).Clusters[0]
			return cluster.LastSeen, cmp.Diff(strings.Fields(strings.Join(want, " ")), strings.Fields(strings.Join(cluster.lines(), " ")))
		})
	}
	if cluster := h.state(t).Clusters[0]; cluster.Name != "demo" || cluster.Version != "v1.31.2" || cluster.Status != "online" {
		t.Errorf("cluster = %+v", cluster)
	}
	if pod := h.resource(t, "pod", "db"); pod.Data.Phase != "Running" {
		t.Errorf("pod = %+v", pod)
	}
}
