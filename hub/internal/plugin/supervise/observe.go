package supervise

import (
	"cmp"
	"context"
	"iter"
	"slices"

	"github.com/hashicorp/go-hclog"

	"github.com/pulse-hub/pulse/hub/internal/plugin/journal"
)

// Status returns what is known of every plugin, ordered by id.
func (h *Host) Status() []Status {
	h.mu.Lock()
	tenants := make([]*tenant, 0, len(h.tenants))
	for _, t := range h.tenants {
		tenants = append(tenants, t)
	}
	h.mu.Unlock()
	list := make([]Status, len(tenants))
	for i, t := range tenants {
		list[i] = t.status()
	}
	slices.SortFunc(list, func(a, b Status) int { return cmp.Compare(a.ID, b.ID) })
	return list
}

// Restart ends the plugin's processes and starts new ones, at once and with
// their failures forgotten. Those that nobody needs stay idle.
func (h *Host) Restart(plugin string) error {
	t, err := h.find(plugin)
	if err != nil {
		return err
	}
	for _, s := range t.supervisors() {
		if process, _ := s.status(); process.State != StateIdle {
			note(s.restart)
		}
	}
	return nil
}

// Lines returns up to n of the last lines of a plugin's output, the oldest first.
func (h *Host) Lines(plugin string, n int) ([]journal.Line, error) {
	t, err := h.find(plugin)
	if err != nil {
		return nil, err
	}
	return t.journal.Tail(n), nil
}

// Follow returns the last n lines of a plugin's output and then every new one,
// until the context is done, the plugin is dropped or the loop is left. A slow
// reader loses lines and is told how many.
func (h *Host) Follow(ctx context.Context, plugin string, n int) (iter.Seq[journal.Followed], error) {
	t, err := h.find(plugin)
	if err != nil {
		return nil, err
	}
	return t.journal.Follow(ctx, n), nil
}

// SetLevel sets the least level that a plugin shall log; hclog.NoLevel means
// that of the hub. A process is told at its start, so Restart makes it valid at once.
func (h *Host) SetLevel(plugin string, level hclog.Level) error {
	t, err := h.find(plugin)
	if err != nil {
		return err
	}
	t.level.Store(int32(level))
	return nil
}
