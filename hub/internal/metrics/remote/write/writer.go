package write

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/hashicorp/go-hclog"
	"github.com/prometheus/prometheus/model/metadata"
)

// MaxTargets is how many targets there may be: each reads the log by itself.
const MaxTargets = 8

// Options say where a Writer works. Dir and Log are required.
type Options struct {
	// Dir is the folder of queues and positions, made when there is none. Nothing else may live in it.
	Dir string
	// Log is the folder of the write-ahead log that is passed on.
	Log string
	// Describe says what a metric is, for version 2. Nil: nothing is known of any.
	Describe func(name string) metadata.Metadata
	// Agent is told to targets as the name of the program.
	Agent string
	// Logger may be nil.
	Logger hclog.Logger
}

// A Writer passes samples on to targets, which may be replaced while it runs. Make it with New. All methods are safe for
// concurrent use.
type Writer struct {
	options Options
	changed chan struct{} // has a token when the targets are others

	mu      sync.Mutex
	targets []Target
	tallies map[string]*tally // by folder
}

// New returns a Writer without targets.
func New(options Options) *Writer {
	if options.Logger == nil {
		options.Logger = hclog.NewNullLogger()
	}
	if options.Describe == nil {
		options.Describe = func(string) metadata.Metadata { return metadata.Metadata{} }
	}
	if options.Agent == "" {
		options.Agent = "pulse"
	}
	return &Writer{options: options, changed: make(chan struct{}, 1), tallies: map[string]*tally{}}
}

// Replace makes these the targets, before or while the Writer runs. What waits for a target that stays is kept, what
// waits for others is removed. It fails with ErrTarget or remote.ErrEndpoint, and then changes nothing.
func (w *Writer) Replace(targets []Target) error {
	if len(targets) > MaxTargets {
		return fmt.Errorf("%w: more than %d", ErrTarget, MaxTargets)
	}
	var folders []string
	for _, target := range targets {
		if err := target.Validate(); err != nil {
			return err
		}
		if slices.Contains(folders, target.folder()) {
			return fmt.Errorf("%w: the same address is there twice", ErrTarget)
		}
		folders = append(folders, target.folder())
	}
	w.mu.Lock()
	w.targets = slices.Clone(targets)
	w.mu.Unlock()
	select {
	case w.changed <- struct{}{}:
	default: // there is a token already
	}
	return nil
}

// Status returns how things stand with each target, in their order.
func (w *Writer) Status() []Status {
	w.mu.Lock()
	defer w.mu.Unlock()
	var all []Status
	for _, target := range w.targets {
		if count := w.tallies[target.folder()]; count != nil {
			all = append(all, count.now())
		}
	}
	return all
}

// Run passes samples on until ctx ends. It never fails: a target that cannot be served is logged and left out.
func (w *Writer) Run(ctx context.Context) error {
	for ctx.Err() == nil {
		w.runUntilChanged(ctx)
	}
	return nil
}

// runUntilChanged serves the present targets until others take their place.
func (w *Writer) runUntilChanged(ctx context.Context) {
	select {
	case <-w.changed: // belongs to the targets that are read next
	default:
	}
	ctx, stop := context.WithCancel(ctx)
	var running sync.WaitGroup
	for _, f := range w.forwarders() {
		running.Go(func() { f.run(ctx) })
	}
	select {
	case <-w.changed:
	case <-ctx.Done():
	}
	stop()
	running.Wait()
}

// forwarders makes those of the present targets, and removes what others have left.
func (w *Writer) forwarders() []*forwarder {
	w.mu.Lock()
	targets := w.targets
	w.mu.Unlock()
	w.clean(targets)
	var all []*forwarder
	tallies := map[string]*tally{}
	for _, target := range targets {
		count := w.tally(target)
		f, err := newForwarder(target, w.options, count)
		if err != nil {
			w.options.Logger.Error("samples are not passed on", "target", target.Name(), "error", err)
			continue
		}
		count.follow(f.queue)
		tallies[target.folder()] = count
		all = append(all, f)
	}
	w.mu.Lock()
	w.tallies = tallies
	w.mu.Unlock()
	return all
}

// tally returns the one of a target that stays, or a new one.
func (w *Writer) tally(target Target) *tally {
	w.mu.Lock()
	defer w.mu.Unlock()
	if known := w.tallies[target.folder()]; known != nil {
		return known
	}
	return &tally{target: target.Name()}
}

// clean removes the folders of targets that are gone.
func (w *Writer) clean(targets []Target) {
	entries, err := os.ReadDir(w.options.Dir)
	if errors.Is(err, fs.ErrNotExist) {
		return
	}
	for _, entry := range entries {
		ours := len(entry.Name()) == 16 && strings.Trim(entry.Name(), "0123456789abcdef") == ""
		stays := slices.ContainsFunc(targets, func(t Target) bool { return t.folder() == entry.Name() })
		if ours && !stays {
			err = errors.Join(err, os.RemoveAll(filepath.Join(w.options.Dir, entry.Name())))
		}
	}
	if err != nil {
		w.options.Logger.Warn("queues of former targets are not removed", "error", err)
	}
}
