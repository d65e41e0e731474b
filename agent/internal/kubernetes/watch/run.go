package watch

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"time"

	"github.com/pulse-hub/pulse/agent/internal/kubernetes/apiclient"
)

const (
	// shortest and longest time one watch lasts; they differ so that a dozen watches do not end together.
	shortestWatch = 300 * time.Second
	longestWatch  = 600 * time.Second
	// overtime is how much longer than asked for a watch may last.
	overtime = 30 * time.Second
	// firstPause and longestPause are between watches that fail or end at once.
	firstPause   = time.Second
	longestPause = 30 * time.Second
	// steady is how long a watch must last for the pauses to start anew.
	steady = 10 * time.Second
	// keptBuffer is the largest buffer for an event that is used again, in bytes.
	keptBuffer = 64 << 10
)

// errOvertime is the cause of the end of a watch that lasts longer than asked for.
var errOvertime = errors.New("the watch does not end")

// Run watches after each list, until the context ends, and returns nil then. A watch that breaks is taken up where it
// broke, in growing pauses, until the next list. It must be called once.
func (f *Follower) Run(ctx context.Context) error {
	for {
		select {
		case <-ctx.Done():
			return nil
		case from := <-f.listed:
			f.follow(ctx, from)
		}
	}
}

// follow watches from a list until there is a newer one, or one is needed.
func (f *Follower) follow(ctx context.Context, from start) {
	pause := firstPause
	for {
		began := time.Now()
		err := f.watch(ctx, &from)
		switch {
		case ctx.Err() != nil || errors.Is(err, errSuperseded):
			return
		case errors.Is(err, apiclient.ErrGone):
			f.setLive(from.generation, false)
			return
		case errors.Is(err, apiclient.ErrForbidden) || errors.Is(err, apiclient.ErrNotFound):
			f.setLive(from.generation, false)
			f.refuse()
			return
		case err != nil:
			f.setLive(from.generation, false)
		}
		if time.Since(began) >= steady {
			pause = firstPause
		}
		timer := time.NewTimer(pause/2 + rand.N(pause/2))
		select {
		case <-ctx.Done():
		case from = <-f.listed:
		case <-timer.C:
		}
		timer.Stop()
		pause = min(2*pause, longestPause)
	}
}

// watch makes one request and feeds the sink until its end, which is no error when the server brings it about in time. It
// moves the version on.
func (f *Follower) watch(ctx context.Context, from *start) error {
	watching, cancel, err := f.enter(ctx, from.generation)
	if err != nil {
		return err
	}
	defer cancel()
	select {
	case f.turn <- struct{}{}:
	case <-watching.Done():
		return errSuperseded
	}
	defer func() { <-f.turn }()
	lasts := shortestWatch + rand.N(longestWatch-shortestWatch)
	limited, stop := context.WithTimeoutCause(watching, lasts+overtime, errOvertime)
	defer stop()
	body, err := f.client.Get(limited, f.collection.watch(from.version, int(lasts/time.Second)))
	if err == nil {
		defer body.Close()
		f.setLive(from.generation, true)
		err = f.events(body, from)
	}
	if watching.Err() != nil {
		return errSuperseded
	}
	return err
}

// events hands events to the sink.
func (f *Follower) events(body io.Reader, from *start) error {
	s := newStream(body)
	var current event
	for {
		current.Type = ""
		if current.Object = current.Object[:0]; cap(current.Object) > keptBuffer {
			current.Object = nil
		}
		ok, err := s.next(&current)
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return fmt.Errorf("read watch: %w", err)
		case !ok:
			return ErrAnswer
		}
		if err := f.apply(current, from); err != nil {
			return err
		}
	}
}

// apply hands one event to the sink.
func (f *Follower) apply(current event, from *start) error {
	if current.Type == "ERROR" {
		return apiclient.DecodeStatus(current.Object)
	}
	if version := f.feed.change(current); version != "" {
		from.version = version
	}
	return nil
}
