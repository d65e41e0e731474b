package runner

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"sync"
)

// MaxLine is the longest piece of output that is passed on, in bytes. A longer
// line is passed on in several pieces.
const MaxLine = 8 << 10

// eachLine reads to the end, whatever is there to read, and calls emit for
// every line without its line break.
func eachLine(r io.Reader, emit func(line []byte)) {
	reader := bufio.NewReaderSize(r, MaxLine)
	for {
		line, err := reader.ReadSlice('\n')
		line = bytes.TrimRight(line, "\r\n")
		if len(line) > 0 {
			emit(line)
		}
		if err != nil && !errors.Is(err, bufio.ErrBufferFull) {
			return
		}
	}
}

// firstLine is a reader of the first line that is offered to it. Offering never
// blocks; reading blocks until there is a line or there will be none.
type firstLine struct {
	ready chan struct{} // closed when line is final

	mu     sync.Mutex
	closed bool
	line   []byte // with a newline, as long as nobody has read it
	kept   string
}

func newFirstLine() *firstLine { return &firstLine{ready: make(chan struct{})} }

// offer takes the line if it is the first.
func (f *firstLine) offer(line []byte) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.closed {
		return false
	}
	f.kept = string(line)
	f.line = append(append(make([]byte, 0, len(line)+1), line...), '\n')
	f.closed = true
	close(f.ready)
	return true
}

// close says that no line will come.
func (f *firstLine) close() {
	f.mu.Lock()
	defer f.mu.Unlock()
	if !f.closed {
		f.closed = true
		close(f.ready)
	}
}

func (f *firstLine) text() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.kept
}

// Read gives the line and then io.EOF.
func (f *firstLine) Read(p []byte) (int, error) {
	<-f.ready
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.line) == 0 {
		return 0, io.EOF
	}
	n := copy(p, f.line)
	f.line = f.line[n:]
	return n, nil
}

// Close does nothing: the process owns the stream.
func (f *firstLine) Close() error { return nil }
