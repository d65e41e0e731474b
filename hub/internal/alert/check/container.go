package check

import (
	"fmt"
	"strings"
	"time"

	"github.com/pulse-hub/pulse/hub/internal/alert"
	"github.com/pulse-hub/pulse/hub/internal/alert/policy"
	"github.com/pulse-hub/pulse/hub/internal/inventory"
	"github.com/pulse-hub/pulse/hub/internal/view/v5"
	"github.com/pulse-hub/pulse/sdk/resource"
)

// killed is the exit code of a process that was killed, whoever did it.
const killed = 137

// memoryLimitGap is how far in percent below the warning the use of memory must fall for its alert to end.
const memoryLimitGap = 5

// swarmTask is the label of containers that a Swarm starts and replaces.
const swarmTask = "com.docker.swarm.task.id"

// containerKinds are the names by which delays of containers are looked up.
var containerKinds = []string{"docker", "guest"}

// containerLook is a look at an application container.
type containerLook struct {
	*bench
	detail *resource.AppContainer
}

func checkAppContainer(b *bench) {
	detail, _ := b.entry.Detail.(*resource.AppContainer)
	if detail == nil {
		detail = &resource.AppContainer{}
	}
	c := containerLook{b, detail}
	b.describe = c.metadata
	if !b.onEngine(policy.Target{}) {
		return
	}
	c.judgeState()
	c.judgeRestarts()
	c.judgeOOM()
	c.judgeUpdate()
	if c.runs() {
		c.judgeHealth()
		c.judgeUsage()
		c.judgeMemoryLimit()
	}
}

func (c containerLook) metadata() map[string]any {
	return map[string]any{
		"resourceType": "DockerContainer", "hostId": c.entry.ParentID, "hostName": c.subject.Node,
		"containerId": v5.ContainerID(c.entry), "containerName": c.entry.Name, "image": c.detail.Image,
		"state": c.detail.State, "status": c.detail.StatusText, "restartCount": c.detail.Restarts, "exitCode": c.detail.ExitCode,
	}
}

func (c containerLook) runs() bool { return c.detail.State == "running" }

// named begins the message about the container.
func (c containerLook) named() string { return "Container '" + c.subject.Name + "'" }

// judgeState looks at whether the container runs. What a Swarm has started, it also replaces: its services are judged,
// not the containers that it leaves behind.
func (c containerLook) judgeState() {
	level := alert.Level("")
	if !c.runs() && c.entry.Labels[swarmTask] == "" {
		level = c.thresholds.PoweredOff
	}
	if level == "" && !c.open {
		return
	}
	c.is(state{
		Type: alert.ContainerState, AlertID: "docker-container-state-" + c.subject.ID, Level: level,
		Unknown: c.detail.State == "" || c.detail.State == "removing", Confirm: 2, Connectivity: true,
		Message: c.named() + " " + c.stateInWords(),
	})
}

func (c containerLook) stateInWords() string {
	switch d := c.detail; {
	case d.State == "exited" && d.Error != "":
		return "could not be started: " + d.Error
	case d.State == "exited":
		return fmt.Sprintf("is not running: exited with code %d", d.ExitCode)
	case d.State == "created":
		return "is not running: created, never started"
	default:
		return "is not running: " + d.State
	}
}

func (c containerLook) judgeHealth() {
	level := alert.Level("")
	health := strings.ToLower(strings.TrimSpace(c.detail.Health))
	switch health {
	case "", "none", "healthy", "starting":
	case "unhealthy":
		level = alert.Critical
	default:
		level = alert.Warning
	}
	if level == "" && !c.open {
		return
	}
	c.is(state{
		Type: alert.ContainerHealth, AlertID: "docker-container-health-" + c.subject.ID, Level: level,
		Unknown: health == "starting", Message: c.named() + " is " + health + c.lastProbe(),
		Extra: func() map[string]any {
			return map[string]any{"health": health, "failingStreak": c.detail.FailingStreak}
		},
	})
}

// lastProbe says what the health check said last.
func (c containerLook) lastProbe() string {
	log := c.detail.HealthLog
	if len(log) == 0 {
		return ""
	}
	output, _, _ := strings.Cut(strings.TrimSpace(log[len(log)-1].Output), "\n")
	if output == "" {
		return ""
	}
	return ": " + output
}

// judgeRestarts looks at how often the container has been started again of late.
func (c containerLook) judgeRestarts() {
	limit, window := c.thresholds.Docker.RestartCount, time.Duration(c.thresholds.Docker.RestartWindow)*time.Second
	if limit <= 0 || window <= 0 {
		return
	}
	restarts := c.memory.grown(c.entry.Key, c.entry.SeenAt, float64(c.detail.Restarts), window)
	level := alert.Level("")
	if restarts > float64(limit) {
		level = alert.Critical
	}
	if level == "" && !c.open {
		return
	}
	c.is(state{
		Type: alert.ContainerRestarts, AlertID: "docker-container-restart-loop-" + c.subject.ID, Level: level,
		Unknown: level == "" && c.young(window), Value: restarts, Trigger: float64(limit),
		Message: fmt.Sprintf("%s has been restarted %.0f times within %s", c.named(), restarts, spoken(window)),
		Extra: func() map[string]any {
			return map[string]any{"restartsInWindow": int(restarts), "restartWindowSeconds": int(window / time.Second)}
		},
	})
}

// young says that the hub has not looked for as long as the window yet: what happened before is not known.
func (b *bench) young(window time.Duration) bool { return b.Now.Sub(b.Started) < window }

// judgeOOM looks at whether the container has ended because it used too much memory. A container that is stopped by
// force has the same exit code, so that counts only with agents that do not tell the reason. Those that do leave it out
// of their first report.
func (c containerLook) judgeOOM() {
	level, confirm := alert.Level(""), 1
	ended := c.detail.State == "exited" || c.detail.State == "dead" || c.detail.State == "restarting"
	switch {
	case ended && c.detail.OOMKilled:
		level = alert.Critical
	case ended && c.detail.ExitCode == killed && !c.reasonsAreTold():
		level, confirm = alert.Critical, 2
	}
	if level == "" && !c.open {
		return
	}
	c.is(state{
		Type: alert.ContainerOOM, AlertID: "docker-container-oom-" + c.subject.ID, Level: level, Confirm: confirm,
		Message: c.named() + " was killed: it used more memory than it may",
		Extra:   func() map[string]any { return map[string]any{"oomKilled": c.detail.OOMKilled} },
	})
}

// reasonsAreTold says that whoever tells of this container host knows why containers end: it tells of others what only
// those do that know. A plugin always does.
func (c containerLook) reasonsAreTold() bool {
	if source, known := c.Source(c.entry.Source); known && source.Plugin != "" {
		return true
	}
	for e := range c.Children(c.entry.ParentKey) {
		d, _ := e.Detail.(*resource.AppContainer)
		if d != nil && (d.OOMKilled || d.Error != "" || d.Processes > 0 || d.ComposeProject != "" || d.FailingStreak > 0) {
			return true
		}
	}
	return false
}

// judgeUpdate looks at whether there is a newer image. The alert waits, for most look after that anyway.
func (c containerLook) judgeUpdate() {
	hours, update := c.thresholds.Docker.UpdateAlertDelayHours, c.detail.Update
	if hours < 0 || update == nil {
		return
	}
	level := alert.Level("")
	if update.Available {
		level = alert.Warning
	}
	if level == "" && !c.open {
		return
	}
	c.is(state{
		Type: alert.ContainerUpdate, AlertID: "docker-container-update-" + c.subject.ID, Level: level,
		Unknown: update.Error != "" && !update.Available, Delay: time.Duration(hours) * time.Hour,
		Message: c.named() + " has an update: there is a newer image of " + c.detail.Image,
		Extra: func() map[string]any {
			return map[string]any{"currentDigest": update.CurrentDigest, "latestDigest": update.LatestDigest}
		},
	})
}

func (c containerLook) judgeUsage() {
	usage := &c.entry.Usage
	if usage.CPU == nil {
		c.judge(metric{Type: alert.CPU, Unknown: true})
	} else {
		c.judge(metric{Type: alert.CPU, Value: percent(*usage.CPU), Label: "Container cpu", Kinds: containerKinds})
	}
	ratio, known := usage.Memory.Ratio()
	c.judge(metric{Type: alert.Memory, Value: percent(ratio), Unknown: !known, Label: "Container memory", Kinds: containerKinds})
	if whole := c.detail.RootFS; whole > 0 {
		c.judge(metric{
			Type: alert.Disk, Value: percent(float64(c.detail.WritableLayer) / float64(whole)), Label: "Container disk", Kinds: containerKinds,
		})
	}
}

// judgeMemoryLimit looks at how near the container is to being killed. One without a limit of its own may have all
// memory of the machine, of which the machine's own alerts tell.
func (c containerLook) judgeMemoryLimit() {
	memory, docker := c.entry.Usage.Memory, &c.thresholds.Docker
	ratio, known := memory.Ratio()
	value := percent(ratio)
	if docker.MemoryWarnPct <= 0 || !c.open && value < docker.MemoryWarnPct || c.mayHaveAll(memory) {
		return
	}
	c.hold(metric{
		Type: alert.ContainerMemoryLimit, Value: value, Unknown: !known, AlertID: "docker-container-memory-limit-" + c.subject.ID,
		Message: fmt.Sprintf("%s uses %.1f%% of the memory it may use", c.named(), value),
		Extra: func() map[string]any {
			return map[string]any{"memoryUsageBytes": memory.Used, "memoryLimitBytes": memory.Total}
		},
	}, policy.Limit{
		Trigger: docker.MemoryWarnPct, Clear: docker.MemoryWarnPct - memoryLimitGap, Critical: docker.MemoryCriticalPct, Rule: "defaults",
	})
}

func (c containerLook) mayHaveAll(memory resource.Capacity) bool {
	engine, known := c.Get(c.entry.ParentKey)
	return known && hasMemory(engine) && memory.Total >= engine.Usage.Memory.Total
}

func hasMemory(e *inventory.Entry) bool { return e.Usage.Memory.Total > 0 }
