package notify

import (
	"cmp"
	"slices"
	"time"
)

// statsSpan is for how long what has ended counts.
const statsSpan = 24 * time.Hour

// Stats counts messages.
type Stats struct {
	// Pending wait for their first try, Failed for another; Sending are being sent.
	Pending, Failed, Sending int
	// Dead are the dead letters.
	Dead int
	// Sent and Cancelled are those of the last 24 hours.
	Sent, Cancelled int
}

// ChannelHealth says how a channel does.
type ChannelHealth struct {
	Channel Channel `json:"channel"`
	// Waiting are the messages that wait for it; Sending says that one is being sent.
	Waiting int  `json:"waiting"`
	Sending bool `json:"sending"`
	// Failures are those in a row; from the fifth on the channel is Broken: it is probed once a minute, and all else waits.
	Failures int  `json:"failures"`
	Broken   bool `json:"broken"`
	// Next is when the next message is sent, if that is known and not now.
	Next time.Time `json:"next,omitzero"`
	// LastTry and LastSent are those since the hub began; LastError is empty after a delivery.
	LastTry   time.Time `json:"lastTry,omitzero"`
	LastSent  time.Time `json:"lastSent,omitzero"`
	LastError string    `json:"lastError,omitempty"`
}

// Health says how notifications do.
type Health struct {
	// Healthy is false while what is to be told cannot be kept, or it is not known through which channels.
	Healthy bool `json:"healthy"`
	// Reason says why it is not healthy.
	Reason   string          `json:"reason,omitempty"`
	Channels []ChannelHealth `json:"channels"`
}

// status is what is shown of the work. It is not changed.
type status struct {
	pending, failed, sending int
	reason                   string
	channels                 []ChannelHealth
}

// publish makes known how it goes.
func (w *work) publish(now time.Time) {
	s := &status{channels: make([]ChannelHealth, 0, len(w.lanes))}
	switch {
	case w.unwritten:
		s.reason = "notifications cannot be written to the disk"
	case w.unlisted:
		s.reason = "channels cannot be listed"
	}
	for _, l := range w.lanes {
		for _, m := range l.messages {
			switch {
			case m.Sending:
				s.sending++
			case m.Tries > 0:
				s.failed++
			default:
				s.pending++
			}
		}
		s.channels = append(s.channels, l.health(now))
	}
	slices.SortFunc(s.channels, func(x, y ChannelHealth) int { return cmp.Compare(x.Channel.ID, y.Channel.ID) })
	w.status.Store(s)
}

func (l *lane) health(now time.Time) ChannelHealth {
	h := ChannelHealth{
		Channel: l.channel, Waiting: len(l.messages), Sending: l.busy, Failures: l.failures, Broken: l.broken(),
		LastTry: l.lastTry, LastSent: l.lastSent, LastError: l.lastError,
	}
	if l.busy {
		h.Waiting--
	}
	if m, at := l.next(now); m == nil && l.absent.IsZero() {
		h.Next = at
	}
	return h
}

// Stats counts messages. It is cheap.
func (p *Pipeline) Stats() Stats {
	s, now := p.status.Load(), time.Now()
	ended := p.log.count(now, statsSpan)
	return Stats{
		Pending: s.pending, Failed: s.failed, Sending: s.sending, Sent: ended[string(Sent)], Cancelled: ended[string(Cancelled)],
		Dead: p.dead.count(now, p.dead.keep)[""],
	}
}

// Health says how notifications do. It is cheap; the slice is not to be changed.
func (p *Pipeline) Health() Health {
	s := p.status.Load()
	return Health{Healthy: s.reason == "", Reason: s.reason, Channels: s.channels}
}
