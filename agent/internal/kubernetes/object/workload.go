package object

import (
	"fmt"
	"time"
)

// Deployment is a deployment (apps/v1).
type Deployment struct {
	Object
	Spec   Replicas `json:"spec"`
	Status struct {
		UpdatedReplicas   int `json:"updatedReplicas"`
		ReadyReplicas     int `json:"readyReplicas"`
		AvailableReplicas int `json:"availableReplicas"`
	} `json:"status"`
}

// Replicas is how many pods are wanted; one when it does not say.
type Replicas struct {
	Replicas *int `json:"replicas"`
}

// Desired returns how many pods are wanted.
func (r Replicas) Desired() int {
	if r.Replicas == nil {
		return 1
	}
	return *r.Replicas
}

// Problem reports whether fewer pods are available, ready or up to date than wanted.
func (d *Deployment) Problem() bool {
	desired := d.Spec.Desired()
	return d.Status.AvailableReplicas < desired || d.Status.ReadyReplicas < desired || d.Status.UpdatedReplicas < desired
}

// StatefulSet is a stateful set (apps/v1).
type StatefulSet struct {
	Object
	Spec   Replicas `json:"spec"`
	Status struct {
		ReadyReplicas int `json:"readyReplicas"`
	} `json:"status"`
}

// Problem says what is wrong; empty when nothing is.
func (s *StatefulSet) Problem() string {
	return missing(s.Status.ReadyReplicas, s.Spec.Desired())
}

// DaemonSet is a daemon set (apps/v1).
type DaemonSet struct {
	Object
	Status struct {
		Desired int `json:"desiredNumberScheduled"`
		Ready   int `json:"numberReady"`
		Wrong   int `json:"numberMisscheduled"`
	} `json:"status"`
}

// Problem says what is wrong; empty when nothing is.
func (d *DaemonSet) Problem() string {
	if problem := missing(d.Status.Ready, d.Status.Desired); problem != "" {
		return problem
	}
	if d.Status.Wrong > 0 {
		return fmt.Sprintf("runs on %d nodes where it should not", d.Status.Wrong)
	}
	return ""
}

func missing(ready, desired int) string {
	if ready >= desired {
		return ""
	}
	return fmt.Sprintf("%d of %d ready", ready, desired)
}

// Job is a job (batch/v1).
type Job struct {
	Object
	Spec struct {
		Completions *int `json:"completions"`
		Suspend     bool `json:"suspend"`
	} `json:"spec"`
	Status struct {
		Succeeded  int         `json:"succeeded"`
		Failed     int         `json:"failed"`
		Conditions []Condition `json:"conditions"`
	} `json:"status"`
}

// Problem says what is wrong; empty when nothing is. A job that is retried after failures has one until it succeeds.
func (j *Job) Problem() string {
	for _, condition := range j.Status.Conditions {
		if condition.Status != "True" {
			continue
		}
		switch condition.Type {
		case "Complete", "SuccessCriteriaMet":
			return ""
		case "Failed":
			if condition.Reason != "" {
				return "failed: " + condition.Reason
			}
			return "failed"
		}
	}
	if j.Status.Failed > 0 && j.Status.Succeeded < j.desired() {
		return fmt.Sprintf("%d attempts failed", j.Status.Failed)
	}
	return ""
}

func (j *Job) desired() int {
	if j.Spec.Completions == nil {
		return 1
	}
	return *j.Spec.Completions
}

// CronJob is a cron job (batch/v1).
type CronJob struct {
	Object
	Spec struct {
		Suspend bool `json:"suspend"`
	} `json:"spec"`
	Status struct {
		LastScheduleTime   time.Time `json:"lastScheduleTime"`
		LastSuccessfulTime time.Time `json:"lastSuccessfulTime"`
		Active             []struct {
			Name string `json:"name"`
		} `json:"active"`
	} `json:"status"`
}

// Problem says what is wrong; empty when nothing is: the last run is over and did not succeed. A run that the controller
// has just started is active.
func (c *CronJob) Problem() string {
	last := c.Status.LastScheduleTime
	if c.Spec.Suspend || last.IsZero() || len(c.Status.Active) > 0 || !c.Status.LastSuccessfulTime.Before(last) {
		return ""
	}
	return "last run did not succeed"
}
