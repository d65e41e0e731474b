package journal

import (
	"context"
	"iter"
)

// followBatch is how many lines are copied for a follower at a time.
const followBatch = 64

// Followed is a line that a follower gets.
type Followed struct {
	Line
	// Lost is how many lines before it the follower was too slow for.
	Lost int
}

// Follow returns the last n lines and then every new one, until the context is
// done, the journal is closed or the loop is left. Nothing waits for a slow
// follower: it loses the lines that the journal no longer keeps, and is told
// with the next one how many they were. Each loop over the result starts anew.
func (j *Journal) Follow(ctx context.Context, n int) iter.Seq[Followed] {
	return func(yield func(Followed) bool) {
		next := j.numberOfTail(n)
		lost := 0
		for ctx.Err() == nil {
			batch, more := j.since(next)
			for _, line := range batch.lines {
				lost += line.Lost
				if line.Text == "" { // emptied to keep the journal small
					lost++
					continue
				}
				if !yield(Followed{Line: line.Line, Lost: lost}) {
					return
				}
				lost = 0
			}
			next = batch.next
			if len(batch.lines) > 0 {
				continue
			}
			if more == nil {
				return
			}
			select {
			case <-more:
			case <-ctx.Done():
				return
			}
		}
	}
}

// Close ends all loops over Follow. Lines are still kept. It may be called twice.
func (j *Journal) Close() {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.closed = true
	j.announceLocked()
}

// numberOfTail returns the number of the first of the last n lines.
func (j *Journal) numberOfTail(n int) uint64 {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.added - uint64(max(0, min(n, len(j.lines))))
}

// batch is a piece of the journal, and the number of the line after it.
type batch struct {
	lines []Followed
	next  uint64
}

// since returns the lines from that number on, and a channel that is closed
// when there may be more, nil if there will not.
func (j *Journal) since(number uint64) (batch, <-chan struct{}) {
	j.mu.Lock()
	defer j.mu.Unlock()
	oldest := j.added - uint64(len(j.lines))
	lost := max(number, oldest) - number
	number += lost
	count := min(j.added-number, followBatch)
	taken := batch{lines: make([]Followed, count), next: number + count}
	for i := range taken.lines {
		at := (j.next + int(number-oldest) + i) % len(j.lines)
		taken.lines[i] = Followed{Line: j.lines[at]}
	}
	if count > 0 {
		taken.lines[0].Lost = int(lost)
	}
	if j.closed {
		return taken, nil
	}
	if j.grown == nil {
		j.grown = make(chan struct{})
	}
	return taken, j.grown
}

// announceLocked tells the followers that something has changed.
func (j *Journal) announceLocked() {
	if j.grown != nil {
		close(j.grown)
		j.grown = nil
	}
}
