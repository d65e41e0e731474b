package recording_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"
	goplugin "github.com/hashicorp/go-plugin"

	pluginv1 "github.com/pulse-hub/pulse/proto/gen/pulse/plugin/v1"
	"github.com/pulse-hub/pulse/sdk"
	"github.com/pulse-hub/pulse/sdk/transport"
)

// asPlugin is the argument that makes the test binary a plugin; what follows is its behaviour as JSON.
const asPlugin = "serve-plugin"

func TestMain(m *testing.M) {
	if len(os.Args) != 3 || os.Args[1] != asPlugin {
		os.Exit(m.Run())
	}
	var b behaviour
	err := json.Unmarshal([]byte(os.Args[2]), &b)
	if err == nil {
		err = sdk.Serve(plugin(b))
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// start runs a build of the plugin as a process until the test ends.
func start(t *testing.T, b behaviour) *transport.Client {
	t.Helper()
	argument, err := json.Marshal(b)
	if err != nil {
		t.Fatal(err)
	}
	binary, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	client := goplugin.NewClient(&goplugin.ClientConfig{
		HandshakeConfig:  transport.Handshake(),
		VersionedPlugins: transport.ClientPlugins(),
		AllowedProtocols: []goplugin.Protocol{goplugin.ProtocolGRPC},
		Cmd:              exec.Command(binary, asPlugin, string(argument)),
		AutoMTLS:         true, SkipHostEnv: true, StartTimeout: 20 * time.Second,
		Logger: hclog.NewNullLogger(),
	})
	t.Cleanup(client.Kill)
	protocol, err := client.Client()
	if err != nil {
		t.Fatal(err)
	}
	dispensed, err := protocol.Dispense(transport.Name)
	if err != nil {
		t.Fatal(err)
	}
	clients, ok := dispensed.(*transport.Client)
	if !ok {
		t.Fatalf("got %T", dispensed)
	}
	if _, err := clients.Plugin.Init(deadline(t), &pluginv1.InitRequest{HubVersion: "1.0.0"}); err != nil {
		t.Fatal(err)
	}
	return clients
}

// deadline bounds a call.
func deadline(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	t.Cleanup(cancel)
	return ctx
}

// collect returns how many resources the instance sees.
func collect(t *testing.T, clients *transport.Client, id string) int {
	t.Helper()
	stream, err := clients.Source.Collect(deadline(t), &pluginv1.CollectRequest{InstanceId: id})
	if err != nil {
		t.Fatal(err)
	}
	seen := 0
	for {
		chunk, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			return seen
		}
		if err != nil {
			t.Fatal(err)
		}
		seen += len(chunk.GetResources())
	}
}
