package usage

import (
	"errors"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestGroupCountsTogether starts a leader and a second process in its group.
func TestGroupCountsTogether(t *testing.T) {
	leader := waiting(t, 0)
	alone, err := NewMeter().Measure(t.Context(), leader)
	if err != nil {
		t.Fatal(err)
	}
	waiting(t, leader)
	both, err := NewMeter().Measure(t.Context(), leader)
	if err != nil {
		t.Fatal(err)
	}
	if both.MemoryBytes <= alone.MemoryBytes || both.Threads < alone.Threads+2 || both.FDs < alone.FDs+3 {
		t.Errorf("two: %+v, one: %+v", both, alone)
	}
}

// waiting starts a process in a group, its own if that is 0, which ends with the test.
func waiting(t *testing.T, group int) int {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self, argument)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pgid: group}
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		stdin.Close()
		_ = cmd.Wait()
	})
	if _, err := stdout.Read(make([]byte, 1)); err != nil { // it has become what it should
		t.Fatal(err)
	}
	return cmd.Process.Pid
}

func TestParseStat(t *testing.T) {
	const numbers = " 1 42 42 0 -1 4194560 100 200 0 0 150 50 30 20 20 0 7 0 12345 1000000 2048 18446744073709551615"
	for _, c := range []struct {
		name, text string
		want       stat
		err        error
	}{
		{"ordinary", "42 (plugin) S" + numbers, stat{group: 42, ticks: 250, threads: 7, pages: 2048}, nil},
		{"name with a bracket", "42 (a) S 9 9) S" + numbers, stat{group: 42, ticks: 250, threads: 7, pages: 2048}, nil},
		{"ended", "42 (plugin) Z" + numbers, stat{}, ErrGone},
		{"cut off", "42 (plugin) S 1 42", stat{}, errStat},
		{"no name", "42 plugin S" + numbers, stat{}, errStat},
		{"no number", strings.Replace("42 (plugin) S"+numbers, " 150 ", " x ", 1), stat{}, errStat},
		{"empty", "", stat{}, errStat},
	} {
		got, err := parseStat([]byte(c.text))
		if diff := cmp.Diff(c.want, got, cmp.AllowUnexported(stat{})); diff != "" || !errors.Is(err, c.err) {
			t.Errorf("%s: error %v, want %v (-want +got):\n%s", c.name, err, c.err, diff)
		}
	}
}

func FuzzParseStat(f *testing.F) {
	f.Add("42 (plugin) S 1 42 42 0 -1 4194560 100 200 0 0 150 50 30 20 20 0 7 0 12345 1000000 2048 1")
	f.Fuzz(func(t *testing.T, text string) {
		if got, err := parseStat([]byte(text)); err != nil && got != (stat{}) {
			t.Fatalf("got %+v together with %v", got, err)
		}
	})
}

func TestParsePSS(t *testing.T) {
	for text, want := range map[string]uint64{
		"Rss:  10 kB\nPss:   1234 kB\nPss_Anon: 3 kB\n": 1234 << 10,
		"Rss: 10 kB\n":                 0,
		"Pss: many kB\n":               0,
		"Pss: 5":                       5 << 10,
		"Pss_Anon: 3 kB":               0,
		"Pss: 99999999999999999999 kB": 0,
	} {
		if got, ok := parsePSS([]byte(text)); got != want || ok != (want > 0) {
			t.Errorf("%q: got %d, %v", text, got, ok)
		}
	}
}

func BenchmarkMeasure(b *testing.B) {
	meter := NewMeter()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := meter.Measure(b.Context(), os.Getpid()); err != nil {
			b.Fatal(err)
		}
	}
}
