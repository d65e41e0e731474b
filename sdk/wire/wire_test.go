package wire_test

import (
	"fmt"
	"math"
	"reflect"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	pluginv1 "github.com/pulse-hub/pulse/proto/gen/pulse/plugin/v1"
	"github.com/pulse-hub/pulse/sdk/chat"
	"github.com/pulse-hub/pulse/sdk/notification"
	"github.com/pulse-hub/pulse/sdk/resource"
	"github.com/pulse-hub/pulse/sdk/wire"
)

// details returns one zero value of every detail type the protocol has.
func details() []resource.Detail {
	return []resource.Detail{
		&resource.Generic{}, &resource.Node{}, &resource.Guest{}, &resource.Storage{}, &resource.Disk{},
		&resource.Ceph{}, &resource.Replication{}, &resource.Backup{}, &resource.BackupTask{}, &resource.Snapshot{},
		&resource.BackupServer{}, &resource.Datastore{}, &resource.BackupJob{}, &resource.MailGateway{},
		&resource.Host{}, &resource.ContainerHost{}, &resource.AppContainer{}, &resource.Service{},
		&resource.Cluster{}, &resource.ClusterNode{}, &resource.Pod{}, &resource.Deployment{},
	}
}

// filler gives every field another value that is not zero.
type filler struct{ n int64 }

func (f *filler) fill(v reflect.Value) {
	f.n++
	switch v.Interface().(type) {
	case time.Time:
		v.Set(reflect.ValueOf(time.Unix(1_700_000_000+f.n, 5).UTC()))
		return
	case resource.Status:
		v.SetUint(uint64(1 + f.n%5))
		return
	case resource.Unit:
		v.SetUint(uint64(1 + f.n%7))
		return
	case resource.Detail:
		return // chosen by the test
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString(fmt.Sprint("text ", f.n))
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int, reflect.Int64:
		v.SetInt(f.n)
	case reflect.Uint16, reflect.Uint32, reflect.Uint64:
		v.SetUint(uint64(f.n))
	case reflect.Uint8:
		v.SetUint(1)
	case reflect.Float64:
		v.SetFloat(float64(f.n) + 0.5)
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		f.fill(v.Elem())
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		f.fill(v.Index(0))
		f.fill(v.Index(1))
	case reflect.Map:
		key, value := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
		f.fill(key)
		f.fill(value)
		v.Set(reflect.MakeMap(v.Type()))
		v.SetMapIndex(key, value)
	case reflect.Struct:
		for i := range v.NumField() {
			f.fill(v.Field(i))
		}
	}
}

func filled[T any](zero T) T {
	(&filler{}).fill(reflect.ValueOf(&zero).Elem())
	return zero
}

// unset lists the fields of a message, and of those inside it, that have no value.
func unset(path string, m protoreflect.Message) []string {
	var paths []string
	fields := m.Descriptor().Fields()
	for i := range fields.Len() {
		field := fields.Get(i)
		at := path + "." + string(field.Name())
		if oneof := field.ContainingOneof(); oneof != nil && !oneof.IsSynthetic() && m.WhichOneof(oneof) != field {
			continue
		}
		switch {
		case !m.Has(field):
			paths = append(paths, at)
		case field.Message() == nil || field.IsMap() || field.Message().ParentFile().Package() == "google.protobuf":
		case field.IsList():
			for j := range m.Get(field).List().Len() {
				paths = append(paths, unset(at, m.Get(field).List().Get(j).Message())...)
			}
		default:
			paths = append(paths, unset(at, m.Get(field).Message())...)
		}
	}
	return paths
}

// TestEveryFieldIsMapped fails when a field is added to one side and not to the other.
func TestEveryFieldIsMapped(t *testing.T) {
	oneof := (&pluginv1.Resource{}).ProtoReflect().Descriptor().Oneofs().ByName("detail")
	seen := map[protoreflect.Name]bool{}
	for _, detail := range details() {
		t.Run(fmt.Sprintf("%T", detail), func(t *testing.T) {
			want := filled(resource.Resource{})
			(&filler{}).fill(reflect.ValueOf(detail).Elem())
			want.Detail = detail
			message := wire.EncodeResource(&want)
			if missing := unset("Resource", message.ProtoReflect()); len(missing) > 0 {
				t.Errorf("fields of the message without a counterpart: %v", missing)
			}
			if which := message.ProtoReflect().WhichOneof(oneof); which != nil {
				seen[which.Name()] = true
			}
			if diff := cmp.Diff(want, wire.DecodeResource(travel(t, message))); diff != "" {
				t.Errorf("round trip (-want +got):\n%s", diff)
			}
		})
	}
	if len(seen) != oneof.Fields().Len() {
		t.Errorf("tested the details %v, and the protocol has %d", seen, oneof.Fields().Len())
	}
}

// travel returns what arrives on the other side.
func travel[M proto.Message](t testing.TB, message M) M {
	data, err := proto.Marshal(message)
	if err != nil {
		t.Fatal(err)
	}
	arrived := message.ProtoReflect().New().Interface()
	if err := proto.Unmarshal(data, arrived); err != nil {
		t.Fatal(err)
	}
	return arrived.(M)
}

func TestEmptyResource(t *testing.T) {
	if diff := cmp.Diff(resource.Resource{}, wire.DecodeResource(travel(t, wire.EncodeResource(&resource.Resource{})))); diff != "" {
		t.Errorf("round trip (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(resource.Resource{}, wire.DecodeResource(nil)); diff != "" {
		t.Errorf("nil (-want +got):\n%s", diff)
	}
	for _, detail := range details() {
		typedNil := reflect.Zero(reflect.TypeOf(detail)).Interface().(resource.Detail)
		if got := wire.DecodeResource(wire.EncodeResource(&resource.Resource{Detail: typedNil})).Detail; got != nil {
			t.Errorf("nil %T became %v", detail, got)
		}
	}
}

func TestEventAndProblem(t *testing.T) {
	event := filled(resource.Event{})
	if missing := unset("Event", wire.EncodeEvent(&event).ProtoReflect()); len(missing) > 0 {
		t.Errorf("unmapped: %v", missing)
	}
	if diff := cmp.Diff(event, wire.DecodeEvent(travel(t, wire.EncodeEvent(&event)))); diff != "" {
		t.Errorf("event (-want +got):\n%s", diff)
	}
	problem := filled(resource.Problem{})
	if missing := unset("Problem", wire.EncodeProblem(&problem).ProtoReflect()); len(missing) > 0 {
		t.Errorf("unmapped: %v", missing)
	}
	if diff := cmp.Diff(problem, wire.DecodeProblem(travel(t, wire.EncodeProblem(&problem)))); diff != "" {
		t.Errorf("problem (-want +got):\n%s", diff)
	}
}

func TestNotification(t *testing.T) {
	want := filled(notification.Message{})
	message := wire.EncodeNotification("i", &want)
	if missing := unset("SendRequest", message.ProtoReflect()); len(missing) > 0 {
		t.Errorf("unmapped: %v", missing)
	}
	if diff := cmp.Diff(&want, wire.DecodeNotification(travel(t, message))); diff != "" {
		t.Errorf("round trip (-want +got):\n%s", diff)
	}
	for outcome := notification.OutcomeUnknown; outcome <= notification.OutcomeRejected; outcome++ {
		want := filled(notification.Result{})
		want.Outcome = outcome
		if diff := cmp.Diff(want, wire.DecodeSendResult(travel(t, wire.EncodeSendResult(&want)))); diff != "" {
			t.Errorf("result (-want +got):\n%s", diff)
		}
	}
}

func TestChat(t *testing.T) {
	parts := []chat.Part{
		{Text: "text"},
		{ToolCall: new(filled(chat.ToolCall{}))},
		{ToolResult: new(filled(chat.ToolResult{}))},
		{Blob: new(filled(chat.Blob{}))},
		{Thinking: new(filled(chat.Thinking{}))},
	}
	want := filled(chat.Request{})
	want.Messages = []chat.Message{{Role: chat.RoleUser, Parts: parts}}
	message := wire.EncodeChatRequest("i", &want)
	if missing := unset("ChatRequest", message.ProtoReflect()); len(missing) > 0 {
		t.Errorf("unmapped: %v", missing)
	}
	if diff := cmp.Diff(&want, wire.DecodeChatRequest(travel(t, message))); diff != "" {
		t.Errorf("request (-want +got):\n%s", diff)
	}
	if fields := (&pluginv1.Part{}).ProtoReflect().Descriptor().Fields().Len(); fields != len(parts) {
		t.Errorf("the protocol has %d sorts of parts, the test %d", fields, len(parts))
	}
	model := filled(chat.Model{})
	if missing := unset("Model", wire.EncodeModel(&model).ProtoReflect()); len(missing) > 0 {
		t.Errorf("unmapped: %v", missing)
	}
	if diff := cmp.Diff(model, wire.DecodeModel(travel(t, wire.EncodeModel(&model)))); diff != "" {
		t.Errorf("model (-want +got):\n%s", diff)
	}
}

func TestChatDelta(t *testing.T) {
	deltas := []chat.Delta{
		{Text: "text"},
		{Thinking: new(filled(chat.Thinking{}))},
		{ToolCall: new(filled(chat.ToolCall{}))},
		{Finish: new(filled(chat.Finish{}))},
	}
	for _, want := range deltas {
		message := wire.EncodeDelta(&want)
		if missing := unset("ChatDelta", message.ProtoReflect()); len(missing) > 0 {
			t.Errorf("unmapped: %v", missing)
		}
		if diff := cmp.Diff(want, wire.DecodeDelta(travel(t, message))); diff != "" {
			t.Errorf("delta (-want +got):\n%s", diff)
		}
	}
	if fields := (&pluginv1.ChatDelta{}).ProtoReflect().Descriptor().Fields().Len(); fields != len(deltas) {
		t.Errorf("the protocol has %d sorts of pieces, the test %d", fields, len(deltas))
	}
}

func TestDecodeResourceTakesAnything(t *testing.T) {
	nan, inf := math.NaN(), math.Inf(1)
	got := wire.DecodeResource(&pluginv1.Resource{
		Status: 77,
		Uptime: &durationpb.Duration{Seconds: math.MaxInt64},
		SeenAt: &timestamppb.Timestamp{Seconds: math.MaxInt64},
		Usage:  &pluginv1.Usage{Cpu: &nan, Rates: &pluginv1.Rates{NetIn: inf}},
		Metrics: []*pluginv1.Metric{
			nil, {Name: "a", Value: nan}, {Name: "b", Value: 1, Unit: 77},
		},
		Detail: &pluginv1.Resource_AppContainer{AppContainer: &pluginv1.AppContainer{
			Ports: []*pluginv1.Port{{Private: 70_000}, nil},
		}},
	})
	want := resource.Resource{
		Usage:   resource.Usage{Rates: &resource.Rates{}},
		Metrics: []resource.Metric{{Name: "b", Value: 1}},
		Detail:  &resource.AppContainer{Ports: []resource.Port{{Private: math.MaxUint16}, {}}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func FuzzDecodeResource(f *testing.F) {
	f.Add([]byte{})
	for _, detail := range details() {
		r := filled(resource.Resource{})
		(&filler{}).fill(reflect.ValueOf(detail).Elem())
		r.Detail = detail
		data, err := proto.Marshal(wire.EncodeResource(&r))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var message pluginv1.Resource
		if proto.Unmarshal(data, &message) != nil {
			t.Skip()
		}
		once := wire.DecodeResource(&message)
		again := wire.DecodeResource(travel(t, wire.EncodeResource(&once)))
		sameEmpty := cmp.FilterValues(func(a, b any) bool { return empty(a) && empty(b) }, cmp.Ignore())
		if diff := cmp.Diff(once, again, sameEmpty); diff != "" {
			t.Errorf("second round (-first +second):\n%s", diff)
		}
	})
}

// empty tells a list or map without elements, which the wire does not tell from nil.
func empty(v any) bool {
	value := reflect.ValueOf(v)
	return value.IsValid() && (value.Kind() == reflect.Slice || value.Kind() == reflect.Map) && value.Len() == 0
}

func benchmarkResources() []resource.Resource {
	list := make([]resource.Resource, 10_000)
	for i := range list {
		cpu := 0.25
		list[i] = resource.Resource{
			ID: fmt.Sprintf("qemu/%d", i), Kind: resource.KindVM, Name: fmt.Sprintf("vm-%d", i), ParentID: "node/pve1",
			Status: resource.StatusRunning, Uptime: time.Hour, Tags: []string{"prod"},
			Usage: resource.Usage{
				CPU: &cpu, Memory: resource.Capacity{Total: 8 << 30, Used: 2 << 30},
				Counters: &resource.Traffic{NetIn: 1 << 40, NetOut: 1 << 41},
			},
			Detail: &resource.Guest{Node: "pve1", VMID: i, CPUs: 4},
		}
		for m := range 10 {
			list[i].Metrics = append(list[i].Metrics, resource.Metric{
				Name: fmt.Sprintf("metric_%d", m), Value: float64(m), Unit: resource.UnitBytes,
			})
		}
	}
	return list
}

func BenchmarkEncode(b *testing.B) {
	list := benchmarkResources()
	b.ReportAllocs()
	for b.Loop() {
		var buffer []byte
		var err error
		for i := range list {
			if buffer, err = (proto.MarshalOptions{}).MarshalAppend(buffer[:0], wire.EncodeResource(&list[i])); err != nil {
				b.Fatal(err)
			}
		}
	}
}

func BenchmarkDecode(b *testing.B) {
	list := benchmarkResources()
	encoded := make([][]byte, len(list))
	for i := range list {
		encoded[i], _ = proto.Marshal(wire.EncodeResource(&list[i]))
	}
	b.ReportAllocs()
	for b.Loop() {
		for _, data := range encoded {
			var message pluginv1.Resource
			if err := proto.Unmarshal(data, &message); err != nil {
				b.Fatal(err)
			}
			wire.DecodeResource(&message)
		}
	}
}
