package route

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

func streaming(t *testing.T, write func(s *Stream) error) http.Handler {
	t.Helper()
	return handler(t, Options{Routes: []Route{{
		Path: "/api/stream", Access: Public(), Methods: []string{"GET", "HEAD"}, Handle: func(c *Call) (any, error) {
			s := c.Stream("application/json")
			if c.Request.Method == http.MethodHead {
				return Taken{}, s.Begin()
			}
			if err := write(s); err != nil {
				if s.Begun() {
					panic(http.ErrAbortHandler)
				}
				return nil, err
			}
			return Taken{}, s.Close()
		},
	}}})
}

func TestStreamsAreCompressed(t *testing.T) {
	const parts = 5000
	want := ""
	for i := range parts {
		want += fmt.Sprintf(`{"at":%d,"value":0.25},`, i)
	}
	h := streaming(t, func(s *Stream) error {
		for i := range parts {
			if _, err := fmt.Fprintf(s, `{"at":%d,"value":0.25},`, i); err != nil {
				return err
			}
		}
		return nil
	})
	unpack := map[string]func(io.Reader) (io.Reader, error){
		"":     func(r io.Reader) (io.Reader, error) { return r, nil },
		"gzip": func(r io.Reader) (io.Reader, error) { return gzip.NewReader(r) },
		"zstd": func(r io.Reader) (io.Reader, error) { return zstd.NewReader(r) },
	}
	for accepted, encoding := range map[string]string{"": "", "gzip": "gzip", "gzip, zstd": "zstd", "br": ""} {
		w := call(h, "GET", "/api/stream", "Accept-Encoding", accepted)
		if got := w.Header().Get("Content-Encoding"); w.Code != 200 || got != encoding || w.Header().Get("Vary") != "Accept-Encoding" ||
			w.Header().Get("Content-Type") != "application/json" {
			t.Errorf("accepting %q gave %d with %v", accepted, w.Code, w.Header())
			continue
		}
		if size := w.Body.Len(); encoding != "" && size > len(want)/3 {
			t.Errorf("%q takes %d bytes of %d", encoding, size, len(want))
		}
		plain, err := unpack[encoding](w.Body)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := io.ReadAll(plain); err != nil || string(got) != want {
			t.Errorf("body in %q is another one: %v", encoding, err)
		}
		if w := call(h, "HEAD", "/api/stream", "Accept-Encoding", accepted); w.Code != 200 || w.Body.Len() > 0 || w.Header().Get("Content-Encoding") != encoding {
			t.Errorf("HEAD accepting %q gave %d, %d bytes and %v", accepted, w.Code, w.Body.Len(), w.Header())
		}
	}
}

func TestStreamThatFailsBeforeItBeginsIsAnError(t *testing.T) {
	h := streaming(t, func(*Stream) error { return errors.New("no") })
	w := call(h, "GET", "/api/stream", "Accept-Encoding", "gzip")
	if w.Code != http.StatusInternalServerError || w.Header().Get("Content-Encoding") != "" || !strings.Contains(w.Body.String(), "error") {
		t.Errorf("got %d %v %s", w.Code, w.Header(), w.Body)
	}
}

func TestStreamThatBreaksOffIsNotWhole(t *testing.T) {
	h := streaming(t, func(s *Stream) error {
		if _, err := io.WriteString(s, strings.Repeat("some ", 100_000)); err != nil {
			return err
		}
		return errors.New("no more")
	})
	defer func() {
		if got := recover(); got != http.ErrAbortHandler { //nolint:errorlint // net/http compares it as well
			t.Errorf("recovered %v, want %v", got, http.ErrAbortHandler)
		}
	}()
	call(h, "GET", "/api/stream", "Accept-Encoding", "gzip")
}
