package conformance

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/durationpb"

	pluginv1 "github.com/pulse-hub/pulse/proto/gen/pulse/plugin/v1"
	"github.com/pulse-hub/pulse/sdk/manifest"
)

const (
	// obeyLimit is how long a plugin may go on after it was told to stop.
	obeyLimit = time.Second
	// busyLimit is how long a call may take to reach the server that never answers.
	busyLimit = 3 * time.Second
	// sayLimit is how long it may take to say something there.
	sayLimit = 500 * time.Millisecond
	// unansweredLimit is how long a TLS handshake that is not answered may take.
	unansweredLimit = 12 * time.Second
	// shortDeadline is the deadline of the Collect that is to use it up.
	shortDeadline = 500 * time.Millisecond
)

// cancelObeyed watches a cancelled call from the other end: the server it talks to.
func cancelObeyed(ctx context.Context, p *process, c *component) error {
	trap, err := openTrap(ctx)
	if err != nil {
		return err
	}
	defer trap.close()
	config, ok := c.heldAt(trap.address())
	if !ok {
		return notApplicablef("no setting is an address that could lead to a server that never answers")
	}
	if err := p.add(ctx, c, "a", config); err != nil {
		return err
	}
	call, cancel := context.WithCancel(ctx)
	defer cancel()
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = p.work(call, c, "a") // how it ends is seen at the other end
	}()
	reached := trap.wait(ctx, busyLimit, ended, func(now traffic) bool { return now.open > 0 })
	// A connection that was cancelled before its first use may be kept for another call.
	trap.wait(ctx, sayLimit, ended, func(now traffic) bool { return now.fed > 0 })
	cancel()
	<-ended
	limit := obeyLimit
	if bytes.Contains(config, []byte("https://"+trap.address())) {
		// It got no further than the TLS handshake, which may go on for the sake of another call.
		limit = unansweredLimit
	}
	if !trap.wait(ctx, limit, nil, func(now traffic) bool { return now.open == 0 }) {
		return fmt.Errorf("%v after the call was cancelled its connection is still open", limit)
	}
	if err := p.serves(ctx, obeyLimit); err != nil {
		return err
	}
	if !reached && !trap.visited() {
		return notApplicablef("the call reached no server")
	}
	return nil
}

// deadlineObeyed gives the deadline in the request only: the call's own would
// end it on our side, whatever the plugin does.
func deadlineObeyed(ctx context.Context, p *process, c *component) error {
	trap, err := openTrap(ctx)
	if err != nil {
		return err
	}
	defer trap.close()
	config, ok := c.heldAt(trap.address())
	if !ok {
		config = c.sample.Config
	}
	if err := p.add(ctx, c, "a", config); err != nil {
		return err
	}
	// The plugin learns of the call's own deadline too, and may answer at that moment.
	limited, cancel := context.WithTimeout(ctx, shortDeadline+2*obeyLimit)
	defer cancel()
	start := time.Now()
	_, err = p.collect(limited, &pluginv1.CollectRequest{
		InstanceId: "a", Dataset: c.datasets[0], Deadline: durationpb.New(shortDeadline),
	})
	if time.Since(start) > shortDeadline+obeyLimit {
		return fmt.Errorf("a Collect with a deadline of %v is not over a second later: %w", shortDeadline, err)
	}
	if code := status.Code(err); code == codes.Internal || code == codes.Unimplemented {
		return fmt.Errorf("collect: %w", err)
	}
	return nil
}

// usage is what a process uses at a moment.
type usage struct {
	memory         uint64 // resident, bytes
	files, threads int
}

// How much more of everything a process may use after many calls: caches
// fill, and garbage is collected late.
const (
	moreMemory  = 32 << 20
	moreFiles   = 8
	moreThreads = 8
	warmUp      = 20
)

// rounds is the number of calls between the two looks.
func (l Level) rounds() int {
	switch l {
	case LevelQuick:
		return 0
	case LevelThorough:
		return 1000
	}
	return 60
}

func nothingLeaks(ctx context.Context, p *process, c *component) error {
	rounds := p.subject.options.Level.rounds()
	if rounds == 0 {
		return notApplicablef("it is left out at this level")
	}
	pid, err := strconv.Atoi(p.child.ID())
	if err != nil {
		return fmt.Errorf("read process number: %w", err)
	}
	if err := p.repeat(ctx, c, 0, warmUp); err != nil {
		return err
	}
	before, err := measure(pid)
	if err != nil {
		return err
	}
	if err := p.repeat(ctx, c, warmUp, rounds); err != nil {
		return err
	}
	after, err := measure(pid)
	if err != nil {
		return err
	}
	return growth(before, after, uint64(p.subject.manifest.Limits.Memory), rounds)
}

// repeat makes the kind's call again and again. Notifiers are configured again
// instead: nobody wants that many messages.
func (p *process) repeat(ctx context.Context, c *component, from, times int) error {
	if from == 0 {
		if err := p.add(ctx, c, "a", nil); err != nil {
			return err
		}
	}
	for i := range times {
		if c.kind != manifest.KindNotifier {
			_ = p.work(ctx, c, "a") // what fails must not leak either
			continue
		}
		request := c.request("a")
		request.Revision = uint64(from + i + 2)
		if _, err := p.configure(ctx, request); err != nil {
			return fmt.Errorf("configure again: %w", err)
		}
	}
	return ctx.Err()
}

func growth(before, after usage, limit uint64, rounds int) error {
	var errs []error
	if after.memory > before.memory+before.memory/2+moreMemory {
		errs = append(errs, fmt.Errorf("memory grew from %d to %d MiB", before.memory>>20, after.memory>>20))
	}
	if limit > 0 && after.memory > limit {
		errs = append(errs, fmt.Errorf("it uses %d MiB of memory, more than the %d MiB it declares", after.memory>>20, limit>>20))
	}
	if after.files > before.files+moreFiles {
		errs = append(errs, fmt.Errorf("open files grew from %d to %d", before.files, after.files))
	}
	if after.threads > before.threads+moreThreads {
		errs = append(errs, fmt.Errorf("threads grew from %d to %d", before.threads, after.threads))
	}
	if len(errs) == 0 {
		return nil
	}
	return fmt.Errorf("in %d calls: %w", rounds, errors.Join(errs...))
}
