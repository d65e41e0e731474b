package stream

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/pulse-hub/pulse/hub/internal/condition"
)

// page is a client of pulse.live.v1.
type page struct {
	*connection
	feed        *feed
	bulletin    *bulletin
	version     string
	development bool
	conditions  func() ([]condition.Condition, <-chan struct{})
	alerts      func() (json.RawMessage, <-chan struct{})
	interval    time.Duration
}

// hear takes nothing: pages only listen.
func (p *page) hear(clientMessage) {}

func (p *page) speak(ctx context.Context) error {
	if err := p.greet(ctx); err != nil {
		return err
	}
	leave := p.feed.join()
	defer leave()
	ping := time.NewTicker(pingInterval)
	defer ping.Stop()
	heard := p.bulletin.newest()
	wrong, worse := p.conditions()
	if len(wrong) > 0 { // pages begin with none
		if err := p.send(ctx, conditionsFrame(wrong)); err != nil {
			return err
		}
	}
	active, others := p.alerts()
	if err := p.sendAlerts(ctx, active); err != nil {
		return err
	}
	held, err := p.sendSnapshot(ctx)
	for err == nil {
		frame, changed := p.feed.after(held)
		switch {
		case frame.data != nil:
			held, err = frame.rev, p.send(ctx, frame.data)
			continue
		case frame.lost:
			held, err = p.sendSnapshot(ctx)
			continue
		}
		news, added, behind := p.bulletin.after(heard)
		if behind != nil {
			return behind
		}
		if news != nil {
			heard, err = heard+1, p.send(ctx, news)
			continue
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-added:
		case <-others:
			active, others = p.alerts()
			err = p.sendAlerts(ctx, active)
		case <-worse:
			wrong, worse = p.conditions()
			err = p.send(ctx, conditionsFrame(wrong))
		case <-changed:
		case now := <-ping.C:
			err = p.send(ctx, clockFrame("ping", now))
		}
	}
	return err
}

func (p *page) greet(ctx context.Context) error {
	hello, err := json.Marshal(map[string]any{"type": "hello", "data": map[string]any{
		"protocol": Protocol, "version": p.version, "time": time.Now().UnixMilli(), "intervalMs": p.interval.Milliseconds(),
		"pluginDevelopment": p.development,
	}})
	if err != nil {
		return fmt.Errorf("encode hello: %w", err)
	}
	return p.send(ctx, hello)
}

// sendAlerts sends all active alerts; nothing if there is nobody to know them.
func (p *page) sendAlerts(ctx context.Context, active json.RawMessage) error {
	if active == nil {
		return nil
	}
	return p.send(ctx, fmt.Appendf(nil, `{"type":"alerts","data":%s}`, active))
}

// sendSnapshot sends everything and returns the revision the page then holds.
func (p *page) sendSnapshot(ctx context.Context) (uint64, error) {
	rev, frames := p.feed.snapshot()
	for _, frame := range frames {
		if err := p.send(ctx, frame); err != nil {
			return 0, err
		}
	}
	return rev, nil
}
