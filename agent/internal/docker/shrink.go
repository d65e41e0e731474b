package docker

import (
	"encoding/json"
	"fmt"

	"github.com/pulse-hub/pulse/agent/report"
)

// roomy is the size, in bytes, from which a report is made smaller: the hub's limit less what the sender adds.
const roomy = report.MaxDockerBytes - 8<<10

// roughly is a size, in bytes, that no container without unusual texts has; while all together are below roomy, nothing
// is measured.
const roughly = 4 << 10

// cuts are what a report that is too large loses, one after the other, the least important first.
var cuts = []struct {
	name string
	cut  func(*report.Docker)
}{
	{"environment", func(r *report.Docker) {
		for i := range r.Containers {
			r.Containers[i].Env = nil
		}
	}},
	{"output of health checks", func(r *report.Docker) {
		if r.Detail == nil {
			return
		}
		for i := range r.Detail.Containers {
			r.Detail.Containers[i].HealthLog = nil
		}
	}},
	{"labels and mounts", func(r *report.Docker) {
		for i := range r.Containers {
			r.Containers[i].Labels, r.Containers[i].Mounts = nil, nil
		}
		for i := range r.Services {
			r.Services[i].Labels = nil
		}
	}},
	{"tasks", func(r *report.Docker) { r.Tasks = nil }},
}

// shrink keeps a report below what the hub takes, and says in it what it lost for that.
func shrink(result *report.Docker) {
	if len(result.Containers)*roughly+len(result.Services)*roughly/2+len(result.Tasks)*roughly/4 < roomy && !hasLongText(result) {
		return
	}
	for _, each := range cuts {
		if size(result) < roomy {
			return
		}
		each.cut(result)
		left(result, each.name)
	}
	total := len(result.Containers)
	for size(result) >= roomy && len(result.Containers) > 1 {
		result.Containers = result.Containers[:len(result.Containers)*4/5]
		result.Detail.Containers = nil
	}
	if kept := len(result.Containers); kept < total {
		left(result, fmt.Sprintf("%d of %d containers", total-kept, total))
	}
}

// left notes what was left out.
func left(result *report.Docker, what string) {
	if result.Detail == nil {
		result.Detail = &report.DockerDetail{}
	}
	result.Detail.Degraded = append(result.Detail.Degraded, report.DegradedPart{Part: "size", Reason: "left out: " + what})
}

// hasLongText reports whether labels or variables take more than usual.
func hasLongText(result *report.Docker) bool {
	total := 0
	for _, container := range result.Containers {
		for name, value := range container.Labels {
			total += len(name) + len(value)
		}
		for _, variable := range container.Env {
			total += len(variable)
		}
	}
	return total > roomy/4
}

func size(result *report.Docker) int {
	text, err := json.Marshal(result)
	if err != nil {
		return 0 // then there is nothing to send either
	}
	return len(text)
}
