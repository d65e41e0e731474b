package session

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/pulse-hub/pulse/hub/internal/audit"
	"github.com/pulse-hub/pulse/hub/internal/store"
)

const (
	// flushInterval is how often expired sessions end and records are written.
	flushInterval = time.Minute
	// useSlack is how long a record may lag behind the use of its session, when
	// nothing else about that changed: sessions that are used all day would wear
	// the disk for a detail.
	useSlack = 10 * time.Minute
	// lastTimeout bounds the last write before the hub ends.
	lastTimeout = 5 * time.Second
	// batch is how many records are written in one transaction.
	batch = 1000
)

// Run ends sessions that have expired and writes records until ctx is done,
// and then writes what is left. It returns the error of that.
func (d *Desk) Run(ctx context.Context) error {
	ticker := time.NewTicker(flushInterval)
	defer ticker.Stop()
	failing := false
	for {
		select {
		case <-ctx.Done():
			return d.last(ctx)
		case <-ticker.C:
		}
		err := d.flush(ctx, useSlack)
		if (err != nil) != failing && ctx.Err() == nil {
			failing = err != nil
			d.options.Logger.Warn("writing sessions down", "failing", failing, "error", err)
		}
	}
}

func (d *Desk) last(ctx context.Context) error {
	ctx, cancel := context.WithTimeoutCause(context.WithoutCancel(ctx), lastTimeout, errors.New("writing sessions down took too long"))
	defer cancel()
	return d.flush(ctx, 0)
}

// flush ends what has expired, and writes the records that differ from memory
// by more than the slack, and the endings.
func (d *Desk) flush(ctx context.Context, slack time.Duration) error {
	var failed error
	for some := range slices.Chunk(d.stale(slack), batch) {
		if err := d.write(ctx, some); err != nil {
			failed = fmt.Errorf("write sessions: %w", err)
			break
		}
	}
	return errors.Join(failed, d.tell(ctx))
}

// stale returns the keys of the records that have to be written.
func (d *Desk) stale(slack time.Duration) []digest {
	now := d.now()
	d.mu.Lock()
	defer d.mu.Unlock()
	for key, e := range d.table.entries {
		switch {
		case e.expired(now):
			d.endLocked(e, reasonExpired)
		case e.Seen.After(e.written.Add(slack)):
			d.unsaved[key] = struct{}{}
		}
	}
	keys := make([]digest, 0, len(d.unsaved))
	for key := range d.unsaved {
		keys = append(keys, key)
	}
	return keys
}

// write makes records what memory says of their sessions, in one transaction.
// Transactions run one after another and look at memory while they run, so
// that the last one always writes the present: a session that has ended is
// never written back. After an error the records are tried again by flush.
func (d *Desk) write(ctx context.Context, keys []digest) error {
	if len(keys) == 0 {
		return nil
	}
	d.mu.Lock()
	for _, key := range keys {
		delete(d.unsaved, key)
	}
	d.mu.Unlock()
	err := d.options.Records.Update(ctx, func(tx store.Tx) error {
		for _, key := range keys {
			if err := d.put(ctx, tx, key); err != nil {
				return err
			}
		}
		return nil
	})
	if err == nil {
		return nil
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, key := range keys {
		d.unsaved[key] = struct{}{}
	}
	return err
}

func (d *Desk) put(ctx context.Context, tx store.Tx, key digest) error {
	now := d.now()
	d.mu.Lock()
	e, live := d.table.entries[key]
	var present entry
	if live {
		e.written, present = now, *e
	}
	d.mu.Unlock()
	if !live {
		return tx.Delete(ctx, store.Sessions, keyText(key))
	}
	value, err := encodeRecord(&present)
	if err != nil {
		return fmt.Errorf("encode session: %w", err)
	}
	return tx.Put(ctx, store.Sessions, keyText(key), value)
}

// tell writes the endings down. What cannot be written is tried again.
func (d *Desk) tell(ctx context.Context) error {
	d.mu.Lock()
	endings, lost := d.endings, d.lost
	d.endings, d.lost = nil, 0
	d.mu.Unlock()
	if lost > 0 {
		d.options.Logger.Warn("more sessions ended than could be written down", "lost", lost)
	}
	for i, event := range endings {
		if err := d.options.Audit.Add(ctx, event); err != nil {
			d.keepEndings(endings[i:])
			return fmt.Errorf("write down ended sessions: %w", err)
		}
	}
	return nil
}

func (d *Desk) keepEndings(endings []audit.Event) {
	d.mu.Lock()
	defer d.mu.Unlock()
	room := max(0, maxEndings-len(d.endings))
	d.lost += len(endings) - min(len(endings), room)
	d.endings = append(d.endings, endings[:min(len(endings), room)]...)
}
