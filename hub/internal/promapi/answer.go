package promapi

import (
	"bufio"
	"compress/gzip"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/prometheus/prometheus/util/annotations"
)

// errCut is told beside an answer that does not list everything.
var errCut = errors.New("results truncated due to limit")

// writeTimeout is how long an answer may take to be read: until then it holds memory and a turn.
const writeTimeout = time.Minute

// maxNotes is how many warnings and how many infos an answer has at most.
const maxNotes = 10

// An envelope is the outermost object of every answer.
type envelope struct {
	Status    string   `json:"status"`
	Data      any      `json:"data,omitempty"`
	ErrorType string   `json:"errorType,omitempty"`
	Error     string   `json:"error,omitempty"`
	Warnings  []string `json:"warnings,omitempty"`
	Infos     []string `json:"infos,omitempty"`
}

// An answer is what a request is answered with: data that writes itself, so that a large result is never there twice.
type answer struct {
	query string // for positions in notes
	notes annotations.Annotations
	write func(w *bufio.Writer) error
}

// inJSON is an answer of plain data. Nothing in it may be nil that is a list or an object to clients.
func inJSON(data any, notes annotations.Annotations) *answer {
	return &answer{notes: notes, write: func(w *bufio.Writer) error { return json.NewEncoder(w).Encode(data) }}
}

// send writes the answer, compressed when the client takes it.
func (a *answer) send(w http.ResponseWriter, r *http.Request) {
	// A writer without deadlines is one of a test.
	_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(writeTimeout))
	header := w.Header()
	header.Set("Content-Type", "application/json")
	header.Set("Cache-Control", "no-store")
	header.Add("Vary", "Accept-Encoding")
	if !takesGzip(r) {
		_ = a.writeTo(w) // the caller has gone: nobody is left to tell
		return
	}
	header.Set("Content-Encoding", "gzip")
	packed, _ := gzip.NewWriterLevel(w, gzip.BestSpeed) // fails for unknown levels only
	// As above.
	_ = errors.Join(a.writeTo(packed), packed.Close())
}

func takesGzip(r *http.Request) bool {
	for encoding := range strings.SplitSeq(r.Header.Get("Accept-Encoding"), ",") {
		name, weight, _ := strings.Cut(strings.TrimSpace(encoding), ";")
		if name == "gzip" && strings.ReplaceAll(weight, " ", "") != "q=0" {
			return true
		}
	}
	return false
}

func (a *answer) writeTo(out io.Writer) error {
	w := bufio.NewWriterSize(out, 32<<10)
	_, _ = w.WriteString(`{"status":"success","data":`) // a bufio.Writer keeps its error for Flush
	if err := a.write(w); err != nil {
		return err
	}
	warnings, infos := a.notes.AsStrings(a.query, maxNotes, maxNotes)
	for _, list := range []struct {
		name  string
		notes []string
	}{{"warnings", warnings}, {"infos", infos}} {
		if len(list.notes) == 0 {
			continue
		}
		encoded, err := json.Marshal(list.notes)
		if err != nil {
			return err
		}
		_, _ = w.WriteString(`,"` + list.name + `":`)
		_, _ = w.Write(encoded)
	}
	_ = w.WriteByte('}')
	return w.Flush()
}
