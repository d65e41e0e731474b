package audit

import (
	"bufio"
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/pulse-hub/pulse/hub/internal/store"
)

// Formats of exports.
const (
	// NDJSON is a line about the export and one for each event, as docs/format/audit.md says. It can be verified.
	NDJSON = "ndjson"
	// CSV is a table for people.
	CSV = "csv"
)

// exportFormat names the format of NDJSON exports in their first line.
const exportFormat = "pulse-audit/1"

// preamble is the first line of an NDJSON export.
type preamble struct {
	Format string `json:"format"`
	// Filtered says that the events are a selection.
	Filtered bool `json:"filtered"`
	// Anchor is the last event before those that are kept, Head the newest one.
	Anchor mark `json:"anchor"`
	Head   mark `json:"head"`
}

// table is what an export is written with.
type table interface {
	begin(p preamble) error
	event(text []byte, event *Event) error
	end() error
}

// Export writes the events that pass the filter, the oldest first, in a format: NDJSON or CSV. It holds one block of
// events in memory. Whoever writes slowly does not keep the store from going on; events that are trimmed meanwhile
// end the export with ErrTrimmed.
func (l *Log) Export(ctx context.Context, to io.Writer, filter Filter, format string) error {
	buffered := bufio.NewWriter(to)
	out, err := newTable(buffered, format)
	if err != nil {
		return err
	}
	c, err := l.chain(ctx)
	if err != nil {
		return fmt.Errorf("read events: %w", err)
	}
	p := preamble{Format: exportFormat, Filtered: !filter.everything(), Anchor: c.anchor, Head: c.head}
	if err := out.begin(p); err != nil {
		return fmt.Errorf("write export: %w", err)
	}
	if err := l.exportEvents(ctx, c, newMatcher(filter), out); err != nil {
		return err
	}
	if err := out.end(); err != nil {
		return fmt.Errorf("write export: %w", err)
	}
	return buffered.Flush()
}

func newTable(to io.Writer, format string) (table, error) {
	switch format {
	case NDJSON:
		return &lines{to}, nil
	case CSV:
		return &cells{csv.NewWriter(to)}, nil
	}
	return nil, fmt.Errorf("%w: %.20q", ErrFormat, format)
}

func (l *Log) exportEvents(ctx context.Context, c chain, m *matcher, out table) error {
	for at := c.anchor.Seq + 1; at <= c.head.Seq; at = (at/blockEvents + 1) * blockEvents {
		var events []numbered
		var now chain
		err := l.options.Records.View(ctx, func(r store.Reader) (err error) {
			if now, err = readChain(ctx, r); err != nil {
				return err
			}
			events, err = block(ctx, r, at)
			return err
		})
		if err != nil {
			return fmt.Errorf("read events: %w", err)
		}
		if now.anchor.Seq >= at {
			return ErrTrimmed
		}
		if len(events) == 0 {
			return fmt.Errorf("%w: event %d is missing", ErrDamaged, at)
		}
		if err := exportBlock(events, c, m, out); err != nil {
			return fmt.Errorf("write export: %w", err)
		}
	}
	return nil
}

func exportBlock(events []numbered, c chain, m *matcher, out table) error {
	for _, one := range events {
		if one.seq <= c.anchor.Seq || one.seq > c.head.Seq {
			continue
		}
		event, wanted := m.match(one.text)
		// What is not readable belongs into a whole log, for whoever verifies it.
		if !wanted && !m.filter.everything() {
			continue
		}
		if err := out.event(one.text, &event); err != nil {
			return err
		}
	}
	return nil
}

// lines writes NDJSON.
type lines struct{ to io.Writer }

func (l *lines) begin(p preamble) error {
	text, err := json.Marshal(p)
	if err != nil { // texts and numbers always encode
		panic(err)
	}
	return l.event(text, nil)
}

func (l *lines) event(text []byte, _ *Event) error {
	if _, err := l.to.Write(text); err != nil {
		return err
	}
	_, err := l.to.Write([]byte("\n"))
	return err
}

func (l *lines) end() error { return nil }

// cells writes CSV.
type cells struct{ to *csv.Writer }

func (c *cells) begin(preamble) error {
	return c.to.Write([]string{
		"seq", "at", "actor", "via", "credential", "from", "kind", "subject", "what", "outcome", "detail", "before", "after",
		"request", "prev", "hash",
	})
}

func (c *cells) event(_ []byte, event *Event) error {
	row := []string{
		strconv.FormatUint(event.Seq, 10), event.At.Format(time.RFC3339Nano), event.Actor, event.Via, event.Credential, event.From,
		event.Kind, event.Subject, event.What, event.Outcome, event.Detail, string(event.Before), string(event.After),
		event.Request, event.Prev, event.Hash,
	}
	for i, cell := range row {
		row[i] = plain(cell)
	}
	return c.to.Write(row)
}

func (c *cells) end() error {
	c.to.Flush()
	return c.to.Error()
}

// plain keeps spreadsheets from taking a cell for a formula: https://owasp.org/www-community/attacks/CSV_Injection
func plain(cell string) string {
	if cell != "" && strings.ContainsRune("=+-@\t\r", rune(cell[0])) {
		return "'" + cell
	}
	return cell
}
