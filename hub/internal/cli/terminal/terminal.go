// Package terminal is how commands talk with the person who runs them: tables,
// questions and passwords.
package terminal

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"text/tabwriter"

	"golang.org/x/term"
)

// ErrNobody says that a question cannot be asked because nobody is there to answer it.
var ErrNobody = errors.New("there is no terminal to ask at")

// maxAnswer bounds one answer, in bytes.
const maxAnswer = 64 << 10

// Terminal is the streams of a command. It serves one goroutine.
type Terminal struct {
	In  io.Reader
	Out io.Writer
	Err io.Writer
	// Interactive says that a person is there to answer.
	Interactive bool
}

// New returns the terminal of a process's streams.
func New(in *os.File, out, err io.Writer) *Terminal {
	return &Terminal{In: in, Out: out, Err: err, Interactive: term.IsTerminal(int(in.Fd()))}
}

// Confirm asks a question that is answered with yes or no; everything but yes
// is no. It fails with ErrNobody, or with the cause of the context's end.
func (t *Terminal) Confirm(ctx context.Context, question string) (bool, error) {
	if !t.Interactive {
		return false, ErrNobody
	}
	fmt.Fprintf(t.Err, "%s [y/N] ", question)
	line, err := await(ctx, func() (string, error) {
		return bufio.NewReader(io.LimitReader(t.In, maxAnswer)).ReadString('\n')
	})
	if err != nil && !errors.Is(err, io.EOF) {
		return false, fmt.Errorf("read answer: %w", err)
	}
	answer := strings.ToLower(strings.TrimSpace(line))
	return answer == "y" || answer == "yes", nil
}

// Secret asks for something that is not shown while it is typed. It fails with
// ErrNobody, or with the cause of the context's end.
func (t *Terminal) Secret(ctx context.Context, prompt string) (string, error) {
	file, ok := t.In.(*os.File)
	if !ok || !t.Interactive {
		return "", ErrNobody
	}
	shown, err := term.GetState(int(file.Fd()))
	if err != nil {
		return "", fmt.Errorf("%w: %w", ErrNobody, err)
	}
	fmt.Fprintf(t.Err, "%s: ", prompt)
	typed, err := await(ctx, func() (string, error) {
		line, err := term.ReadPassword(int(file.Fd()))
		return string(line), err
	})
	fmt.Fprintln(t.Err)
	if err != nil {
		// When the context has ended, the terminal is still set to hide what is typed.
		return "", errors.Join(fmt.Errorf("read %s: %w", prompt, err), term.Restore(int(file.Fd()), shown))
	}
	return typed, nil
}

// await returns what read returns, or else that the context has ended. A read
// from a terminal cannot be called off: then it ends with the process.
func await(ctx context.Context, read func() (string, error)) (string, error) {
	type answer struct {
		text string
		err  error
	}
	answers := make(chan answer, 1)
	go func() {
		text, err := read()
		answers <- answer{text, err}
	}()
	select {
	case got := <-answers:
		return got.text, got.err
	case <-ctx.Done():
		return "", context.Cause(ctx)
	}
}

// Table writes rows in columns, the first row being the head. Cells are made
// fit for a terminal: control characters are left out, empty ones are shown as a dash.
func (t *Terminal) Table(head []string, rows [][]string) error {
	table := tabwriter.NewWriter(t.Out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, strings.Join(head, "\t"))
	for _, row := range rows {
		cells := make([]string, len(row))
		for i, cell := range row {
			if cells[i] = Clean(cell); cells[i] == "" {
				cells[i] = "-"
			}
		}
		fmt.Fprintln(table, strings.Join(cells, "\t"))
	}
	return table.Flush()
}

// Fields writes names with their values, one a line; those without a value are left out.
func (t *Terminal) Fields(pairs ...[2]string) error {
	table := tabwriter.NewWriter(t.Out, 0, 0, 2, ' ', 0)
	for _, pair := range pairs {
		if value := Clean(pair[1]); value != "" {
			fmt.Fprintf(table, "%s:\t%s\n", pair[0], value)
		}
	}
	return table.Flush()
}

// Clean returns the text without control characters, which could make a
// terminal do what a plugin wants.
func Clean(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t' || r == '\r':
			return ' '
		case r < ' ' || r >= 0x7f && r < 0xa0 || r == '\u2028' || r == '\u2029' || r >= '\u202a' && r <= '\u202e' || r >= '\u2066' && r <= '\u2069':
			return -1
		}
		return r
	}, text)
}
