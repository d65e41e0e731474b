package download

import "strings"

// Releases is where the programs of the newest release are, for targets whose program is not on the hub's disk.
const Releases = "https://github.com/pulse-hub/pulse/releases/latest/download/"

// Target is a system and a processor that the agent is built for, such as "linux-amd64".
type Target string

func (t Target) windows() bool { return strings.HasPrefix(string(t), "windows-") }

// ParseTarget reads what callers call a target: its name in any case, that of the kernel for its processor, or the bare
// processor, which means Linux.
func ParseTarget(text string) (Target, bool) {
	name := strings.ToLower(strings.TrimSpace(text))
	if other, ok := aliases(name); ok {
		name = other
	}
	switch target := Target(name); target {
	case "linux-amd64", "linux-arm64", "linux-armv7", "linux-armv6", "linux-386", "darwin-amd64", "darwin-arm64",
		"windows-amd64", "windows-arm64", "windows-386", "freebsd-amd64", "freebsd-arm64":
		return target, true
	}
	return "", false
}

func aliases(name string) (string, bool) {
	switch name {
	case "amd64", "x86_64", "x86-64":
		return "linux-amd64", true
	case "arm64", "aarch64":
		return "linux-arm64", true
	case "armv7", "armv7l", "armhf":
		return "linux-armv7", true
	case "armv6", "armv6l":
		return "linux-armv6", true
	case "386", "i386", "i686":
		return "linux-386", true
	case "macos-amd64":
		return "darwin-amd64", true
	case "macos-arm64":
		return "darwin-arm64", true
	}
	return "", false
}
