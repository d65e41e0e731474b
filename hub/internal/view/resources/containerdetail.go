package resources

import (
	"reflect"

	"github.com/pulse-hub/pulse/agent/report"
	"github.com/pulse-hub/pulse/hub/internal/inventory"
	"github.com/pulse-hub/pulse/hub/internal/view/v5"
	"github.com/pulse-hub/pulse/sdk/resource"
)

// containerDetail renders what newer agents tell of a container in the shape of
// their reports; nil when there is nothing of it.
func containerDetail(e *inventory.Entry, c *resource.AppContainer) *report.ContainerDetail {
	d := report.ContainerDetail{
		OOMKilled: c.OOMKilled, Error: c.Error, ComposeProject: c.ComposeProject, ComposeService: c.ComposeService,
		Processes: c.Processes, FailingStreak: c.FailingStreak,
		HealthLog: convert(c.HealthLog, func(p *resource.HealthProbe) report.HealthProbe {
			return report.HealthProbe{At: moment(p.At), ExitCode: p.ExitCode, Output: p.Output}
		}),
	}
	if t := e.Usage.Counters; t != nil && t.NetIn+t.NetOut > 0 {
		d.Network = &report.Traffic{RxBytes: t.NetIn, TxBytes: t.NetOut}
	}
	if reflect.ValueOf(d).IsZero() {
		return nil
	}
	d.ID = v5.ContainerID(e)
	return &d
}

// nodeDetail renders what newer agents tell of a Kubernetes node in the shape
// of their reports; nil when there is nothing of it.
func nodeDetail(e *inventory.Entry, n *resource.ClusterNode) *report.KubernetesNodeDetail {
	d := report.KubernetesNodeDetail{
		CPUCores: n.Cores, AllocatableCPUCores: n.AllocatableCores, Addresses: n.Addresses, CreatedAt: moment(n.CreatedAt),
		Problems: convert(n.Problems, nodeProblem),
	}
	if n.NotReady != nil {
		problem := nodeProblem(n.NotReady)
		d.NotReady = &problem
	}
	if reflect.ValueOf(d).IsZero() {
		return nil
	}
	d.Name = e.Name
	return &d
}

func nodeProblem(p *resource.NodeProblem) report.NodeProblem {
	return report.NodeProblem{Type: p.Type, Reason: p.Reason, Message: p.Message, Since: moment(p.Since)}
}
