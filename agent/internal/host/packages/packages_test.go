package packages_test

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pulse-hub/pulse/agent/internal/host/command"
	"github.com/pulse-hub/pulse/agent/internal/host/outcome"
	"github.com/pulse-hub/pulse/agent/internal/host/packages"
	"github.com/pulse-hub/pulse/agent/internal/host/sysfs/sysfstest"
	"github.com/pulse-hub/pulse/agent/report"
)

func read(tb testing.TB, name string) []byte {
	tb.Helper()
	raw, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		tb.Fatal(err)
	}
	return raw
}

func TestCollect(t *testing.T) {
	tests := []struct {
		program, file string
		exit          int
		want          report.Packages
	}{
		{"apt-get", "apt-debian12", 0, report.Packages{Manager: "apt", Available: 6, Security: 4, RebootRequired: true}},
		{"dnf", "dnf-rocky9", 100, report.Packages{Manager: "dnf", Available: 3, Security: 3, RebootRequired: true}},
		{"apk", "apk-alpine320", 0, report.Packages{Manager: "apk", Available: 2, RebootRequired: true}},
		{"pacman", "pacman", 0, report.Packages{Manager: "pacman", Available: 1, RebootRequired: true}},
		{"pkg", "pkg-freebsd14", 0, report.Packages{Manager: "pkg", Available: 2, RebootRequired: true}},
	}
	root := sysfstest.Tree(t, map[string]string{"run/reboot-required": "*** System restart required ***"})
	for _, test := range tests {
		t.Run(test.program, func(t *testing.T) {
			run := func(_ context.Context, name string, args ...string) (command.Result, error) {
				if slices.ContainsFunc(args, func(arg string) bool { return slices.Contains([]string{"update", "-Sy", "--refresh", "-y"}, arg) }) {
					t.Errorf("ran %s %q, which changes the index", name, args)
				}
				if name != test.program {
					return command.Result{}, command.ErrNotInstalled
				}
				return command.Result{Stdout: read(t, test.file), ExitCode: test.exit}, nil
			}
			got, err := packages.New(run, root).Collect(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(&test.want, got); diff != "" {
				t.Errorf("packages (-want +got):\n%s", diff)
			}
		})
	}
}

func TestWithoutAnswer(t *testing.T) {
	tests := []struct {
		name    string
		program string
		result  command.Result
		err     error
		state   outcome.State
	}{
		{"no manager", "", command.Result{}, nil, outcome.Unavailable},
		{"no index", "dnf", command.Result{ExitCode: 1, Message: "Error: Cache-only enabled but no cache for 'baseos'"}, nil, outcome.Unavailable},
		{"broken", "apt-get", command.Result{ExitCode: 100, Message: "E: Sub-process returned an error code"}, nil, outcome.Failed},
		{"hung", "apt-get", command.Result{}, command.ErrTimeout, outcome.Failed},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			run := func(_ context.Context, name string, _ ...string) (command.Result, error) {
				if name != test.program {
					return command.Result{}, command.ErrNotInstalled
				}
				return test.result, test.err
			}
			got, err := packages.New(run, t.TempDir()).Collect(t.Context())
			if state := outcome.Of("packages", err, 0).State; got != nil || state != test.state {
				t.Errorf("Collect = %v, %v; want state %s", got, err, test.state)
			}
		})
	}
}

func FuzzCount(f *testing.F) {
	f.Add(read(f, "apt-debian12"))
	f.Add(read(f, "dnf-rocky9"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		available, security := packages.CountAPT(raw)
		if security < 0 || security > available {
			t.Errorf("%d of %d are security updates", security, available)
		}
		packages.CountDNF(raw)
	})
}
