package notify

import (
	"math/rand/v2"
	"slices"
	"strings"
	"time"
)

const (
	// maxTries is after how many tries a message is given up; the pauses between them add up to about half an hour.
	maxTries = 11
	// firstPause is the one after the first try; each is twice as long as the one before, up to longestPause.
	firstPause   = 2 * time.Second
	longestPause = 10 * time.Minute
	// longestWish is the longest pause that a provider can ask for.
	longestWish = time.Hour
	// maxAge is how long a message waits at most.
	maxAge = 24 * time.Hour

	// breakAfter is after how many failures in a row a channel is only probed, every probeEvery.
	breakAfter = 5
	probeEvery = time.Minute
)

// pause returns how long to wait after so many tries, give or take a fifth, so that channels do not go in step.
func pause(tries int) time.Duration {
	d := longestPause
	if tries < 10 {
		d = min(longestPause, firstPause<<(max(tries, 1)-1))
	}
	return time.Duration(float64(d) * (0.8 + 0.4*rand.Float64()))
}

// A bucket lets so many things through in a minute, all at once if none were before.
type bucket struct {
	size int
	left float64
	at   time.Time
}

// perMinute returns how many messages a channel gets in a minute.
func perMinute(kind ChannelKind) int {
	if kind == Email || kind == MQTT {
		return 60
	}
	return 10
}

// refill counts what has become free.
func (b *bucket) refill(size int, now time.Time) {
	if b.at.IsZero() {
		b.left = float64(size)
	}
	if passed := now.Sub(b.at); passed > 0 {
		b.left = min(float64(size), b.left+passed.Minutes()*float64(size))
	}
	b.size, b.at = size, now
}

// ready returns when the next may pass.
func (b *bucket) ready(now time.Time) time.Time {
	if b.left >= 1 || b.size == 0 {
		return now
	}
	return now.Add(time.Duration((1-b.left)/float64(b.size)*float64(time.Minute)) + time.Millisecond)
}

// A lane is what waits for one channel, and how that does. Messages about the same alert leave it in their order, one at
// a time.
type lane struct {
	channel  Channel
	messages []*message // by id
	busy     bool       // one is being sent
	bucket   bucket
	// absent is since when the channel is not there or not enabled; zero: it is.
	absent time.Time
	// failures are those in a row. From breakAfter on the lane is broken, and probed.
	failures int
	probeAt  time.Time
	// waitUntil is until when the provider asks not to be called.
	waitUntil time.Time

	lastTry, lastSent time.Time
	lastError         string
}

func (l *lane) broken() bool { return l.failures >= breakAfter }

// add takes in a message.
func (l *lane) add(m *message) {
	i, known := slices.BinarySearchFunc(l.messages, m.ID, func(m *message, id string) int { return strings.Compare(m.ID, id) })
	if !known {
		l.messages = slices.Insert(l.messages, i, m)
	}
}

func (l *lane) remove(m *message) {
	l.messages = slices.DeleteFunc(l.messages, func(one *message) bool { return one == m })
}

// next returns the message to send now; if there is none, when to look again, which is zero if time alone changes
// nothing.
func (l *lane) next(now time.Time) (*message, time.Time) {
	if l.busy || len(l.messages) == 0 {
		return nil, time.Time{}
	}
	open := l.bucket.ready(now)
	if l.waitUntil.After(open) {
		open = l.waitUntil
	}
	if l.broken() && l.probeAt.After(open) {
		open = l.probeAt
	}
	if open.After(now) {
		return nil, open
	}
	return l.due(now)
}

// due returns the first message whose time has come and that overtakes none about the same alert, or when there will be
// one.
func (l *lane) due(now time.Time) (*message, time.Time) {
	var soonest time.Time
	held := map[uint64]struct{}{}
	for _, m := range l.messages {
		free := !slices.ContainsFunc(m.Numbers, func(number uint64) bool { _, before := held[number]; return before })
		if free && (!m.Next.After(now) || m.Next.Sub(now) > longestWish) { // further off only if clocks have jumped
			return m, now
		}
		if free && (soonest.IsZero() || m.Next.Before(soonest)) {
			soonest = m.Next
		}
		for _, number := range m.Numbers {
			held[number] = struct{}{}
		}
	}
	return nil, soonest
}

// began notes that a try begins.
func (l *lane) began(now time.Time) {
	l.busy, l.lastTry = true, now
	l.bucket.left--
}

// succeeded notes that a message was delivered. It says whether that is news; then the others need not wait any longer.
func (l *lane) succeeded(now time.Time) (recovered bool) {
	recovered = l.lastError != ""
	if l.failures > 0 {
		for _, m := range l.messages {
			m.Next = time.Time{}
		}
	}
	l.failures, l.lastSent, l.lastError = 0, now, ""
	return recovered
}

// asked notes that the provider asks not to be called for a while. It says whether that is news.
func (l *lane) asked(until time.Time, reason string) (news bool) {
	news = l.lastError == ""
	l.waitUntil, l.lastError = until, reason
	return news
}

// failed notes that a try has failed. It says whether that is news.
func (l *lane) failed(now time.Time, reason string) (news bool) {
	l.failures++
	l.lastError = reason
	l.probeAt = now.Add(probeEvery)
	return l.failures == 1 || l.failures == breakAfter
}
