package proto_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/descriptorpb"

	pluginv1 "github.com/pulse-hub/pulse/proto/gen/pulse/plugin/v1"
)

var update = flag.Bool("update", false, "rewrite the golden descriptors if the change is compatible")

const golden = "testdata/pulse.plugin.v1.json"

// current returns the descriptors of the protocol that are compiled into the generated code.
func current() *descriptorpb.FileDescriptorSet {
	set := &descriptorpb.FileDescriptorSet{}
	name := pluginv1.File_pulse_plugin_v1_plugin_proto.Package()
	protoregistry.GlobalFiles.RangeFilesByPackage(name, func(file protoreflect.FileDescriptor) bool {
		set.File = append(set.File, protodesc.ToFileDescriptorProto(file))
		return true
	})
	slices.SortFunc(set.File, func(a, b *descriptorpb.FileDescriptorProto) int {
		return strings.Compare(a.GetName(), b.GetName())
	})
	return set
}

func TestProtocolStaysCompatible(t *testing.T) {
	now := current()
	text, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	before := &descriptorpb.FileDescriptorSet{}
	if err := protojson.Unmarshal(text, before); err != nil {
		t.Fatalf("read %s: %v", golden, err)
	}
	if problems := breaks(before, now); len(problems) > 0 {
		t.Fatalf("released hubs and plugins would break:\n%s", strings.Join(problems, "\n"))
	}
	fresh := encode(t, now)
	if *update {
		if err := os.WriteFile(golden, fresh, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(string(text), string(fresh)); diff != "" {
		t.Errorf("compatible change; review it and run the test with -update:\n%s", diff)
	}
}

// encode returns JSON that does not vary; protojson varies its spaces on purpose.
func encode(t *testing.T, set *descriptorpb.FileDescriptorSet) []byte {
	data, err := protojson.Marshal(set)
	if err != nil {
		t.Fatal(err)
	}
	var indented bytes.Buffer
	if err := json.Indent(&indented, data, "", " "); err != nil {
		t.Fatal(err)
	}
	return append(bytes.ReplaceAll(indented.Bytes(), []byte(`":  `), []byte(`": `)), '\n')
}

// elements lists everything that the other side may rely on, with what must not change about it.
func elements(set *descriptorpb.FileDescriptorSet) map[string]string {
	all := map[string]string{}
	for _, file := range set.GetFile() {
		prefix := file.GetPackage() + "."
		for _, message := range file.GetMessageType() {
			addMessage(all, prefix, message)
		}
		for _, enum := range file.GetEnumType() {
			for _, value := range enum.GetValue() {
				all[prefix+enum.GetName()+"."+value.GetName()] = fmt.Sprint(value.GetNumber())
			}
		}
		for _, service := range file.GetService() {
			for _, m := range service.GetMethod() {
				all[prefix+service.GetName()+"/"+m.GetName()] = fmt.Sprintf("%s %t %s %t", m.GetInputType(), m.GetClientStreaming(),
					m.GetOutputType(), m.GetServerStreaming())
			}
		}
	}
	return all
}

func addMessage(all map[string]string, prefix string, message *descriptorpb.DescriptorProto) {
	name := prefix + message.GetName()
	all[name] = "message"
	for _, f := range message.GetField() {
		oneof := ""
		if f.OneofIndex != nil {
			oneof = message.GetOneofDecl()[f.GetOneofIndex()].GetName()
		}
		all[name+"."+f.GetName()] = fmt.Sprintf("%d %s%s %s %s", f.GetNumber(), f.GetType(), f.GetTypeName(), f.GetLabel(), oneof)
	}
	for _, nested := range message.GetNestedType() {
		addMessage(all, name+".", nested)
	}
}

// breaks lists what was there before and is not there now, or not the same.
func breaks(before, now *descriptorpb.FileDescriptorSet) []string {
	var problems []string
	have := elements(now)
	for name, shape := range elements(before) {
		switch got, ok := have[name]; {
		case !ok:
			problems = append(problems, name+" is gone")
		case got != shape:
			problems = append(problems, fmt.Sprintf("%s was %q and is %q", name, shape, got))
		}
	}
	slices.Sort(problems)
	return problems
}

func TestBreaksAreNoticed(t *testing.T) {
	file := func(set *descriptorpb.FileDescriptorSet, name string) *descriptorpb.FileDescriptorProto {
		for _, f := range set.GetFile() {
			if strings.HasSuffix(f.GetName(), "/"+name) {
				return f
			}
		}
		t.Fatalf("no file %s", name)
		return nil
	}
	for _, test := range []struct {
		name   string
		change func(*descriptorpb.FileDescriptorSet)
		want   string
	}{
		{"field removed", func(s *descriptorpb.FileDescriptorSet) {
			m := file(s, "source.proto").MessageType[0]
			m.Field = m.Field[1:]
		}, "pulse.plugin.v1.CollectRequest.instance_id is gone"},
		{"field renumbered", func(s *descriptorpb.FileDescriptorSet) {
			file(s, "source.proto").MessageType[0].Field[0].Number = proto.Int32(99)
		}, "CollectRequest.instance_id was"},
		{"field retyped", func(s *descriptorpb.FileDescriptorSet) {
			file(s, "source.proto").MessageType[0].Field[0].Type = descriptorpb.FieldDescriptorProto_TYPE_BYTES.Enum()
		}, "CollectRequest.instance_id was"},
		{"enum value moved", func(s *descriptorpb.FileDescriptorSet) {
			file(s, "resource.proto").EnumType[0].Value[1].Number = proto.Int32(99)
		}, "STATUS_RUNNING was"},
		{"method removed", func(s *descriptorpb.FileDescriptorSet) {
			service := file(s, "plugin.proto").Service[0]
			service.Method = service.Method[1:]
		}, "pulse.plugin.v1.Plugin/Init is gone"},
		{"field added", func(s *descriptorpb.FileDescriptorSet) {
			m := file(s, "source.proto").MessageType[0]
			m.Field = append(m.Field, &descriptorpb.FieldDescriptorProto{Name: proto.String("more"), Number: proto.Int32(99)})
		}, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			changed := proto.Clone(current()).(*descriptorpb.FileDescriptorSet)
			test.change(changed)
			got := strings.Join(breaks(current(), changed), "\n")
			if (test.want == "") != (got == "") || !strings.Contains(got, test.want) {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}
