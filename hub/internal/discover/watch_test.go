package discover_test

import (
	"context"
	"errors"
	"net/netip"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hashicorp/go-hclog"

	"github.com/pulse-hub/pulse/hub/internal/discover"
)

// quiet is a configuration that knocks on no door.
func quiet(enabled bool) discover.Config {
	config := discover.DefaultConfig()
	config.Enabled, config.Networks = enabled, "127.0.0.1"
	config.Blocked = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}
	return config
}

func run(t *testing.T, w *discover.Watch) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- w.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
}

func TestWatchScansAsConfigured(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var scans atomic.Int32
		scanner := discover.New(discover.Options{Tell: func(e discover.Event) {
			if e.Stage == discover.Started {
				scans.Add(1)
			}
		}})
		w := discover.NewWatch(scanner, quiet(false), hclog.NewNullLogger())
		run(t, w)
		steps := []struct {
			name   string
			change func()
			wait   time.Duration
			want   int32
		}{
			{"switched off", func() {}, time.Hour, 0},
			{"switched on", func() { w.Configure(quiet(true)) }, time.Second, 1},
			{"every five minutes", func() {}, 10 * time.Minute, 3},
			{"changed", func() { w.Configure(quiet(true)) }, time.Second, 4},
			{"five minutes after that", func() {}, 5*time.Minute - 2*time.Second, 4},
			{"and not before", func() {}, 2 * time.Second, 5},
			{"switched off again", func() { w.Configure(quiet(false)) }, time.Hour, 5},
		}
		for _, step := range steps {
			step.change()
			time.Sleep(step.wait)
			synctest.Wait()
			if got := scans.Load(); got != step.want {
				t.Errorf("%s: %d scans, want %d", step.name, got, step.want)
			}
		}
	})
}

func TestWatchFindsServersWhereItIsTold(t *testing.T) {
	port := serve(t, page(t, "pve.html"))
	found := make(chan discover.Result, 1)
	scanner := discover.New(discover.Options{Ports: []uint16{port}, Tell: func(e discover.Event) {
		if e.Stage == discover.Ended {
			found <- *e.Result
		}
	}})
	config := discover.DefaultConfig()
	config.Enabled, config.Networks = true, "127.0.0.1, 127.0.0.2"
	config.BlockedAddresses = []netip.Addr{netip.MustParseAddr("127.0.0.2")}
	run(t, discover.NewWatch(scanner, config, hclog.NewNullLogger()))
	select {
	case got := <-found:
		if got.Addresses != 1 || len(got.Servers) != 1 || got.Servers[0].Type != "pve" {
			t.Errorf("found %+v", got)
		}
	case <-time.After(20 * time.Second):
		t.Fatal("no scan has ended")
	}
}

func TestScanWithoutNetworksTakesThoseConfigured(t *testing.T) {
	w := discover.NewWatch(discover.New(discover.Options{}), quiet(false), hclog.NewNullLogger())
	for networks, want := range map[string]string{"": "127.0.0.1/32", "127.0.0.2": "127.0.0.2/32"} {
		got, err := w.Scan(t.Context(), networks)
		if err != nil || len(got.Networks) != 1 || got.Networks[0].Prefix.String() != want || got.Addresses != 0 {
			t.Errorf("%q looked through %+v, %v", networks, got, err)
		}
	}
	if last, known := w.Last(); !known || last.Addresses != 0 {
		t.Error("the last result is not known")
	}
}

func TestConfigIsValidated(t *testing.T) {
	for networks, want := range map[string]error{
		"": nil, "auto": nil, "10.0.0.0/8, 192.168.1.1": nil, "lan": discover.ErrNetwork, "auto,10.0.0.0/8": discover.ErrNetwork,
	} {
		config := discover.Config{Networks: networks}
		if err := config.Validate(); !errors.Is(err, want) {
			t.Errorf("%q gave %v, want %v", networks, err, want)
		}
	}
}
