package conformance

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	pluginv1 "github.com/pulse-hub/pulse/proto/gen/pulse/plugin/v1"
	"github.com/pulse-hub/pulse/sdk/manifest"
)

func unknownInstance(ctx context.Context, p *process, c *component) error {
	const id = "nobody-configured-this"
	if err := p.work(ctx, c, id); status.Code(err) != codes.NotFound {
		return fmt.Errorf("the call for an unknown instance answers %s", outcome(err))
	}
	if err := p.touch(ctx, c, id); status.Code(err) != codes.NotFound {
		return fmt.Errorf("the health of an unknown instance is %s", outcome(err))
	}
	if err := p.remove(ctx, id); err != nil {
		return err
	}
	request := &pluginv1.ConfigureRequest{InstanceId: id, Component: c.kind + "/no-such-type", ConfigJson: "{}"}
	if _, err := p.configure(ctx, request); status.Code(err) != codes.NotFound {
		return fmt.Errorf("configure of an unknown component answers %s", outcome(err))
	}
	return nil
}

// instancesIsolated compares what instances see alone with what they see together.
func instancesIsolated(ctx context.Context, p *process, c *component) error {
	configs := c.threeConfigs()
	var alone []map[string]bool
	for _, config := range configs {
		if err := p.add(ctx, c, "alone", config); err != nil {
			return err
		}
		seen, err := p.sees(ctx, c, "alone")
		if err != nil {
			return err
		}
		alone = append(alone, seen)
		if err := p.remove(ctx, "alone"); err != nil {
			return err
		}
	}
	ids := []string{"a", "b", "c"}
	for i, id := range ids {
		if err := p.add(ctx, c, id, configs[i]); err != nil {
			return err
		}
	}
	if err := p.seeTheSame(ctx, c, ids, alone); err != nil {
		return err
	}
	if err := p.remove(ctx, "b"); err != nil {
		return err
	}
	if err := p.touch(ctx, c, "b"); status.Code(err) != codes.NotFound {
		return fmt.Errorf("the removed one of three instances answers %s", outcome(err))
	}
	return p.seeTheSame(ctx, c, []string{"a", "c"}, []map[string]bool{alone[0], alone[2]})
}

// threeConfigs are as different as the caller lets them be.
func (c *component) threeConfigs() [3]json.RawMessage {
	all := append([]json.RawMessage{c.sample.Config}, c.sample.Variants...)
	return [3]json.RawMessage{all[0], all[1%len(all)], all[2%len(all)]}
}

// seeTheSame makes all instances work at once.
func (p *process) seeTheSame(ctx context.Context, c *component, ids []string, want []map[string]bool) error {
	got, errs := make([]map[string]bool, len(ids)), make([]error, len(ids))
	var all sync.WaitGroup
	for i, id := range ids {
		all.Go(func() { got[i], errs[i] = p.sees(ctx, c, id) })
	}
	all.Wait()
	for i, id := range ids {
		switch {
		case errs[i] != nil:
			return fmt.Errorf("instance %s of three: %w", id, errs[i])
		case !alike(want[i], got[i]):
			return fmt.Errorf("instance %s sees something else beside others than alone: %s instead of %s",
				id, example(got[i], want[i]), example(want[i], got[i]))
		}
	}
	return nil
}

// sees returns what an instance sees, by names. That it sees nothing because
// nobody answers a made-up address is no error.
func (p *process) sees(ctx context.Context, c *component, id string) (map[string]bool, error) {
	seen := map[string]bool{}
	err := p.touch(ctx, c, id)
	switch {
	case err != nil:
		return nil, fmt.Errorf("health: %w", err)
	case c.kind == manifest.KindSource:
		return seen, p.seeResources(ctx, c, id, seen)
	case c.kind == manifest.KindAI:
		return seen, p.seeModels(ctx, c, id, seen)
	}
	return seen, nil
}

func (p *process) seeResources(ctx context.Context, c *component, id string, seen map[string]bool) error {
	answers, err := p.collectAll(ctx, c, id)
	if _, ok := errors.AsType[notApplicable](err); ok {
		return nil
	}
	for _, a := range answers {
		for _, r := range a.resources {
			seen[r.GetKind()+" "+r.GetId()] = true
		}
	}
	return err
}

func (p *process) seeModels(ctx context.Context, c *component, id string, seen map[string]bool) error {
	ctx, cancel := context.WithTimeout(ctx, workLimit)
	defer cancel()
	response, err := p.AI.Models(ctx, &pluginv1.ModelsRequest{InstanceId: id})
	if err != nil && !c.given {
		return nil
	}
	for _, m := range response.GetModels() {
		seen[m.GetId()] = true
	}
	return err
}

// alike tells whether most of what either has the other has, too: things come and go.
func alike(a, b map[string]bool) bool {
	both := 0
	for name := range a {
		if b[name] {
			both++
		}
	}
	return 2*both >= max(len(a), len(b))
}

// example returns a name that only the first has.
func example(a, b map[string]bool) string {
	for name := range a {
		if !b[name] {
			return fmt.Sprintf("%q", shorten(name))
		}
	}
	return "nothing"
}

func removeFrees(ctx context.Context, p *process, c *component) error {
	for range 3 {
		if err := p.add(ctx, c, "a", nil); err != nil {
			return err
		}
		if err := p.touch(ctx, c, "a"); status.Code(err) == codes.NotFound {
			return fmt.Errorf("a configured instance is not found: %w", err)
		}
		for range 2 {
			if err := p.remove(ctx, "a"); err != nil {
				return err
			}
		}
		if err := p.touch(ctx, c, "a"); status.Code(err) != codes.NotFound {
			return fmt.Errorf("the health of a removed instance is %s", outcome(err))
		}
		if err := p.work(ctx, c, "a"); status.Code(err) != codes.NotFound {
			return fmt.Errorf("the call for a removed instance answers %s", outcome(err))
		}
	}
	return nil
}
