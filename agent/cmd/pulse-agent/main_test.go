package main

import (
	"context"
	"os"
	"strings"
	"testing"

	"github.com/pulse-hub/pulse/agent/internal/config"
)

func TestExitCodes(t *testing.T) {
	tests := []struct {
		name           string
		args           []string
		token          string
		code           int
		stdout, stderr string
	}{
		{"version", []string{"--version"}, "", 0, "dev\n", ""},
		{"self-test", []string{"--self-test"}, "", 0, "", "self-test passed"},
		{"help", []string{"--help"}, "", 0, "-token-file", ""},
		{"missing token", nil, "", 1, "", "no API token"},
		{"bad flag", []string{"--interval", "never"}, "s3cr3t", 1, "", "--interval"},
		{"self-test of a bad configuration", []string{"--self-test", "--url", "hub"}, "", 1, "", "--url"},
		{"signal", []string{"--state-dir", t.TempDir()}, "s3cr3t", 0, "", "agent ends"},
		{"doctor without a hub", []string{"doctor", "--url", "http://127.0.0.1:1", "--state-dir", t.TempDir()}, "s3cr3t", 1, "failed         connection", ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var stdout, stderr strings.Builder
			ended, end := context.WithCancel(t.Context())
			end()
			source := config.Source{
				Args:      test.args,
				LookupEnv: func(name string) (string, bool) { return test.token, name == "PULSE_TOKEN" },
				ReadFile:  func(string) ([]byte, error) { return nil, os.ErrNotExist },
				Usage:     &stdout,
			}
			if code := run(ended, source, &stdout, &stderr); code != test.code {
				t.Errorf("exit code %d, want %d; stderr: %s", code, test.code, stderr.String())
			}
			if !strings.Contains(stdout.String(), test.stdout) || !strings.Contains(stderr.String(), test.stderr) {
				t.Errorf("stdout %q, stderr %q; want %q and %q in them", stdout.String(), stderr.String(), test.stdout, test.stderr)
			}
			if strings.Contains(stderr.String(), "s3cr3t") {
				t.Errorf("stderr shows the token: %s", stderr.String())
			}
		})
	}
}
