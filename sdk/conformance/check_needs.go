package conformance

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/durationpb"

	pluginv1 "github.com/pulse-hub/pulse/proto/gen/pulse/plugin/v1"
	"github.com/pulse-hub/pulse/sdk/manifest"
)

// needsDeclared does the same with and without a sandbox. Plugins that swallow
// errors are found out by a server that watches who comes.
func needsDeclared(ctx context.Context, p *process, c *component) error {
	if p.subject.options.Confine == nil {
		return notApplicablef("there is no sandbox to run it in")
	}
	if c.unsampled != nil {
		return notApplicablef("there is no configuration to use: %v", c.unsampled)
	}
	server, err := openStandIn(ctx)
	if err != nil {
		return err
	}
	defer server.close()
	configs := []json.RawMessage{c.sample.Config}
	if aimed, ok := c.aimedAt(server.address()); ok {
		configs = append(configs, aimed)
	}
	confined, err := p.subject.startConfined(ctx, configs)
	if err != nil {
		return err
	}
	defer confined.stop()
	if c.kind == manifest.KindNotifier && len(configs) > 1 {
		configs = configs[1:] // nobody needs to be bothered
	}
	for _, config := range configs {
		if err := compareSights(ctx, c, config, p, confined, server); err != nil {
			return confined.explain(err)
		}
	}
	return nil
}

func compareSights(ctx context.Context, c *component, config json.RawMessage, open, confined *process, server *standIn) error {
	visits := server.visits()
	want, err := open.look(ctx, c, config)
	if err != nil {
		return err
	}
	inOpen := server.visits() - visits
	got, err := confined.look(ctx, c, config)
	if err != nil {
		return err
	}
	inSandbox := server.visits() - visits - inOpen
	if err := want.compare(got); err != nil {
		return err
	}
	if inOpen > 0 && inSandbox == 0 {
		return fmt.Errorf("confined to what it declares it does not reach the configured address: is it in needs.network?")
	}
	return nil
}

// sight is what an instance makes of what it can reach.
type sight struct {
	err  error // of the call
	seen map[string]bool
}

// problemSeen begins the names of what could not be seen.
const problemSeen = "problem: "

// look configures an instance, lets it do what it is there for, and removes it.
func (p *process) look(ctx context.Context, c *component, config json.RawMessage) (*sight, error) {
	const id = "look"
	if err := p.add(ctx, c, id, config); err != nil {
		return nil, err
	}
	limited, cancel := context.WithTimeout(ctx, workLimit)
	defer cancel()
	s := &sight{seen: map[string]bool{}}
	switch c.kind {
	case manifest.KindSource:
		s.err = p.lookAround(limited, c, id, s.seen)
	case manifest.KindNotifier:
		response, err := p.Notifier.Send(limited, message(id, "conformance-"+id))
		s.err, s.seen = err, map[string]bool{response.GetOutcome().String(): true}
	case manifest.KindAI:
		response, err := p.AI.Models(limited, &pluginv1.ModelsRequest{InstanceId: id})
		s.err = err
		for _, model := range response.GetModels() {
			s.seen["model "+model.GetId()] = true
		}
	}
	return s, p.remove(ctx, id)
}

// lookAround collects each dataset and notes in what state everything is.
func (p *process) lookAround(ctx context.Context, c *component, id string, seen map[string]bool) error {
	for _, dataset := range c.datasets {
		a, err := p.collect(ctx, &pluginv1.CollectRequest{
			InstanceId: id, Dataset: dataset, Deadline: durationpb.New(workLimit / 3),
		})
		if err != nil {
			return err
		}
		for _, r := range a.resources {
			seen[fmt.Sprintf("%s %s (%s)", r.GetKind(), r.GetId(), r.GetStatus())] = true
		}
		for _, chunk := range a.chunks {
			for _, problem := range chunk.GetProblems() {
				seen[problemSeen+problem.GetResourceId()+" "+problem.GetCode()+" "+problem.GetMessage()] = true
			}
		}
	}
	return nil
}

// compare says what is worse in another sight.
func (s *sight) compare(confined *sight) error {
	if want, got := status.Code(s.err), status.Code(confined.err); want != got {
		return fmt.Errorf("confined to what it declares the call ends with %s instead of %s", outcome(confined.err), outcome(s.err))
	}
	if status.Code(s.err) != codes.OK {
		return nil // it did not get far enough
	}
	for name := range confined.seen {
		if strings.HasPrefix(name, problemSeen) && !s.seen[name] {
			return fmt.Errorf("confined to what it declares there is a %s", shorten(name))
		}
	}
	if !alike(s.seen, confined.seen) {
		return fmt.Errorf("confined to what it declares it sees %s instead of %s",
			example(confined.seen, s.seen), example(s.seen, confined.seen))
	}
	return nil
}
