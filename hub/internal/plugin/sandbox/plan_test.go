package sandbox

import (
	"encoding/json"
	"errors"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pulse-hub/pulse/hub/internal/plugin/sandbox/cgroup"
	"github.com/pulse-hub/pulse/sdk/launcher"
	"github.com/pulse-hub/pulse/sdk/manifest"
)

// able is a machine that can do everything.
func able() Abilities {
	return Abilities{Launcher: true, LandlockABI: 7, Identities: true, Cgroup: "/sys/fs/cgroup"}
}

func options() Options {
	return Options{
		Level: launcher.Separate, Args: []string{"plugin"}, Env: []string{"PATH=", "SSL_CERT_FILE=/opt/ca.pem"},
		DataDir: "/data", SocketDir: "/run/pulse/p/h1/plugin-dir1", Identity: 3,
		Needs: manifest.Needs{
			Network: []string{"instance:url", "tcp:443"}, Read: []string{"/var/log", "/etc/shadow"}, Exec: true,
		},
		Granted:   manifest.Needs{Network: []string{"instance:url", "tcp:22"}, Read: []string{"/var/log"}},
		Instances: []json.RawMessage{json.RawMessage(`{"url":"https://pve.example:8006"}`)},
	}
}

func TestPlanAllowsWhatIsNeededAndGranted(t *testing.T) {
	c, err := Plan(options(), able())
	if err != nil {
		t.Fatal(err)
	}
	access := c.Spec.Access
	if diff := cmp.Diff([]uint16{8006}, access.ConnectPorts); diff != "" {
		t.Errorf("ports (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"/data", "/dev/null", "/run/pulse/p/h1/plugin-dir1"}, access.Write); diff != "" {
		t.Errorf("writable (-want +got):\n%s", diff)
	}
	for path, want := range map[string]bool{"/var/log": true, "/opt/ca.pem": true, "/etc/shadow": false, "/etc": false} {
		if got := slices.Contains(access.Read, path); got != want {
			t.Errorf("reading %s: %v, want %v", path, got, want)
		}
	}
	if len(access.Execute) > 0 {
		t.Errorf("may run %v although that was not granted", access.Execute)
	}
	if want := (&launcher.Identity{UID: 61003, GID: 61003}); *c.Spec.Identity != *want {
		t.Errorf("user is %v, want %v", c.Spec.Identity, want)
	}
	want := &cgroup.Limits{MemoryBytes: DefaultMemoryBytes, Threads: maxThreads, Processors: maxCPU}
	if diff := cmp.Diff(want, c.Cgroup); diff != "" {
		t.Errorf("control group (-want +got):\n%s", diff)
	}

	o := options()
	o.Granted.Exec = true
	if c, err = Plan(o, able()); err != nil || !slices.Contains(c.Spec.Access.Execute, "/usr/bin") {
		t.Errorf("may not run programs although that was granted: %v, %v", c.Spec.Access.Execute, err)
	}
}

func TestPlanKeepsLimitsInBounds(t *testing.T) {
	for _, c := range []struct {
		name          string
		promised      manifest.Limits
		files, memory uint64
	}{
		{"nothing promised", manifest.Limits{}, 256, (512 + 192) << 20},
		{"reasonable", manifest.Limits{NoFile: 512, Memory: 300 << 20}, 512, (300 + 192) << 20},
		{"too little to live", manifest.Limits{NoFile: 1, Memory: 1}, 256, 192<<20 + 1},
		{"beyond all bounds", manifest.Limits{Memory: math.MaxUint64}, 256, 1<<40 + 192<<20},
		{"many files", manifest.Limits{NoFile: 1 << 20, Memory: 300 << 20}, 1024, (300 + 192) << 20},
	} {
		o := options()
		o.Limits = c.promised
		got, err := Plan(o, able())
		if err != nil || got.Spec.Limits.NoFile != c.files || got.Spec.Limits.DataBytes != c.memory {
			t.Errorf("%s: got %+v, %v; want %d files, %d bytes", c.name, got.Spec.Limits, err, c.files, c.memory)
		}
	}
}

func TestPlanSaysWhatItCannotDo(t *testing.T) {
	old := able()
	old.LandlockABI = 3
	foreign := able()
	foreign.Identities = false
	for _, c := range []struct {
		name    string
		host    Abilities
		highest launcher.Level
		level   launcher.Level
		refused error // with the policy Refuse
		shown   error // with the policy Show
	}{
		{"all can be had", able(), launcher.Separate, launcher.Separate, nil, nil},
		{"old Landlock", old, launcher.Limited, launcher.Confined, ErrTooLow, nil},
		{"old Landlock, low level", old, launcher.Limited, launcher.Limited, nil, nil},
		{"hub is not root", foreign, launcher.Confined, launcher.Separate, ErrTooLow, nil},
		{"hub is not root, low level", foreign, launcher.Confined, launcher.Confined, nil, nil},
		{"other system", Abilities{}, launcher.Process, launcher.Limited, ErrTooLow, launcher.ErrUnavailable},
	} {
		if got := c.host.Highest(); got != c.highest {
			t.Errorf("%s: highest is %s, want %s", c.name, got, c.highest)
		}
		o := options()
		o.Level, o.Policy = c.level, Refuse
		got, err := Plan(o, c.host)
		if !errors.Is(err, c.refused) || (err == nil && !got.Spec.Required) {
			t.Errorf("%s: required: got %+v, %v; want %v", c.name, got.Spec, err, c.refused)
		}
		o.Policy = Show
		got, err = Plan(o, c.host)
		if !errors.Is(err, c.shown) || (err == nil && (got.Spec.Level != c.level || got.Spec.Required)) {
			t.Errorf("%s: shown: got %+v, %v; want %v", c.name, got.Spec, err, c.shown)
		}
	}
}

func TestPlanRefusesWhatMakesNoSense(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*Options)
		want   error
	}{
		"no level":       {func(o *Options) { o.Level = launcher.Process }, launcher.ErrInvalid},
		"no data folder": {func(o *Options) { o.DataDir = "" }, launcher.ErrInvalid},
		"users used up":  {func(o *Options) { o.Identity = Identities }, ErrNoIdentity},
		"unknown need": {func(o *Options) {
			o.Needs.Network = append(o.Needs.Network, "icmp")
			o.Granted.Network = append(o.Granted.Network, "icmp")
		}, ErrNeed},
	} {
		o := options()
		c.change(&o)
		if got, err := Plan(o, able()); !errors.Is(err, c.want) {
			t.Errorf("%s: got %+v, %v; want %v", name, got.Spec, err, c.want)
		}
	}
}

func TestBareReportHidesNothing(t *testing.T) {
	report := Bare(launcher.Confined, launcher.ErrUnavailable.Error())
	if got := report.String(); !strings.HasPrefix(got, "L0 instead of L2") || len(report.Missing) != 1 {
		t.Errorf("got %q, %v", got, report.Missing)
	}
}

func TestPorts(t *testing.T) {
	for _, c := range []struct {
		name      string
		needs     []string
		instances []string
		want      []uint16
		any       bool
		err       error
	}{
		{name: "nothing"},
		{name: "fixed", needs: []string{"tcp:443", "tcp:22", "tcp:443"}, want: []uint16{22, 443}},
		{name: "any", needs: []string{"tcp:443", "tcp:*"}, any: true},
		{name: "URL with port", needs: []string{"instance:url"}, instances: []string{`{"url":"https://h:8006/x"}`}, want: []uint16{8006}},
		{name: "URL of a known scheme", needs: []string{"instance:url"}, instances: []string{`{"url":"https://[::1]/"}`, `{"url":"http://h"}`}, want: []uint16{80, 443}},
		{name: "URL of an unknown scheme", needs: []string{"instance:url"}, instances: []string{`{"url":"gopher://h"}`}},
		{name: "host and port", needs: []string{"instance:address"}, instances: []string{`{"address":"h:25"}`, `{"address":"[::1]:26"}`}, want: []uint16{25, 26}},
		{name: "host alone", needs: []string{"instance:address"}, instances: []string{`{"address":"mail.example"}`, `{"address":"::1"}`}},
		{name: "number", needs: []string{"instance:port"}, instances: []string{`{"port":587}`, `{"port":"588"}`}, want: []uint16{587, 588}},
		{name: "no ports", needs: []string{"instance:port"}, instances: []string{`{"port":0}`, `{"port":65536}`, `{"port":1.5}`, `{"port":-1}`, `{"port":true}`, `{}`}},
		{name: "nested", needs: []string{"instance:server.url"}, instances: []string{`{"server":{"url":"http://h:1"}}`, `{"server":"x"}`}, want: []uint16{1}},
		{name: "list", needs: []string{"instance:hosts"}, instances: []string{`{"hosts":["a:1","b:2","a:1",["c:3"]]}`}, want: []uint16{1, 2}},
		{name: "no JSON", needs: []string{"instance:url"}, instances: []string{`nothing`}},
		{name: "no port", needs: []string{"tcp:0"}, err: ErrNeed},
		{name: "another protocol", needs: []string{"udp:53"}, err: ErrNeed},
	} {
		var configs []json.RawMessage
		for _, text := range c.instances {
			configs = append(configs, json.RawMessage(text))
		}
		ports, anyPort, err := Ports(c.needs, configs)
		if !errors.Is(err, c.err) || anyPort != c.any || !slices.Equal(ports, c.want) {
			t.Errorf("%s: got %v, %v, %v; want %v, %v, %v", c.name, ports, anyPort, err, c.want, c.any, c.err)
		}
	}
}

func FuzzPorts(f *testing.F) {
	f.Add("instance:a.b", `{"a":{"b":["https://h:1",2]}}`)
	f.Add("tcp:1", ``)
	f.Fuzz(func(t *testing.T, need, config string) {
		ports, _, err := Ports([]string{need}, []json.RawMessage{json.RawMessage(config)})
		if slices.Contains(ports, 0) || (err == nil && !slices.IsSorted(ports)) {
			t.Fatalf("got %v", ports)
		}
	})
}
