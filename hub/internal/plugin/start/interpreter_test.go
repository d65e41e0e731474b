//go:build linux

package start_test

import (
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pulse-hub/pulse/hub/internal/plugin/instance"
	"github.com/pulse-hub/pulse/hub/internal/plugin/start"
	"github.com/pulse-hub/pulse/hub/internal/plugin/supervise"
	"github.com/pulse-hub/pulse/hub/internal/plugin/usage"
	pluginv1 "github.com/pulse-hub/pulse/proto/gen/pulse/plugin/v1"
	"github.com/pulse-hub/pulse/sdk/launcher"
	"github.com/pulse-hub/pulse/sdk/manifest"
)

// modulesVariable names a folder with Python modules that the package carries,
// where the system's Python has not those that the example needs.
const modulesVariable = "PULSE_TEST_PYTHON_MODULES"

const (
	repository = "../../../.."
	examples   = repository + "/plugins/examples"
)

// TestInterpreters starts the examples in other languages, as packages that
// lie outside the repository, from level Confined on.
func TestInterpreters(t *testing.T) {
	for _, c := range []struct {
		name, example, path string
		protocol            []string // what a package carries a copy of: from, to
		try                 []string // whether the interpreter has what the example needs
	}{
		{"node", "node-hello", "/usr/bin/node", []string{"proto", "proto"}, []string{"-e", "1"}},
		{"python3", "python-hello", "/usr/bin/python3", []string{"proto/testdata/pulse.plugin.v1.json", "pulse.plugin.v1.json"},
			[]string{"-c", "import grpc, cryptography, google.protobuf"}},
	} {
		for _, level := range []launcher.Level{launcher.Confined, launcher.Separate} {
			t.Run(c.name+" "+level.String(), func(t *testing.T) {
				needs(t, level)
				if _, err := os.Stat(filepath.Join(examples, c.example)); err != nil {
					t.Skipf("no example: %v", err)
				}
				if c.name == "node" {
					if _, err := os.Stat(filepath.Join(examples, c.example, "node_modules")); err != nil {
						t.Skipf("its packages are not installed: %v", err)
					}
				}
				folder := packed(t, c.example, c.protocol[0], c.protocol[1])
				if modules := os.Getenv(modulesVariable); modules != "" && c.name == "python3" {
					must(t, os.CopyFS(folder, os.DirFS(modules)))
				}
				check := exec.Command(c.path, c.try...)
				check.Dir = folder
				if output, err := check.CombinedOutput(); err != nil {
					t.Skipf("the interpreter or what the example needs is not here: %v %s", err, output)
				}
				testInterpreter(t, folder, c.name, c.path, level)
			})
		}
	}
}

// packed returns a folder with the example and the protocol, as a package has them.
func packed(t *testing.T, example, from, to string) string {
	t.Helper()
	folder := filepath.Join(t.TempDir(), "package")
	must(t, os.CopyFS(folder, os.DirFS(filepath.Join(examples, example))))
	from, to = filepath.Join(repository, from), filepath.Join(folder, to)
	if info, err := os.Stat(from); err == nil && info.IsDir() {
		must(t, os.CopyFS(to, os.DirFS(from)))
		return folder
	}
	content, err := os.ReadFile(from)
	must(t, err)
	must(t, os.WriteFile(to, content, 0o644))
	return folder
}

func testInterpreter(t *testing.T, folder, name, path string, level launcher.Level) {
	b := newBench(t, func(o *start.Options) {
		o.Runtimes = start.Runtimes{name: path}
		o.Passages = append(o.Passages, filepath.Dir(folder), filepath.Dir(filepath.Dir(folder)))
	})
	text, err := os.ReadFile(filepath.Join(folder, manifest.FileName))
	must(t, err)
	described, err := manifest.Decode(text)
	must(t, err)
	granted, refused := service(t), service(t)
	script := filepath.Join(folder, described.Exec["any"].Path)
	process := b.start(supervise.Launch{
		Plugin: supervise.Plugin{
			Manifest: described, Granted: described.Needs, Level: level, Identity: 5, DataDir: b.data,
			Program: openProgram(func() (*supervise.Executable, error) {
				file, err := os.Open(script)
				if err != nil {
					return nil, err
				}
				return &supervise.Executable{File: file, Path: script, Interpreter: name, Folder: folder, Close: file.Close}, nil
			}),
		},
		Name: described.ID, DataDir: b.data, Journal: b.journal, Calls: &usage.Calls{},
		Instances: []instance.Instance{{ID: "one", Config: []byte(`{"address":"` + granted + `"}`)}},
	})
	if report := process.Confinement(); report.Effective != level || len(report.Missing) > 0 {
		t.Errorf("confined as %+v, want %s", report, level)
	}
	for address, want := range map[string]pluginv1.Status{
		granted: pluginv1.Status_STATUS_RUNNING, refused: pluginv1.Status_STATUS_OFFLINE,
	} {
		if got := b.probe(process, described.Components[0], address); got != want {
			t.Errorf("%s is %s, want %s\n%s", address, got, want, b.output())
		}
	}
}

// probe has an example look at an address and returns what it makes of it.
func (b *bench) probe(process supervise.Process, component manifest.Component, address string) pluginv1.Status {
	b.Helper()
	id := "watch " + strings.ReplaceAll(address, "/", "-")
	response, err := process.Clients().Plugin.Configure(b.limited(), &pluginv1.ConfigureRequest{
		InstanceId: id, Component: component.Key(), ConfigJson: `{"address":"` + address + `"}`,
	})
	if err != nil || len(response.GetErrors()) > 0 {
		b.Fatalf("configure: %v, %v\n%s", response.GetErrors(), err, b.output())
	}
	stream, err := process.Clients().Source.Collect(b.limited(), &pluginv1.CollectRequest{
		InstanceId: id, Dataset: component.Datasets[0].Name,
	})
	must(b, err)
	chunk, err := stream.Recv()
	if err != nil || len(chunk.GetResources()) != 1 {
		b.Fatalf("collect: %v, %v", chunk, err)
	}
	if _, err := stream.Recv(); !errors.Is(err, io.EOF) {
		b.Errorf("after the last chunk: %v", err)
	}
	return chunk.GetResources()[0].GetStatus()
}
