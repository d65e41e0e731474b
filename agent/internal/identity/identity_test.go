package identity_test

import (
	"errors"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hashicorp/go-hclog"

	"github.com/pulse-hub/pulse/agent/internal/identity"
)

// machine is a made-up machine: its files and the addresses of its interfaces.
type machine struct {
	files map[string]string
	macs  []string
}

const (
	id   = "0123456789abcdef0123456789abcdef\n"
	uuid = "01234567-89ab-cdef-0123-456789abcdef"
)

// vm is a virtual machine with that number.
func vm(number string) machine {
	return machine{map[string]string{
		"etc/machine-id":                  id,
		"sys/class/dmi/id/product_uuid":   "5e1f0000-0000-4000-8000-00000000000" + number + "\n",
		"sys/class/dmi/id/product_serial": "Not Specified\n",
		"sys/block/sda/device/wwid":       "t10.ATA QEMU HARDDISK QM00001\n",
		"sys/block/vda/serial":            "drive-scsi0",
		"sys/block/loop0/serial":          "same-everywhere",
	}, []string{"bc:24:11:00:00:0" + number}}
}

func (m machine) with(path, text string) machine {
	files := map[string]string{}
	for old, content := range m.files {
		files[old] = content
	}
	files[path] = text
	return machine{files, m.macs}
}

func (m machine) without(path string) machine {
	changed := m.with(path, "")
	delete(changed.files, path)
	return changed
}

func (m machine) address(mac string) machine { return machine{m.files, []string{mac}} }

// boot resolves the identity of a machine with that state directory.
func boot(t *testing.T, m machine, state, agentID string) (got identity.Identity, log string) {
	t.Helper()
	root := t.TempDir()
	for path, text := range m.files {
		full := filepath.Join(root, path)
		if err := os.MkdirAll(filepath.Dir(full), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(full, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	var output strings.Builder
	got = identity.Resolve(t.Context(), identity.Options{
		Root: root, StateDir: state, AgentID: agentID, Hostname: "h",
		Interfaces: func() (list []net.Interface, err error) {
			list = []net.Interface{{Name: "lo", Flags: net.FlagLoopback}, {Name: "docker0", HardwareAddr: net.HardwareAddr{2, 0x42, 1, 1, 1, 1}}}
			for _, text := range m.macs {
				mac, err := net.ParseMAC(text)
				if err != nil {
					t.Fatal(err)
				}
				list = append(list, net.Interface{Name: "eth0", HardwareAddr: mac})
			}
			return list, nil
		},
		SystemID: func() (string, error) { return "", errors.New("none") },
		Logger:   hclog.New(&hclog.LoggerOptions{Output: &output}),
	})
	return got, output.String()
}

func TestCloneIsToldFromItsOriginal(t *testing.T) {
	lxc := func(m machine) machine { return m.with("run/systemd/container", "lxc") }
	tests := []struct {
		name          string
		first, second machine
		clone         bool
	}{
		{"the same machine", vm("1"), vm("1"), false},
		{"a clone", vm("1"), vm("2"), true},
		{"a new network card", vm("1"), vm("1").address("02:00:00:00:00:99"), false},
		{"a new board, the same disk", vm("1").with("sys/block/nvme0n1/wwid", "eui.1234567890"), vm("2").with("sys/block/nvme0n1/wwid", "eui.1234567890"), false},
		{"an id only root may read is no longer readable", vm("1"), vm("1").without("sys/class/dmi/id/product_uuid"), false},
		{"nothing that can be compared", vm("1").address(""), vm("1").without("sys/class/dmi/id/product_uuid"), false},
		{"a system container's clone on the same node", lxc(vm("1")), lxc(vm("1").address("bc:24:11:00:00:77")), true},
		{"a system container that moved", lxc(vm("1")), lxc(vm("2").address("bc:24:11:00:00:01")), false},
		{"a Docker container made anew", vm("1").with(".dockerenv", ""), vm("2").with(".dockerenv", ""), false},
		{"another system", vm("1"), vm("2").with("etc/machine-id", "1123456789abcdef0123456789abcdef"), false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if test.first.macs[0] == "" {
				test.first.macs = nil
			}
			state := t.TempDir()
			first, log := boot(t, test.first, state, "")
			if first != (identity.Identity{AgentID: uuid, HostID: uuid, MachineID: uuid}) || strings.Contains(log, "CLONE") {
				t.Errorf("first start = %+v\n%s", first, log)
			}
			second, log := boot(t, test.second, state, "")
			if clone := second.HostID != second.MachineID; clone != test.clone || strings.Contains(log, "CLONE") != test.clone {
				t.Errorf("second start = %+v, want a clone: %v\n%s", second, test.clone, log)
			}
			if third, log := boot(t, test.second, state, ""); third != second || log != "" {
				t.Errorf("third start = %+v, second %+v; log %q", third, second, log)
			}
			if noted, err := os.ReadFile(filepath.Join(state, "agent-id")); err != nil || string(noted) != second.AgentID+"\n" {
				t.Errorf("noted %q, %v", noted, err)
			}
		})
	}
}

func TestCloneKeepsItsID(t *testing.T) {
	state := t.TempDir()
	boot(t, vm("1"), state, "")
	clone, _ := boot(t, vm("2"), state, "")
	if digits, ok := strings.CutPrefix(clone.HostID, uuid+"-"); !ok || len(digits) != 8 || clone.AgentID != clone.HostID {
		t.Errorf("clone = %+v", clone)
	}
	changed, _ := boot(t, vm("2").address("02:00:00:00:00:99"), state, "")
	if changed != clone {
		t.Errorf("clone with a new network card = %+v, before %+v", changed, clone)
	}
	again, log := boot(t, vm("3"), state, "")
	if again.HostID == clone.HostID || !strings.HasPrefix(again.HostID, uuid+"-") || !strings.Contains(log, "CLONE") {
		t.Errorf("clone of the clone = %+v", again)
	}
}

func TestConfiguredIDWins(t *testing.T) {
	state := t.TempDir()
	boot(t, vm("1"), state, "mine")
	got, log := boot(t, vm("2"), state, "mine")
	if got.AgentID != "mine" || got.HostID == uuid || !strings.Contains(log, "CLONE") {
		t.Errorf("clone with an id = %+v", got)
	}
}

func TestMachinesWithoutAnID(t *testing.T) {
	plain := machine{macs: []string{"02:00:00:00:00:01"}}
	if got, _ := boot(t, plain, t.TempDir(), ""); got.AgentID != "mac-020000000001" {
		t.Errorf("machine with an address = %+v", got)
	}
	if got, _ := boot(t, machine{}, t.TempDir(), ""); got != (identity.Identity{AgentID: "h"}) {
		t.Errorf("machine with nothing = %+v", got)
	}
}

func TestStateThatCannotBeKept(t *testing.T) {
	blocked := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(blocked, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if got, log := boot(t, vm("1"), filepath.Join(blocked, "x"), ""); got.HostID != uuid || !strings.Contains(log, "[WARN]") {
		t.Errorf("identity = %+v, log %q", got, log)
	}
	state := t.TempDir()
	if err := os.WriteFile(filepath.Join(state, "identity.json"), []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if got, log := boot(t, vm("1"), state, ""); got.HostID != uuid || !strings.Contains(log, "[WARN]") {
		t.Errorf("identity = %+v, log %q", got, log)
	}
	if got, log := boot(t, vm("1"), state, ""); got.HostID != uuid || log != "" {
		t.Errorf("identity after the repair = %+v, log %q", got, log)
	}
}
