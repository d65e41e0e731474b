package client

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/pulse-hub/pulse/hub/internal/api"
	"github.com/pulse-hub/pulse/hub/internal/view/platform"
)

// TestShapesAreThoseOfTheAPI: every member that the client reads or writes is
// one of the API's, with a type that it can be decoded to.
func TestShapesAreThoseOfTheAPI(t *testing.T) {
	for _, pair := range []struct{ ours, theirs any }{
		{PluginList{}, api.PluginList{}},
		{Plugin{}, platform.Plugin{}},
		{PublisherList{}, api.PublisherList{}},
		{newPublisher{}, api.NewPublisher{}},
		{Installed{}, api.PluginUpload{}},
		{Approval{}, api.PluginApproval{}},
		{LogLine{}, platform.LogLine{}},
		{Instance{}, platform.Instance{}},
		{Trial{}, api.InstanceTrial{}},
		{Verdict{}, api.TrialResult{}},
	} {
		compare(t, reflect.TypeOf(pair.ours).Name(), reflect.TypeOf(pair.ours), reflect.TypeOf(pair.theirs))
	}
}

func compare(t *testing.T, at string, ours, theirs reflect.Type) {
	t.Helper()
	for ours.Kind() == reflect.Pointer {
		ours = ours.Elem()
	}
	for theirs.Kind() == reflect.Pointer {
		theirs = theirs.Elem()
	}
	switch {
	case ours.Kind() == reflect.Interface: // takes anything
	case ours.Kind() != theirs.Kind():
		t.Errorf("%s is %s here and %s in the API", at, ours, theirs)
	case ours.Kind() == reflect.Slice || ours.Kind() == reflect.Map:
		compare(t, at+"[]", ours.Elem(), theirs.Elem())
	case ours.Kind() == reflect.Struct && ours != reflect.TypeFor[time.Time]():
		known := members(theirs)
		for name, kind := range members(ours) {
			their, ok := known[name]
			if !ok {
				// Instances that are listed with their plugin do not name it, nor how they are configured.
				if !strings.Contains(at, ".instances") {
					t.Errorf("%s.%s is not in the API", at, name)
				}
				continue
			}
			compare(t, at+"."+name, kind, their)
		}
	}
}

// members returns the fields of a struct by their names in JSON, those of embedded structs too.
func members(of reflect.Type) map[string]reflect.Type {
	list := map[string]reflect.Type{}
	for _, field := range reflect.VisibleFields(of) {
		name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		if name != "" && name != "-" && !field.Anonymous {
			list[name] = field.Type
		}
	}
	return list
}
