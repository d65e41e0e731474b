package world

import (
	"strconv"
	"time"

	"github.com/pulse-hub/pulse/plugins/demo/internal/signal"
	"github.com/pulse-hub/pulse/sdk/resource"
)

// deployment is a deployment of a cluster with the pods it wants.
type deployment struct {
	seed            signal.Seed
	cluster         *kubeCluster
	name, namespace string
	image           string
	pods            []*pod
}

// pod is a pod of a cluster.
type pod struct {
	seed                signal.Seed
	cluster             *kubeCluster
	name, namespace     string
	image               string
	ownerKind           string
	ownerName           string
	node                *kubeNode // nil: not scheduled
	fault               podFault
	cpu, mem            signal.Wave
	limit               uint64 // bytes of memory
	traffic             traffic
	created, containers signal.Cycle // when it was made; when its main container was started
	sidecar             bool
}

// podFault is what is wrong with a pod.
type podFault int

const (
	podFine podFault = iota
	podCrashing
	podPending
	podEvicted
	podImage
	podLost
)

func workloads() []struct{ name, namespace, image string } {
	return []struct{ name, namespace, image string }{
		{"storefront", "shop", "registry.example.net/shop/storefront:7.1"},
		{"checkout", "shop", "registry.example.net/shop/checkout:7.1"},
		{"catalogue", "shop", "registry.example.net/shop/catalogue:6.9"},
		{"search", "shop", "docker.io/opensearchproject/opensearch:3.2.0"},
		{"ingress-controller", "ingress", "registry.k8s.io/ingress-nginx/controller:v1.13.3"},
		{"certificates", "cert-manager", "quay.io/jetstack/cert-manager-controller:v1.19.1"},
		{"reports", "finance", "registry.example.net/finance/reports:2.2"},
		{"ledger", "finance", "registry.example.net/finance/ledger:3.0"},
		{"coredns", "kube-system", "registry.k8s.io/coredns/coredns:v1.12.4"},
		{"metrics-server", "kube-system", "registry.k8s.io/metrics-server/metrics-server:v0.8.0"},
		{"release-controller", "delivery", "ghcr.io/fluxcd/source-controller:v1.7.2"},
		{"mail-queue", "office", "registry.example.net/office/mail-queue:1.8"},
	}
}

func newDeployments(c *kubeCluster, n int) []*deployment {
	list := workloads()
	all := make([]*deployment, n)
	for i := range all {
		w := list[i%len(list)]
		d := &deployment{cluster: c, name: w.name, namespace: w.namespace, image: w.image}
		if i >= len(list) {
			d.name = nth(w.name, i/len(list))
		}
		d.seed = c.seed.Child("deployment-" + d.name)
		all[i] = d
	}
	return all
}

// newPods gives four pods of five to the deployments in turn; of the others,
// one runs on each node to collect its log, and the rest does jobs.
func newPods(c *kubeCluster, n int) []*pod {
	all := make([]*pod, n)
	for i := range all {
		p := &pod{cluster: c, seed: c.seed.Child("pod-" + strconv.Itoa(i)), sidecar: i%7 == 2}
		if len(c.nodes) > 0 {
			p.node = c.nodes[i%len(c.nodes)]
		}
		others := n - n/5
		switch {
		case len(c.deployments) > 0 && i < others:
			p.own(c.deployments[i%len(c.deployments)])
		case i < others+len(c.nodes):
			p.ownerKind, p.ownerName, p.namespace = "DaemonSet", "log-collector", "monitoring"
			p.image, p.name = "docker.io/fluent/fluent-bit:4.1.1", "log-collector-"+p.seed.Hex("name", 5)
		default:
			p.ownerKind, p.ownerName, p.namespace = "Job", nth("price-import", i-others), "shop"
			p.image, p.name = "registry.example.net/shop/price-import:2.5", p.ownerName+"-"+p.seed.Hex("name", 5)
		}
		b := p.seed.Between("busy", 0.02, 0.3)
		p.cpu = signal.NewWave(p.seed.Child("cpu"), signal.Shape{Base: b * 0.1, Daily: b * 0.5, Noise: b * 0.2, Burst: b})
		p.mem = signal.NewWave(p.seed.Child("mem"), signal.Shape{Base: 0.3 + b, Daily: 0.1, Noise: 0.05, Burst: 0.1})
		p.limit = uint64(p.seed.Int("limit", 1, 6)) * 256 * mib
		p.traffic = newTraffic(p.seed.Child("traffic"), b*5e5)
		p.created = rarely(p.seed.Child("created"), 4*day, 30*day)
		p.containers = rarely(p.seed.Child("starts"), 3*day, 20*day)
		p.suffer(i)
		all[i] = p
	}
	return all
}

// own makes the pod one of a deployment.
func (p *pod) own(d *deployment) {
	d.pods = append(d.pods, p)
	set := d.name + "-" + d.seed.Hex("set", 10)
	p.ownerKind, p.ownerName, p.namespace, p.image = "ReplicaSet", set, d.namespace, d.image
	p.name = set + "-" + p.seed.Hex("name", 5)
}

// suffer decides what is wrong with the pod of that number.
func (p *pod) suffer(number int) {
	if p.node != nil && p.node.lost {
		p.fault = podLost
		return
	}
	if p.cluster.number%2 == 0 {
		switch number % 1000 {
		case 1:
			p.fault, p.containers = podCrashing, signal.Cycle{Every: 310 * time.Second}
		case 6:
			p.fault, p.node = podPending, nil
		case 11:
			p.fault = podEvicted
		}
		return
	}
	if number%1000 == 4 {
		p.fault = podImage
	}
}

// works says that the pod runs and is ready.
func (p *pod) works() bool { return p.fault == podFine }

func (d *deployment) resource() resource.Resource {
	ready := 0
	for _, p := range d.pods {
		if p.works() {
			ready++
		}
	}
	detail := &resource.Deployment{
		UID: d.seed.UUID("uid"), Namespace: d.namespace, Desired: len(d.pods), Updated: len(d.pods), Ready: ready, Available: ready,
	}
	r := resource.Resource{
		ID: d.cluster.id + "/deployment/" + d.namespace + "/" + d.name, Kind: resource.KindDeployment, Name: d.name,
		ParentID: d.cluster.id, Status: resource.StatusRunning,
		Labels: map[string]string{"app.kubernetes.io/name": d.name, "cluster": d.cluster.name}, Detail: detail,
	}
	switch {
	case detail.Desired == 0:
		r.Status, r.StatusReason = resource.StatusStopped, "scaled to zero"
	case ready < detail.Desired:
		r.Status = resource.StatusDegraded
		r.StatusReason = strconv.Itoa(ready) + " of " + strconv.Itoa(detail.Desired) + " pods are ready"
	}
	return r
}
