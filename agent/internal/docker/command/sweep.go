package command

import (
	"context"
	"strings"
	"time"

	"github.com/pulse-hub/pulse/agent/internal/docker/engine"
)

// Times of tidying up.
const (
	// keepBackup is how long the old container is kept after an update.
	keepBackup = 15 * time.Minute
	// recoverPause is the time between two tries to put back what a crash left.
	recoverPause = 10 * time.Second
)

// settle puts back the containers of updates that were cut off, by a crash or with the engine, and ends the commands that
// a crash cut off. It returns false when it must be tried again.
func (r *Runner) settle(ctx context.Context) bool {
	for _, each := range r.journal.entries {
		if each.Status.final() && each.Swap == nil {
			continue
		}
		if each.Swap != nil && !r.restore(ctx, each.Swap) {
			return false
		}
		if each.Swap = nil; !each.Status.final() {
			each.Status, each.Message = failed, errInterrupted.Error()
		}
		r.remember(each)
	}
	return true
}

// restore puts one container back, and returns false when it must be tried again.
func (r *Runner) restore(ctx context.Context, state *swap) bool {
	client := r.options.Engine()
	if client == nil {
		return false
	}
	err := putBack(ctx, client, state)
	if err == nil {
		r.stuck = false
		r.logger.Info("container of an update that was cut off is put back", "container", state.Name)
		return true
	}
	if !r.stuck {
		r.logger.Warn("container of an update that was cut off is not put back", "container", state.Name, "error", err)
	}
	r.stuck = !engine.Missing(err) // somebody has removed it meanwhile
	return !r.stuck
}

// putBack undoes an update of which is only known what was to be swapped.
func putBack(ctx context.Context, client *engine.Client, state *swap) error {
	old, err := client.Container(ctx, state.Backup)
	if engine.Missing(err) { // it was not renamed yet
		if old, err = client.Container(ctx, state.Name); err != nil {
			return err
		}
		return undo(ctx, client, old.ID, "", state)
	}
	if err != nil {
		return err
	}
	created := ""
	if half, err := client.Container(ctx, state.Name); err == nil {
		created = half.ID
	} else if !engine.Missing(err) {
		return err
	}
	return undo(ctx, client, old.ID, created, state)
}

// sweep removes backups that have served: old ones that do not run, in whose place there is a container.
func (r *Runner) sweep(ctx context.Context) {
	client := r.options.Engine()
	if client == nil || !r.settle(ctx) {
		return
	}
	list, err := client.Containers(ctx)
	if err != nil {
		return // the next time will do
	}
	names := map[string]bool{}
	for _, each := range list {
		for _, name := range each.Names {
			names[strings.TrimPrefix(name, "/")] = true
		}
	}
	for _, each := range list {
		for _, name := range each.Names {
			name = strings.TrimPrefix(name, "/")
			if !served(name, names) || each.State == "running" {
				continue
			}
			if err := client.Remove(ctx, each.ID); err != nil {
				r.logger.Warn("backup of an update is not removed", "container", name, "error", err)
				continue
			}
			r.logger.Info("backup of an update is removed", "container", name)
		}
	}
}

// served reports whether a name is that of an old backup whose place is taken.
func served(name string, names map[string]bool) bool {
	place, written, found := strings.Cut(name, BackupMark)
	if !found || !names[place] {
		return false
	}
	made, err := time.Parse(backupTime, written)
	return err == nil && time.Since(made) >= keepBackup
}
