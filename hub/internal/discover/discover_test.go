package discover_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/pulse-hub/pulse/hub/internal/discover"
)

// serve serves one page over TLS on loopback and returns the port.
func serve(t *testing.T, handler http.HandlerFunc) uint16 {
	t.Helper()
	server := httptest.NewTLSServer(handler)
	t.Cleanup(server.Close)
	return netip.MustParseAddrPort(server.Listener.Addr().String()).Port()
}

func page(t *testing.T, name string) http.HandlerFunc {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "" || r.Header.Get("Cookie") != "" {
			t.Error("a stranger is told who knocks")
		}
		_, _ = w.Write(text)
	}
}

var byAddress = cmpopts.EquateComparable(netip.Addr{}, netip.Prefix{})

func TestServersAreFoundByTheirPages(t *testing.T) {
	ports := map[string]uint16{}
	for _, name := range []string{"pve.html", "pbs.html", "pmg.html", "router.html"} {
		ports[name] = serve(t, page(t, name))
	}
	redirected := atomic.Bool{}
	elsewhere := serve(t, func(w http.ResponseWriter, _ *http.Request) { redirected.Store(true) })
	ports["moved"] = serve(t, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, fmt.Sprintf("https://127.0.0.1:%d/", elsewhere), http.StatusMovedPermanently)
	})
	plain := httptest.NewServer(page(t, "pve.html"))
	t.Cleanup(plain.Close)
	all := []uint16{netip.MustParseAddrPort(plain.Listener.Addr().String()).Port()}
	for _, port := range ports {
		all = append(all, port)
	}
	var told []discover.Event
	s := discover.New(discover.Options{
		Ports: all, LookupAddr: func(context.Context, string) ([]string, error) { return []string{"mail.lan."}, nil },
		Tell: func(e discover.Event) { told = append(told, e) },
	})
	if _, known := s.Last(); known {
		t.Error("there is a result before the first scan")
	}
	got, err := s.Scan(t.Context(), discover.Request{
		Networks: "127.0.0.1/32", Settings: discover.Settings{ReverseDNS: true},
	})
	if err != nil {
		t.Fatal(err)
	}
	loopback := netip.MustParseAddr("127.0.0.1")
	want := []discover.Server{
		{Address: loopback, Port: ports["pve.html"], Type: "pve", Version: "8.4.1", Release: "8.4", Hostname: "pve1"},
		{Address: loopback, Port: ports["pbs.html"], Type: "pbs", Version: "3.4.1", Release: "3.4", Hostname: "vault"},
		{Address: loopback, Port: ports["pmg.html"], Type: "pmg", Hostname: "mail.lan"},
	}
	slices.SortFunc(want, func(a, b discover.Server) int { return int(a.Port) - int(b.Port) })
	if diff := cmp.Diff(want, got.Servers, byAddress); diff != "" {
		t.Error(diff)
	}
	if redirected.Load() {
		t.Error("a redirect was followed")
	}
	if got.Addresses != 1 || len(got.Problems) != 0 {
		t.Errorf("%d addresses, problems %v", got.Addresses, got.Problems)
	}
	var stages []discover.Stage
	for _, e := range told {
		stages = append(stages, e.Stage)
	}
	if !slices.Equal(stages, []discover.Stage{discover.Started, discover.Found, discover.Found, discover.Found, discover.Progressed, discover.Ended}) {
		t.Fatalf("told of %v", stages)
	}
	if p := told[4]; p.Done != 1 || p.Total != 1 || p.Servers != 3 || !told[5].Changed || len(told[5].Result.Servers) != 3 {
		t.Errorf("told %+v and then %+v", p, told[5])
	}
	if _, err := s.Scan(t.Context(), discover.Request{Networks: "127.0.0.1/32", Settings: discover.Settings{ReverseDNS: true}}); err != nil || told[len(told)-1].Changed {
		t.Errorf("a scan that brought the same says that something has changed, %v", err)
	}
	last, known := s.Last()
	last.At = got.At // there were two scans
	if diff := cmp.Diff(got, last, byAddress); !known || diff != "" {
		t.Errorf("the last result is another: %s", diff)
	}
}

func TestServersThatAreSlowOrEndlessDoNotHoldUp(t *testing.T) {
	release := make(chan struct{})
	slow := serve(t, func(http.ResponseWriter, *http.Request) { <-release })
	endless := serve(t, func(w http.ResponseWriter, r *http.Request) {
		for r.Context().Err() == nil {
			if _, err := w.Write([]byte(strings.Repeat("x", 4096))); err != nil {
				return
			}
		}
	})
	t.Cleanup(func() { close(release) })
	silent, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0") // takes the connection and says nothing
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = silent.Close() })
	good := serve(t, page(t, "pve.html"))
	s := discover.New(discover.Options{Ports: []uint16{slow, endless, netip.MustParseAddrPort(silent.Addr().String()).Port(), good}})
	settings := discover.Settings{DialTimeout: 200 * time.Millisecond, HTTPTimeout: 300 * time.Millisecond}
	got, err := s.Scan(t.Context(), discover.Request{Networks: "127.0.0.1", Settings: settings})
	if err != nil || len(got.Servers) != 1 || got.Servers[0].Port != good {
		t.Errorf("found %+v, %v", got.Servers, err)
	}
}

func TestNetworksAreBounded(t *testing.T) {
	own := func(list ...string) func() ([]netip.Prefix, error) {
		var prefixes []netip.Prefix
		for _, text := range list {
			prefixes = append(prefixes, netip.MustParsePrefix(text))
		}
		return func() ([]netip.Prefix, error) { return prefixes, nil }
	}
	tests := map[string]struct {
		networks  string
		own       []string
		max       int
		want      string // the networks
		addresses int
		problems  int
		err       error
	}{
		"one":                {"127.0.0.0/30", nil, 0, "127.0.0.0/30", 2, 0, nil},
		"two ends":           {"127.0.0.0/31", nil, 0, "127.0.0.0/31", 2, 0, nil},
		"several":            {"127.0.0.9, 127.0.0.8/29", nil, 0, "127.0.0.9/32 127.0.0.8/29", 6, 0, nil},
		"too large":          {"127.0.0.0/8", nil, 5, "127.0.0.0/8", 5, 1, nil},
		"exactly":            {"127.0.0.0/29", nil, 6, "127.0.0.0/29", 6, 0, nil},
		"IPv6":               {"::1", nil, 0, "::1/128", 1, 0, nil},
		"auto, only private": {"auto", []string{"127.0.0.1/8", "8.8.8.8/24", "fe80::1/64", "fd00::1/64", "169.254.1.1/16"}, 0, "", 0, 0, nil},
		"auto":               {"", []string{"10.255.255.1/30", "10.255.255.2/30"}, 0, "10.255.255.0/30", 2, 0, nil},
		"not a network":      {"pve.lan", nil, 0, "", 0, 0, discover.ErrNetwork},
		"multicast":          {"224.0.0.0/24", nil, 0, "", 0, 0, discover.ErrNetwork},
		"everything":         {"0.0.0.0/0", nil, 0, "", 0, 0, discover.ErrNetwork},
		"too many":           {strings.Repeat("127.0.0.1,", 65), nil, 0, "", 0, 0, discover.ErrNetwork},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			if strings.HasPrefix(test.want, "10.") {
				cancel() // what would be looked at counts, and nothing but loopback is in tests
			}
			defer cancel()
			s := discover.New(discover.Options{Ports: []uint16{1}, Interfaces: own(test.own...)})
			var got discover.Result
			var err error
			for range 50 { // an ended context leaves it to chance whether the scan begins
				if got, err = s.Scan(ctx, discover.Request{Networks: test.networks, Settings: discover.Settings{MaxHosts: test.max}}); !errors.Is(err, context.Canceled) {
					break
				}
			}
			if !errors.Is(err, test.err) {
				t.Fatalf("got %v, want %v", err, test.err)
			}
			var networks []string
			for _, network := range got.Networks {
				networks = append(networks, network.Prefix.String())
			}
			if strings.Join(networks, " ") != test.want || got.Addresses != test.addresses || ctx.Err() == nil && len(got.Problems) != test.problems {
				t.Errorf("networks %v, %d addresses, problems %v", networks, got.Addresses, got.Problems)
			}
		})
	}
}

func TestUnknownInterfacesAreAnError(t *testing.T) {
	s := discover.New(discover.Options{Ports: []uint16{1}, Interfaces: func() ([]netip.Prefix, error) { return nil, errors.New("none") }})
	if _, err := s.Scan(t.Context(), discover.Request{Networks: "auto"}); err == nil {
		t.Error("interfaces that are not known gave no error")
	}
}

// TestScansEndWithTheContext: what was found until then is there.
func TestScansEndWithTheContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	clock := time.Now()
	s := discover.New(discover.Options{
		Ports: []uint16{1}, Tell: func(e discover.Event) {
			if e.Done == 3 {
				cancel()
			}
		},
		Now: func() time.Time { clock = clock.Add(time.Second); return clock },
	})
	got, err := s.Scan(ctx, discover.Request{Networks: "127.0.0.0/24", Settings: discover.Settings{Concurrent: 1}})
	if err != nil || got.Addresses != 254 || len(got.Problems) != 1 || !strings.Contains(got.Problems[0], "ended after") {
		t.Errorf("problems %v, %v", got.Problems, err)
	}
}

// TestScansWaitForEachOther: a second one does not begin, and its wait ends with its context.
func TestScansWaitForEachOther(t *testing.T) {
	var s *discover.Scanner
	s = discover.New(discover.Options{Ports: []uint16{1}, Tell: func(e discover.Event) {
		if e.Stage != discover.Progressed {
			return
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := s.Scan(ctx, discover.Request{Networks: "127.0.0.1"}); !errors.Is(err, context.Canceled) {
			t.Errorf("a second scan gave %v", err)
		}
	}})
	if _, err := s.Scan(t.Context(), discover.Request{Networks: "127.0.0.1"}); err != nil {
		t.Fatal(err)
	}
}
