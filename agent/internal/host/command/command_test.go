//go:build unix

package command_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pulse-hub/pulse/agent/internal/host/command"
)

// script writes a shell script of that name and returns a runner that finds it, and only it and the shell's tools.
func script(t *testing.T, name, body string, timeout time.Duration) *command.Runner {
	t.Helper()
	folder := t.TempDir()
	if err := os.WriteFile(filepath.Join(folder, name), []byte("#!/bin/sh\n"+body), 0o755); err != nil {
		t.Fatal(err)
	}
	return command.New(command.Options{Path: []string{folder, "/usr/bin", "/bin"}, Timeout: timeout})
}

func TestRun(t *testing.T) {
	tests := []struct {
		name, body string
		want       command.Result
	}{
		{"output", `echo "got $1 $2"`, command.Result{Stdout: []byte("got a b c\n")}},
		{"exit code", "echo part; echo 'no such device' >&2; echo more >&2; exit 3", command.Result{Stdout: []byte("part\n"), ExitCode: 3, Message: "no such device"}},
		{"plain environment", `echo "$LC_ALL $TZ $PULSE_TOKEN."`, command.Result{Stdout: []byte("C UTC .\n")}},
		{"no input", "cat", command.Result{}},
	}
	t.Setenv("PULSE_TOKEN", "secret")
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, err := script(t, "tool", test.body, time.Minute).Run(t.Context(), "tool", "a b", "c")
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, got, cmp.Comparer(func(a, b []byte) bool { return string(a) == string(b) })); diff != "" {
				t.Errorf("result (-want +got):\n%s", diff)
			}
		})
	}
}

func TestMissingProgram(t *testing.T) {
	runner := script(t, "tool", "", time.Minute)
	if _, err := runner.Run(t.Context(), "tool-that-is-not"); !errors.Is(err, command.ErrNotInstalled) {
		t.Errorf("Run = %v, want ErrNotInstalled", err)
	}
	if !runner.Installed("tool") || runner.Installed("tool-that-is-not") {
		t.Error("Installed does not agree with the folder")
	}
}

func TestHungProgramIsKilledWithItsChildren(t *testing.T) {
	file := filepath.Join(t.TempDir(), "child")
	runner := script(t, "tool", "sleep 600 & echo $! >"+file+"; sleep 600", 300*time.Millisecond)
	began := time.Now()
	_, err := runner.Run(t.Context(), "tool")
	if !errors.Is(err, command.ErrTimeout) {
		t.Errorf("Run = %v, want ErrTimeout", err)
	}
	if took := time.Since(began); took > 20*time.Second {
		t.Errorf("a hung program cost %s", took)
	}
	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	child, err := strconv.Atoi(strings.TrimSpace(string(raw)))
	if err != nil {
		t.Fatal(err)
	}
	waitUntil(t, func() bool { return gone(child) })
}

func TestLimitOfOneRun(t *testing.T) {
	run := command.Run(script(t, "tool", "exec sleep 600", time.Minute).Run)
	if _, err := run.Within(100*time.Millisecond)(t.Context(), "tool"); !errors.Is(err, command.ErrTimeout) {
		t.Errorf("Run = %v, want ErrTimeout", err)
	}
}

// gone reports whether the process has ended; one that nobody has waited for yet has.
func gone(pid int) bool {
	if errors.Is(syscall.Kill(pid, 0), syscall.ESRCH) {
		return true
	}
	raw, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	return err == nil && strings.Contains(string(raw), ") Z ")
}

// waitUntil polls, as another process is waited for.
func waitUntil(t *testing.T, done func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for !done() {
		select {
		case <-ctx.Done():
			t.Fatal("condition did not come true")
		case <-tick.C:
		}
	}
}

func TestChattyProgramIsKilled(t *testing.T) {
	runner := script(t, "tool", "while :; do echo 0123456789012345678901234567890123456789012345678901234567890123456789; done", time.Minute)
	if _, err := runner.Run(t.Context(), "tool"); !errors.Is(err, command.ErrOutput) {
		t.Errorf("Run = %v, want ErrOutput", err)
	}
}

func TestSameRunDoesNotOverlap(t *testing.T) {
	marker := filepath.Join(t.TempDir(), "started")
	runner := script(t, "tool", "touch "+marker+".$1; [ $1 = fast ] || sleep 600", time.Minute)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() {
		_, err := runner.Run(ctx, "tool", "slow")
		ended <- err
	}()
	waitUntil(t, func() bool { _, err := os.Stat(marker + ".slow"); return err == nil })
	if _, err := runner.Run(t.Context(), "tool", "slow"); !errors.Is(err, command.ErrStillRunning) {
		t.Errorf("second run = %v, want ErrStillRunning", err)
	}
	if _, err := runner.Run(t.Context(), "tool", "fast"); err != nil {
		t.Errorf("run with other arguments = %v", err)
	}
	cancel()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled run = %v, want context.Canceled", err)
	}
}
