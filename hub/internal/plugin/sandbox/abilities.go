package sandbox

import (
	"strconv"

	"github.com/pulse-hub/pulse/sdk/launcher"
)

// Abilities are what this machine and the hub's rights on it allow.
type Abilities struct {
	// Launcher says that there is a launcher for this system at all.
	Launcher bool
	// LandlockABI is the version of the kernel's Landlock, 0 for none.
	LandlockABI int
	// Identities says that the hub may start processes of other users, as root may.
	Identities bool
	// Cgroup is the folder of the hub's own control group if it may divide it, else empty; NoCgroup says why.
	Cgroup   string
	NoCgroup string
	// Controllers are those of its control group that limit, in the words of package cgroup.
	Controllers []string
	// UserNamespaces says that the hub may make user namespaces, as far as settings tell.
	UserNamespaces bool
}

// minLandlock is the first version that restricts files, TCP ports and signals.
const minLandlock = 6

// Highest returns the highest level that can be had here.
func (a Abilities) Highest() launcher.Level {
	for _, level := range []launcher.Level{launcher.Separate, launcher.Confined, launcher.Limited} {
		if len(a.Lacks(level)) == 0 {
			return level
		}
	}
	return launcher.Process
}

// Lacks says, for people, what is missing here for the level; nothing if it can be had.
func (a Abilities) Lacks(level launcher.Level) []string {
	var lacks []string
	if level > launcher.Process && !a.Launcher {
		return []string{launcher.ErrUnavailable.Error()}
	}
	if level >= launcher.Confined && a.LandlockABI < minLandlock {
		lacks = append(lacks, "Landlock ABI "+strconv.Itoa(minLandlock)+" is needed, the kernel has "+landlockName(a.LandlockABI))
	}
	if level >= launcher.Separate && !a.Identities {
		lacks = append(lacks, "only root can give a plugin a user of its own")
	}
	return lacks
}

func landlockName(abi int) string {
	if abi == 0 {
		return "none switched on"
	}
	return strconv.Itoa(abi)
}
