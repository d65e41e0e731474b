package recording

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"
)

const (
	format = 1
	// maxLine bounds a line when reading: the largest there can be is an
	// exchange of two bodies and headers that double in JSON.
	maxLine = 6 * MaxBodyBytes
	// maxUnpacked bounds all lines together.
	maxUnpacked = 3 * (MaxBodiesBytes + MaxCallsBytes)
)

// Errors of reading a recording.
var (
	// ErrFormat says that a file is no recording, or a damaged one.
	ErrFormat = errors.New("not a recording")
	// ErrNewer says that a recording was made by a newer version.
	ErrNewer = errors.New("recording of a newer version")
	// ErrTooLarge says that a recording is beyond the bounds.
	ErrTooLarge = errors.New("recording is too large")
)

// header is the first line of a file.
type header struct {
	Format   int       `json:"pulserec"`
	Plugin   string    `json:"plugin,omitempty"`
	Version  string    `json:"version,omitempty"`
	Recorded time.Time `json:"recorded"`
	Dropped  int       `json:"dropped,omitempty"`
}

// entry is each other line: one of the two.
type entry struct {
	Call     *Call     `json:"call,omitempty"`
	Exchange *Exchange `json:"exchange,omitempty"`
}

// Write writes the recording as a file.
func (r *Recording) Write(w io.Writer) error {
	packed := gzip.NewWriter(w)
	encoder := json.NewEncoder(packed)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(header{format, r.Plugin, r.Version, r.Recorded, r.Dropped}); err != nil {
		return fmt.Errorf("write recording: %w", err)
	}
	for i := range r.Calls {
		if err := encoder.Encode(entry{Call: &r.Calls[i]}); err != nil {
			return fmt.Errorf("write call: %w", err)
		}
	}
	for i := range r.Exchanges {
		if err := encoder.Encode(entry{Exchange: &r.Exchanges[i]}); err != nil {
			return fmt.Errorf("write exchange: %w", err)
		}
	}
	if err := packed.Close(); err != nil {
		return fmt.Errorf("write recording: %w", err)
	}
	return nil
}

// Read reads a file to its end. The error wraps ErrFormat, ErrNewer or
// ErrTooLarge unless it is one of reading.
func Read(r io.Reader) (*Recording, error) {
	unpacked, err := gzip.NewReader(r)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrFormat, err)
	}
	limited := &io.LimitedReader{R: unpacked, N: maxUnpacked + 1}
	lines := bufio.NewScanner(limited)
	lines.Buffer(nil, maxLine)
	recording, err := readHeader(lines)
	if err != nil {
		return nil, err
	}
	for lines.Scan() {
		if err := recording.add(lines.Bytes()); err != nil {
			return nil, err
		}
	}
	if limited.N <= 0 {
		return nil, ErrTooLarge
	}
	if err := scanError(lines.Err()); err != nil {
		return nil, err
	}
	return recording, nil
}

func readHeader(lines *bufio.Scanner) (*Recording, error) {
	if !lines.Scan() {
		if err := scanError(lines.Err()); err != nil {
			return nil, err
		}
		return nil, fmt.Errorf("%w: it is empty", ErrFormat)
	}
	var h header
	if err := json.Unmarshal(lines.Bytes(), &h); err != nil || h.Format < 1 {
		return nil, fmt.Errorf("%w: the first line is no header", ErrFormat)
	}
	if h.Format > format {
		return nil, fmt.Errorf("%w: format %d", ErrNewer, h.Format)
	}
	return &Recording{Plugin: h.Plugin, Version: h.Version, Recorded: h.Recorded, Dropped: h.Dropped}, nil
}

// scanError says in our words what ended the lines.
func scanError(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, bufio.ErrTooLong):
		return ErrTooLarge
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, gzip.ErrChecksum), errors.Is(err, gzip.ErrHeader):
		return fmt.Errorf("%w: it is damaged: %w", ErrFormat, err)
	}
	return fmt.Errorf("read recording: %w", err)
}

// add adds what a line says.
func (r *Recording) add(line []byte) error {
	decoder := json.NewDecoder(bytes.NewReader(line))
	decoder.DisallowUnknownFields()
	var e entry
	if err := decoder.Decode(&e); err != nil || (e.Call == nil) == (e.Exchange == nil) {
		return fmt.Errorf("%w: line %d is neither a call nor an exchange", ErrFormat, len(r.Calls)+len(r.Exchanges)+2)
	}
	switch {
	case len(r.Calls)+len(r.Exchanges) >= MaxEntries:
		return ErrTooLarge
	case e.Call != nil:
		r.Calls = append(r.Calls, *e.Call)
	case len(e.Exchange.Answered.Body) > MaxBodyBytes || len(e.Exchange.Asked.Body) > MaxBodyBytes:
		return ErrTooLarge
	default:
		r.Exchanges = append(r.Exchanges, *e.Exchange)
	}
	return nil
}
