package plugintest

import (
	"bytes"
	"io"
	"testing"
)

// recorded is a test whose output can be looked at.
type recorded struct {
	testing.TB
	log bytes.Buffer
}

func (r *recorded) Output() io.Writer { return &r.log }

func TestOutputEndsWithTheTest(t *testing.T) {
	r := &recorded{}
	var late *output
	t.Run("test", func(t *testing.T) {
		r.TB = t
		late = newOutput(r)
		if _, err := io.WriteString(late, "in time"); err != nil {
			t.Errorf("write: %v", err)
		}
	})
	if n, err := io.WriteString(late, "too late"); n != len("too late") || err != nil {
		t.Errorf("late write: got %d, %v", n, err)
	}
	if got := r.log.String(); got != "in time" {
		t.Errorf("output: got %q", got)
	}
}
