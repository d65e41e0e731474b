package notify

import (
	"context"
	"fmt"
	"time"

	"github.com/pulse-hub/pulse/hub/internal/store"
)

// commitTimeout bounds the wait for others who write.
const commitTimeout = 10 * time.Second

// a place is where a record is.
type place struct {
	bucket store.Bucket
	key    string
}

// A batch is what one transaction changes. The zero value changes nothing.
type batch struct {
	puts    map[place][]byte
	deletes map[place]struct{}
	// kept is done once it is written.
	kept []func()
}

func (b *batch) put(bucket store.Bucket, key string, value []byte) {
	if b.puts == nil {
		b.puts = map[place][]byte{}
	}
	b.puts[place{bucket, key}] = value
}

func (b *batch) delete(bucket store.Bucket, key string) {
	if b.deletes == nil {
		b.deletes = map[place]struct{}{}
	}
	b.deletes[place{bucket, key}] = struct{}{}
}

func (b *batch) empty() bool { return len(b.puts) == 0 && len(b.deletes) == 0 }

// write does it, deletions first. One that is empty writes nothing.
func (b *batch) write(ctx context.Context, records Records) error {
	if b.empty() {
		return nil
	}
	// What was sent must be written down even when the hub is about to end.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), commitTimeout)
	defer cancel()
	err := records.Update(ctx, func(tx store.Tx) error {
		for at := range b.deletes {
			if err := tx.Delete(ctx, at.bucket, at.key); err != nil {
				return err
			}
		}
		for at, value := range b.puts {
			if err := tx.Put(ctx, at.bucket, at.key, value); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("write notifications: %w", err)
	}
	for _, done := range b.kept {
		done()
	}
	return nil
}
