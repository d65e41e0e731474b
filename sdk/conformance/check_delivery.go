package conformance

import (
	"context"
	"fmt"
	"maps"

	pluginv1 "github.com/pulse-hub/pulse/proto/gen/pulse/plugin/v1"
)

// deliveryOnce asks the provider if it is known to tell, and a stand-in otherwise.
func deliveryOnce(ctx context.Context, p *process, c *component) error {
	if c.sample.Idempotent {
		return p.deliverTwice(ctx, c)
	}
	server, err := openStandIn(ctx)
	if err != nil {
		return err
	}
	defer server.close()
	config, ok := c.aimedAt(server.address())
	if !ok {
		return notApplicablef("nothing says that the provider knows idempotency keys, and no setting could lead to a stand-in for it")
	}
	if err := p.add(ctx, c, "a", config); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, workLimit)
	defer cancel()
	var sent [3][]asked
	for i, delivery := range []string{firstDelivery, firstDelivery, secondDelivery} {
		response, err := p.Notifier.Send(ctx, message("a", delivery))
		if err != nil || response.GetOutcome() != pluginv1.Outcome_OUTCOME_DELIVERED {
			return notApplicablef("a stand-in for the provider that answers {} does not do")
		}
		sent[i] = server.take()
	}
	return compareDeliveries(sent)
}

// The delivery ids of two messages. No message mentions them by chance.
const (
	firstDelivery  = "conformance-once-4c1f"
	secondDelivery = "conformance-twice-9d7a"
)

// compareDeliveries looks at what two tries of one message and another message asked of the provider.
func compareDeliveries(sent [3][]asked) error {
	var marks [3]map[string]string
	told := true
	for i, requests := range sent {
		marks[i] = map[string]string{}
		mentioned := false
		for j := range requests {
			requests[j].marks(marks[i])
			mentioned = mentioned || requests[j].mentions(firstDelivery)
		}
		told = told && mentioned == (i < 2)
	}
	switch {
	case !maps.Equal(marks[0], marks[1]):
		return fmt.Errorf("one delivery id goes to the provider as two messages: %s is another one the second time",
			otherMark(marks[0], marks[1]))
	case len(marks[0]) > 0 && maps.Equal(marks[0], marks[2]):
		return fmt.Errorf("two delivery ids go to the provider as one message: both have the same %s",
			otherMark(marks[0], nil))
	case len(marks[0]) == 0 && !told:
		return notApplicablef("it tells the provider no delivery id that can be recognized")
	}
	return nil
}

// otherMark names the place of a mark that differs.
func otherMark(a, b map[string]string) string {
	for place, value := range a {
		if b[place] != value {
			return shorten(place)
		}
	}
	return "one"
}

// deliverTwice sends two messages where the caller says that they are one.
func (p *process) deliverTwice(ctx context.Context, c *component) error {
	if err := p.add(ctx, c, "a", nil); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, workLimit)
	defer cancel()
	var ids []string
	for range 2 {
		response, err := p.Notifier.Send(ctx, message("a", firstDelivery))
		if err != nil {
			return fmt.Errorf("send: %w", err)
		}
		if response.GetOutcome() != pluginv1.Outcome_OUTCOME_DELIVERED {
			return fmt.Errorf("send: %s %s", response.GetOutcome(), shorten(response.GetError()))
		}
		ids = append(ids, response.GetProviderId())
	}
	if ids[0] == "" {
		return notApplicablef("the plugin tells no id of the provider")
	}
	if ids[0] != ids[1] {
		return fmt.Errorf("one delivery id became two messages: %q and %q", shorten(ids[0]), shorten(ids[1]))
	}
	return nil
}
