//go:build linux

package start_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"

	"github.com/pulse-hub/pulse/hub/internal/plugin/faultplugin"
	"github.com/pulse-hub/pulse/hub/internal/plugin/instance"
	"github.com/pulse-hub/pulse/hub/internal/plugin/journal"
	"github.com/pulse-hub/pulse/hub/internal/plugin/runner"
	"github.com/pulse-hub/pulse/hub/internal/plugin/sandbox"
	"github.com/pulse-hub/pulse/hub/internal/plugin/start"
	"github.com/pulse-hub/pulse/hub/internal/plugin/supervise"
	"github.com/pulse-hub/pulse/hub/internal/plugin/usage"
	pluginv1 "github.com/pulse-hub/pulse/proto/gen/pulse/plugin/v1"
	"github.com/pulse-hub/pulse/sdk/launcher"
	"github.com/pulse-hub/pulse/sdk/manifest"
)

// patience is how long anything in a test may take.
const patience = 30 * time.Second

// Names of the programs that TestMain builds.
const (
	bundleName = "pulse-plugins"
	faultyName = "faulty"
)

// programsVariable is the folder of these programs, told by TestMain to the
// tests and to the hub that one of them starts.
const programsVariable = "PULSE_START_TEST_PROGRAMS"

// asHub makes the test binary a hub with one plugin.
const asHub = "run-as-hub"

func TestMain(m *testing.M) {
	if len(os.Args) == 2 && os.Args[1] == asHub {
		os.Exit(beHub())
	}
	folder, err := build()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Setenv(programsVariable, folder)
	code := m.Run()
	os.RemoveAll(folder)
	os.Exit(code)
}

// build builds the programs as a release has them: static, and without the race detector.
func build() (string, error) {
	folder, err := os.MkdirTemp("", "pulse-start")
	if err != nil {
		return "", err
	}
	const module = "github.com/pulse-hub/pulse/"
	cmd := exec.Command("go", "build", "-trimpath", "-ldflags", "-s -w", "-o", folder, module+"plugins/cmd/pulse-plugins", module+"hub/internal/plugin/faultplugin/faulty")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if output, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build programs: %w\n%s", err, output)
	}
	return folder, os.Chmod(folder, 0o755)
}

func program(name string) string { return filepath.Join(os.Getenv(programsVariable), name) }

// openProgram is a supervise.Program.
type openProgram func() (*supervise.Executable, error)

func (open openProgram) Open(context.Context) (*supervise.Executable, error) { return open() }

// native opens one of the built programs.
func native(name string, args ...string) supervise.Program {
	return openProgram(func() (*supervise.Executable, error) {
		file, err := runner.OpenVerified(program(name), "")
		if err != nil {
			return nil, err
		}
		return &supervise.Executable{File: file, Path: file.Name(), Args: args, Close: file.Close}, nil
	})
}

// bench is a launcher that runs for as long as the test does, and a plugin's place.
type bench struct {
	testing.TB
	launcher *start.Launcher
	journal  *journal.Journal
	data     string
	host     *counterHost
}

func newBench(t testing.TB, change ...func(*start.Options)) *bench {
	t.Helper()
	sockets, err := os.MkdirTemp("/tmp", "ps")
	must(t, err)
	t.Cleanup(func() { os.RemoveAll(sockets) })
	base := t.TempDir()
	options := start.Options{
		SocketBase: sockets, Program: program(bundleName), Passages: []string{base, filepath.Dir(base)},
		LookupEnv: os.LookupEnv, Logger: hclog.NewNullLogger(),
	}
	for _, c := range change {
		c(&options)
	}
	b := &bench{
		TB: t, launcher: start.New(options), data: filepath.Join(base, "data"), host: &counterHost{values: map[string][]byte{}},
		journal: journal.New(journal.Options{Logger: hclog.NewNullLogger()}),
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- b.launcher.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("launcher ended with %v", err)
		}
	})
	return b
}

// needs skips the test where the level cannot be had.
func needs(t testing.TB, level launcher.Level) {
	t.Helper()
	if lacks := sandbox.Probe().Lacks(level); len(lacks) > 0 {
		t.Skipf("%s cannot be had here: %s", level, strings.Join(lacks, "; "))
	}
}

// faulty is a start of the plugin that does what its configuration says, with
// one instance that may connect to the address.
func (b *bench) faulty(level launcher.Level, address string) supervise.Launch {
	wants := manifest.Needs{Network: []string{"instance:address"}, Host: []string{"kv"}}
	return supervise.Launch{
		Plugin: supervise.Plugin{
			Manifest: &manifest.Manifest{
				ID: faultplugin.ID, Version: faultplugin.Version, Needs: wants,
				Limits: manifest.Limits{Memory: 256 << 20, NoFile: 256},
			},
			Program: native(faultyName, faultplugin.Arguments(faultplugin.Authored)...),
			Granted: wants, Level: level, Identity: 3, DataDir: b.data,
		},
		Name: faultplugin.ID, DataDir: b.data, Instances: []instance.Instance{configured(address)},
		Journal: b.journal, Calls: &usage.Calls{}, Host: b.host,
	}
}

func configured(address string, attempts ...string) instance.Instance {
	config, err := json.Marshal(map[string]any{"address": address, "attempts": attempts})
	if err != nil {
		panic(err) // it has nothing that cannot be written
	}
	return instance.Instance{ID: "one", Component: "source/thing", Config: config}
}

func (b *bench) launch(what supervise.Launch) (supervise.Process, error) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	return b.launcher.Launch(ctx, what)
}

// start starts a process that is expected to start, introduces the hub, and stops it at the end.
func (b *bench) start(what supervise.Launch) supervise.Process {
	b.Helper()
	process, err := b.launch(what)
	if err != nil {
		b.Fatalf("launch: %v\n%s", err, b.output())
	}
	b.Cleanup(func() { b.stop(process) })
	request := &pluginv1.InitRequest{HostServiceId: process.HostService(), DataDir: what.DataDir}
	if _, err := process.Clients().Plugin.Init(b.limited(), request); err != nil {
		b.Fatalf("init: %v\n%s", err, b.output())
	}
	return process
}

func (b *bench) stop(process supervise.Process) {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	if err := process.Stop(ctx); err != nil {
		b.Errorf("stop: %v", err)
	}
}

func (b *bench) limited() context.Context {
	ctx, cancel := context.WithTimeout(b.Context(), patience)
	b.Cleanup(cancel)
	return ctx
}

// try has the plugin make the attempts and returns what came of each.
func (b *bench) try(process supervise.Process, attempts ...string) (map[string]string, error) {
	one := configured("", attempts...)
	request := &pluginv1.ConfigureRequest{InstanceId: one.ID, Component: one.Component, ConfigJson: string(one.Config)}
	response, err := process.Clients().Plugin.Configure(b.limited(), request)
	if err != nil || len(response.GetErrors()) > 0 {
		b.Fatalf("configure: %v, %v", response.GetErrors(), err)
	}
	stream, err := process.Clients().Source.Collect(b.limited(), &pluginv1.CollectRequest{InstanceId: one.ID, Dataset: "things"})
	if err != nil {
		return nil, err
	}
	results := map[string]string{}
	for {
		chunk, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			return results, nil
		}
		if err != nil {
			return nil, err
		}
		for _, resource := range chunk.GetResources() {
			results[resource.GetId()] = resource.GetName()
		}
	}
}

func (b *bench) output() string {
	var text strings.Builder
	for _, line := range b.journal.Tail(journal.MaxLines) {
		text.WriteString(line.Text + "\n")
	}
	return text.String()
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// counterHost keeps values in memory.
type counterHost struct {
	pluginv1.UnimplementedHostServiceServer
	mu     sync.Mutex
	values map[string][]byte
}

// KvGet returns a value.
func (h *counterHost) KvGet(_ context.Context, key *pluginv1.KvKey) (*pluginv1.KvValue, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	value, ok := h.values[key.GetInstanceId()+"/"+key.GetKey()]
	return &pluginv1.KvValue{Found: ok, Value: value}, nil
}

// KvPut keeps a value.
func (h *counterHost) KvPut(_ context.Context, entry *pluginv1.KvEntry) (*pluginv1.KvAck, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.values[entry.GetInstanceId()+"/"+entry.GetKey()] = entry.GetValue()
	return &pluginv1.KvAck{}, nil
}
