package journal

import (
	"bytes"
	"sync"
)

// maxPartial bounds a line that has no end yet, in bytes.
const maxPartial = 8 << 10

// Writer cuts what is written to it into lines and gives each to Emit. A line
// longer than 8 KiB is given in pieces.
type Writer struct {
	// Emit gets a line without its line break; the slice is only valid during the call.
	Emit func(line []byte)

	mu      sync.Mutex
	partial []byte
}

// Write never fails.
func (w *Writer) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	written := len(p)
	for len(p) > 0 {
		end := bytes.IndexByte(p, '\n')
		piece := p
		if end >= 0 {
			piece = p[:end]
		}
		piece = piece[:min(len(piece), maxPartial-len(w.partial))]
		w.partial = append(w.partial, piece...)
		p = p[len(piece):]
		switch {
		case len(p) > 0 && p[0] == '\n':
			p = p[1:]
			w.flushLocked()
		case len(w.partial) == maxPartial:
			w.flushLocked()
		}
	}
	return written, nil
}

func (w *Writer) flushLocked() {
	if line := bytes.TrimRight(w.partial, "\r"); len(line) > 0 {
		w.Emit(line)
	}
	w.partial = w.partial[:0]
}
