package kubernetes_test

import (
	"fmt"

	"github.com/pulse-hub/pulse/agent/internal/kubernetes/kubetest"
)

type object = kubetest.Object

// pod returns a pod of a phase. One that runs is ready, one that is pending cannot get its image.
func pod(namespace, name, phase string) object {
	state := object{"running": object{"startedAt": "2026-11-23T04:00:00Z"}}
	if phase == "Pending" {
		state = object{"waiting": object{"reason": "ImagePullBackOff", "message": "back-off 5m0s restarting failed container"}}
	}
	uid := "uid-" + name
	if namespace != "default" {
		uid = namespace + "-" + uid
	}
	return object{
		"metadata": object{
			"uid": uid, "name": name, "namespace": namespace, "creationTimestamp": "2026-11-23T04:00:00Z",
			"labels":          object{"app": name},
			"ownerReferences": []object{{"kind": "Node", "name": "other"}, {"kind": "ReplicaSet", "name": name + "-rs", "controller": true}},
			"managedFields":   []object{{"manager": "kubelet", "fieldsV1": object{"f:status": object{}}}},
		},
		"spec": object{"nodeName": "worker-1", "containers": []object{{"name": "main", "image": "nginx:1.27", "env": []object{{"name": "SECRET", "value": "x"}}}}},
		"status": object{
			"phase": phase, "qosClass": "BestEffort", "startTime": "2026-11-23T04:00:00Z",
			"containerStatuses": []object{{"name": "main", "image": "nginx:1.27", "ready": phase == "Running", "restartCount": 0, "state": state}},
		},
	}
}

func resources(cpu, memory string) object {
	return object{"cpu": cpu, "memory": memory, "pods": "110", "ephemeral-storage": "100Gi"}
}

func nodeObject(uid, name, role, ready string, capacity, allocatable object) object {
	return object{
		"metadata": object{"uid": uid, "name": name, "creationTimestamp": "2026-01-01T00:00:00Z", "labels": object{"node-role.kubernetes.io/" + role: "", "kubernetes.io/os": "linux"}},
		"spec":     object{},
		"status": object{
			"capacity": capacity, "allocatable": allocatable,
			"conditions": []object{
				{"type": "MemoryPressure", "status": "False"},
				{"type": "Ready", "status": ready, "reason": "KubeletNotReady", "message": "no network", "lastTransitionTime": "2026-11-23T05:00:00Z"},
			},
			"nodeInfo": object{
				"kubeletVersion": "v1.31.2", "containerRuntimeVersion": "containerd://1.7.2", "osImage": "Debian GNU/Linux 12",
				"kernelVersion": "6.1.0", "architecture": "amd64",
			},
		},
	}
}

func deployment(uid, name string, desired, updated, ready int) object {
	return object{
		"metadata": object{"uid": uid, "name": name, "namespace": "default", "labels": object{"app": name}},
		"spec":     object{"replicas": desired},
		"status":   object{"replicas": desired, "updatedReplicas": updated, "readyReplicas": ready, "availableReplicas": ready},
	}
}

// fillRecorded makes the cluster of the recorded report, and some of what was left out of it because it is well.
func fillRecorded(server *kubetest.Server) {
	server.Put("/api/v1/nodes", nodeObject("node-uid-0", "cp-1", "control-plane", "False", resources("2", "4Gi"), resources("2", "4194304Ki")))
	worker := nodeObject("node-uid-1", "worker-1", "worker", "True", resources("4", "8Gi"), resources("3920m", "7Gi"))
	worker["spec"] = object{"unschedulable": true}
	server.Put("/api/v1/nodes", worker)

	failed := pod("default", "failed-1", "Failed")
	failed["status"].(object)["reason"] = "Evicted"
	server.Put("/api/v1/pods", failed)
	server.Put("/api/v1/pods", pod("default", "pending-1", "Pending"))
	crash := pod("default", "web-crash", "Running")
	status := crash["status"].(object)["containerStatuses"].([]object)[0]
	status["ready"], status["restartCount"] = false, 17
	status["state"] = object{"waiting": object{"reason": "CrashLoopBackOff", "message": "back-off 5m0s restarting failed container"}}
	server.Put("/api/v1/pods", crash)
	server.Put("/api/v1/pods", pod("default", "web-ok", "Running"))
	server.Put("/api/v1/pods", pod("default", "done-1", "Succeeded"))
	server.Put("/api/v1/pods", pod("kube-system", "done-2", "Succeeded"))

	server.Put("/apis/apps/v1/deployments", deployment("dep-1", "api", 3, 2, 1))
	server.Put("/apis/apps/v1/deployments", deployment("dep-2", "web", 2, 2, 2))
}

func meta(uid, namespace, name string) object {
	return object{"uid": uid, "namespace": namespace, "name": name, "creationTimestamp": "2026-11-20T00:00:00Z"}
}

// fillDetail adds what is only in the detail.
func fillDetail(server *kubetest.Server) {
	for i, node := range []object{
		nodeObject("node-uid-0", "cp-1", "control-plane", "False", resources("2", "4Gi"), resources("2", "4Gi")),
		nodeObject("node-uid-1", "worker-1", "worker", "True", resources("4", "8Gi"), resources("3920m", "7Gi")),
	} {
		status := node["status"].(object)
		status["addresses"] = []object{{"type": "Hostname", "address": "x"}, {"type": "InternalIP", "address": fmt.Sprintf("10.0.0.%d", i+1)}}
		if i == 0 {
			status["conditions"] = append(status["conditions"].([]object), object{
				"type": "DiskPressure", "status": "True", "reason": "KubeletHasDiskPressure", "lastTransitionTime": "2026-11-23T05:00:00Z",
			})
		}
		server.Put("/api/v1/nodes", node)
	}
	for _, name := range []string{"default", "old", "hidden-a"} {
		about := meta(name, "", name)
		if name == "old" {
			about["deletionTimestamp"] = "2026-11-23T05:00:00Z"
		}
		server.Put("/api/v1/namespaces", object{"metadata": about})
	}
	server.Put("/apis/apps/v1/statefulsets", object{"metadata": meta("ss-1", "default", "db"), "spec": object{"replicas": 3}, "status": object{"readyReplicas": 2}})
	server.Put("/apis/apps/v1/statefulsets", object{"metadata": meta("ss-2", "hidden-a", "db"), "spec": object{"replicas": 3}})
	server.Put("/apis/apps/v1/daemonsets", object{"metadata": meta("ds-1", "default", "agent"), "status": object{"desiredNumberScheduled": 2, "numberReady": 2}})
	server.Put("/apis/batch/v1/jobs", object{"metadata": meta("j-1", "default", "import"), "status": object{"failed": 4,
		"conditions": []object{{"type": "FailureTarget", "status": "True"}, {"type": "Failed", "status": "True", "reason": "BackoffLimitExceeded"}}}})
	server.Put("/apis/batch/v1/jobs", object{"metadata": meta("j-2", "default", "export"), "status": object{"succeeded": 1, "failed": 1,
		"conditions": []object{{"type": "Complete", "status": "True"}}}})
	server.Put("/apis/batch/v1/cronjobs", object{"metadata": meta("cj-1", "default", "nightly"),
		"status": object{"lastScheduleTime": "2026-11-23T00:00:00Z", "lastSuccessfulTime": "2026-11-22T00:01:00Z"}})
	server.Put("/api/v1/services", object{"metadata": meta("svc-1", "default", "web"), "spec": object{"type": "LoadBalancer",
		"ports": []object{{"port": 80, "nodePort": 30080, "protocol": "TCP", "targetPort": "http"}}},
		"status": object{"loadBalancer": object{"ingress": []object{{"ip": "192.0.2.1"}}}}})
	server.Put("/api/v1/services", object{"metadata": meta("svc-2", "default", "db"), "spec": object{"type": "ClusterIP", "ports": []object{{"port": 5432}}}})
	server.Put("/api/v1/persistentvolumes", object{"metadata": meta("pv-1", "", "pv-a"), "spec": object{"capacity": object{"storage": "10Gi"},
		"storageClassName": "fast", "claimRef": object{"namespace": "default", "name": "data"}}, "status": object{"phase": "Bound"}})
	server.Put("/api/v1/persistentvolumes", object{"metadata": meta("pv-2", "", "pv-broken"), "spec": object{"capacity": object{"storage": "1Gi"},
		"storageClassName": "fast", "claimRef": object{"namespace": "hidden-a", "name": "x"}}, "status": object{"phase": "Failed", "reason": "DeleteFailed"}})
	server.Put("/api/v1/persistentvolumeclaims", object{"metadata": meta("pvc-1", "default", "data"), "spec": object{"storageClassName": "fast", "volumeName": "pv-a",
		"resources": object{"requests": object{"storage": "8Gi"}}}, "status": object{"phase": "Bound", "capacity": object{"storage": "10Gi"}}})
	server.Put("/api/v1/persistentvolumeclaims", object{"metadata": meta("pvc-2", "default", "waiting"),
		"spec": object{"resources": object{"requests": object{"storage": "5Gi"}}}, "status": object{"phase": "Pending"}})
	fillEvents(server)
	fillUsage(server)
}

func fillEvents(server *kubetest.Server) {
	server.Put("/api/v1/events", object{"metadata": meta("e-1", "default", "e1"), "type": "Warning", "reason": "BackOff", "message": "restarting failed container",
		"count": 17, "lastTimestamp": "2026-11-23T05:10:00Z", "involvedObject": object{"kind": "Pod", "namespace": "default", "name": "web-crash"}})
	server.Put("/api/v1/events", object{"metadata": meta("e-2", "default", "e2"), "type": "Normal", "reason": "Pulled",
		"lastTimestamp": "2026-11-23T05:30:00Z", "involvedObject": object{"kind": "Pod", "namespace": "default", "name": "web-ok"}})
	server.Put("/api/v1/events", object{"metadata": meta("e-3", "hidden-a", "e3"), "type": "Warning", "reason": "BackOff",
		"lastTimestamp": "2026-11-23T05:30:00Z", "involvedObject": object{"kind": "Pod", "namespace": "hidden-a", "name": "x"}})
	server.Put("/api/v1/events", object{"metadata": meta("e-4", "default", "e4"), "type": "Warning", "reason": "NodeNotReady", "lastTimestamp": nil,
		"eventTime": "2026-11-23T05:20:00.000000Z", "involvedObject": object{"kind": "Node", "name": "cp-1"}})
}

func fillUsage(server *kubetest.Server) {
	const path = "/apis/metrics.k8s.io/v1beta1/"
	measured := func(namespace, name string, more object) object {
		more["metadata"], more["timestamp"], more["window"] = object{"namespace": namespace, "name": name}, "2026-11-23T05:29:00Z", "15s"
		return more
	}
	server.Put(path+"nodes", measured("", "worker-1", object{"usage": object{"cpu": "1250m", "memory": "3Gi"}}))
	server.Put(path+"pods", measured("default", "web-crash", object{"containers": []object{
		{"name": "main", "usage": object{"cpu": "2000000n", "memory": "1Mi"}}, {"name": "side", "usage": object{"cpu": "1m", "memory": "2Mi"}},
	}}))
	server.Put(path+"pods", measured("default", "busy", object{"containers": []object{{"name": "main", "usage": object{"cpu": "2", "memory": "1Mi"}}}}))
	server.Put(path+"pods", measured("hidden-a", "busier", object{"containers": []object{{"name": "main", "usage": object{"cpu": "4", "memory": "1Gi"}}}}))
}
