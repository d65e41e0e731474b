package main

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// asProgram has the test binary be the program itself.
const asProgram = "PULSE_TEST_PROGRAM"

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		main()
	}
	os.Exit(m.Run())
}

func TestHubAndCommandsShareOneProgram(t *testing.T) {
	for _, tt := range []struct {
		line, want string
		code       int
	}{
		{"version", "pulse dev\n", 0},
		{"--version", "pulse dev\n", 0},
		{"--help", "--data-dir", 0},
		{"help", "plugin ", 0},
		{"plugin keygen", "keygen FILE", exitUsage},
		{"plugin verify none.pulseplugin", "no such file", exitFailed},
		{"--port many", "flag --port", exitUsage},
		{"--prot 1", "prot", exitUsage},
		{"serve", `"serve" is not a command`, exitUsage},
	} {
		command := exec.CommandContext(t.Context(), os.Args[0], strings.Fields(tt.line)...)
		command.Env = append(os.Environ(), asProgram+"=1")
		command.Dir = t.TempDir()
		var said bytes.Buffer
		command.Stdout, command.Stderr = &said, &said
		err := command.Run()
		code := 0
		if exit, ok := errors.AsType[*exec.ExitError](err); ok {
			code = exit.ExitCode()
		} else if err != nil {
			t.Fatal(err)
		}
		if code != tt.code || !strings.Contains(said.String(), tt.want) {
			t.Errorf("pulse %s: exit code %d and\n%s\nwant %d and %q", tt.line, code, said.String(), tt.code, tt.want)
		}
	}
}
