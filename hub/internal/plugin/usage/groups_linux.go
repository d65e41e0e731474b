package usage

import (
	"os"
	"slices"
	"strconv"
	"sync"
	"time"
)

// remembered is for how long a look at all processes of the system serves:
// the plugins of a hub are measured one right after another.
const remembered = time.Second

// groups knows which processes belong to which group.
type groups struct {
	mu      sync.Mutex
	at      time.Time
	members map[int][]int // by group
}

// of returns the processes of a group, whose leader is always one of them.
func (g *groups) of(leader int) []int {
	g.mu.Lock()
	defer g.mu.Unlock()
	if time.Since(g.at) > remembered {
		g.members, g.at = list(), time.Now()
	}
	members := slices.Clone(g.members[leader])
	if !slices.Contains(members, leader) {
		members = append(members, leader) // it is younger than the look
	}
	return members
}

// list looks at all processes. One that ends meanwhile is left out.
func list() map[int][]int {
	members := map[int][]int{}
	proc, err := os.Open("/proc")
	if err != nil {
		return members
	}
	defer proc.Close()
	names, _ := proc.Readdirnames(-1) // a part is better than nothing
	for _, name := range names {
		pid, err := strconv.Atoi(name)
		if err != nil {
			continue
		}
		if state, err := readStat(pid); err == nil {
			members[state.group] = append(members[state.group], pid)
		}
	}
	return members
}
