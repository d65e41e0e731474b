package kubernetes

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/pulse-hub/pulse/agent/internal/kubernetes/inventory"
	"github.com/pulse-hub/pulse/agent/internal/module"
	"github.com/pulse-hub/pulse/agent/report"
)

// sizeReserve is kept free below the largest body, in bytes, for what is added to a report later.
const sizeReserve = 16 << 10

// report makes a report of what is known now.
func (s *session) report(options Options, now time.Time) (*report.Kubernetes, error) {
	made := &report.Kubernetes{
		Agent: report.Agent{
			ID: options.AgentID, Version: options.Version, Type: report.AgentTypeUnified, IntervalSeconds: int(options.Interval / time.Second),
		},
		Cluster: s.cluster, Timestamp: now.UTC(), Detail: &report.KubernetesDetail{},
	}
	if made.Agent.ID == "" {
		made.Agent.ID = s.cluster.ID
	}
	s.content.fillNodes(made)
	s.content.fillPods(made)
	s.content.fillDeployments(made)
	s.content.fillDetail(made.Detail)
	made.Detail.Degraded = s.content.degraded()
	if err := fit(made, report.MaxKubernetesBytes-sizeReserve); err != nil {
		return nil, err
	}
	return made, nil
}

func (c *content) fillNodes(made *report.Kubernetes) {
	used := map[string]report.KubernetesUsage{}
	for _, figure := range c.nodeUsage.Figures() {
		used[figure.Name] = figure.Used
	}
	for _, node := range inventory.Merge(c.nodes).List {
		if usage, ok := used[node.Node.Name]; ok {
			node.Detail.Usage = &usage
		}
		made.Nodes = append(made.Nodes, node.Node)
		made.Detail.Nodes = append(made.Detail.Nodes, node.Detail)
	}
}

func (c *content) fillPods(made *report.Kubernetes) {
	view := inventory.Merge(c.pods)
	made.Pods = view.List
	if c.known("pods") {
		made.Detail.Pods = &report.PodCount{
			Total: view.Total, Phases: view.Classes, Problems: view.Problems, Omitted: view.Listed - len(view.List),
		}
	}
	for _, poll := range c.podUsage {
		for _, figure := range poll.Figures() {
			made.Detail.PodUsage = append(made.Detail.PodUsage, report.PodUsage{
				Namespace: figure.Namespace, Name: figure.Name, KubernetesUsage: figure.Used,
			})
		}
	}
}

func (c *content) fillDeployments(made *report.Kubernetes) {
	view := inventory.Merge(c.deployments)
	made.Deployments = view.List
	if c.known("deployments") {
		made.Detail.Deployments = &report.WorkloadCount{Total: view.Total, Problems: view.Problems}
	}
}

func (c *content) fillDetail(detail *report.KubernetesDetail) {
	if c.known("namespaces") {
		view := inventory.Merge(c.namespaces)
		detail.Namespaces = &report.NamespaceCount{Total: view.Total, Terminating: view.List}
	}
	detail.Workloads, detail.WorkloadProblems = c.workloads()
	if c.known("services") {
		view := inventory.Merge(c.services)
		detail.Services = &report.ServiceCount{Total: view.Total, Types: view.Classes, Exposed: view.List}
	}
	volumes, claims := inventory.Merge(c.volumes), inventory.Merge(c.claims)
	detail.Volumes, detail.VolumePhases = volumes.List, volumes.Classes
	detail.Claims, detail.ClaimPhases = claims.List, claims.Classes
	detail.Warnings = inventory.Merge(c.warnings).List
}

// degraded names the parts that do not work.
func (c *content) degraded() []report.DegradedPart {
	var list []report.DegradedPart
	for _, each := range c.all() {
		if check := each.check(); check.State != module.Unavailable && check.Reason != "" {
			list = append(list, report.DegradedPart{Part: check.Name, Reason: check.Reason})
		}
	}
	return list
}

// fit cuts a report that is larger than a hub takes, in bytes: first what old hubs do not know, then the last pods, then
// the last deployments and nodes. Only unusual settings make one so large.
func fit(made *report.Kubernetes, limit int) error {
	for {
		encoded, err := json.Marshal(made)
		if err != nil {
			return fmt.Errorf("measure report: %w", err)
		}
		switch {
		case len(encoded) <= limit:
			return nil
		case made.Detail != nil && len(made.Detail.Warnings)+len(made.Detail.Volumes)+len(made.Detail.Claims)+len(made.Detail.PodUsage) > 0:
			made.Detail.Warnings, made.Detail.Volumes, made.Detail.Claims, made.Detail.PodUsage = nil, nil, nil, nil
		case len(made.Pods) > 0:
			before := len(made.Pods)
			made.Pods = made.Pods[:before*3/4]
			if made.Detail != nil && made.Detail.Pods != nil {
				made.Detail.Pods.Omitted += before - len(made.Pods)
			}
		case len(made.Deployments) > 0:
			made.Deployments = made.Deployments[:len(made.Deployments)*3/4]
		case made.Detail != nil:
			made.Detail = nil
		case len(made.Nodes) > 0:
			made.Nodes = made.Nodes[:len(made.Nodes)*3/4]
		default:
			return nil
		}
	}
}
