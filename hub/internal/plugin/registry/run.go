package registry

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/pulse-hub/pulse/hub/internal/audit"
	"github.com/pulse-hub/pulse/hub/internal/plugin/approval"
	"github.com/pulse-hub/pulse/hub/internal/plugin/archive"
	"github.com/pulse-hub/pulse/hub/internal/plugin/inbox"
	"github.com/pulse-hub/pulse/hub/internal/plugin/supervise"
	"github.com/pulse-hub/pulse/sdk/transport"
)

const protocolVersion = transport.ProtocolVersion

func platform() string { return archive.Platform() }

func limits() archive.Limits { return archive.DefaultLimits() }

// Timing holds how often the registry looks at folders.
type Timing struct {
	Inbox  time.Duration // between two looks at the inbox
	Dev    time.Duration // between two looks at the folders of developers
	Verify time.Duration // between two checks of what was approved
}

func (t Timing) orDefault() Timing {
	if t.Inbox <= 0 {
		// What is put in is looked at twice, and has to be offered within 5 s.
		t.Inbox = 2 * time.Second
	}
	if t.Dev <= 0 {
		t.Dev = time.Second
	}
	if t.Verify <= 0 {
		t.Verify = 10 * time.Minute
	}
	return t
}

// Start takes over what was decided before and gives the host what is to run.
// A plugin that cannot be run does not keep the others from it; what is wrong
// with it is shown. The host need not run yet.
func (r *Registry) Start(ctx context.Context, instances Instances) error {
	r.mu.Lock()
	r.instances = instances
	r.mu.Unlock()
	if r.Mode == Off {
		return nil
	}
	r.adoptBundled(ctx)
	if r.Mode == All {
		if err := r.desk.Tidy(ctx); err != nil {
			r.Logger.Warn("approved plugins not tidied up", "error", err)
		}
		for id := range r.Dev {
			r.adoptDev(ctx, id)
		}
	}
	records, err := r.desk.List(ctx)
	if err != nil {
		return err
	}
	for _, record := range records {
		if err := r.reconcile(ctx, record.ID); err != nil {
			r.Logger.Error("plugin not run", "plugin", record.ID, "error", err)
		}
	}
	return nil
}

// Run watches the folders and follows what is decided until the context is done.
func (r *Registry) Run(ctx context.Context) error {
	var parts sync.WaitGroup
	failed := make(chan error, 1)
	ctx, cancel := context.WithCancel(ctx)
	if r.Mode == All {
		parts.Go(func() {
			if err := r.inbox.Run(ctx); err != nil {
				failed <- err
				cancel()
			}
		})
		parts.Go(func() { r.watchDev(ctx) })
		parts.Go(func() { r.keepVerified(ctx) })
	}
	r.followAll(ctx)
	cancel()
	parts.Wait()
	select {
	case err := <-failed:
		return err
	default:
		return nil
	}
}

// followAll brings what runs in step with each decision, whoever made it.
func (r *Registry) followAll(ctx context.Context) {
	for {
		select {
		case <-r.wake:
		case <-ctx.Done():
			return
		}
		r.mu.Lock()
		stale := r.stale
		r.stale = map[string]struct{}{}
		r.mu.Unlock()
		for id := range stale {
			if err := r.reconcile(ctx, id); err != nil && ctx.Err() == nil {
				r.Logger.Error("plugin not brought in step with its approval", "plugin", id, "error", err)
			}
		}
	}
}

// observe takes over what is in the inbox.
func (r *Registry) observe(ctx context.Context, candidates []inbox.Candidate) {
	if err := r.desk.Observe(ctx, candidates); err != nil && ctx.Err() == nil {
		r.Logger.Error("plugins in the inbox not taken over", "error", err)
	}
}

// Happened is part of approval.Events.
func (r *Registry) Happened(ctx context.Context, event approval.Event) {
	r.Logger.Info("plugin "+event.What, "plugin", event.Plugin, "actor", event.Actor, "detail", event.Detail)
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second) // it stands, whoever asked for it has gone
	defer cancel()
	r.record(ctx, audit.Event{
		At: event.At, Actor: event.Actor, Kind: "plugin", Subject: event.Plugin, What: event.What, Detail: event.Detail,
	})
	r.mu.Lock()
	r.stale[event.Plugin] = struct{}{}
	r.mu.Unlock()
	select {
	case r.wake <- struct{}{}:
	default: // a note is there already
	}
}

// Changed writes down what matters of the changes that supervision tells: a
// plugin that keeps failing, and its recovery.
func (r *Registry) Changed(change supervise.Change) {
	event := audit.Event{Actor: approval.ActorHub, Kind: "plugin", Subject: change.Plugin, Detail: change.Reason}
	switch {
	case change.To == supervise.StateCrashLoop && change.From != change.To:
		event.What = "keeps failing"
	case change.To == supervise.StateHealthy && r.recovered(change.Process):
		event.What = "works again"
	default:
		return
	}
	r.mu.Lock()
	r.failing[change.Process] = change.To == supervise.StateCrashLoop
	r.mu.Unlock()
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	r.record(ctx, event)
}

// recovered tells whether the last event about a process was that it keeps failing.
func (r *Registry) recovered(process string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.failing[process]
}

// keepVerified checks now and then that what was approved is still what is stored.
func (r *Registry) keepVerified(ctx context.Context) {
	ticker := time.NewTicker(r.Timing.Verify)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return
		}
		records, err := r.desk.List(ctx)
		if err != nil {
			r.Logger.Error("approved plugins not checked", "error", err)
			continue
		}
		for _, record := range records {
			r.verify(ctx, record)
		}
	}
}

func (r *Registry) verify(ctx context.Context, record approval.Record) {
	if record.State != approval.Enabled || record.Current == nil || !stored(record.Current.Level) {
		return
	}
	executable, _, err := r.desk.Executable(ctx, record.ID) // puts it in quarantine if need be
	if err == nil {
		_ = executable.Close() // it was only read
		return
	}
	if !errors.Is(err, approval.ErrState) && ctx.Err() == nil {
		r.Logger.Error("approved plugin not as it was", "plugin", record.ID, "error", err)
	}
}

func stored(level approval.Level) bool { return level == approval.Signed || level == approval.Pinned }
