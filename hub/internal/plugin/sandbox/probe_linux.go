package sandbox

import (
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/pulse-hub/pulse/hub/internal/plugin/sandbox/cgroup"
	"github.com/pulse-hub/pulse/sdk/launcher"
)

// Probe finds out what this machine and the hub's rights allow. It changes nothing.
func Probe() Abilities {
	a := Abilities{
		Launcher:       true,
		LandlockABI:    launcher.LandlockABI(),
		Identities:     capable(unix.CAP_SETUID) && capable(unix.CAP_SETGID) && capable(unix.CAP_CHOWN),
		UserNamespaces: userNamespaces(),
	}
	dir, controllers, err := cgroup.Find()
	if err != nil {
		a.NoCgroup = err.Error()
		return a
	}
	a.Cgroup, a.Controllers = dir, controllers
	return a
}

// capable tells whether this process has the capability in effect.
func capable(capability int) bool {
	header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var sets [2]unix.CapUserData
	if err := unix.Capget(&header, &sets[0]); err != nil {
		return false
	}
	return sets[capability/32].Effective&(1<<(capability%32)) != 0
}

// userNamespaces reads the settings by which kernels and distributions forbid them.
func userNamespaces() bool {
	if most, ok := setting("/proc/sys/user/max_user_namespaces"); !ok || most == 0 {
		return false
	}
	if os.Geteuid() == 0 {
		return true
	}
	allowed, known := setting("/proc/sys/kernel/unprivileged_userns_clone")
	restricted, _ := setting("/proc/sys/kernel/apparmor_restrict_unprivileged_userns")
	return (!known || allowed == 1) && restricted == 0
}

func setting(path string) (int, bool) {
	text, err := os.ReadFile(path)
	if err != nil {
		return 0, false
	}
	value, err := strconv.Atoi(strings.TrimSpace(string(text)))
	return value, err == nil
}
