package journal

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/hashicorp/go-hclog"
)

// Output writes what one process prints into the journal. Each process has one
// of its own, as the lines of a stack trace belong together. Stdout and Stderr
// may be called at the same time, each by one goroutine.
type Output struct {
	journal *Journal
	inPanic bool
}

// Output returns a writer for a new process.
func (j *Journal) Output() *Output { return &Output{journal: j} }

// Stdout takes a line that the plugin should not have printed: standard output
// belongs to the handshake.
func (o *Output) Stdout(line []byte) {
	o.journal.add(Line{Level: hclog.Info, Stream: Stdout, Text: text(line)})
}

// Stderr takes a line of the plugin's log: hclog's JSON, or any text. From
// "panic:" on text is taken for a stack trace, at level error.
func (o *Output) Stderr(line []byte) {
	if entry, ok := decode(line); ok {
		o.inPanic = false
		o.journal.add(entry)
		return
	}
	if bytes.HasPrefix(line, []byte("panic: ")) || bytes.HasPrefix(line, []byte("fatal error: ")) {
		o.inPanic = true
	}
	level := hclog.Info
	if o.inPanic {
		level = hclog.Error
	}
	o.journal.add(Line{Level: level, Stream: Stderr, Text: text(line)})
}

// text makes a line printable: invalid UTF-8 and control characters, which
// could forge lines or colour a terminal, become spaces.
func text(line []byte) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' && r != '\t' || r == 0x7f {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(string(line), " "))
}

// decode reads a line as hclog writes it with JSONFormat: an object with
// "@level", "@message", "@module" and "@timestamp", and the fields beside them.
func decode(line []byte) (Line, bool) {
	if len(line) == 0 || line[0] != '{' {
		return Line{}, false
	}
	var members map[string]any
	if err := json.Unmarshal(line, &members); err != nil {
		return Line{}, false
	}
	message, ok := members["@message"].(string)
	if !ok {
		return Line{}, false
	}
	levelName, _ := members["@level"].(string)
	level := hclog.LevelFromString(levelName)
	if level == hclog.NoLevel || level == hclog.Off {
		level = hclog.Info
	}

	var fields []string
	for key, value := range members {
		if !strings.HasPrefix(key, "@") {
			fields = append(fields, fmt.Sprintf("%s=%v", key, value))
		}
	}
	slices.Sort(fields)
	full := strings.Join(append([]string{message}, fields...), " ")
	return Line{Level: level, Stream: Stderr, Text: text([]byte(full))}, true
}
