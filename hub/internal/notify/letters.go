package notify

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/pulse-hub/pulse/hub/internal/store"
)

// ErrNotFound is returned for an id that no dead letter has.
var ErrNotFound = errors.New("notification not found")

// DeadLetters returns the newest messages that were given up, the newest first.
func (p *Pipeline) DeadLetters(ctx context.Context, limit int) ([]DeadLetter, error) {
	found, err := p.dead.newest(ctx, p.Records, time.Now(), limit)
	if err != nil {
		return nil, fmt.Errorf("read dead letters: %w", err)
	}
	letters := make([]DeadLetter, len(found))
	for i := range found {
		letters[i] = found[i].DeadLetter
		if m := letters[i].Message; m != nil {
			m.Alerts = slices.Clone(m.Alerts[:min(len(m.Alerts), maxAlertIDs)])
		}
	}
	return letters, nil
}

// Deliveries returns the newest lines of the log, the newest first.
func (p *Pipeline) Deliveries(ctx context.Context, limit int) ([]Delivery, error) {
	lines, err := p.log.newest(ctx, p.Records, time.Now(), limit)
	if err != nil {
		return nil, fmt.Errorf("read log of deliveries: %w", err)
	}
	return lines, nil
}

// Retry brings a dead letter back into the queue, with all its tries. It fails with ErrNotFound, also for one whose
// content is lost.
func (p *Pipeline) Retry(ctx context.Context, id string) error {
	leave, err := p.enter(ctx)
	if err != nil {
		return err
	}
	defer leave()
	letter, err := p.letter(ctx, id)
	if err != nil {
		return err
	}
	if letter.Message == nil {
		return fmt.Errorf("%w: its content is lost", ErrNotFound)
	}
	m := letter.Queued
	m.Tries, m.Next, m.Created = 0, time.Time{}, time.Now()
	b := &batch{}
	p.dead.remove(b, id)
	b.put(store.Queue, messageKey(id), encode(m))
	b.put(store.Queue, bodyKey(id), encode(letter.Message))
	if err := b.write(ctx, p.Records); err != nil {
		return err
	}
	p.mu.Lock()
	p.returned = append(p.returned, m)
	p.mu.Unlock()
	p.rouse()
	return nil
}

// Delete throws a dead letter away. It fails with ErrNotFound.
func (p *Pipeline) Delete(ctx context.Context, id string) error {
	leave, err := p.enter(ctx)
	if err != nil {
		return err
	}
	defer leave()
	letter, err := p.letter(ctx, id)
	if err != nil {
		return err
	}
	now, b := time.Now(), &batch{}
	p.dead.remove(b, id)
	d := letter.Queued.delivery(letter.Channel, Cancelled, now)
	d.Error = "deleted from the dead letters"
	p.log.add(b, logKey(d), d, now)
	return b.write(ctx, p.Records)
}

func (p *Pipeline) letter(ctx context.Context, id string) (*buried, error) {
	if id == "" || len(id) > maxWord {
		return nil, fmt.Errorf("%w: %.50q", ErrNotFound, id)
	}
	raw, err := p.Records.Get(ctx, p.dead.bucket, p.dead.prefix+id)
	if errors.Is(err, store.ErrNotFound) {
		return nil, fmt.Errorf("%w: %s", ErrNotFound, id)
	}
	if err != nil {
		return nil, fmt.Errorf("read dead letter: %w", err)
	}
	return p.dead.decode(raw)
}
