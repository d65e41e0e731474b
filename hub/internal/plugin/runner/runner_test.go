package runner

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestEachLine(t *testing.T) {
	long := strings.Repeat("x", MaxLine)
	tests := []struct {
		name, in string
		want     []string
	}{
		{"lines", "a\nb\r\n\nc", []string{"a", "b", "c"}},
		{"too long", long + long + "y\nz\n", []string{long, long, "y", "z"}},
		{"nothing", "", nil},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var got []string
			eachLine(strings.NewReader(test.in), func(line []byte) { got = append(got, string(line)) })
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("lines (-want +got):\n%s", diff)
			}
		})
	}
}

func TestFirstLine(t *testing.T) {
	f := newFirstLine()
	if !f.offer([]byte("one")) || f.offer([]byte("two")) {
		t.Error("not exactly the first line was taken")
	}
	got, err := io.ReadAll(f)
	if err != nil || string(got) != "one\n" || f.text() != "one" {
		t.Errorf("read %q and error %v", got, err)
	}

	none := newFirstLine()
	none.close()
	if got, err := io.ReadAll(none); err != nil || len(got) != 0 || none.offer([]byte("late")) {
		t.Errorf("without a line: read %q and error %v", got, err)
	}
}

func TestProcessThatWasNeverStarted(t *testing.T) {
	p := New(running(t), Command{Path: "/nowhere"}, nil)
	if err := p.Kill(t.Context()); err != nil || p.ID() != "" {
		t.Errorf("kill: %v, id %q", err, p.ID())
	}
	if err := p.Start(t.Context()); err == nil {
		t.Error("an executable that is not there was started")
	}
}

// running returns a starter that starts processes until the test ends.
func running(t *testing.T) *Starter {
	t.Helper()
	starter := NewStarter()
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- starter.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		<-ended
	})
	return starter
}

func TestStarterThatHasStopped(t *testing.T) {
	starter := NewStarter()
	ended := make(chan error, 1)
	stopped, cancel := context.WithCancel(t.Context())
	go func() { ended <- starter.Run(stopped) }()
	cancel()
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
	if err := starter.start(t.Context(), nil); !errors.Is(err, ErrStopped) {
		t.Errorf("got %v, want %v", err, ErrStopped)
	}
}

// TestSwappedPathIsNotRun changes what the path names after it was verified.
func TestSwappedPathIsNotRun(t *testing.T) {
	path := filepath.Join(t.TempDir(), "plugin")
	if err := os.WriteFile(path, []byte("good"), 0o700); err != nil {
		t.Fatal(err)
	}
	const goodSum = "770e607624d689265ca6c44884d0807d9b054d23c473c106c72be9de08b7376c"
	file, err := OpenVerified(path, goodSum)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if err := os.Rename(path, path+".old"); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte("evil"), 0o700); err != nil {
		t.Fatal(err)
	}
	if _, err := file.Seek(0, io.SeekStart); err != nil {
		t.Fatal(err)
	}
	if content, err := io.ReadAll(file); err != nil || string(content) != "good" {
		t.Errorf("what would be run is %q, error %v", content, err)
	}
	for name, expected := range map[string]string{"another file": goodSum, "no hash": "abc"} {
		if _, err := OpenVerified(path, expected); err == nil {
			t.Errorf("%s was taken for verified", name)
		}
	}
}

func TestEnvironment(t *testing.T) {
	host := map[string]string{"TZ": "UTC", "PULSE_SECRET": "x", "SSL_CERT_FILE": "/ca.pem", "PATH": "/bin"}
	got := Environment("/data", func(name string) (string, bool) { value, ok := host[name]; return value, ok })
	want := []string{"PATH=", "HOME=/data", "TMPDIR=/data", "TZ=UTC", "SSL_CERT_FILE=/ca.pem"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("environment (-want +got):\n%s", diff)
	}
}

func TestExitInWords(t *testing.T) {
	for want, exit := range map[string]Exit{
		"exit code 2": {Code: 2, At: time.Now()}, "signal killed": {Code: -1, Signal: "killed"},
	} {
		if got := exit.String(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}
