package supervise_test

import (
	"context"
	"runtime"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/go-hclog"
	"google.golang.org/protobuf/testing/protocmp"

	"github.com/pulse-hub/pulse/hub/internal/plugin/supervise"
	pluginv1 "github.com/pulse-hub/pulse/proto/gen/pulse/plugin/v1"
	"github.com/pulse-hub/pulse/sdk/manifest"
)

func TestIntroduction(t *testing.T) {
	needs := manifest.Needs{Network: []string{"tcp:443", "tcp:22"}, Host: []string{"kv", "secrets"}, Exec: true}
	granted := manifest.Needs{Network: []string{"tcp:443"}, Host: []string{"kv", "report"}, Exec: true}
	tests := []struct {
		id    string
		level hclog.Level
		want  *pluginv1.InitRequest
	}{
		{fakeID, hclog.Debug, &pluginv1.InitRequest{
			HostServiceId: 7, Granted: []string{"kv", "net:tcp:443", "exec"}, DataDir: "/data/test.fake", LogLevel: "debug",
		}},
		{"test.alone", hclog.NoLevel, &pluginv1.InitRequest{
			Granted: []string{"kv", "net:tcp:443", "exec"}, DataDir: "/data/test.alone", LogLevel: "none",
		}},
	}
	for _, test := range tests {
		t.Run(test.id, func(t *testing.T) {
			plugin := fakePlugin(test.id)
			plugin.Manifest.Needs, plugin.Granted = needs, granted
			inBubble(t, &fakeLauncher{}, []supervise.Plugin{plugin}, func(f *fixture) {
				if err := f.host.SetLevel(test.id, test.level); err != nil {
					f.Fatal(err)
				}
				one := source("a", "{}")
				one.Plugin = test.id
				f.configure(one)
				if diff := cmp.Diff(test.want, f.launcher.last().init, protocmp.Transform()); diff != "" {
					f.Errorf("introduction (-want +got):\n%s", diff)
				}
			})
		})
	}
}

func TestInterpretersMayStartSlowly(t *testing.T) {
	for _, platform := range []string{"any", runtime.GOOS + "-" + runtime.GOARCH} {
		plugin := fakePlugin(fakeID)
		plugin.Manifest.Exec = map[string]manifest.Executable{platform: {Interpreter: "node", Path: "index.js"}}
		inBubble(t, &fakeLauncher{startTime: 29 * time.Second}, []supervise.Plugin{plugin}, func(f *fixture) {
			f.configure(source("a", "{}"))
			time.Sleep(29 * time.Second)
			f.expect(supervise.StateHealthy)
		})
	}
}

func TestBeforeRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		launcher := &fakeLauncher{}
		host := supervise.NewHost(supervise.Options{Launcher: launcher, Logger: hclog.NewNullLogger()})
		for _, put := range []supervise.Plugin{version("1.0.0"), version("2.0.0"), fakePlugin("test.dropped")} {
			if err := host.Put(t.Context(), put); err != nil {
				t.Fatal(err)
			}
		}
		if err := host.Drop(t.Context(), "test.dropped"); err != nil {
			t.Fatal(err)
		}
		if err := host.Configure(t.Context(), source("a", "{}")); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if launcher.count() != 0 {
			t.Error("something was started before Run")
		}
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- host.Run(ctx) }()
		synctest.Wait()
		if launcher.count() != 1 || launcher.last().launch.Plugin.Manifest.Version != "2.0.0" {
			t.Errorf("%d starts, the last of %s", launcher.count(), launcher.last().launch.Plugin.Manifest.Version)
		}
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
}
