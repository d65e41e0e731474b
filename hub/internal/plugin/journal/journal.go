// Package journal keeps what one plugin printed last, with secrets masked, and
// passes it on to the hub's log.
package journal

import (
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/hashicorp/go-hclog"
)

// Bounds of one plugin's journal.
const (
	// MaxLines and MaxBytes bound what is kept; the oldest lines go first.
	MaxLines = 2000
	MaxBytes = 1 << 20
	// Rate is the number of lines per second that are taken, Burst how many more
	// at once. What exceeds them is counted and dropped.
	Rate  = 100
	Burst = 500
	// minSecret is the length below which masking would only garble the text.
	minSecret = 4
)

// Stream says where a line came from.
type Stream string

// The streams of a plugin.
const (
	Stdout Stream = "stdout"
	Stderr Stream = "stderr"
)

// Line is one line of a plugin's output.
type Line struct {
	At     time.Time
	Level  hclog.Level
	Stream Stream
	// Text is the message and, for a structured line, its fields as "key=value".
	Text string
}

// Options are what a Journal needs.
type Options struct {
	// Logger gets every line that is kept, at the line's own level.
	Logger hclog.Logger
	// Now is the clock; nil means time.Now.
	Now func() time.Time
}

// Journal holds the last lines of one plugin over all its restarts. All
// methods may be called by several goroutines.
type Journal struct {
	logger hclog.Logger
	now    func() time.Time

	mu      sync.Mutex
	lines   []Line // a ring once it has MaxLines; next is the oldest then
	next    int
	bytes   int
	added   uint64        // lines ever kept
	grown   chan struct{} // closed with the next line; nil while nobody waits for it
	closed  bool
	tokens  float64
	filled  time.Time
	dropped int
	secrets map[string][]string // by instance
	masker  *strings.Replacer
}

// New returns an empty journal.
func New(options Options) *Journal {
	now := options.Now
	if now == nil {
		now = time.Now
	}
	return &Journal{logger: options.Logger, now: now, tokens: Burst, secrets: map[string][]string{}, masker: strings.NewReplacer()}
}

// Mask replaces the secrets of one instance, which no line will show from now
// on. Nil secrets forget the instance.
func (j *Journal) Mask(instance string, secrets []string) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if secrets == nil {
		delete(j.secrets, instance)
	} else {
		j.secrets[instance] = secrets
	}
	var pairs []string
	for _, values := range j.secrets {
		for _, value := range values {
			if len(value) >= minSecret {
				pairs = append(pairs, value, "***")
			}
		}
	}
	j.masker = strings.NewReplacer(pairs...)
}

// Tail returns up to n of the last lines, the oldest first. The caller owns the slice.
func (j *Journal) Tail(n int) []Line {
	j.mu.Lock()
	defer j.mu.Unlock()
	n = max(0, min(n, len(j.lines)))
	tail := make([]Line, n)
	for i := range tail {
		tail[i] = j.lines[(j.next+len(j.lines)-n+i)%len(j.lines)]
	}
	return tail
}

// Text masks the secrets of all instances in a text that comes from the plugin.
func (j *Journal) Text(text string) string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.masker.Replace(text)
}

// add keeps a line and passes it on, unless there are too many of them.
func (j *Journal) add(line Line) {
	j.mu.Lock()
	line.At = j.now()
	if !j.takeTokenLocked(line.At) {
		j.dropped++
		j.mu.Unlock()
		return
	}
	dropped := j.dropped
	j.dropped = 0
	line.Text = j.masker.Replace(line.Text)
	if dropped > 0 {
		j.keepLocked(Line{At: line.At, Level: hclog.Warn, Stream: line.Stream, Text: strconv.Itoa(dropped) + " lines dropped, too many at once"})
	}
	j.keepLocked(line)
	j.mu.Unlock()

	if dropped > 0 {
		j.logger.Warn("plugin output dropped, too many lines at once", "lines", dropped)
	}
	j.logger.Log(line.Level, line.Text, "stream", string(line.Stream))
}

func (j *Journal) takeTokenLocked(now time.Time) bool {
	if !j.filled.IsZero() {
		j.tokens = min(Burst, j.tokens+now.Sub(j.filled).Seconds()*Rate)
	}
	j.filled = now
	if j.tokens < 1 {
		return false
	}
	j.tokens--
	return true
}

// keepLocked adds to the ring. A full ring overwrites its oldest line; one with
// too many bytes is emptied from the oldest end, which keeps the slots.
func (j *Journal) keepLocked(line Line) {
	if len(j.lines) < MaxLines {
		j.lines = append(j.lines, line)
	} else {
		j.bytes -= len(j.lines[j.next].Text)
		j.lines[j.next] = line
		j.next = (j.next + 1) % MaxLines
	}
	j.bytes += len(line.Text)
	j.added++
	j.announceLocked()
	for i := 0; j.bytes > MaxBytes && i < len(j.lines)-1; i++ {
		oldest := &j.lines[(j.next+i)%len(j.lines)]
		j.bytes -= len(oldest.Text)
		oldest.Text = ""
	}
}
