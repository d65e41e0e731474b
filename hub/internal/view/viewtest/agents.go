package viewtest

import (
	"time"

	"github.com/pulse-hub/pulse/sdk/resource"
)

func agent(id string) resource.Agent {
	return resource.Agent{
		ID: "agent-" + id, Version: "6.0.0", Interval: 10 * time.Second, Legacy: true, CommandsEnabled: true,
		Token: resource.TokenRef{ID: "t1", Name: "fleet", Hint: "abcdef…7890", LastUsed: Epoch()},
	}
}

func agents() []resource.Resource {
	list := []resource.Resource{host("nas-01", "nas-01"), host("agent-pve1", "PVE1.example")}
	return append(append(list, engine()...), cluster()...)
}

func host(id, hostname string) resource.Resource {
	return resource.Resource{
		ID: id, Kind: resource.KindHost, Name: hostname, DisplayName: "The " + hostname, Status: resource.StatusRunning,
		Tags: []string{"rack:1"}, Uptime: 26 * time.Hour, Usage: usage(0.4),
		Metrics: []resource.Metric{{Name: "fan_speed", Value: 900, Unit: resource.UnitRPM, Labels: map[string]string{"fan": "cpu"}}},
		Detail: &resource.Host{
			Hostname: hostname, MachineID: "m-" + id, Platform: "debian", OSName: "Debian", OSVersion: "12.11",
			Kernel: "6.1.0-21", Architecture: "x86_64", CPUModel: "Example CPU", CPUs: 8,
			LoadAverage: []float64{1, 0.5, 0.25}, Filesystems: filesystems(), Interfaces: interfaces(), Agent: agent(id),
			DiskIO: []resource.DiskIO{{
				Device: "sda", ReadBytes: 1, WriteBytes: 2, ReadOps: 3, WriteOps: 4,
				ReadTime: time.Second, WriteTime: time.Second, BusyTime: time.Second,
			}},
			Sensors: resource.Sensors{
				Temperatures: map[string]float64{"cpu_package": 51.5}, Fans: map[string]float64{"fan1": 900},
				Additional: map[string]float64{"nvme0": 40},
				Disks:      []resource.DiskHealth{{Device: "/dev/sda", Model: "m", Serial: "s", WWN: "w", Transport: "sata", Temperature: 33, Health: "PASSED", Standby: true}},
			},
			RAID: []resource.RAIDArray{{Device: "/dev/md0", Level: "raid1", State: "clean", TotalDevices: 2, ActiveDevices: 2, Rebuild: 0.5}},
		},
	}
}

func engine() []resource.Resource {
	at := Epoch()
	return []resource.Resource{
		{
			ID: "docker-01", Kind: resource.KindContainerHost, Name: "docker-01", Status: resource.StatusRunning, Uptime: time.Hour, Usage: usage(0.3),
			Detail: &resource.ContainerHost{
				Hostname: "docker-01", MachineID: "m-docker", OS: "Debian 12", Kernel: "6.1", Architecture: "x86_64",
				Runtime: "docker", RuntimeVersion: "27.3.1", EngineVersion: "27.3.1", CPUs: 8, LoadAverage: []float64{1, 1, 1},
				Filesystems: filesystems(), Interfaces: interfaces(), Agent: agent("docker-01"),
				Swarm: &resource.Swarm{NodeID: "n1", NodeRole: "manager", LocalState: "active", ControlAvailable: true, ClusterID: "c1", ClusterName: "swarm", Scope: "cluster", Error: "none"},
				Tasks: []resource.Task{{
					ID: "task1", ServiceID: "svc1", ServiceName: "web", Slot: 1, NodeID: "n1", NodeName: "docker-01",
					DesiredState: "running", CurrentState: "failed", Error: "exit 1", Message: "started", ContainerID: "c1",
					ContainerName: "web.1", CreatedAt: at, UpdatedAt: at, StartedAt: at, CompletedAt: at,
				}},
			},
		},
		{
			ID: "docker-01/0123456789ab", Kind: resource.KindAppContainer, Name: "web", ParentID: "docker-01",
			Status: resource.StatusRunning, Uptime: time.Hour, Labels: map[string]string{"app": "web"}, Usage: usage(1.5),
			Detail: &resource.AppContainer{
				Image: "nginx:1", ImageDigest: "sha256:1", State: "running", StatusText: "Up 1 hour (healthy)", Health: "healthy",
				Restarts: 1, CreatedAt: at, StartedAt: at, FinishedAt: at,
				Ports:    []resource.Port{{Private: 80, Public: 8080, Protocol: "tcp", IP: "0.0.0.0"}},
				Networks: []resource.ContainerNetwork{{Name: "bridge", IPv4: "172.17.0.2", IPv6: "fd00::2"}},
				Mounts:   []resource.Mount{{Type: "bind", Source: "/srv", Destination: "/data", Mode: "ro", ReadWrite: true, Propagation: "rprivate", Name: "data", Driver: "local"}},
				Podman: &resource.Podman{
					PodName: "pod", PodID: "p1", Infra: true, ComposeProject: "c", ComposeService: "s", ComposeWorkdir: "/srv",
					ComposeConfigHash: "h", AutoUpdatePolicy: "registry", AutoUpdateRestart: "always", UserNamespace: "host",
				},
				Update:        &resource.ImageUpdate{Available: true, CurrentDigest: "sha256:1", LatestDigest: "sha256:2", CheckedAt: at, Error: "none"},
				WritableLayer: 1000, RootFS: 2000,
			},
		},
		{
			ID: "docker-01/service/svc1", Kind: resource.KindService, Name: "web", ParentID: "docker-01", Status: resource.StatusRunning,
			Labels: map[string]string{"stack": "web"},
			Detail: &resource.Service{
				Stack: "web", Image: "nginx:1", Mode: "replicated", Desired: 2, Running: 1, Completed: 1, UpdateState: "completed",
				UpdateMessage: "done", UpdateCompletedAt: at, CreatedAt: at, UpdatedAt: at,
				Ports: []resource.ServicePort{{Name: "http", Protocol: "tcp", Target: 80, Published: 8080, Mode: "ingress"}},
			},
		},
	}
}

func cluster() []resource.Resource {
	at := Epoch()
	return []resource.Resource{
		{
			ID: "k8s-prod", Kind: resource.KindCluster, Name: "prod", Status: resource.StatusRunning,
			Detail: &resource.Cluster{Server: "https://k8s.example:6443", Context: "prod", Version: "v1.31.0", Agent: agent("k8s")},
		},
		{
			ID: "k8s-prod/node/n1", Kind: resource.KindClusterNode, Name: "worker-1", ParentID: "k8s-prod", Status: resource.StatusRunning,
			Detail: &resource.ClusterNode{
				UID: "uid-n1", Ready: true, Unschedulable: true, KubeletVersion: "v1.31.0", RuntimeVersion: "containerd://1.7",
				OSImage: "Debian", Kernel: "6.1", Architecture: "amd64", CPUs: 8, Pods: 110, Memory: 16 * gib,
				AllocatableCPUs: 7, AllocatablePods: 100, AllocatableMemory: 15 * gib, Roles: []string{"worker"},
			},
		},
		{
			ID: "k8s-prod/pod/p1", Kind: resource.KindPod, Name: "web-1", ParentID: "k8s-prod/node/n1", Status: resource.StatusDegraded,
			Labels: map[string]string{"app": "web"},
			Detail: &resource.Pod{
				UID: "uid-p1", Namespace: "default", Node: "worker-1", Phase: "Running", Reason: "CrashLoop", Message: "back-off",
				QoS: "Burstable", CreatedAt: at, StartedAt: at, Restarts: 4, OwnerKind: "ReplicaSet", OwnerName: "web",
				Containers: []resource.PodContainer{{Name: "web", Image: "nginx:1", Ready: true, Restarts: 4, State: "waiting", Reason: "CrashLoopBackOff", Message: "back-off 5m"}},
			},
		},
		{
			ID: "k8s-prod/deployment/d1", Kind: resource.KindDeployment, Name: "web", ParentID: "k8s-prod", Status: resource.StatusRunning,
			Labels: map[string]string{"app": "web"},
			Detail: &resource.Deployment{UID: "uid-d1", Namespace: "default", Desired: 3, Updated: 3, Ready: 2, Available: 2},
		},
	}
}
