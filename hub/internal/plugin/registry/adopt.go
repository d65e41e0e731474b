package registry

import (
	"context"
	"time"

	"github.com/pulse-hub/pulse/hub/internal/plugin/approval"
	"github.com/pulse-hub/pulse/hub/internal/plugin/archive"
)

// adoptBundled takes over the plugins that come with the hub. One that cannot
// be is shown with the reason.
func (r *Registry) adoptBundled(ctx context.Context) {
	for _, entry := range r.Bundled.Entries() {
		described := entry.Manifest
		r.adopt(ctx, approval.Adoption{
			ID: described.ID, Version: described.Version, Digest: archive.Digest(entry.SHA256()),
			Level: approval.Bundled, Granted: described.Needs,
		})
	}
}

// adoptDev takes over a plugin that its author works on.
func (r *Registry) adoptDev(ctx context.Context, id string) {
	described, err := devProgram{id: id, folder: r.Dev[id]}.describe()
	if err != nil {
		r.Logger.Warn("plugin in development not taken over", "plugin", id, "folder", r.Dev[id], "error", err)
		r.trouble(id, err)
		return
	}
	r.adopt(ctx, approval.Adoption{ID: id, Version: described.Version, Level: approval.Dev, Granted: described.Needs})
}

func (r *Registry) adopt(ctx context.Context, wanted approval.Adoption) {
	if _, err := r.desk.Adopt(ctx, wanted); err != nil {
		r.Logger.Warn("plugin not taken over", "plugin", wanted.ID, "trust", wanted.Level, "error", err)
		r.trouble(wanted.ID, err)
	}
}

// watchDev runs what developers build as soon as it lies still.
func (r *Registry) watchDev(ctx context.Context) {
	ticker := time.NewTicker(r.Timing.Dev)
	defer ticker.Stop()
	seen, used := map[string]string{}, map[string]string{}
	for id, folder := range r.Dev {
		used[id] = devProgram{id: id, folder: folder}.fingerprint()
	}
	for {
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return
		}
		for id, folder := range r.Dev {
			mark := devProgram{id: id, folder: folder}.fingerprint()
			if mark == "" || mark == used[id] || mark != seen[id] {
				seen[id] = mark
				continue
			}
			used[id] = mark
			r.adoptDev(ctx, id)
			if err := r.reconcile(ctx, id); err != nil && ctx.Err() == nil {
				r.Logger.Error("new build of a plugin in development does not run", "plugin", id, "error", err)
			}
		}
	}
}
