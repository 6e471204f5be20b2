package pluginpb_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/descriptorpb"

	"github.com/chatroom-shell/chatroom/plugins/sdk/pluginpb"
)

// TestCompatible holds the contract to the baseline: a plugin that was built
// with it goes on working, and so does a server. `generate --baseline` makes a
// new one: when a version is released, or before the first.
func TestCompatible(t *testing.T) {
	for _, p := range broken(baseline(t), pluginpb.File_plugins_sdk_pluginpb_plugin_proto) {
		t.Error(p)
	}
}

// TestCompatibleNotices proves that the comparison can fail.
func TestCompatibleNotices(t *testing.T) {
	for want, change := range map[string]func(*descriptorpb.FileDescriptorProto){
		"Exit.usage is gone": func(f *descriptorpb.FileDescriptorProto) {
			m := message(f, "Exit")
			m.Field = m.Field[:len(m.Field)-1]
		},
		"Exit.code: number 2 became 9": func(f *descriptorpb.FileDescriptorProto) {
			message(f, "Exit").Field[1].Number = proto.Int32(9)
		},
		"Exit.status: kind int32 became int64": func(f *descriptorpb.FileDescriptorProto) {
			message(f, "Exit").Field[0].Type = descriptorpb.FieldDescriptorProto_TYPE_INT64.Enum()
		},
		"Exit.status: one became many": func(f *descriptorpb.FileDescriptorProto) {
			message(f, "Exit").Field[0].Label = descriptorpb.FieldDescriptorProto_LABEL_REPEATED.Enum()
		},
		"the message StopReply is gone": func(f *descriptorpb.FileDescriptorProto) {
			message(f, "StopReply").Name = proto.String("Stopped")
			for _, m := range f.Service[0].Method {
				if m.GetName() == "Stop" {
					m.OutputType = proto.String(".chatroom.plugin.v1.Stopped")
				}
			}
		},
		"Type.TYPE_TEXT is gone": func(f *descriptorpb.FileDescriptorProto) {
			e := f.EnumType[0]
			e.Value = e.Value[:len(e.Value)-1]
		},
		"Plugin.Run is not what it was": func(f *descriptorpb.FileDescriptorProto) {
			for _, m := range f.Service[0].Method {
				if m.GetName() == "Run" {
					m.ClientStreaming = proto.Bool(false)
				}
			}
		},
		"Host.Send is gone": func(f *descriptorpb.FileDescriptorProto) {
			f.Service[1].Method = f.Service[1].Method[1:]
		},
	} {
		f := protodesc.ToFileDescriptorProto(pluginpb.File_plugins_sdk_pluginpb_plugin_proto)
		change(f)
		changed, err := protodesc.NewFile(f, nil)
		if err != nil {
			t.Fatalf("%s: %v", want, err)
		}
		got := strings.Join(broken(pluginpb.File_plugins_sdk_pluginpb_plugin_proto, changed), "\n")
		if !strings.Contains(got, want) {
			t.Errorf("noticed %q, want %q", got, want)
		}
	}
}

func message(f *descriptorpb.FileDescriptorProto, name string) *descriptorpb.DescriptorProto {
	for _, m := range f.MessageType {
		if m.GetName() == name {
			return m
		}
	}
	panic(name)
}

func baseline(t *testing.T) protoreflect.FileDescriptor {
	t.Helper()
	p, err := os.ReadFile("testdata/baseline.binpb")
	if err != nil {
		t.Fatal(err)
	}
	var set descriptorpb.FileDescriptorSet
	if err := proto.Unmarshal(p, &set); err != nil {
		t.Fatal(err)
	}
	f, err := protodesc.NewFile(set.GetFile()[0], nil)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// broken is what of the old file the new one does not keep.
func broken(old, new protoreflect.FileDescriptor) []string {
	var all []string
	tell := func(format string, args ...any) { all = append(all, fmt.Sprintf(format, args...)) }
	if old.Package() != new.Package() {
		tell("the package %s became %s", old.Package(), new.Package())
	}
	for i := range old.Enums().Len() {
		e := old.Enums().Get(i)
		compareEnums(e, new.Enums().ByName(e.Name()), tell)
	}
	for i := range old.Messages().Len() {
		m := old.Messages().Get(i)
		compareMessages(m, new.Messages().ByName(m.Name()), tell)
	}
	for i := range old.Services().Len() {
		s := old.Services().Get(i)
		compareServices(s, new.Services().ByName(s.Name()), tell)
	}
	return all
}

func compareEnums(old, new protoreflect.EnumDescriptor, tell func(string, ...any)) {
	if new == nil {
		tell("the enum %s is gone", old.Name())
		return
	}
	for i := range old.Values().Len() {
		v := old.Values().Get(i)
		if now := new.Values().ByNumber(v.Number()); now == nil || now.Name() != v.Name() {
			tell("%s.%s is gone", old.Name(), v.Name())
		}
	}
}

func compareMessages(old, new protoreflect.MessageDescriptor, tell func(string, ...any)) {
	if new == nil {
		tell("the message %s is gone", old.Name())
		return
	}
	for i := range old.Enums().Len() {
		e := old.Enums().Get(i)
		compareEnums(e, new.Enums().ByName(e.Name()), tell)
	}
	for i := range old.Fields().Len() {
		f := old.Fields().Get(i)
		name := fmt.Sprintf("%s.%s", old.Name(), f.Name())
		now := new.Fields().ByName(f.Name())
		switch {
		case now == nil:
			tell("%s is gone", name)
		case now.Number() != f.Number():
			tell("%s: number %d became %d", name, f.Number(), now.Number())
		case now.Kind() != f.Kind():
			tell("%s: kind %s became %s", name, f.Kind(), now.Kind())
		case now.Cardinality() != f.Cardinality():
			tell("%s: one became many, or many one", name)
		case typeName(now) != typeName(f):
			tell("%s: type %s became %s", name, typeName(f), typeName(now))
		case oneof(now) != oneof(f):
			tell("%s: moved from the oneof %q to %q", name, oneof(f), oneof(now))
		}
	}
}

func compareServices(old, new protoreflect.ServiceDescriptor, tell func(string, ...any)) {
	if new == nil {
		tell("the service %s is gone", old.Name())
		return
	}
	for i := range old.Methods().Len() {
		m := old.Methods().Get(i)
		now := new.Methods().ByName(m.Name())
		switch {
		case now == nil:
			tell("%s.%s is gone", old.Name(), m.Name())
		case now.IsStreamingClient() != m.IsStreamingClient() || now.IsStreamingServer() != m.IsStreamingServer() ||
			now.Input().FullName() != m.Input().FullName() || now.Output().FullName() != m.Output().FullName():
			tell("%s.%s is not what it was", old.Name(), m.Name())
		}
	}
}

// typeName is the message or enum of a field, "" of others.
func typeName(f protoreflect.FieldDescriptor) protoreflect.FullName {
	switch {
	case f.Message() != nil:
		return f.Message().FullName()
	case f.Enum() != nil:
		return f.Enum().FullName()
	}
	return ""
}

func oneof(f protoreflect.FieldDescriptor) protoreflect.Name {
	if o := f.ContainingOneof(); o != nil && !o.IsSynthetic() {
		return o.Name()
	}
	return ""
}

// TestUnknown proves that what an older side does not know does not stop it.
func TestUnknown(t *testing.T) {
	p, err := proto.Marshal(&pluginpb.Exit{Status: 3, Code: "invalid"})
	if err != nil {
		t.Fatal(err)
	}
	p = protowire.AppendTag(p, 1000, protowire.BytesType)
	p = protowire.AppendString(p, "of a later version")
	var x pluginpb.Exit
	if err := proto.Unmarshal(p, &x); err != nil || x.GetStatus() != 3 {
		t.Errorf("it becomes %v, %v", &x, err)
	}
}

func TestCodes(t *testing.T) {
	for _, code := range []string{"invalid", "unauthenticated", "forbidden", "not_found", "conflict", "limited", "unavailable", "internal"} {
		if got := pluginpb.ExitCode(pluginpb.GRPCCode(code)); got != code {
			t.Errorf("%s becomes %s and back %s", code, pluginpb.GRPCCode(code), got)
		}
	}
	if got := pluginpb.ExitCode(pluginpb.GRPCCode("nonsense")); got != "internal" {
		t.Errorf("an unknown code becomes %s", got)
	}
}
