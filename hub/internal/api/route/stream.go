package route

import (
	"fmt"
	"io"
	"net/http"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

// streamWindow is how far back compressing looks for what repeats: each stream has about three times as much in memory.
const streamWindow = 256 << 10

// A Stream is a successful answer that is written bit by bit, compressed when the caller takes that. Nothing is sent
// before the first byte, so that until then the handler may still fail. It serves one goroutine.
type Stream struct {
	writer   http.ResponseWriter
	encoding string
	kind     string
	started  bool
	encoder  io.WriteCloser // nil: not compressed
}

// Stream returns an answer of a content type. A handler that has begun it returns Taken, or panics with
// [http.ErrAbortHandler] when it cannot go on: the caller is to see that it is not all.
func (c *Call) Stream(contentType string) *Stream {
	return &Stream{writer: c.Writer, kind: contentType, encoding: negotiate(c.Request.Header.Get("Accept-Encoding"))}
}

// Begun says that there is no way back.
func (s *Stream) Begun() bool { return s.started }

// Begin sends the header, unless that has been done.
func (s *Stream) Begin() error {
	if s.started {
		return nil
	}
	if err := s.compress(); err != nil {
		return err
	}
	s.started = true
	header := s.writer.Header()
	header.Set("Content-Type", s.kind)
	header.Add("Vary", "Accept-Encoding")
	if s.encoding != "" {
		header.Set("Content-Encoding", s.encoding)
	}
	s.writer.WriteHeader(http.StatusOK)
	return nil
}

// compress makes the encoder, one that works in the goroutine that writes.
func (s *Stream) compress() (err error) {
	switch s.encoding {
	case "zstd":
		s.encoder, err = zstd.NewWriter(s.writer, zstd.WithEncoderLevel(zstd.SpeedFastest),
			zstd.WithEncoderConcurrency(1), zstd.WithLowerEncoderMem(true), zstd.WithWindowSize(streamWindow))
	case "gzip":
		s.encoder, err = gzip.NewWriterLevel(s.writer, gzip.BestSpeed)
	}
	if err != nil {
		return fmt.Errorf("make %s encoder: %w", s.encoding, err)
	}
	return nil
}

// Write implements [io.Writer]. It begins the answer.
func (s *Stream) Write(p []byte) (int, error) {
	if err := s.Begin(); err != nil {
		return 0, err
	}
	if s.encoder != nil {
		return s.encoder.Write(p)
	}
	return s.writer.Write(p)
}

// Close writes what is left. Without it a compressed answer is not whole.
func (s *Stream) Close() error {
	if s.encoder == nil {
		return nil
	}
	if err := s.encoder.Close(); err != nil {
		return fmt.Errorf("end compressed answer: %w", err)
	}
	return nil
}
