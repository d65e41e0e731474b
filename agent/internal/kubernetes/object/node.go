package object

import (
	"slices"
	"strings"
	"time"
)

// Node is a node (v1).
type Node struct {
	Object
	Spec struct {
		Unschedulable bool `json:"unschedulable"`
	} `json:"spec"`
	Status NodeStatus `json:"status"`
}

// NodeStatus is how a node is.
type NodeStatus struct {
	Capacity    Resources   `json:"capacity"`
	Allocatable Resources   `json:"allocatable"`
	Conditions  []Condition `json:"conditions"`
	Addresses   []struct {
		Type    string `json:"type"`
		Address string `json:"address"`
	} `json:"addresses"`
	NodeInfo NodeInfo `json:"nodeInfo"`
}

// NodeInfo says what a node runs.
type NodeInfo struct {
	KubeletVersion          string `json:"kubeletVersion"`
	ContainerRuntimeVersion string `json:"containerRuntimeVersion"`
	OSImage                 string `json:"osImage"`
	KernelVersion           string `json:"kernelVersion"`
	Architecture            string `json:"architecture"`
}

// Resources are amounts of what pods use.
type Resources struct {
	CPU     Quantity `json:"cpu"`
	Memory  Quantity `json:"memory"`
	Pods    Quantity `json:"pods"`
	Storage Quantity `json:"storage"`
}

// Condition is one condition of an object.
type Condition struct {
	Type string `json:"type"`
	// Status is True, False or Unknown.
	Status             string    `json:"status"`
	Reason             string    `json:"reason"`
	Message            string    `json:"message"`
	LastTransitionTime time.Time `json:"lastTransitionTime"`
}

// Ready returns the Ready condition; one of status Unknown when the node has none.
func (n *Node) Ready() Condition {
	for _, condition := range n.Status.Conditions {
		if condition.Type == "Ready" {
			return condition
		}
	}
	return Condition{Type: "Ready", Status: Unknown}
}

// Problems returns the conditions that hold and should not. All conditions of nodes but Ready name something bad; those
// added by a problem detector do too.
func (n *Node) Problems() []Condition {
	var problems []Condition
	for _, condition := range n.Status.Conditions {
		if condition.Type != "Ready" && condition.Status == "True" {
			problems = append(problems, condition)
		}
	}
	return problems
}

// roleLabel is the beginning of the labels that name the roles of a node.
const roleLabel = "node-role.kubernetes.io/"

// Roles returns the roles of the node in order, each once; nil when it has none. A role without a name is "master".
func (n *Node) Roles() []string {
	var roles []string
	for label := range n.Metadata.Labels {
		role, found := strings.CutPrefix(label, roleLabel)
		if !found {
			continue
		}
		if role == "" {
			role = "master"
		}
		roles = append(roles, role)
	}
	slices.Sort(roles)
	return slices.Compact(roles)
}
