package cli

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pulse-hub/pulse/hub/internal/cli/client"
	"github.com/pulse-hub/pulse/sdk/manifest"
)

var update = flag.Bool("update", false, "write the golden files")

// golden compares a text with a file of testdata.
func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (rewrite it with -update):\n%s", name, diff)
	}
}

// furnished is a hub with plugins in several states.
func furnished(t *testing.T) (*fakeHub, string) {
	t.Helper()
	hub, folder := startHub(t)
	hub.plugins["acme.tcp"] = &client.Plugin{
		ID: "acme.tcp", Name: "TCP probe", Version: "0.1.0", State: "healthy", Since: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC),
		Trust: "pinned", SHA256: strings.Repeat("a", 64), Wants: someNeeds(), Granted: manifest.Needs{Network: []string{"tcp:443"}},
		Sandbox: client.Sandbox{Requested: "L3", Effective: "L2", Summary: "files, network", Missing: []string{"own user: the hub is not root"}},
		PID:     123, Restarts: 2,
		Processes: []client.Process{{Name: "acme.tcp", PID: 123, State: "healthy", CPU: 1.23, Memory: 12_900_000, Restarts: 2}},
		Calls:     []client.Calls{{Method: "Source/Collect", Count: 100, Errors: 1, P50: 1.25, P99: 30}},
		Instances: []client.Instance{{ID: "i0", Component: "source/tcp", Name: "gateway", State: "configured"}},
		Previous:  &client.Previous{Version: "0.0.9", SHA256: strings.Repeat("b", 64)},
	}
	hub.plugins["acme.bad"] = &client.Plugin{
		ID: "acme.bad", State: "quarantined", Reason: "its content\nhas \x1b[31mchanged", Trust: "pinned", Version: "2.0.0",
		Offers: []client.Offer{
			{Version: "2.0.1", SHA256: strings.Repeat("c", 64), Wants: someNeeds(), Signature: "signed", Publisher: "Acme"},
			{Version: "2.0.2", SHA256: strings.Repeat("d", 64), Signature: "bad", Problem: "its signature is bad"},
		},
	}
	hub.inbox = []client.InboxItem{{Name: "broken.pulseplugin", State: "invalid", Reason: "the package is cut off"}}
	return hub, folder
}

// at makes a command for the hub of a folder.
func at(folder string) *typed { return &typed{environ: map[string]string{"PULSE_DATA_DIR": folder}} }

func TestList(t *testing.T) {
	_, folder := furnished(t)
	golden(t, "ls.txt", at(folder).run(t, "plugin", "ls").must(t).out)
	if got := run(t, "plugin", "ls", "--json", "--data-dir", folder).must(t); !strings.Contains(got.out, `"state": "quarantined"`) {
		t.Errorf("got\n%s", got.out)
	}
	got := at(folder).run(t, "__complete", "plugin", "restart", "")
	if !strings.HasPrefix(got.out, "acme.bad\nacme.tcp\tTCP probe\n") {
		t.Errorf("completion gives %q", got.out)
	}
}

func TestInfo(t *testing.T) {
	t.Setenv("TZ", "UTC")
	_, folder := furnished(t)
	got := at(folder).run(t, "plugin", "info", "acme.tcp").must(t).out
	for _, want := range []string{
		"healthy since 2026-01-02 ", "connect to the address in its setting \"address\"", "keep data of its own", "L2 (requested: L3)",
		"own user: the hub is not root", "Source/Collect  100", "1.2 ms", "gateway", "12.3 MiB", "0.0.9",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in\n%s", want, got)
		}
	}
	if got := at(folder).run(t, "plugin", "info", "acme.none"); got.code != ExitFailed || got.errors != "pulse: no such plugin\n" {
		t.Errorf("got %+v", got)
	}
}

func TestApprove(t *testing.T) {
	c, wanted := strings.Repeat("c", 64), someNeeds()
	tests := []struct {
		name, answer string
		args         []string
		want         *client.Approval
		code         int
	}{
		{"yes", "y\n", nil, &client.Approval{SHA256: c, Needs: wanted}, 0},
		{"no", "n\n", nil, nil, ExitFailed},
		{"nobody there", "", nil, nil, ExitUsage},
		{"not asked", "", []string{"--yes"}, &client.Approval{SHA256: c, Needs: wanted}, 0},
		{"that content", "", []string{"--yes", "--sha256", c}, &client.Approval{SHA256: c, Needs: wanted}, 0},
		{"other content", "", []string{"--yes", "--sha256", strings.Repeat("e", 64)}, nil, ExitFailed},
		{"unusable content", "", []string{"--yes", "--sha256", strings.Repeat("d", 64)}, nil, ExitFailed},
		{"nothing", "", []string{"--yes", "--grant", "none"}, &client.Approval{SHA256: c}, 0},
		{"some", "", []string{"--yes", "--grant", "network=tcp:443,host"}, &client.Approval{
			SHA256: c, Needs: manifest.Needs{Network: []string{"tcp:443"}, Host: []string{"kv"}},
		}, 0},
		{"more than it wants", "", []string{"--yes", "--grant", "read=/etc/shadow"}, nil, ExitUsage},
		{"nonsense", "", []string{"--yes", "--grant", "everything"}, nil, ExitUsage},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			hub, folder := furnished(t)
			command := at(folder)
			command.input, command.interactive = tt.answer, tt.answer != ""
			got := command.run(t, append([]string{"plugin", "approve", "acme.bad"}, tt.args...)...)
			if got.code != tt.code {
				t.Errorf("exit code %d, want %d\n%s", got.code, tt.code, got.errors)
			}
			if tt.answer != "" && (!strings.Contains(got.out, c) || !strings.Contains(got.out, "Acme") || !strings.Contains(got.out, "read /etc/ssl")) {
				t.Errorf("it was asked without showing what for:\n%s", got.out)
			}
			approved, ok := hub.approved["acme.bad"]
			if ok != (tt.want != nil) {
				t.Fatalf("approved: %v", ok)
			}
			if tt.want != nil {
				if diff := cmp.Diff(*tt.want, approved); diff != "" {
					t.Error(diff)
				}
			}
		})
	}
}

func TestInstallAndApprove(t *testing.T) {
	hub, folder := startHub(t)
	dir := filepath.Join(t.TempDir(), "plugin")
	run(t, "plugin", "new", "source", "acme.py-thing", "--dir", dir, "--lang", "python").must(t)
	got := at(folder).run(t, "plugin", "install", dir).must(t)
	if name := hub.plugins["acme.py-thing"].Offers[0].Name; name != "acme.py-thing_0.1.0_any.pulseplugin" {
		t.Errorf("the file is called %q", name)
	}
	_, next, found := strings.Cut(got.out, "To let it run: pulse ")
	if !found {
		t.Fatalf("it says\n%s", got.out)
	}
	at(folder).run(t, append(strings.Fields(next), "--yes")...).must(t)
	if hub.plugins["acme.py-thing"].State != "healthy" {
		t.Errorf("it is %s", hub.plugins["acme.py-thing"].State)
	}

	file := packageOf(t, dir)
	if got := at(folder).run(t, "plugin", "install", file, "--sha256", strings.Repeat("0", 64)); got.code != ExitFailed ||
		!strings.Contains(got.errors, "not the expected content") {
		t.Errorf("with another checksum: %+v", got)
	}
	if got := at(folder).run(t, "plugin", "install", file, "--sha256", hub.plugins["acme.py-thing"].SHA256).must(t); !strings.Contains(got.out, "is approved and healthy") {
		t.Errorf("again: %+v", got)
	}
}

func TestActions(t *testing.T) {
	hub, folder := furnished(t)
	for _, step := range []struct{ line, want string }{
		{"disable acme.tcp", "acme.tcp 0.1.0 is disabled.\n"},
		{"enable acme.tcp", "acme.tcp 0.1.0 is starting.\n"},
		{"restart acme.tcp", "acme.tcp 0.1.0 is starting.\n"},
		{"rollback acme.tcp", "acme.tcp 0.0.9 is starting.\n"},
		{"log-level acme.tcp debug", ""},
		{"lock", "{\"lock\":1,\"plugins\":[]}\n"},
		{"rm acme.tcp --data delete --yes", "acme.tcp is removed.\n"},
	} {
		if got := at(folder).run(t, append([]string{"plugin"}, strings.Fields(step.line)...)...); got.code != 0 || got.out != step.want {
			t.Errorf("%s: got %d, %q, %q", step.line, got.code, got.out, got.errors)
		}
	}
	if hub.levels["acme.tcp"] != "debug" || hub.removedWith["acme.tcp"] != "delete" {
		t.Errorf("got %v and %v", hub.levels, hub.removedWith)
	}
	if got := at(folder).run(t, "plugin", "rollback", "acme.bad"); got.code != ExitFailed || !strings.Contains(got.errors, "no version before") {
		t.Errorf("got %+v", got)
	}
}

func TestLogs(t *testing.T) {
	t.Setenv("TZ", "UTC")
	_, folder := furnished(t)
	got := at(folder).run(t, "plugin", "logs", "acme.tcp", "-n", "7", "--level", "warn").must(t)
	if !strings.Contains(got.out, "info  line 1[31m of 7\n") || !strings.Contains(got.out, "line 2[31m of warn\n") {
		t.Errorf("got %q", got.out)
	}
	got = at(folder).run(t, "plugin", "logs", "-f", "acme.tcp")
	if strings.Count(got.out, "\n") != 3 || got.code != ExitFailed || !strings.Contains(got.errors, "ended the stream") {
		t.Errorf("got %+v", got)
	}
}

func TestInstances(t *testing.T) {
	hub, folder := furnished(t)
	config := filepath.Join(t.TempDir(), "config.json")
	if err := os.WriteFile(config, []byte(`{"address": "10.0.0.1:443", "big": 12345678901234567890, "token": {"set": true}}`), 0o600); err != nil {
		t.Fatal(err)
	}
	add := []string{"plugin", "instance", "add", "acme.tcp", "source/tcp"}
	got := at(folder).run(t, append(add, "--set", "note=x")...)
	if got.code != ExitFailed || !strings.Contains(got.errors, "/address: is required") {
		t.Errorf("without the address: %+v", got)
	}
	at(folder).run(t, append(add, "--name", "one", "--config", config, "--set", "tls.verify=true", "--set-text", "port=443", "--set", "note=a=b")...).must(t)
	want := `{"address":"10.0.0.1:443","big":12345678901234567890,"note":"a=b","port":"443","tls":{"verify":true},"token":{"set":true}}`
	if one := hub.instances["i0"]; string(one.Config) != want || one.Name != "one" || !one.Enabled {
		t.Errorf("got %+v with %s, want %s", one, one.Config, want)
	}
	stdin := at(folder)
	stdin.input = `{"address": "h:1"}`
	stdin.run(t, append(add, "--config", "-", "--disabled")...).must(t)
	if one := hub.instances["i1"]; string(one.Config) != `{"address":"h:1"}` || one.Name != "source/tcp" || one.Enabled {
		t.Errorf("got %+v", one)
	}

	at(folder).run(t, "plugin", "instance", "set", "i0", "--name", "two", "--enabled=false", "--set", "port=80").must(t)
	want = strings.Replace(want, `"port":"443"`, `"port":80`, 1)
	if one := hub.instances["i0"]; string(one.Config) != want || one.Name != "two" || one.Enabled {
		t.Errorf("got %+v with %s, want %s", one, one.Config, want)
	}
	if got := at(folder).run(t, "plugin", "instance", "ls").must(t); strings.Count(got.out, "\n") != 3 {
		t.Errorf("got\n%s", got.out)
	}
	if got := at(folder).run(t, "plugin", "instance", "test", "i0").must(t); !strings.Contains(got.out, "it answers") || !strings.Contains(got.out, "i0") {
		t.Errorf("got\n%s", got.out)
	}
	if got := at(folder).run(t, "plugin", "instance", "test", "acme.tcp", "source/tcp", "--set", "address=h:1"); got.code != ExitFailed ||
		!strings.Contains(got.errors, "address: nobody there") {
		t.Errorf("got %+v", got)
	}
	if got := at(folder).run(t, "plugin", "rm", "acme.tcp", "--yes"); got.code != ExitFailed || !strings.Contains(got.errors, "it has instances") {
		t.Errorf("got %+v", got)
	}
	at(folder).run(t, "plugin", "instance", "rm", "i0", "--yes").must(t)
	if _, ok := hub.instances["i0"]; ok {
		t.Error("it is still there")
	}
	if got := at(folder).run(t, append(add, "--ask", "token")...); got.code != ExitFailed || !strings.Contains(got.errors, "no terminal") {
		t.Errorf("a secret cannot be asked for: %+v", got)
	}
}

func TestWhereTheHubIs(t *testing.T) {
	hub, _ := furnished(t)
	hub.token = "secret-token"
	address := "http://" + hub.serve(t, "tcp", "127.0.0.1:0")
	remote := &typed{environ: map[string]string{"PULSE_URL": address, "PULSE_TOKEN": "secret-token"}}
	remote.run(t, "plugin", "ls").must(t)
	if got := run(t, "plugin", "ls", "--url", address, "--token", "wrong-token"); got.code != ExitFailed ||
		!strings.Contains(got.errors, "not permitted") || strings.Contains(got.errors, "wrong-token") {
		t.Errorf("with a wrong token: %+v", got)
	}
	empty := t.TempDir()
	t.Chdir(empty)
	if got := run(t, "plugin", "ls", "--data-dir", empty); got.code != ExitFailed || !strings.Contains(got.errors, "is it running?") {
		t.Errorf("without a hub: %+v", got)
	}
	if err := os.MkdirAll("data", 0o700); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat("/etc/pulse/pulse.sock"); err == nil {
		t.Skip("a hub runs on this machine")
	}
	if got := run(t, "plugin", "ls"); got.code != ExitFailed || !strings.Contains(got.errors, "--data-dir") {
		t.Errorf("with nothing to go by: %+v", got)
	}
}
