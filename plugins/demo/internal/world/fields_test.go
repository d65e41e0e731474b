package world

import (
	"reflect"
	"slices"
	"testing"

	"github.com/pulse-hub/pulse/sdk/resource"
)

func TestEveryFieldOfTheModelIsFilled(t *testing.T) {
	filled := map[string]bool{}
	w := New(Defaults())
	for _, at := range moments() {
		for _, r := range everything(w, at) {
			mark(filled, reflect.ValueOf(r))
		}
		for _, s := range w.sites {
			for _, e := range s.Events(noon.Add(-7*day), noon) {
				mark(filled, reflect.ValueOf(e))
			}
		}
	}
	var want []string
	for _, v := range []any{
		resource.Resource{}, resource.Node{}, resource.Guest{}, resource.Storage{}, resource.Disk{}, resource.Ceph{},
		resource.Replication{}, resource.Backup{}, resource.BackupTask{}, resource.Snapshot{}, resource.BackupServer{},
		resource.Datastore{}, resource.BackupJob{}, resource.MailGateway{}, resource.Host{}, resource.ContainerHost{},
		resource.AppContainer{}, resource.Service{}, resource.Cluster{}, resource.ClusterNode{}, resource.Pod{}, resource.Deployment{},
	} {
		want = fields(want, reflect.TypeOf(v))
	}
	for _, name := range want {
		if !filled[name] {
			t.Errorf("%s is never filled", name)
		}
	}
	if len(want) < 300 {
		t.Errorf("only %d fields were looked for", len(want))
	}
}

func isModel(t reflect.Type) bool {
	return t.Kind() == reflect.Struct && t.PkgPath() == reflect.TypeFor[resource.Resource]().PkgPath()
}

// fields adds the names of all fields of a type and the types of the model below it.
func fields(names []string, t reflect.Type) []string {
	switch t.Kind() {
	case reflect.Pointer, reflect.Slice:
		return fields(names, t.Elem())
	}
	if !isModel(t) {
		return names
	}
	for f := range t.Fields() {
		name := t.Name() + "." + f.Name
		if slices.Contains(names, name) {
			continue
		}
		names = fields(append(names, name), f.Type)
	}
	return names
}

// mark notes the fields below v that are not zero.
func mark(filled map[string]bool, v reflect.Value) {
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		if !v.IsNil() {
			mark(filled, v.Elem())
		}
	case reflect.Slice:
		for i := range v.Len() {
			mark(filled, v.Index(i))
		}
	case reflect.Struct:
		if !isModel(v.Type()) {
			return
		}
		for i := range v.NumField() {
			if !v.Field(i).IsZero() {
				filled[v.Type().Name()+"."+v.Type().Field(i).Name] = true
				mark(filled, v.Field(i))
			}
		}
	}
}
