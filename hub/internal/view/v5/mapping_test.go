package v5

import (
	"bytes"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pulse-hub/pulse/hub/internal/inventory"
	"github.com/pulse-hub/pulse/hub/internal/view/viewtest"
	"github.com/pulse-hub/pulse/sdk/resource"
)

// notInV5 are the fields of the model that the v5 state has no place for.
func notInV5() []string {
	return []string{
		"Node.PendingUpdates", "Node.CPUs", "Guest.HAState", "Guest.MemorySource", "Storage.ZFS.*",
		"Host.MachineID", "Host.Agent.ID", "Host.CPUModel", "Host.ReportIP", "Host.RAID.*",
		// What newer agents tell is in the unified view.
		"Host.Cores", "Host.IOWait", "Host.Steal", "Host.Pressure", "Host.ARC", "Host.NetworkMounts", "Host.Pools", "Host.Wear",
		"Host.GPUs", "Host.FailedUnits", "Host.Packages", "Host.Batteries", "Host.Virtualization", "Host.Proxmox", "Host.Degraded",
		"Host.Agent.ClockSkew", "ContainerHost.Agent.ClockSkew", "Cluster.Agent.ClockSkew",
		"ContainerHost.Degraded", "AppContainer.OOMKilled", "AppContainer.Error", "AppContainer.ComposeProject", "AppContainer.ComposeService",
		"AppContainer.Processes", "AppContainer.FailingStreak", "AppContainer.HealthLog", "Cluster.DetailJSON", "ClusterNode.Cores",
		"ClusterNode.AllocatableCores", "ClusterNode.Addresses", "ClusterNode.CreatedAt", "ClusterNode.Problems", "ClusterNode.NotReady",
		"ContainerHost.Agent.Legacy", "ContainerHost.Agent.CommandsEnabled", "Cluster.Agent.Legacy", "Cluster.Agent.CommandsEnabled",
		"AppContainer.ImageDigest",
	}
}

// TestEveryFieldOfTheModelIsShown changes each field of each detail of the
// world, one at a time, and expects another state. A new field fails until it
// is rendered or listed above.
func TestEveryFieldOfTheModelIsShown(t *testing.T) {
	snap := viewtest.World(t).Snapshot()
	tried := map[string]bool{}
	shown := map[string]bool{}
	for e := range snap.All() {
		if e.Detail == nil {
			continue
		}
		name := reflect.TypeOf(e.Detail).Elem().Name()
		for _, path := range fieldPaths(reflect.ValueOf(e.Detail).Elem(), nil) {
			label := name + pathName(reflect.TypeOf(e.Detail).Elem(), path)
			tried[label] = true
			shown[label] = shown[label] || changesState(t, snap, e, path)
		}
	}
	for label := range tried {
		except := slices.ContainsFunc(notInV5(), func(pattern string) bool {
			prefix, open := strings.CutSuffix(pattern, "*")
			return label == pattern || open && strings.HasPrefix(label, prefix)
		})
		if shown[label] == except {
			t.Errorf("%s: makes a difference to the state: %t, is an exception: %t", label, shown[label], except)
		}
	}
	if len(tried) < 200 {
		t.Errorf("tried only %d fields", len(tried))
	}
}

// changesState renders the entity before and after one of its detail's fields has changed.
func changesState(t *testing.T, snap *inventory.Snapshot, e *inventory.Entry, path []int) bool {
	t.Helper()
	changed := *e.Resource
	detail := deepCopy(reflect.ValueOf(e.Detail))
	perturb(fieldAt(detail.Elem(), path))
	changed.Detail = detail.Interface().(resource.Detail)
	source, _ := snap.Source(e.Source)
	inv := viewtest.Inventory()
	var all []resource.Resource
	for other := range snap.OfSource(e.Source) {
		all = append(all, *other.Resource)
	}
	viewtest.Apply(t, inv, source.SourceRef, all...)
	before := mustState(t, NewView(), inv.Snapshot(), Inputs{})
	for i := range all {
		if all[i].ID == e.ID {
			all[i] = changed
		}
	}
	inv = viewtest.Inventory()
	viewtest.Apply(t, inv, source.SourceRef, all...)
	return !bytes.Equal(before, mustState(t, NewView(), inv.Snapshot(), Inputs{}))
}

// fieldPaths lists the ways to every leaf; a list is entered at its first item.
func fieldPaths(v reflect.Value, prefix []int) [][]int {
	switch v.Kind() {
	case reflect.Pointer:
		if v.IsNil() || v.Elem().Kind() != reflect.Struct {
			return [][]int{prefix}
		}
		return fieldPaths(v.Elem(), prefix)
	case reflect.Slice:
		if v.Len() == 0 || v.Index(0).Kind() != reflect.Struct {
			return [][]int{prefix}
		}
		return fieldPaths(v.Index(0), prefix)
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[time.Time]() {
			return [][]int{prefix}
		}
		var paths [][]int
		for i := range v.NumField() {
			paths = append(paths, fieldPaths(v.Field(i), append(slices.Clone(prefix), i))...)
		}
		return paths
	}
	return [][]int{prefix}
}

func fieldAt(v reflect.Value, path []int) reflect.Value {
	for _, i := range path {
		for v.Kind() == reflect.Pointer || v.Kind() == reflect.Slice {
			if v.Kind() == reflect.Pointer {
				v = v.Elem()
			} else {
				v = v.Index(0)
			}
		}
		v = v.Field(i)
	}
	return v
}

func pathName(t reflect.Type, path []int) string {
	name := ""
	for _, i := range path {
		for t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice {
			t = t.Elem()
		}
		name += "." + t.Field(i).Name
		t = t.Field(i).Type
	}
	return name
}

// perturb gives a field another value.
func perturb(v reflect.Value) {
	switch v.Kind() {
	case reflect.String:
		v.SetString(v.String() + "x")
	case reflect.Bool:
		v.SetBool(!v.Bool())
	case reflect.Int, reflect.Int64:
		if v.Type() == reflect.TypeFor[time.Duration]() {
			v.SetInt(v.Int() + int64(time.Minute))
			return
		}
		v.SetInt(v.Int() + 1)
	case reflect.Uint16:
		v.SetUint(v.Uint() + 1)
	case reflect.Uint64:
		v.SetUint(v.Uint() + 2_000_000) // megabits are told of some
	case reflect.Float64:
		v.SetFloat(v.Float() + 0.5)
	case reflect.Slice:
		item := reflect.New(v.Type().Elem()).Elem()
		if item.Kind() == reflect.String {
			item.SetString("other")
		}
		v.Set(reflect.Append(v, item))
	case reflect.Map:
		m := reflect.MakeMap(v.Type())
		m.SetMapIndex(reflect.ValueOf("other"), reflect.ValueOf(1.5))
		v.Set(m)
	case reflect.Struct:
		v.Set(reflect.ValueOf(v.Interface().(time.Time).Add(100 * time.Hour)))
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
	default:
		panic(fmt.Sprintf("a field of kind %s", v.Kind()))
	}
}

// deepCopy copies what a pointer to a struct reaches through pointers and lists.
func deepCopy(v reflect.Value) reflect.Value {
	switch v.Kind() {
	case reflect.Pointer:
		if v.IsNil() {
			return v
		}
		to := reflect.New(v.Type().Elem())
		to.Elem().Set(deepCopy(v.Elem()))
		return to
	case reflect.Slice:
		if v.IsNil() {
			return v
		}
		to := reflect.MakeSlice(v.Type(), v.Len(), v.Len())
		for i := range v.Len() {
			to.Index(i).Set(deepCopy(v.Index(i)))
		}
		return to
	case reflect.Struct:
		to := reflect.New(v.Type()).Elem()
		to.Set(v)
		if v.Type() == reflect.TypeFor[time.Time]() {
			return to
		}
		for i := range v.NumField() {
			to.Field(i).Set(deepCopy(v.Field(i)))
		}
		return to
	}
	return v
}
