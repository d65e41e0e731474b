package journal_test

import (
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/go-hclog"

	"github.com/pulse-hub/pulse/hub/internal/plugin/journal"
)

// clock is a clock that a test sets.
type clock struct{ now time.Time }

func newJournal() (*journal.Journal, *clock) {
	c := &clock{now: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)}
	return journal.New(journal.Options{Logger: hclog.NewNullLogger(), Now: func() time.Time { return c.now }}), c
}

func TestLines(t *testing.T) {
	tests := []struct {
		name string
		in   []string
		want []string // level and text
	}{
		{"hclog", []string{`{"@level":"warn","@message":"slow answer","@module":"x","@timestamp":"2026-01-01T00:00:00Z","node":"pve1","duration":3}`},
			[]string{"warn slow answer duration=3 node=pve1"}},
		{"plain text", []string{"hello"}, []string{"info hello"}},
		{"other JSON", []string{`{"message":"hello"}`}, []string{`info {"message":"hello"}`}},
		{"level unknown", []string{`{"@level":"loud","@message":"hello"}`}, []string{"info hello"}},
		{"stack trace", []string{"panic: oops", "goroutine 1 [running]:", `{"@level":"info","@message":"later"}`, "after"},
			[]string{"error panic: oops", "error goroutine 1 [running]:", "info later", "info after"}},
		{"control characters", []string{"a\x1b[31mb\xff", `{"@level":"info","@message":"a\nb"}`}, []string{"info a [31mb ", "info a b"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			j, _ := newJournal()
			output := j.Output()
			for _, line := range test.in {
				output.Stderr([]byte(line))
			}
			var got []string
			for _, line := range j.Tail(100) {
				got = append(got, line.Level.String()+" "+line.Text)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("lines (-want +got):\n%s", diff)
			}
		})
	}
}

func TestKeepsTheLastLines(t *testing.T) {
	j, clock := newJournal()
	output := j.Output()
	for i := range journal.MaxLines + 10 {
		clock.now = clock.now.Add(time.Second)
		output.Stdout(fmt.Append(nil, "line ", i))
	}
	lines := j.Tail(journal.MaxLines + 100)
	if len(lines) != journal.MaxLines || lines[0].Text != "line 10" || lines[len(lines)-1].Text != fmt.Sprint("line ", journal.MaxLines+9) {
		t.Errorf("%d lines from %q to %q", len(lines), lines[0].Text, lines[len(lines)-1].Text)
	}
	if last := j.Tail(1); len(last) != 1 || last[0] != lines[len(lines)-1] {
		t.Errorf("the last line is %v", last)
	}
}

func TestKeepsABoundedNumberOfBytes(t *testing.T) {
	j, clock := newJournal()
	output := j.Output()
	for range 400 {
		clock.now = clock.now.Add(time.Second)
		output.Stdout([]byte(strings.Repeat("x", 8<<10)))
	}
	total := 0
	for _, line := range j.Tail(journal.MaxLines) {
		total += len(line.Text)
	}
	if total > journal.MaxBytes || total < journal.MaxBytes-8<<10 {
		t.Errorf("%d bytes are kept, want nearly %d", total, journal.MaxBytes)
	}
}

func TestFloodIsCountedAndDropped(t *testing.T) {
	j, clock := newJournal()
	output := j.Output()
	for range journal.Burst + 50 {
		output.Stdout([]byte("flood"))
	}
	if got := len(j.Tail(journal.MaxLines)); got != journal.Burst {
		t.Errorf("%d lines are kept, want %d", got, journal.Burst)
	}
	clock.now = clock.now.Add(time.Second)
	output.Stdout([]byte("calm"))
	last := j.Tail(2)
	if last[0].Text != "50 lines dropped, too many at once" || last[1].Text != "calm" {
		t.Errorf("the last lines are %q and %q", last[0].Text, last[1].Text)
	}
}

func TestMask(t *testing.T) {
	j, _ := newJournal()
	j.Mask("a", []string{"hunter22", "ab"})
	j.Mask("b", []string{"correct\"horse"})
	output := j.Output()
	output.Stderr([]byte(`{"@level":"info","@message":"login","password":"correct\"horse"}`))
	output.Stdout([]byte("with hunter22 and ab"))
	j.Mask("a", nil)
	output.Stdout([]byte("with hunter22"))
	var got []string
	for _, line := range j.Tail(3) {
		got = append(got, line.Text)
	}
	want := []string{"login password=***", "with *** and ab", "with hunter22"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("lines (-want +got):\n%s", diff)
	}
}

func TestWriterCutsLines(t *testing.T) {
	long := strings.Repeat("y", 8<<10)
	tests := []struct {
		name   string
		writes []string
		want   []string
	}{
		{"two lines in one", []string{"a\nb\n"}, []string{"a", "b"}},
		{"a line in two", []string{"a", "b\n"}, []string{"ab"}},
		{"no end", []string{"a"}, nil},
		{"empty lines", []string{"\n\r\na\r\n"}, []string{"a"}},
		{"too long", []string{long + "z\n"}, []string{long, "z"}},
		{"exactly as long", []string{long + "\nz\n"}, []string{long, "z"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var got []string
			writer := journal.Writer{Emit: func(line []byte) { got = append(got, string(line)) }}
			for _, text := range test.writes {
				if n, err := writer.Write([]byte(text)); n != len(text) || err != nil {
					t.Fatalf("write: %d, %v", n, err)
				}
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("lines (-want +got):\n%s", diff)
			}
		})
	}
}

func FuzzStderr(f *testing.F) {
	f.Add([]byte(`{"@level":"info","@message":"hello","a":[1,{"b":null}]}`))
	f.Add([]byte("panic: oops"))
	f.Add([]byte("{\xff"))
	f.Fuzz(func(t *testing.T, line []byte) {
		j, _ := newJournal()
		j.Output().Stderr(line)
		lines := j.Tail(10)
		if len(lines) != 1 {
			t.Fatalf("%q gave %d lines", line, len(lines))
		}
		if text := lines[0].Text; !utf8.ValidString(text) || strings.ContainsAny(text, "\n\r\x1b") {
			t.Fatalf("%q gave %q", line, text)
		}
	})
}
