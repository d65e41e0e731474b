package conformance

import (
	"bytes"
	"io"
	"regexp"
	"strings"
	"sync"
	"time"
)

const (
	// maxRecord bounds what is kept of a stream; what comes later is dropped.
	maxRecord = 4 << 20
	// maxHandshake bounds the first line, in bytes.
	maxHandshake = 8 << 10
)

// record keeps what is written to it, up to maxRecord. It is safe for concurrent use.
type record struct {
	mu   sync.Mutex
	data []byte
}

// Write keeps what fits and never fails: a plugin must not block on its output.
func (r *record) Write(p []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.data = append(r.data, p[:min(len(p), maxRecord-len(r.data))]...)
	return len(p), nil
}

func (r *record) text() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return string(r.data)
}

// uncaught is how runtimes begin the line that says why they end a process: Go, Node.js.
var uncaught = regexp.MustCompile(`^(panic: |fatal error: |[A-Za-z]*Error( \[[A-Z_]+\])?: )`)

// lastWord returns the line that says why a process ended, else the last one.
func (r *record) lastWord() string {
	lines := strings.Split(strings.TrimSpace(r.text()), "\n")
	for _, line := range lines {
		if uncaught.MatchString(line) {
			return shorten(line)
		}
	}
	return shorten(lines[len(lines)-1])
}

// firstLine takes what a process writes to standard output: the first line is
// there to be read, the rest is kept apart. Writing never blocks; reading
// blocks until there is a line or will be none.
type firstLine struct {
	ready chan struct{} // closed when line is final
	rest  record

	mu     sync.Mutex
	closed bool
	line   []byte
	unread []byte
	when   time.Time // when the line was complete
}

func newFirstLine() *firstLine { return &firstLine{ready: make(chan struct{})} }

// Write never fails.
func (f *firstLine) Write(p []byte) (int, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.closed {
		return f.rest.Write(p)
	}
	end := bytes.IndexByte(p, '\n') + 1
	room := maxHandshake - len(f.line)
	switch {
	case end > 0 && end <= room:
	case len(p) < room:
		f.line = append(f.line, p...)
		return len(p), nil
	default:
		end = room
	}
	f.line = append(f.line, p[:end]...)
	f.finishLocked()
	_, err := f.rest.Write(p[end:])
	return len(p), err
}

// close says that no more will be written.
func (f *firstLine) close() {
	f.mu.Lock()
	defer f.mu.Unlock()
	if !f.closed {
		f.finishLocked()
	}
}

func (f *firstLine) finishLocked() {
	f.closed, f.when, f.unread = true, time.Now(), f.line
	close(f.ready)
}

// Read gives the line and then io.EOF.
func (f *firstLine) Read(p []byte) (int, error) {
	<-f.ready
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.unread) == 0 {
		return 0, io.EOF
	}
	n := copy(p, f.unread)
	f.unread = f.unread[n:]
	return n, nil
}

// textNow returns what there is of the line.
func (f *firstLine) textNow() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return strings.TrimSpace(string(f.line))
}

func (f *firstLine) at() time.Time {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.when
}

// shorten makes a text from outside fit into a message.
func shorten(text string) string {
	const limit = 300
	text = strings.ToValidUTF8(strings.TrimSpace(text), "\uFFFD")
	if len(text) <= limit {
		return text
	}
	return strings.ToValidUTF8(text[:limit], "") + " …"
}
