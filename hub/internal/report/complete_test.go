package report

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	wire "github.com/pulse-hub/pulse/agent/report"
	"github.com/pulse-hub/pulse/sdk/resource"
)

// notKept are the fields of reports that the model has no place for, or that
// go elsewhere than into resources.
func notKept() []string {
	return []string{
		".SequenceID", ".Sequence", ".Timestamp", // of the observation
		".Agent.Hostname", ".Agent.UpdatedFrom",
		".Host.ID", ".Metrics.Memory.Usage", ".Disks.Usage", ".Disks.Filesystem", // the type repeats it
		".Ceph.Health.Checks.*", ".Ceph.MonMap.Epoch", ".Ceph.MonMap.Monitors.*", ".Ceph.MgrMap.Available", ".Ceph.MgrMap.ActiveMgr",
		".Ceph.MgrMap.Standbys", ".Ceph.OSDMap.Epoch", ".Ceph.OSDMap.NumDown", ".Ceph.OSDMap.NumOut", ".Ceph.PGMap.DataBytes",
		".Ceph.PGMap.UsagePercent", ".Ceph.PGMap.DegradedRatio", ".Ceph.PGMap.MisplacedRatio", ".Ceph.PGMap.ReadBytesPerSec",
		".Ceph.PGMap.WriteBytesPerSec", ".Ceph.PGMap.ReadOpsPerSec", ".Ceph.PGMap.WriteOpsPerSec", ".Ceph.Health.Summary.Severity",
		".Ceph.Services.Daemons", ".Ceph.CollectedAt", ".Ceph.Health.Checks",
		".Detail.Pools.CapacityPercent", // worked out
		".Host.TotalMemoryBytes",        // only where the memory is not told
		".Host.Memory.Usage", ".Host.Disks.Usage", ".Host.Disks.Filesystem", ".Containers.MemoryPercent", ".Containers.Env",
		".Detail.Nodes.Usage.MeasuredAt", ".Detail.PodUsage.KubernetesUsage.MeasuredAt", // as good as that of the report
		".Cluster.Provider", ".Cluster.Namespace", ".Cluster.ID", // filled by no agent; the id is told apart
	}
}

// filled gives every field of v a value of its own, which also keeps lists that have items.
func filled(v reflect.Value, n *int) {
	*n++
	switch v.Interface().(type) {
	case time.Time:
		v.Set(reflect.ValueOf(time.Unix(1_700_000_000+int64(*n), 0).UTC()))
		return
	case json.RawMessage:
		return
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString(fmt.Sprint("text", *n))
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int, reflect.Int64:
		v.SetInt(int64(*n))
	case reflect.Uint32, reflect.Uint64:
		v.SetUint(uint64(*n))
	case reflect.Float64:
		v.SetFloat(float64(*n%90) + 0.5)
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		filled(v.Elem(), n)
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		filled(v.Index(0), n)
	case reflect.Map:
		value := reflect.New(v.Type().Elem()).Elem()
		filled(value, n)
		v.Set(reflect.MakeMap(v.Type()))
		v.SetMapIndex(reflect.ValueOf(fmt.Sprint("key", *n)), value)
	case reflect.Struct:
		for i := range v.NumField() {
			filled(v.Field(i), n)
		}
	}
}

// leaves calls visit with the name of every field that holds a value, and a
// way to take the value away and to give it back.
func leaves(v reflect.Value, name string, visit func(name string, leaf reflect.Value)) {
	switch v.Kind() {
	case reflect.Pointer:
		leaves(v.Elem(), name, visit)
		return
	case reflect.Slice:
		if v.Len() > 0 && v.Index(0).Kind() == reflect.Struct {
			leaves(v.Index(0), name, visit)
			return
		}
	case reflect.Struct:
		if _, isTime := v.Interface().(time.Time); isTime {
			break
		}
		for i := range v.NumField() {
			leaves(v.Field(i), name+"."+v.Type().Field(i).Name, visit)
		}
		return
	}
	visit(name, v)
}

// TestEveryFieldIsKept takes each field of a report away, one at a time, and
// expects other resources. A new field fails until it is converted or listed above.
func TestEveryFieldIsKept(t *testing.T) {
	agent := func(a wire.Agent) resource.Agent { return agentOf(a, Delivery{}, arrival{}) }
	host, docker, kubernetes := &wire.Host{}, &wire.Docker{}, &wire.Kubernetes{}
	tests := map[string]struct {
		report    any
		resources func() any
	}{
		"host": {host, func() any {
			return []resource.Resource{hostResource(host, "id", agent(hostAgent(host))), cephResource(host.Ceph, "id")}
		}},
		"docker":     {docker, func() any { return engineResources(docker, "id", agent(docker.Agent)) }},
		"kubernetes": {kubernetes, func() any { return clusterResources(kubernetes, "id", agent(kubernetes.Agent)) }},
	}
	for name, tt := range tests {
		n := 0
		report := reflect.ValueOf(tt.report).Elem()
		filled(report, &n)
		fit(host, docker, kubernetes)
		full := tt.resources()
		leaves(report, "", func(field string, leaf reflect.Value) {
			before := reflect.New(leaf.Type()).Elem()
			before.Set(leaf)
			leaf.SetZero()
			kept := !reflect.DeepEqual(full, tt.resources())
			leaf.Set(before)
			except := slices.ContainsFunc(notKept(), func(pattern string) bool {
				prefix, open := strings.CutSuffix(pattern, "*")
				return field == pattern || open && strings.HasPrefix(field, prefix)
			})
			if !kept && !except {
				t.Errorf("%s report: %s makes no difference", name, field)
			}
		})
		if n < 60 {
			t.Errorf("%s report: only %d values", name, n)
		}
	}
}

// fit makes figures plausible that depend on each other.
func fit(host *wire.Host, docker *wire.Docker, kubernetes *wire.Kubernetes) {
	if host.Ceph != nil {
		host.Disks[0].TotalBytes, host.Disks[0].UsedBytes = 1000, 400
	}
	if len(docker.Host.Disks) > 0 {
		docker.Host.Disks[0].TotalBytes, docker.Host.Disks[0].UsedBytes = 1000, 400
		docker.Host.Runtime = "podman"
		docker.Detail.Containers[0].ID = docker.Containers[0].ID
	}
	if len(kubernetes.Nodes) > 0 {
		kubernetes.Detail.Nodes[0].Name, kubernetes.Pods[0].NodeName = kubernetes.Nodes[0].Name, kubernetes.Nodes[0].Name
		kubernetes.Detail.PodUsage[0].Namespace, kubernetes.Detail.PodUsage[0].Name = kubernetes.Pods[0].Namespace, kubernetes.Pods[0].Name
	}
}
