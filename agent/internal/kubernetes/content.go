package kubernetes

import (
	"slices"
	"strings"

	"github.com/pulse-hub/pulse/agent/internal/kubernetes/inventory"
	"github.com/pulse-hub/pulse/agent/internal/kubernetes/object"
	"github.com/pulse-hub/pulse/agent/internal/kubernetes/usage"
	"github.com/pulse-hub/pulse/agent/internal/kubernetes/watch"
	"github.com/pulse-hub/pulse/agent/report"
)

// maxScopes is up to how many namespaces are asked for one by one, which needs no permission for the whole cluster.
const maxScopes = 8

// Groups of the API.
const (
	core    = "/api/v1"
	apps    = "/apis/apps/v1"
	batch   = "/apis/batch/v1"
	metrics = "/apis/metrics.k8s.io/v1beta1"
)

// content is all that is collected of a cluster. Collections with namespaces have one store for each scope.
type content struct {
	client watch.Getter
	scopes []string // parts of paths: one for each namespace, or an empty one for all of them

	nodes        []*inventory.Nodes
	pods         []*inventory.Pods
	deployments  []*inventory.Deployments
	namespaces   []*inventory.Namespaces
	statefulSets []*inventory.StatefulSets
	daemonSets   []*inventory.DaemonSets
	jobs         []*inventory.Jobs
	cronJobs     []*inventory.CronJobs
	services     []*inventory.Services
	volumes      []*inventory.Volumes
	claims       []*inventory.Claims
	warnings     []*inventory.Warnings
	nodeUsage    *usage.Poll
	podUsage     []*usage.Poll

	parts      []*part // but for usageParts
	usageParts []*part
	main       []*part // without any of which there is no report
}

func newContent(client watch.Getter, filter inventory.Filter, options Options) content {
	c := content{client: client, scopes: []string{""}}
	if names := filter.Names(); len(names) > 0 && len(names) <= maxScopes {
		c.scopes = nil
		for _, name := range names {
			c.scopes = append(c.scopes, "/namespaces/"+name)
		}
	}
	whole := []string{""}
	c.nodes = collect(&c, whole, collection{core, "nodes"}, inventory.NewNodes)
	c.pods = collect(&c, c.scopes, collection{core, "pods"}, func() *inventory.Pods {
		return inventory.NewPods(filter, options.IncludeAllPods, options.MaxPods)
	})
	c.deployments = collect(&c, c.scopes, collection{apps, "deployments"}, func() *inventory.Deployments {
		return inventory.NewDeployments(filter, options.IncludeAllDeployments)
	})
	c.main = slices.Clone(c.parts)
	c.namespaces = collect(&c, whole, collection{core, "namespaces"}, with(inventory.NewNamespaces, filter))
	c.statefulSets = collect(&c, c.scopes, collection{apps, "statefulsets"}, with(inventory.NewStatefulSets, filter))
	c.daemonSets = collect(&c, c.scopes, collection{apps, "daemonsets"}, with(inventory.NewDaemonSets, filter))
	c.jobs = collect(&c, c.scopes, collection{batch, "jobs"}, with(inventory.NewJobs, filter))
	c.cronJobs = collect(&c, c.scopes, collection{batch, "cronjobs"}, with(inventory.NewCronJobs, filter))
	c.services = collect(&c, c.scopes, collection{core, "services"}, with(inventory.NewServices, filter))
	c.volumes = collect(&c, whole, collection{core, "persistentvolumes"}, with(inventory.NewVolumes, filter))
	c.claims = collect(&c, c.scopes, collection{core, "persistentvolumeclaims"}, with(inventory.NewClaims, filter))
	c.warnings = collect(&c, c.scopes, collection{core, "events"}, with(inventory.NewWarnings, filter))
	c.measure(filter)
	return c
}

func with[S any](build func(inventory.Filter) S, filter inventory.Filter) func() S {
	return func() S { return build(filter) }
}

// collection is a kind of objects by its group and its plural name.
type collection struct{ group, plural string }

// collect adds the parts that follow a collection, one for each scope, and returns their stores.
func collect[T any, P watch.Object[T], D any](c *content, scopes []string, of collection, build func() *inventory.Store[T, P, D]) []*inventory.Store[T, P, D] {
	var stores []*inventory.Store[T, P, D]
	for _, scope := range scopes {
		source := watch.Collection{Path: of.group + scope + "/" + of.plural, Partial: of.plural == "namespaces"}
		if of.plural == "events" {
			source.FieldSelector = "type=Warning"
		}
		store := build()
		stores = append(stores, store)
		c.parts = append(c.parts, &part{
			name: of.plural + inScope(scope), keeper: store, short: store.Short, overflows: store.Overflows, optional: of.group == batch,
			follower: watch.NewFollower[T, P](c.client, source, store),
		})
	}
	return stores
}

// inScope says for people which scope it is.
func inScope(scope string) string {
	if scope == "" {
		return ""
	}
	return " in " + scope[len("/namespaces/"):]
}

// measure adds the parts that ask for usage.
func (c *content) measure(filter inventory.Filter) {
	c.nodeUsage = usage.New(c.client, metrics+"/nodes", usage.Choice{})
	c.usageParts = append(c.usageParts, &part{name: "metrics of nodes", follower: c.nodeUsage, keeper: c.nodeUsage, optional: true})
	for _, scope := range c.scopes {
		poll := usage.New(c.client, metrics+scope+"/pods", usage.Choice{Allows: filter.Allows, Wanted: c.listedPods})
		c.podUsage = append(c.podUsage, poll)
		c.usageParts = append(c.usageParts, &part{name: "metrics of pods" + inScope(scope), follower: poll, keeper: poll, optional: true})
	}
}

// all returns all parts.
func (c *content) all() []*part { return append(slices.Clone(c.parts), c.usageParts...) }

// known reports whether something is known of a collection, in any scope.
func (c *content) known(plural string) bool {
	return slices.ContainsFunc(c.parts, func(p *part) bool {
		return (p.name == plural || strings.HasPrefix(p.name, plural+" in ")) && p.known()
	})
}

// listedPods returns the names of the pods a report has.
func (c *content) listedPods() map[object.Name]bool {
	names := map[object.Name]bool{}
	for _, pod := range inventory.Merge(c.pods).List {
		names[object.Name{Namespace: pod.Namespace, Name: pod.Name}] = true
	}
	return names
}

// workloads returns the counts of all kinds of workloads that are known, and those with a problem.
func (c *content) workloads() (map[string]report.WorkloadCount, []report.Workload) {
	counts := map[string]report.WorkloadCount{}
	var problems []report.Workload
	for _, each := range []struct {
		kind, plural string
		view         inventory.View[report.Workload]
	}{
		{"StatefulSet", "statefulsets", inventory.Merge(c.statefulSets)},
		{"DaemonSet", "daemonsets", inventory.Merge(c.daemonSets)},
		{"Job", "jobs", inventory.Merge(c.jobs)},
		{"CronJob", "cronjobs", inventory.Merge(c.cronJobs)},
	} {
		if c.known(each.plural) {
			counts[each.kind] = report.WorkloadCount{Total: each.view.Total, Problems: each.view.Problems}
			problems = append(problems, each.view.List...)
		}
	}
	return counts, problems
}
