//go:build unix

package runner

import (
	"os"
	"sync"
	"syscall"
)

// group is the process group that a plugin leads.
type group struct {
	mu   sync.Mutex
	id   int
	gone bool
}

func joinGroup(leader *os.Process) *group { return &group{id: leader.Pid} }

// kill ends every process of the group. It does nothing once the group is closed.
func (g *group) kill() {
	g.mu.Lock()
	defer g.mu.Unlock()
	if !g.gone {
		_ = syscall.Kill(-g.id, syscall.SIGKILL) // an error means that nobody is left
	}
}

// close says that the leader is reaped: its number may be somebody else's from now on.
func (g *group) close() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.gone = true
}

func signalOf(state *os.ProcessState) string {
	if status, ok := state.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		return status.Signal().String()
	}
	return ""
}
