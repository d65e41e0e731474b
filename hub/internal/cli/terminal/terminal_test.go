package terminal

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strings"
	"testing"
)

func TestOnlyYesIsYes(t *testing.T) {
	for answer, want := range map[string]bool{"y\n": true, "YES\n": true, "\n": false, "n\n": false, "yes please\n": false, "y": true, "": false} {
		term := &Terminal{In: strings.NewReader(answer), Err: &bytes.Buffer{}, Interactive: true}
		if got, err := term.Confirm(t.Context(), "Go on?"); err != nil || got != want {
			t.Errorf("%q: got %v, %v; want %v", answer, got, err, want)
		}
	}
}

func TestNobodyIsAsked(t *testing.T) {
	term := &Terminal{In: strings.NewReader("y\n"), Err: &bytes.Buffer{}}
	if _, err := term.Confirm(t.Context(), "Go on?"); !errors.Is(err, ErrNobody) {
		t.Errorf("confirm: got %v, want ErrNobody", err)
	}
	if _, err := term.Secret(t.Context(), "password"); !errors.Is(err, ErrNobody) {
		t.Errorf("secret: got %v, want ErrNobody", err)
	}
}

func TestTableHasColumnsAndNoControls(t *testing.T) {
	var out bytes.Buffer
	term := &Terminal{Out: &out}
	err := term.Table([]string{"ID", "STATE"}, [][]string{{"acme.tcp", "\x1b[31mred\x07"}, {"a", ""}, {"two\nlines", "\u202eevil"}})
	want := "ID         STATE\nacme.tcp   [31mred\na          -\ntwo lines  evil\n"
	if err != nil || out.String() != want {
		t.Errorf("got %v\n%q\nwant\n%q", err, out.String(), want)
	}
}

func TestEndOfTheContextEndsAQuestion(t *testing.T) {
	reader, writer := io.Pipe()
	defer writer.Close()
	ctx, cancel := context.WithCancelCause(t.Context())
	term := &Terminal{In: reader, Err: &bytes.Buffer{}, Interactive: true}
	stopped := errors.New("stopped")
	cancel(stopped)
	if agreed, err := term.Confirm(ctx, "Go on?"); agreed || !errors.Is(err, stopped) {
		t.Errorf("got %v, %v", agreed, err)
	}
}
