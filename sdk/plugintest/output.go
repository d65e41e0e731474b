package plugintest

import (
	"io"
	"sync"
	"testing"
)

// output is where a plugin logs to for as long as its test runs. go-plugin's
// goroutines that wait for standard output do not end with the server; what
// they have to say later is dropped, because a test that is over must not be
// written to. It is safe for concurrent use.
type output struct {
	mu sync.Mutex
	w  io.Writer // nil when closed
}

// newOutput returns the output of the test. Cleanups that log must be
// registered after it.
func newOutput(t testing.TB) *output {
	o := &output{w: t.Output()}
	t.Cleanup(o.close)
	return o
}

// Write passes data on to the test, or drops it once the test is over.
func (o *output) Write(data []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.w == nil {
		return len(data), nil
	}
	return o.w.Write(data)
}

func (o *output) close() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.w = nil
}
