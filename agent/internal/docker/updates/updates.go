// Package updates finds out, in the background, which images have a newer version under the same name in their registry.
//
// Collections ask [Checker.Status], which never waits. An answer is kept for six hours, an error for fifteen minutes, both
// with some jitter, so that many agents behind one address do not ask at once.
package updates

import (
	"context"
	"errors"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/pulse-hub/pulse/agent/internal/docker/engine"
	"github.com/pulse-hub/pulse/agent/internal/docker/registry"
	"github.com/pulse-hub/pulse/agent/report"
)

// Times and bounds.
const (
	answerLife = 6 * time.Hour
	errorLife  = 15 * time.Minute
	// jitter is the part of a life that chance adds at most.
	jitter = 0.1
	// pause is the time between two looks at what is due.
	pause = 10 * time.Second
	// atOnce is how many images are checked at the same time.
	atOnce = 2
	// checkTimeout bounds the check of one image.
	checkTimeout = 45 * time.Second
	// maxImages bounds what is remembered; further images have no status.
	maxImages = 2000
)

// errLocal means that the image did not come from a registry, so that its name must not be shown to one.
var errLocal = errors.New("image was not pulled from a registry")

// Key identifies what is checked: a local image under a name.
type Key struct {
	// Name is what the container was made from, such as "nginx:1.27".
	Name string
	// ImageID is that of the local image the container runs.
	ImageID string
}

// Images tells about local images.
type Images interface {
	Image(ctx context.Context, id string) (engine.Image, error)
}

// Options configures a [Checker].
type Options struct {
	// Images returns the engine, or nil while there is none.
	Images func() Images
	// Registry asks registries.
	Registry *registry.Client
	// Finished is called after each round that asked about something because of [Checker.Again]. May be nil.
	Finished func()
}

// entry is what is known about one key.
type entry struct {
	status *report.ImageUpdate // nil before the first check; not changed once it is here
	due    time.Time
	wanted bool // in the last collection
}

// Checker keeps what is known. It is safe for concurrent use.
type Checker struct {
	options Options
	wake    chan struct{}

	mu      sync.Mutex
	entries map[Key]*entry
	again   bool
}

// New returns a checker that knows nothing.
func New(options Options) *Checker {
	return &Checker{options: options, wake: make(chan struct{}, 1), entries: map[Key]*entry{}}
}

// Want says which keys the engine's containers have now. Others are forgotten.
func (c *Checker) Want(keys []Key) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, each := range c.entries {
		each.wanted = false
	}
	fresh := false
	for _, key := range keys {
		known, found := c.entries[key]
		switch {
		case found:
			known.wanted = true
		case len(c.entries) < maxImages:
			c.entries[key] = &entry{wanted: true}
			fresh = true
		}
	}
	for key, each := range c.entries {
		if !each.wanted {
			delete(c.entries, key)
		}
	}
	if fresh {
		c.wakeUp()
	}
}

// Status returns what is known about a key, nil before its first check. It must not be changed.
func (c *Checker) Status(key Key) *report.ImageUpdate {
	c.mu.Lock()
	defer c.mu.Unlock()
	if known := c.entries[key]; known != nil {
		return known.status
	}
	return nil
}

// Again makes everything due. Until the answers are here, Status returns the old ones.
func (c *Checker) Again() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, each := range c.entries {
		each.due = time.Time{}
	}
	c.again = true
	c.wakeUp()
}

func (c *Checker) wakeUp() {
	select {
	case c.wake <- struct{}{}:
	default: // somebody else has
	}
}

// Run checks what is due until the context ends, and returns nil then.
func (c *Checker) Run(ctx context.Context) error {
	ticker := time.NewTicker(pause)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-c.wake:
		case <-ticker.C:
		}
		c.round(ctx)
	}
}

// round checks everything that is due.
func (c *Checker) round(ctx context.Context) {
	images := c.options.Images()
	if images == nil {
		return
	}
	due, again := c.due()
	places := make(chan struct{}, atOnce)
	var wait sync.WaitGroup
	for _, key := range due {
		places <- struct{}{}
		wait.Go(func() {
			defer func() { <-places }()
			c.check(ctx, images, key)
		})
	}
	wait.Wait()
	if len(due) > 0 {
		c.options.Registry.Close()
	}
	if again && c.options.Finished != nil && ctx.Err() == nil {
		c.options.Finished()
	}
}

// due returns the keys to check, and whether somebody waits for them.
func (c *Checker) due() (keys []Key, again bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := time.Now()
	for key, each := range c.entries {
		if !now.Before(each.due) {
			keys = append(keys, key)
		}
	}
	slices.SortFunc(keys, func(a, b Key) int { return strings.Compare(a.Name+a.ImageID, b.Name+b.ImageID) })
	again, c.again = c.again, false
	return keys, again
}

// check checks one key and notes the answer.
func (c *Checker) check(ctx context.Context, images Images, key Key) {
	limited, cancel := context.WithTimeoutCause(ctx, checkTimeout, registry.ErrTimeout)
	defer cancel()
	status, err := compare(limited, images, c.options.Registry, key)
	if ctx.Err() != nil {
		return
	}
	life := answerLife
	if err != nil {
		status.Error, life = err.Error(), errorLife
	}
	if errors.Is(err, registry.ErrPinned) || errors.Is(err, errLocal) {
		life = answerLife // it is no mishap
	}
	status.LastChecked = time.Now().UTC()
	c.mu.Lock()
	defer c.mu.Unlock()
	if known := c.entries[key]; known != nil {
		known.status = &status
		known.due = status.LastChecked.Add(life + time.Duration(rand.Float64()*jitter*float64(life)))
	}
}
