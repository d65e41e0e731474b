package recording

import (
	"errors"
	"io"
	"net/http"
	"sync"
)

// pendingExchange is an exchange that is not over. A request's body may still
// be on its way when its answer has ended.
type pendingExchange struct {
	recorder *Recorder

	mu       sync.Mutex
	exchange Exchange
	over     bool
}

// change changes the exchange unless it is over.
func (e *pendingExchange) change(how func(*Exchange)) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if !e.over {
		how(&e.exchange)
	}
}

// end keeps the exchange.
func (e *pendingExchange) end() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.over = true
	e.recorder.addExchange(e.exchange)
}

// capture keeps what is read of a body as long as there is room for it. Until
// its end has been read the body counts as cut.
type capture struct {
	io.ReadCloser
	pending *pendingExchange
	content func(*Exchange) *Content
	length  int64 // as announced, -1 if it was not
	full    bool  // no more is kept
}

// captured returns the body of a message of which what is read is kept.
// length is what its header says, -1 if it does not.
func captured(body io.ReadCloser, length int64, e *pendingExchange, content func(*Exchange) *Content) io.ReadCloser {
	if body == nil || body == http.NoBody {
		return body
	}
	e.change(func(x *Exchange) { content(x).Cut = true })
	return &capture{ReadCloser: body, pending: e, content: content, length: length}
}

// Read reads on and keeps what it has read.
func (c *capture) Read(p []byte) (int, error) {
	n, err := c.ReadCloser.Read(p)
	c.pending.change(func(x *Exchange) {
		content := c.content(x)
		room := len(content.Body)+n <= MaxBodyBytes && !c.full && c.pending.recorder.reserve(n)
		c.full = c.full || !room
		if room {
			content.Body = append(content.Body, p[:n]...)
		}
		// Who knows the length need not read to the end.
		if errors.Is(err, io.EOF) || int64(len(content.Body)) == c.length {
			content.Cut = c.full
		}
	})
	return n, err
}
