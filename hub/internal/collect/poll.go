package collect

import (
	"context"
	"fmt"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/pulse-hub/pulse/hub/internal/inventory"
	"github.com/pulse-hub/pulse/hub/internal/plugin/supervise"
	pluginv1 "github.com/pulse-hub/pulse/proto/gen/pulse/plugin/v1"
	"github.com/pulse-hub/pulse/sdk/fault"
	"github.com/pulse-hub/pulse/sdk/resource"
	"github.com/pulse-hub/pulse/sdk/wire"
)

// attempt is what an observation says of the poll that it is from.
type attempt struct {
	sequence uint64
	validFor time.Duration
}

// poll asks for one dataset and hands over the answer or the failure.
func (s *Scheduler) poll(ctx context.Context, t *task, about attempt) outcome {
	answer, err := s.ask(ctx, t)
	if cause := context.Cause(ctx); cause != nil { // the source is gone, or the hub soon is
		return outcome{err: cause, ours: true}
	}
	ctx, cancel := context.WithTimeoutCause(ctx, applyTimeout, errApplyTimeout)
	defer cancel()
	ref := t.target.source.Ref
	if err != nil {
		failure := inventory.Failure{Source: ref, Dataset: t.dataset.Name, At: time.Now(), Message: err.Error()}
		if failErr := s.sink.Fail(ctx, failure); failErr != nil {
			s.logger.Warn("failure of a source could not be recorded", "source_id", ref.ID, "error", failErr)
		}
		return outcome{err: err}
	}
	_, err = s.sink.Apply(ctx, answer.observation(t, about))
	if err != nil {
		return outcome{err: fmt.Errorf("apply observation: %w", err), ours: true}
	}
	return outcome{}
}

// ask makes the call and gathers the answer.
func (s *Scheduler) ask(ctx context.Context, t *task) (*answer, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, t.dataset.deadline(), errPollTimeout)
	defer cancel()
	ref := t.target.source.Ref
	var gathered answer
	call := supervise.Call{Plugin: ref.Plugin, Instance: ref.ID, Dataset: t.dataset.Name}
	if err := s.caller.Collect(ctx, call, gathered.add); err != nil {
		return nil, err
	}
	return &gathered, nil
}

// answer gathers the chunks of one answer.
type answer struct {
	full, last bool
	at         time.Time
	bytes      int
	resources  []resource.Resource
	problems   []resource.Problem
}

// add takes the next chunk; too large an answer is an error.
func (a *answer) add(chunk *pluginv1.CollectChunk) error {
	a.bytes += proto.Size(chunk)
	if a.bytes > MaxBytes || len(a.resources)+len(chunk.GetResources()) > MaxResources {
		return &fault.Error{Origin: fault.OriginPlugin, Err: ErrTooLarge}
	}
	a.full = a.full || chunk.GetFull()
	a.last = a.last || chunk.GetLast()
	if at := chunk.GetObservedAt(); at.IsValid() && a.at.IsZero() {
		a.at = at.AsTime()
	}
	for _, p := range chunk.GetResources() {
		a.resources = append(a.resources, wire.DecodeResource(p))
	}
	for _, p := range chunk.GetProblems() {
		a.problems = append(a.problems, wire.DecodeProblem(p))
	}
	return nil
}

// observation returns what the inventory is told. An answer without an end is
// not complete, and says so.
func (a *answer) observation(t *task, about attempt) inventory.Observation {
	problems := a.problems
	if !a.last {
		problems = append(problems, resource.Problem{
			Code: "incomplete", Message: "the plugin ended its answer early", Transient: true,
		})
	}
	return inventory.Observation{
		Source: t.target.source.Ref, Dataset: t.dataset.Name, At: a.at, Sequence: about.sequence,
		Complete: a.full && a.last, ValidFor: about.validFor,
		Resources: a.resources, Problems: problems,
	}
}
