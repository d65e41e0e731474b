package host

import (
	"bytes"
	"context"
	"encoding/hex"
	"fmt"
	"net"
	"slices"
)

// machineIDPath is systemd's machine id, 32 hex digits (man machine-id, 5).
const machineIDPath = "/etc/machine-id"

// softInterfaces are beginnings of names of interfaces without hardware, whose addresses are random.
var softInterfaces = []string{
	"docker", "br-", "virbr", "vmbr", "bond", "team", "dummy", "tun", "wg", "tailscale", "zt", "cni", "flannel", "podman",
	"bridge", "utun", "awdl", "llw", "ap", "anpi", "vEthernet", "ifb", "sit", "ip6tnl", "gre", "vxlan", "macvtap", "macvlan", "ipvlan",
}

// machineID returns an id that stays the same across restarts: /etc/machine-id in the form of a UUID, else "mac-" and
// the address of the first interface with hardware, else whatever the system calls its id.
func machineID(ctx context.Context, readFile func(string) ([]byte, error), interfaces func() ([]net.Interface, error), systemID func(context.Context) (string, error)) (string, error) {
	if raw, err := readFile(machineIDPath); err == nil {
		if id, ok := asUUID(raw); ok {
			return id, nil
		}
	}
	// A failure to list interfaces only means that the next source is asked.
	list, _ := interfaces()
	if at := slices.IndexFunc(list, isPhysical); at >= 0 {
		return "mac-" + hex.EncodeToString(list[at].HardwareAddr), nil
	}
	id, err := systemID(ctx)
	if err != nil {
		return "", fmt.Errorf("read system id: %w", err)
	}
	return id, nil
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
	return candidate.Flags&net.FlagLoopback == 0 && len(candidate.HardwareAddr) == 6 &&
		!hasAnyPrefix(candidate.Name, guestInterfaces) && !hasAnyPrefix(candidate.Name, softInterfaces)
}
