// Package examples runs the example plugins the way a hub does: as processes
// of their own, over go-plugin with mutual TLS.
package examples_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/go-hclog"
	"github.com/hashicorp/go-plugin"

	pluginv1 "github.com/pulse-hub/pulse/proto/gen/pulse/plugin/v1"
	"github.com/pulse-hub/pulse/sdk/chat"
	"github.com/pulse-hub/pulse/sdk/manifest"
	"github.com/pulse-hub/pulse/sdk/notification"
	"github.com/pulse-hub/pulse/sdk/transport"
	"github.com/pulse-hub/pulse/sdk/wire"
)

// binaries is the directory TestMain builds the plugins into.
var binaries string

func TestMain(m *testing.M) { os.Exit(buildAndRun(m)) }

func buildAndRun(m *testing.M) int {
	directory, err := os.MkdirTemp("", "examples")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(directory)
	binaries = directory
	build := exec.Command("go", "build", "-o", directory+string(filepath.Separator), "./...")
	build.Stderr = os.Stderr
	if err := build.Run(); err != nil {
		panic(err)
	}
	return m.Run()
}

func binary(name string) string { return filepath.Join(binaries, name) }

// start runs a plugin as a process until the test ends.
func start(t *testing.T, name string) *transport.Client {
	t.Helper()
	client := plugin.NewClient(&plugin.ClientConfig{
		HandshakeConfig:  transport.Handshake(),
		VersionedPlugins: transport.ClientPlugins(),
		AllowedProtocols: []plugin.Protocol{plugin.ProtocolGRPC},
		Cmd:              exec.Command(binary(name)),
		AutoMTLS:         true,
		SkipHostEnv:      true,
		StartTimeout:     20 * time.Second,
		Logger:           hclog.NewNullLogger(),
	})
	t.Cleanup(client.Kill)
	protocol, err := client.Client()
	if err != nil {
		t.Fatalf("start %s: %v", name, err)
	}
	dispensed, err := protocol.Dispense(transport.Name)
	if err != nil {
		t.Fatalf("dispense: %v", err)
	}
	return dispensed.(*transport.Client)
}

// deadline bounds each call of a test.
func deadline(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	t.Cleanup(cancel)
	return ctx
}

func configure(t *testing.T, c *transport.Client, component, config string, secrets map[string]string) string {
	t.Helper()
	response, err := c.Plugin.Configure(deadline(t), &pluginv1.ConfigureRequest{
		InstanceId: "i1", Component: component, ConfigJson: config, Secrets: secrets,
	})
	if err != nil || len(response.GetErrors()) > 0 {
		t.Fatalf("configure: %v, %v", response, err)
	}
	return "i1"
}

func listen(t *testing.T) net.Listener {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	return listener
}

func TestHelloSource(t *testing.T) {
	c := start(t, "hello-source")
	listener := listen(t)
	address := listener.Addr().String()
	id := configure(t, c, "source/tcp", `{"address":"`+address+`"}`, nil)
	collect := func() *pluginv1.Resource {
		stream, err := c.Source.Collect(deadline(t), &pluginv1.CollectRequest{InstanceId: id})
		if err != nil {
			t.Fatal(err)
		}
		chunk, err := stream.Recv()
		if err != nil || !chunk.GetLast() || len(chunk.GetResources()) != 1 {
			t.Fatalf("got %v, %v", chunk, err)
		}
		return chunk.GetResources()[0]
	}
	up := collect()
	if up.GetId() != address || up.GetStatus() != pluginv1.Status_STATUS_RUNNING ||
		up.GetMetrics()[0].GetUnit() != pluginv1.Unit_UNIT_SECONDS {
		t.Errorf("while it listens: got %v", up)
	}
	listener.Close()
	if down := collect(); down.GetStatus() != pluginv1.Status_STATUS_OFFLINE {
		t.Errorf("after it has closed: got %v", down)
	}
}

func TestHelloNotifier(t *testing.T) {
	status := http.StatusOK
	var title, token, body string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		text, _ := io.ReadAll(r.Body)
		title, token, body = r.Header.Get("Title"), r.Header.Get("Authorization"), string(text)
		w.WriteHeader(status)
	}))
	t.Cleanup(server.Close)
	c := start(t, "hello-notifier")
	id := configure(t, c, "notifier/ntfy", `{"url":"`+server.URL+`"}`, map[string]string{"/token": "tk_1234"})
	message := &notification.Message{Title: "pve1 is offline", Text: "since noon"}
	for code, want := range map[int]notification.Outcome{
		http.StatusOK:           notification.OutcomeDelivered,
		http.StatusUnauthorized: notification.OutcomeRejected,
		http.StatusBadGateway:   notification.OutcomeRetry,
	} {
		status = code
		response, err := c.Notifier.Send(deadline(t), wire.EncodeNotification(id, message))
		if err != nil {
			t.Fatal(err)
		}
		if got := wire.DecodeSendResult(response).Outcome; got != want {
			t.Errorf("status %d: got outcome %d, want %d", code, got, want)
		}
	}
	if title != message.Title || body != message.Text || token != "Bearer tk_1234" {
		t.Errorf("the server got %q, %q, %q", title, body, token)
	}
}

func TestHelloAI(t *testing.T) {
	c := start(t, "hello-ai")
	id := configure(t, c, "ai/echo", `{}`, nil)
	models, err := c.AI.Models(deadline(t), &pluginv1.ModelsRequest{InstanceId: id})
	if err != nil || len(models.GetModels()) != 1 || models.GetModels()[0].GetId() != "echo-1" {
		t.Fatalf("models: got %v, %v", models, err)
	}
	stream, err := c.AI.Chat(deadline(t), wire.EncodeChatRequest(id, &chat.Request{
		Messages: []chat.Message{{Role: chat.RoleUser, Parts: []chat.Part{{Text: "good morning"}}}},
	}))
	if err != nil {
		t.Fatal(err)
	}
	var text strings.Builder
	var finish *chat.Finish
	for {
		message, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		delta := wire.DecodeDelta(message)
		text.WriteString(delta.Text)
		finish = delta.Finish
	}
	if text.String() != "echo: good morning " || finish == nil || finish.Reason != chat.ReasonStop {
		t.Errorf("got %q and %+v", text.String(), finish)
	}
}

func TestManifestArgument(t *testing.T) {
	for name, key := range map[string]string{
		"hello-source": "source/tcp", "hello-notifier": "notifier/ntfy", "hello-ai": "ai/echo",
	} {
		output, err := exec.Command(binary(name), "manifest").Output()
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		printed, err := manifest.Decode(output)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if _, ok := printed.Component(key); !ok {
			t.Errorf("%s: no component %s in\n%s", name, key, output)
		}
		described, err := start(t, name).Plugin.Describe(deadline(t), &pluginv1.DescribeRequest{})
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(printed, manifest.FromMessage(described)); diff != "" {
			t.Errorf("%s: Describe differs from plugin.json:\n%s", name, diff)
		}
	}
}

func TestStartedByHand(t *testing.T) {
	var stdout, stderr bytes.Buffer
	command := exec.Command(binary("hello-source"))
	command.Stdout, command.Stderr = &stdout, &stderr
	err := command.Run()
	if exit, ok := errors.AsType[*exec.ExitError](err); !ok || exit.ExitCode() != 1 {
		t.Errorf("got %v, want exit code 1", err)
	}
	if !strings.Contains(stderr.String(), "this is a Pulse plugin; install it with: pulse plugin install ") || stdout.Len() > 0 {
		t.Errorf("got %q on stderr and %q on stdout", stderr.String(), stdout.String())
	}
}

func TestStandalone(t *testing.T) {
	address := listen(t).Addr().String()
	config, err := json.Marshal(map[string]string{"address": address})
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "config.json")
	if err := os.WriteFile(file, config, 0o600); err != nil {
		t.Fatal(err)
	}
	output, err := exec.Command(binary("hello-source"), "--standalone", "--config", file).CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, output)
	}
	for _, want := range []string{"KIND", address, "running", "connect_time="} {
		if !strings.Contains(string(output), want) {
			t.Errorf("no %q in\n%s", want, output)
		}
	}
	output, err = exec.Command(binary("hello-source"), "--standalone").CombinedOutput()
	if err == nil || !strings.Contains(string(output), "/address: is required") {
		t.Errorf("without configuration: got %v\n%s", err, output)
	}
}

// TestEndsWithTheHub starts a plugin with the pipe a hub holds, and lets go of it.
func TestEndsWithTheHub(t *testing.T) {
	command := exec.Command(binary("hello-source"))
	command.Env = []string{transport.CookieKey + "=" + transport.CookieValue, "TMPDIR=" + t.TempDir()}
	stdin, err := command.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = command.Process.Kill() }) // it has ended if all is well
	handshake := make([]byte, 64)
	if n, err := stdout.Read(handshake); err != nil || !bytes.HasPrefix(handshake[:n], []byte("1|1|")) {
		t.Fatalf("handshake: %q, %v", handshake[:n], err)
	}
	stdin.Close()
	ended := make(chan error, 1)
	go func() { ended <- command.Wait() }()
	select {
	case err := <-ended:
		if err != nil {
			t.Errorf("ended with %v", err)
		}
	case <-time.After(5 * time.Second):
		t.Error("the plugin outlives its hub")
	}
}
