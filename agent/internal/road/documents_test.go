package roadtest

import (
	"encoding/json"
	"testing"
)

// What these tests look at in the documents of the API.

// state is the answer of /api/state.
type state struct {
	Hosts       []hostState    `json:"hosts"`
	DockerHosts []engineState  `json:"dockerHosts"`
	Clusters    []clusterState `json:"kubernetesClusters"`
}

type hostState struct {
	ID       string `json:"id"`
	Hostname string `json:"hostname"`
	Status   string `json:"status"`
	LastSeen int64  `json:"lastSeen"` // Unix ms
}

type engineState struct {
	ID             string           `json:"id"`
	Hostname       string           `json:"hostname"`
	Runtime        string           `json:"runtime"`
	RuntimeVersion string           `json:"runtimeVersion"`
	Status         string           `json:"status"`
	LastSeen       int64            `json:"lastSeen"` // Unix ms
	Containers     []containerState `json:"containers"`
	Services       []serviceState   `json:"services"`
	Tasks          []taskState      `json:"tasks"`
	Swarm          *struct {
		NodeID     string `json:"nodeId"`
		NodeRole   string `json:"nodeRole"`
		LocalState string `json:"localState"`
		ClusterID  string `json:"clusterId"`
		Scope      string `json:"scope"`
	} `json:"swarm"`
}

// container returns the container of that name, the zero value if there is none.
func (e *engineState) container(name string) containerState {
	for _, each := range e.Containers {
		if each.Name == name {
			return each
		}
	}
	return containerState{}
}

type containerState struct {
	ID               string  `json:"id"`
	Name             string  `json:"name"`
	State            string  `json:"state"`
	Status           string  `json:"status"`
	Health           string  `json:"health"`
	CPUPercent       float64 `json:"cpuPercent"`
	MemoryUsageBytes int64   `json:"memoryUsageBytes"`
	MemoryLimitBytes int64   `json:"memoryLimitBytes"`
	RestartCount     int     `json:"restartCount"`
	ExitCode         int     `json:"exitCode"`
	StartedAt        int64   `json:"startedAt"`  // Unix ms
	FinishedAt       int64   `json:"finishedAt"` // Unix ms
	Podman           *struct {
		ComposeProject string `json:"composeProject"`
	} `json:"podman"`
}

type serviceState struct {
	ID           string `json:"id"`
	Name         string `json:"name"`
	Stack        string `json:"stack"`
	Mode         string `json:"mode"`
	DesiredTasks int    `json:"desiredTasks"`
	RunningTasks int    `json:"runningTasks"`
}

type taskState struct {
	ServiceName   string `json:"serviceName"`
	CurrentState  string `json:"currentState"`
	DesiredState  string `json:"desiredState"`
	ContainerID   string `json:"containerId"`
	ContainerName string `json:"containerName"`
	NodeName      string `json:"nodeName"`
}

type clusterState struct {
	ID       string `json:"id"`
	Name     string `json:"name"`
	Version  string `json:"version"`
	Status   string `json:"status"`
	LastSeen int64  `json:"lastSeen"` // Unix ms
	Nodes    []struct {
		Name          string   `json:"name"`
		Ready         bool     `json:"ready"`
		Unschedulable bool     `json:"unschedulable"`
		Roles         []string `json:"roles"`
		Cores         int      `json:"capacityCpuCores"`
	} `json:"nodes"`
	Pods []struct {
		Name      string `json:"name"`
		Namespace string `json:"namespace"`
		NodeName  string `json:"nodeName"`
		Phase     string `json:"phase"`
		Restarts  int    `json:"restarts"`
		OwnerName string `json:"ownerName"`
	} `json:"pods"`
	Deployments []struct {
		Name    string `json:"name"`
		Desired int    `json:"desiredReplicas"`
		Ready   int    `json:"readyReplicas"`
	} `json:"deployments"`
}

// unified is one item of /api/resources.
type unified struct {
	Type   string `json:"type"`
	Name   string `json:"name"`
	Status string `json:"status"`
	Data   struct {
		State  string          `json:"state"`
		Phase  string          `json:"phase"`
		Detail json.RawMessage `json:"detail"`
	} `json:"platformData"`
}

// detailOf decodes what newer agents tell of a resource.
func detailOf[T any](t testing.TB, resource unified) T {
	t.Helper()
	var detail T
	if err := json.Unmarshal(resource.Data.Detail, &detail); err != nil {
		t.Fatalf("detail of %s: %v: %s", resource.Name, err, resource.Data.Detail)
	}
	return detail
}
