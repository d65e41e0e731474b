package watch

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// allowance is a reader that gives no more than it is allowed to until it is allowed again.
type allowance struct {
	from io.Reader
	left int64
}

// Read reads within the allowance.
func (a *allowance) Read(buffer []byte) (int, error) {
	if a.left <= 0 {
		return 0, ErrOversized
	}
	n, err := a.from.Read(buffer[:min(int64(len(buffer)), a.left)])
	a.left -= int64(n)
	return n, err
}

// stream decodes values one at a time, each in bounds.
type stream struct {
	allowance allowance
	decoder   *json.Decoder
}

func newStream(from io.Reader) *stream {
	s := &stream{allowance: allowance{from: from, left: MaxObject}}
	s.decoder = json.NewDecoder(&s.allowance)
	return s
}

// next decodes the next value. ok is false for one that is JSON but does not fit the type, after which others follow.
func (s *stream) next(value any) (ok bool, err error) {
	s.allowance.left = MaxObject
	before := s.decoder.InputOffset()
	err = s.decoder.Decode(value)
	if err == nil {
		return true, nil
	}
	// Whatever the value itself made of it (a wrong type, a time that is none), it was read to its end, and the decoder
	// stands behind it.
	var syntax *json.SyntaxError
	if errors.As(err, &syntax) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || s.decoder.InputOffset() == before {
		return false, err
	}
	return false, nil
}

// page is what a list says besides its objects.
type page struct {
	ResourceVersion string `json:"resourceVersion"`
	Continue        string `json:"continue"`
	skipped         int    // objects that could not be read
}

// take decodes the next value of a stream as an object of some type and hands it over; see [stream.next].
type take func(s *stream) (ok bool, err error)

// taking returns the take for objects of one type.
func taking[T any](hand func(*T)) take {
	return func(s *stream) (bool, error) {
		value := new(T)
		ok, err := s.next(value)
		if ok {
			hand(value)
		}
		return ok, err
	}
}

// decodePage reads one page of a list and hands over each object.
func decodePage(body io.Reader, take take) (page, error) {
	var result page
	s := newStream(body)
	if err := s.open('{'); err != nil {
		return result, err
	}
	for s.decoder.More() {
		s.allowance.left = MaxObject
		name, err := s.decoder.Token()
		if err != nil {
			return result, fmt.Errorf("read list: %w", err)
		}
		switch name {
		case "metadata":
			_, err = s.next(&result)
		case "items":
			result.skipped, err = decodeItems(s, take)
		default:
			var other json.RawMessage
			_, err = s.next(&other)
		}
		if err != nil {
			return result, fmt.Errorf("read list: %w", err)
		}
	}
	if _, err := s.decoder.Token(); err != nil { // the end: a list that was cut is none
		return result, fmt.Errorf("read list: %w", err)
	}
	return result, nil
}

// open reads the beginning of an object or array.
func (s *stream) open(want json.Delim) error {
	got, err := s.decoder.Token()
	if err != nil {
		return fmt.Errorf("read list: %w", err)
	}
	if got != want {
		return ErrAnswer
	}
	return nil
}

// decodeItems reads the array of objects, or null, and returns how many could not be read.
func decodeItems(s *stream, take take) (skipped int, err error) {
	open, err := s.decoder.Token()
	if err != nil || open == nil {
		return 0, err
	}
	if open != json.Delim('[') {
		return 0, ErrAnswer
	}
	for s.decoder.More() {
		ok, err := take(s)
		switch {
		case err != nil:
			return skipped, err
		case !ok:
			skipped++
		}
	}
	_, err = s.decoder.Token()
	return skipped, err
}

// event is one event of a watch.
type event struct {
	Type   string          `json:"type"`
	Object json.RawMessage `json:"object"`
}
