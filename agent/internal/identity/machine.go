package identity

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// softInterfaces are beginnings of names of interfaces without hardware, whose addresses are random.
var softInterfaces = []string{
	"docker", "br-", "virbr", "vmbr", "bond", "team", "dummy", "tun", "wg", "tailscale", "zt", "cni", "flannel", "podman",
	"bridge", "utun", "awdl", "llw", "ap", "anpi", "vEthernet", "ifb", "sit", "ip6tnl", "gre", "vxlan", "macvtap", "macvlan",
	"ipvlan", "veth", "tap", "fwbr", "fwpr", "fwln", "cali", "lxc", "lxdbr", "vnet", "ovs", "nerdctl", "kube",
}

// machineID returns an id that stays the same across restarts: /etc/machine-id in the form of a UUID, else "mac-" and
// the address of the first interface with hardware, else whatever the system calls its id; empty when there is none.
func machineID(options Options, interfaces []net.Interface) string {
	if raw, err := os.ReadFile(filepath.Join(options.Root, "etc/machine-id")); err == nil {
		if id, ok := asUUID(raw); ok {
			return id
		}
	}
	if at := slices.IndexFunc(interfaces, isPhysical); at >= 0 {
		return "mac-" + hex.EncodeToString(interfaces[at].HardwareAddr)
	}
	id, err := options.SystemID()
	if err != nil {
		options.Logger.Warn("system has no id", "error", err)
	}
	return strings.ToLower(strings.TrimSpace(id))
}

// asUUID writes 32 hex digits in groups of 8, 4, 4, 4 and 12, in lower case. An uninitialized id is no id.
func asUUID(raw []byte) (string, bool) {
	digits := bytes.ToLower(bytes.TrimSpace(raw))
	var id [16]byte
	if len(digits) != 2*len(id) {
		return "", false
	}
	if _, err := hex.Decode(id[:], digits); err != nil || id == ([16]byte{}) {
		return "", false
	}
	return fmt.Sprintf("%s-%s-%s-%s-%s", digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]), true
}

// isPhysical reports whether the interface looks like hardware: it has an Ethernet address and no name of a soft one.
func isPhysical(candidate net.Interface) bool {
	return candidate.Flags&net.FlagLoopback == 0 && len(candidate.HardwareAddr) == 6 && !hasAnyPrefix(candidate.Name, softInterfaces)
}

func hasAnyPrefix(name string, prefixes []string) bool {
	return slices.ContainsFunc(prefixes, func(prefix string) bool { return strings.HasPrefix(name, prefix) })
}
