package notify

import (
	"context"
	"time"
)

// list brings what is known of the channels up to date, unless that was done a moment ago. It says whether they are
// known at all.
func (w *work) list(ctx context.Context, now time.Time, atLeast time.Duration) bool {
	if age := now.Sub(w.listedAt); !w.listedAt.IsZero() && age >= 0 && age < atLeast {
		return true
	}
	ctx, cancel := context.WithTimeout(ctx, listTimeout)
	defer cancel()
	channels, err := w.Channels.List(ctx)
	if err != nil {
		if !w.unlisted {
			w.Logger.Error("channels of notifications cannot be listed", "error", err)
		}
		w.unlisted = true
		return !w.listedAt.IsZero()
	}
	w.unlisted, w.channels, w.listedAt = false, channels, now
	w.openLanes(now)
	return true
}

// listTimeout bounds how long channels are asked for.
const listTimeout = 5 * time.Second

// openLanes makes lanes agree with the channels that there are.
func (w *work) openLanes(now time.Time) {
	present := map[string]bool{}
	for _, c := range w.channels {
		present[c.ID] = true
		l := w.lanes[c.ID]
		if l == nil {
			l = &lane{}
			w.lanes[c.ID] = l
		}
		l.channel = c
		if c.Enabled {
			l.absent = time.Time{}
		} else if l.absent.IsZero() {
			l.absent = now
		}
	}
	for id, l := range w.lanes {
		switch {
		case present[id]:
		case len(l.messages) == 0:
			delete(w.lanes, id)
		case l.absent.IsZero():
			l.absent, l.channel.Enabled = now, false
		}
	}
}
