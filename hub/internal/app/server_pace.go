package app

import (
	"errors"
	"io"
	"net/http"
	"time"
)

const (
	// bodyGrace is how long the sender of a request's body may pause in all; it
	// grows again with what is sent.
	bodyGrace = 15 * time.Second
	// bodyRate is the slowest that a body may come in on average, in bytes a second.
	bodyRate = 2 << 10
	// drainTime bounds how long what a handler left unread of a body is waited for.
	drainTime = 5 * time.Second
)

// paced has the bodies of requests come in at a least speed, however long they
// are, and, on HTTP/2, answers read at one: a client there can stop reading
// one answer while its connection takes others. The speed of connections
// themselves is a visit's business.
func paced(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		control := http.NewResponseController(w)
		if r.Body != nil && r.Body != http.NoBody {
			body := newPacedBody(r, control)
			defer body.end()
			copied := *r // the server looks at the body that was there
			copied.Body = body
			r = &copied
		}
		if r.ProtoMajor >= 2 {
			writer := &pacedWriter{ResponseWriter: w, control: control}
			defer writer.extend() // for what is still to be sent
			w = writer
		}
		next.ServeHTTP(w, r)
	})
}

// pacedBody is the body of a request that must come in at a least speed.
// Only the time within Read counts: a handler may do something else between.
type pacedBody struct {
	io.ReadCloser
	control *http.ResponseController
	left    time.Duration
	old     bool // HTTP/1: the connection is read from when the handler is done
	ended   bool
}

func newPacedBody(r *http.Request, control *http.ResponseController) *pacedBody {
	b := &pacedBody{ReadCloser: r.Body, control: control, left: bodyGrace, old: r.ProtoMajor < 2}
	if b.old {
		// A handler that answers without reading has the server read on.
		b.setDeadline(time.Now().Add(bodyGrace))
	}
	return b
}

// Read is part of io.Reader.
func (b *pacedBody) Read(p []byte) (int, error) {
	began := time.Now()
	b.setDeadline(began.Add(b.left))
	n, err := b.ReadCloser.Read(p)
	earned := time.Duration(n) * (time.Second / bodyRate)
	b.left = min(b.left-time.Since(began)+earned, bodyGrace)
	if errors.Is(err, io.EOF) {
		b.ended = true
		// From here on a read only notices that the caller goes away.
		b.setDeadline(time.Time{})
	}
	return n, err
}

// end bounds what the server does with the rest.
func (b *pacedBody) end() {
	if b.old && !b.ended {
		b.setDeadline(time.Now().Add(drainTime))
	}
}

// setDeadline does what it can: a writer without deadlines is one of a test.
func (b *pacedBody) setDeadline(t time.Time) { _ = b.control.SetReadDeadline(t) }

// pacedWriter is an answer on HTTP/2.
type pacedWriter struct {
	http.ResponseWriter
	control *http.ResponseController
}

// Unwrap is for [http.ResponseController].
func (w *pacedWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// Write is part of io.Writer.
func (w *pacedWriter) Write(p []byte) (int, error) {
	for written := 0; ; {
		w.extend()
		n, err := w.ResponseWriter.Write(p[written:min(len(p), written+writeStride)])
		if written += n; err != nil || written == len(p) {
			w.relax()
			return written, err
		}
	}
}

// Flush is part of http.Flusher.
func (w *pacedWriter) Flush() {
	w.extend()
	_ = w.control.Flush() // the next write says that the caller has gone
	w.relax()
}

func (w *pacedWriter) extend() { _ = w.control.SetWriteDeadline(time.Now().Add(writeStall)) }

// relax takes the deadline back: here it would end the answer even while nothing is written.
func (w *pacedWriter) relax() { _ = w.control.SetWriteDeadline(time.Time{}) }
