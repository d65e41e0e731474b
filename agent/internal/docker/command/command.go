// Package command carries out what the hub asks of the Docker module: look for image updates, replace a container by one
// of a newer image, stop.
//
// Each command is carried out once, however often the hub repeats it: what was begun is written down before anything is
// done, and what came of it afterwards, so that a restart knows both. One that a crash cut off has failed, and the
// container it was about is put back.
package command

import (
	"context"
	"encoding/json"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hashicorp/go-hclog"

	"github.com/pulse-hub/pulse/agent/internal/docker/engine"
	"github.com/pulse-hub/pulse/agent/internal/docker/registry"
	"github.com/pulse-hub/pulse/agent/report"
)

// BackupMark is in the names of containers that an update keeps until the new one has proved itself.
const BackupMark = "_pulse_backup_"

// Bounds and times.
const (
	// maxWaiting bounds the commands that wait; the hub gives one at a time. More are dropped, as it repeats them.
	maxWaiting = 8
	// maxID bounds the id of a command, in bytes.
	maxID = 256
	// sweepPause is the time between two searches for backups that have served.
	sweepPause = 15 * time.Minute
	// ackTries is how often the hub is told how a command ended; after that it is told when it repeats the command.
	ackTries = 6
	// ackPause is the time before the second try; it doubles.
	ackPause = time.Second
)

// errInterrupted is what the hub is told about a command that a crash cut off.
var errInterrupted = errors.New("the agent was restarted while it carried out the command")

// errPayload means that a command lacks what it needs.
var errPayload = errors.New("the command names no container")

// errNoEngine means that there is none to carry a command out on.
var errNoEngine = errors.New("the engine is not reachable")

// Options configures a [Runner]. All functions and the logger are required.
type Options struct {
	// Engine returns the engine, nil while there is none.
	Engine func() *engine.Client
	// Hub is where the commands come from.
	Hub Hub
	// StateDir is where commands are remembered; empty keeps them in memory.
	StateDir string
	// Login returns how to sign in to a registry.
	Login func(domain string) registry.Login
	// Check makes all images be compared with their registries anew, or says why not.
	Check func() error
	// Changed is called after a container was replaced, and after the order to stop.
	Changed func()
	// VerifyAfter is how long a new container must stay up; zero means 5 seconds.
	VerifyAfter time.Duration
	Logger      hclog.Logger
}

// order is a command from the hub.
type order struct {
	host    string // what the hub calls this machine
	command report.DockerCommand
}

// Runner carries commands out, one after the other. It is safe for concurrent use.
type Runner struct {
	options Options
	logger  hclog.Logger
	orders  chan order
	stopped atomic.Bool
	journal journal // of Run
	unsaved bool    // the last attempt to write the journal failed
	stuck   bool    // the last attempt to put containers back failed

	mu      sync.Mutex
	waiting map[string]struct{} // ids of orders that were heard and have not been looked at
}

// New returns a runner and touches nothing of the system.
func New(options Options) *Runner {
	if options.VerifyAfter == 0 {
		options.VerifyAfter = verifyAfter
	}
	return &Runner{
		options: options, logger: options.Logger, orders: make(chan order, maxWaiting),
		journal: journal{folder: options.StateDir}, waiting: map[string]struct{}{},
	}
}

// Stopped reports whether the hub has ordered the module to stop.
func (r *Runner) Stopped() bool { return r.stopped.Load() }

// Hear takes the commands of an answer of the hub, which calls this machine by the id host. It does not block. Commands
// it has heard, and types it does not know, are left out.
func (r *Runner) Hear(host string, commands []report.DockerCommand) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, command := range commands {
		if _, heard := r.waiting[command.ID]; heard || command.ID == "" || len(command.ID) > maxID || !known(command.Type) {
			continue
		}
		select {
		case r.orders <- order{host: host, command: command}:
			r.waiting[command.ID] = struct{}{}
		default: // the hub repeats it
		}
	}
}

func known(kind string) bool {
	return kind == report.CommandStop || kind == report.CommandCheckUpdates || kind == report.CommandUpdateContainer
}

// Run carries commands out until the context ends, and returns nil then.
func (r *Runner) Run(ctx context.Context) error {
	if err := r.journal.load(); err != nil {
		r.logger.Warn("commands of before are not known", "error", err)
	}
	sweep := time.NewTicker(sweepPause)
	defer sweep.Stop()
	leftovers := time.NewTicker(recoverPause)
	defer leftovers.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case order := <-r.orders:
			r.settle(ctx) // first, as the order may be about the same container
			r.obey(ctx, order)
			r.mu.Lock()
			delete(r.waiting, order.command.ID)
			r.mu.Unlock()
		case <-leftovers.C:
			r.settle(ctx)
		case <-sweep.C:
			r.sweep(ctx)
		}
	}
}

// obey carries one command out, or tells the hub what came of it when it was.
func (r *Runner) obey(ctx context.Context, order order) {
	id := order.command.ID
	if before := r.journal.find(id); before != nil {
		if before.Status.final() && !before.Told {
			r.tell(ctx, order.host, *before)
		}
		return
	}
	record := entry{ID: id, Type: order.command.Type, Status: inProgress}
	r.remember(record)
	r.logger.Info("command begins", "type", record.Type, "id", id)
	message, err := r.carryOut(ctx, order, &record)
	record.Status, record.Message = completed, message
	if err != nil {
		record.Status, record.Message = failed, err.Error()
	}
	if !errors.Is(err, errNotUndone) {
		record.Swap = nil
	}
	r.remember(record)
	r.logger.Info("command ends", "type", record.Type, "id", id, "status", string(record.Status), "message", record.Message)
	if record.Type == report.CommandStop && record.Status == completed {
		defer r.options.Changed() // the next collection ends the module
		defer r.stopped.Store(true)
	}
	r.tell(ctx, order.host, record)
}

// carryOut does what the command says and returns what to tell the hub.
func (r *Runner) carryOut(ctx context.Context, order order, record *entry) (string, error) {
	switch order.command.Type {
	case report.CommandStop:
		return "Agent shutting down", nil
	case report.CommandCheckUpdates:
		return "Checking images for updates", r.options.Check()
	}
	var target report.UpdateContainer
	if err := json.Unmarshal(order.command.Payload, &target); err != nil || target.ContainerID == "" {
		return "", errPayload
	}
	client := r.options.Engine()
	if client == nil {
		return "", errNoEngine
	}
	defer r.options.Changed()
	r.progress(ctx, order, acknowledged, "Updating "+target.ContainerName)
	update := update{
		client: client, login: r.options.Login, logger: r.logger, verifyAfter: r.options.VerifyAfter,
		step: func(message string) { r.progress(ctx, order, inProgress, message) },
		note: func(swap *swap) { record.Swap = swap; r.remember(*record) },
	}
	return update.run(ctx, target.ContainerID)
}

// remember writes an entry down. A full disk costs the memory over a restart, and no command.
func (r *Runner) remember(record entry) {
	err := r.journal.put(record)
	if err != nil && !r.unsaved {
		r.logger.Warn("commands are not remembered over a restart", "error", err)
	}
	r.unsaved = err != nil
}

// progress tells the hub how far a command is. It is of no use to try again: the next word comes soon.
func (r *Runner) progress(ctx context.Context, order order, status status, message string) {
	err := r.options.Hub.acknowledge(ctx, order.command.ID, report.CommandAck{HostID: order.host, Status: string(status), Message: message})
	if err != nil {
		r.logger.Debug("hub was not told of progress", "id", order.command.ID, "error", err)
	}
}

// tell tells the hub how a command ended, several times if need be.
func (r *Runner) tell(ctx context.Context, host string, record entry) {
	ack := report.CommandAck{HostID: host, Status: string(record.Status), Message: record.Message}
	pause := ackPause
	for try := 1; ; try++ {
		err := r.options.Hub.acknowledge(ctx, record.ID, ack)
		if err == nil || errors.Is(err, errRefused) {
			record.Told = true
			r.remember(record)
		}
		if err == nil {
			return
		}
		if record.Told || try == ackTries || !wait(ctx, pause) {
			r.logger.Warn("hub was not told how the command ended", "id", record.ID, "error", err)
			return
		}
		pause *= 2
	}
}

// wait waits and returns false when the context ends first.
func wait(ctx context.Context, pause time.Duration) bool {
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}
