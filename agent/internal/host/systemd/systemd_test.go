package systemd_test

import (
	"context"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pulse-hub/pulse/agent/internal/host/command"
	"github.com/pulse-hub/pulse/agent/internal/host/outcome"
	"github.com/pulse-hub/pulse/agent/internal/host/systemd"
)

const listing = `backup.service                loaded failed failed Nightly backup
● mnt-nas.mount               loaded failed failed /mnt/nas
nginx.service                 loaded active running A web server
zfs-import@tank.service       not-found failed failed zfs-import@tank.service
`

func TestFailed(t *testing.T) {
	tests := []struct {
		name   string
		absent bool
		result command.Result
		err    error
		want   []string
		state  outcome.State
	}{
		{"some", false, command.Result{Stdout: []byte(listing)}, nil, []string{"backup.service", "mnt-nas.mount", "zfs-import@tank.service"}, outcome.OK},
		{"none", false, command.Result{}, nil, nil, outcome.OK},
		{"other init", true, command.Result{Stdout: []byte(listing)}, nil, nil, outcome.Unavailable},
		{"no tool", false, command.Result{}, command.ErrNotInstalled, nil, outcome.Unavailable},
		{"hung", false, command.Result{}, command.ErrTimeout, nil, outcome.Failed},
		{"no bus", false, command.Result{ExitCode: 1, Message: "Failed to connect to bus: Host is down"}, nil, nil, outcome.Failed},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			runtime := t.TempDir()
			if test.absent {
				runtime = filepath.Join(runtime, "none")
			}
			run := func(context.Context, string, ...string) (command.Result, error) { return test.result, test.err }
			got, err := systemd.New(run, runtime).Failed(t.Context())
			if state := outcome.Of("systemd", err, 0).State; state != test.state {
				t.Errorf("state = %s (%v), want %s", state, err, test.state)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("units (-want +got):\n%s", diff)
			}
		})
	}
}

func TestUnitsAreBounded(t *testing.T) {
	if got := systemd.Parse([]byte(strings.Repeat("x.service loaded failed failed x\n", 1000))); len(got) != 64 {
		t.Errorf("%d units, want the bound of 64", len(got))
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(listing))
	f.Fuzz(func(t *testing.T, raw []byte) {
		for _, unit := range systemd.Parse(raw) {
			if unit == "" || len(unit) > 255 {
				t.Errorf("unit = %q", unit)
			}
		}
	})
}
