package roadtest

import (
	"bytes"
	"os/exec"
	"regexp"
	"sync"
	"syscall"
	"testing"
	"time"
)

const (
	// startTime is how long a program may take until it is ready, and endTime until it has ended when told to.
	startTime, endTime = 30 * time.Second, 20 * time.Second
	// lookEvery is how often a condition of another process is looked at.
	lookEvery = 50 * time.Millisecond
)

// process is a program that runs. It ends with the test, gracefully if it was not killed before.
type process struct {
	name  string
	log   journal
	cmd   *exec.Cmd
	ended chan struct{}
	err   error // how it ended, once it has
	over  bool  // it was ended on purpose
}

func start(t testing.TB, name string, cmd *exec.Cmd) *process {
	t.Helper()
	p := &process{name: name, cmd: cmd, ended: make(chan struct{})}
	cmd.Stderr = &p.log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		defer close(p.ended)
		p.err = cmd.Wait()
	}()
	t.Cleanup(func() { p.stop(t) })
	return p
}

// kill ends the process with no chance to do anything more.
func (p *process) kill() {
	p.over = true
	_ = p.cmd.Process.Kill() // an error means that it has ended
	<-p.ended
}

// stop ends the process as a service manager does.
func (p *process) stop(t testing.TB) {
	t.Helper()
	if !p.over {
		p.over = true
		_ = p.cmd.Process.Signal(syscall.SIGTERM) // an error means that it has ended
		select {
		case <-p.ended:
			if p.err != nil {
				t.Errorf("%s ended: %v", p.name, p.err)
			}
		case <-time.After(endTime):
			t.Errorf("%s did not end when told to", p.name)
			p.kill()
		}
	}
	if t.Failed() {
		t.Logf("%s wrote:\n%s", p.name, p.log.tail())
	}
}

// journal keeps what a process writes. The zero value is ready.
type journal struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (j *journal) Write(p []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.Write(p)
}

func (j *journal) String() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.String()
}

// tail returns the end, which is enough to see why a test fails.
func (j *journal) tail() string {
	text := j.String()
	return text[max(len(text)-8000, 0):]
}

// find returns what the first group of a pattern stands for, empty if there is nothing yet.
func (j *journal) find(pattern *regexp.Regexp) string {
	if match := pattern.FindStringSubmatch(j.String()); match != nil {
		return match[1]
	}
	return ""
}

// until waits for a condition, which says what is missing yet, or nothing.
func until(t testing.TB, within time.Duration, missing func() string) {
	t.Helper()
	deadline := time.After(within)
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	for {
		lacking := missing()
		if lacking == "" {
			return
		}
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatalf("after %s: %s", within, lacking)
		}
	}
}
