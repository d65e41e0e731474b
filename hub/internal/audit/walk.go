package audit

import (
	"context"
	"slices"
	"strconv"

	"github.com/pulse-hub/pulse/hub/internal/store"
)

// blockEvents is how many events are read at a time: those whose keys differ in the last two digits only.
const blockEvents = 256

// maxMissing is after how many missing blocks a search gives up, so that a head that was tampered with costs no
// more than time.
const maxMissing = 1000

// visit is called with the number and the text of an event, and says whether to go on.
type visit func(seq uint64, text []byte) (bool, error)

// numbered is one stored event.
type numbered struct {
	seq  uint64
	text []byte
}

// block returns the events of the block that holds the number, in order.
func block(ctx context.Context, r store.Reader, seq uint64) ([]numbered, error) {
	records, err := r.List(ctx, store.Audit, seqKey(seq)[:14])
	if err != nil {
		return nil, err
	}
	events := make([]numbered, 0, len(records))
	for _, record := range records {
		if n, err := strconv.ParseUint(record.Key, 16, 64); err == nil && seqKey(n) == record.Key {
			events = append(events, numbered{n, record.Value})
		}
	}
	return events, nil
}

// ascend visits the events from first to last that are there, up to a whole block that is missing.
func ascend(ctx context.Context, r store.Reader, first, last uint64, each visit) error {
	for at := first; at <= last; at = (at/blockEvents + 1) * blockEvents {
		events, err := block(ctx, r, at)
		if err != nil {
			return err
		}
		if len(events) == 0 {
			return nil
		}
		for _, one := range events {
			if one.seq < first || one.seq > last {
				continue
			}
			if more, err := each(one.seq, one.text); err != nil || !more {
				return err
			}
		}
	}
	return nil
}

// descend visits the events from last to first that are there, each block in a transaction of its own: a long
// search must not keep the store from using space again. It goes on over missing blocks, as far as maxMissing.
func (l *Log) descend(ctx context.Context, last, first uint64, each visit) error {
	missing := 0
	for at := last; at >= first && missing < maxMissing; at = at/blockEvents*blockEvents - 1 {
		var events []numbered
		err := l.options.Records.View(ctx, func(r store.Reader) (err error) {
			events, err = block(ctx, r, at)
			return err
		})
		if err != nil {
			return err
		}
		if len(events) == 0 {
			missing++
		}
		for _, one := range slices.Backward(events) {
			if one.seq < first || one.seq > last {
				continue
			}
			if more, err := each(one.seq, one.text); err != nil || !more {
				return err
			}
		}
		if at < blockEvents {
			return nil
		}
	}
	return nil
}
