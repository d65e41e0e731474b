package usage

import (
	"errors"
	"os"
	"os/exec"
	"runtime"
	"testing"
)

// argument makes the test binary a process that says a byte and waits for the end of its input.
const argument = "wait-for-end-of-input"

func TestMain(m *testing.M) {
	if len(os.Args) == 2 && os.Args[1] == argument {
		_, _ = os.Stdout.WriteString("\n")
		_, _ = os.Stdin.Read(make([]byte, 1))
		os.Exit(0)
	}
	os.Exit(m.Run())
}

func TestMeasureOfThisProcess(t *testing.T) {
	got, err := NewMeter().Measure(t.Context(), os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	if got.MemoryBytes < 1<<20 || got.MemoryBytes > 8<<30 || got.Threads < 2 || got.CPUSeconds < 0 {
		t.Errorf("got %+v", got)
	}
	if runtime.GOOS == "linux" && (got.FDs < 3 || !got.Exact) {
		t.Errorf("got %+v, want descriptors and exact memory", got)
	}
}

func TestMeasureOfAnEndedProcess(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self, argument)
	if err := cmd.Run(); err != nil {
		t.Fatal(err)
	}
	if got, err := NewMeter().Measure(t.Context(), cmd.Process.Pid); !errors.Is(err, ErrGone) {
		t.Errorf("got %+v, %v; want %v", got, err, ErrGone)
	}
}
