package inventory

import (
	"github.com/pulse-hub/pulse/agent/internal/kubernetes/object"
	"github.com/pulse-hub/pulse/agent/internal/kubernetes/watch"
	"github.com/pulse-hub/pulse/agent/report"
)

// Bounds of lists.
const (
	maxDeployments = 500
	maxWorkloads   = 100 // of each kind
)

// Deployments is a collection of deployments.
type Deployments = Store[object.Deployment, *object.Deployment, report.Deployment]

// NewDeployments returns a store of deployments that lists those with fewer replicas than desired, or all.
func NewDeployments(filter Filter, all bool) *Deployments {
	return newStore[object.Deployment, *object.Deployment, report.Deployment](maxDeployments, true, func(deployment *object.Deployment) (Entry, bool) {
		head := &deployment.Metadata
		entry := Entry{Problem: deployment.Problem(), Namespace: head.Namespace, Name: head.Name}
		entry.Shown = entry.Problem || all
		if entry.Shown {
			entry.Detail = report.Deployment{
				UID: head.UID, Name: head.Name, Namespace: head.Namespace, DesiredReplicas: deployment.Spec.Desired(),
				UpdatedReplicas: deployment.Status.UpdatedReplicas, ReadyReplicas: deployment.Status.ReadyReplicas,
				AvailableReplicas: deployment.Status.AvailableReplicas, Labels: labels(head.Labels),
			}
		}
		return entry, filter.Allows(head.Namespace)
	})
}

// StatefulSets is a collection of stateful sets, of which those with a problem are listed.
type StatefulSets = Store[object.StatefulSet, *object.StatefulSet, report.Workload]

// DaemonSets is a collection of daemon sets, of which those with a problem are listed.
type DaemonSets = Store[object.DaemonSet, *object.DaemonSet, report.Workload]

// Jobs is a collection of jobs, of which those with a problem are listed.
type Jobs = Store[object.Job, *object.Job, report.Workload]

// CronJobs is a collection of cron jobs, of which those with a problem are listed.
type CronJobs = Store[object.CronJob, *object.CronJob, report.Workload]

// NewStatefulSets returns a store of stateful sets.
func NewStatefulSets(filter Filter) *StatefulSets {
	return newWorkloads[object.StatefulSet, *object.StatefulSet](filter, func(set *object.StatefulSet) report.Workload {
		return report.Workload{Kind: "StatefulSet", Desired: set.Spec.Desired(), Ready: set.Status.ReadyReplicas, Problem: set.Problem()}
	})
}

// NewDaemonSets returns a store of daemon sets.
func NewDaemonSets(filter Filter) *DaemonSets {
	return newWorkloads[object.DaemonSet, *object.DaemonSet](filter, func(set *object.DaemonSet) report.Workload {
		return report.Workload{Kind: "DaemonSet", Desired: set.Status.Desired, Ready: set.Status.Ready, Problem: set.Problem()}
	})
}

// NewJobs returns a store of jobs.
func NewJobs(filter Filter) *Jobs {
	return newWorkloads[object.Job, *object.Job](filter, func(job *object.Job) report.Workload {
		return report.Workload{Kind: "Job", Failed: job.Status.Failed, Problem: job.Problem()}
	})
}

// NewCronJobs returns a store of cron jobs.
func NewCronJobs(filter Filter) *CronJobs {
	return newWorkloads[object.CronJob, *object.CronJob](filter, func(job *object.CronJob) report.Workload {
		return report.Workload{Kind: "CronJob", Problem: job.Problem()}
	})
}

// newWorkloads returns a store of one kind; convert leaves the names to it.
func newWorkloads[T any, P watch.Object[T]](filter Filter, convert func(*T) report.Workload) *Store[T, P, report.Workload] {
	return newStore[T, P, report.Workload](maxWorkloads, true, func(value *T) (Entry, bool) {
		head := P(value).Head()
		workload := convert(value)
		workload.UID, workload.Name, workload.Namespace, workload.Problem = head.UID, head.Name, head.Namespace, cut(workload.Problem)
		entry := Entry{Namespace: head.Namespace, Name: head.Name, Problem: workload.Problem != ""}
		if entry.Shown = entry.Problem; entry.Shown {
			entry.Detail = workload
		}
		return entry, filter.Allows(head.Namespace)
	})
}
