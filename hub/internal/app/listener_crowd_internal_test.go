package app

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"

	"github.com/pulse-hub/pulse/hub/internal/auth"
)

// end is one side of a connection that nothing is sent on.
type end struct {
	net.Conn
	address string
	closed  bool
}

func (e *end) RemoteAddr() net.Addr {
	return net.TCPAddrFromAddrPort(netip.MustParseAddrPort(e.address))
}
func (e *end) Close() error { e.closed = true; return nil }

// room is a crowd and its clock.
type room struct {
	*crowd
	log  bytes.Buffer
	time time.Time
}

func newRoom(b bounds) *room {
	r := &room{time: time.Unix(1e9, 0)}
	r.crowd = newCrowd(b, hclog.New(&hclog.LoggerOptions{Output: &r.log}))
	r.now = func() time.Time { return r.time }
	return r
}

// come has somebody connect.
func (r *room) come(address string) (*visit, bool) {
	v := newVisit(&end{address: address}, r.crowd)
	return v, r.enter(v)
}

func (r *room) ask(v *visit) *visit  { r.note(v, http.StateActive); return v }
func (r *room) know(v *visit) *visit { r.recognise(r.ask(v)); return v }

func isClosed(v *visit) bool { return v.Conn.(*end).closed }

func TestWhoGoesFirst(t *testing.T) {
	r := newRoom(bounds{Total: 5, Silent: 4, PerNetwork: 4})
	must := func(v *visit, ok bool) *visit {
		t.Helper()
		if !ok {
			t.Fatal("there is no room")
		}
		r.time = r.time.Add(time.Second)
		return v
	}
	owner := r.know(must(r.come("192.0.2.1:1")))
	idle := r.ask(must(r.come("192.0.2.2:1")))
	busy := r.ask(must(r.come("192.0.2.3:1")))
	quiet := must(r.come("192.0.2.4:1"))
	other := must(r.come("192.0.2.5:1"))
	r.note(idle, http.StateIdle)
	r.note(busy, http.StateActive)
	for i, want := range []*visit{quiet, other, idle, busy} {
		// It becomes known: the next one to come must find somebody else.
		r.know(must(r.come(fmt.Sprintf("192.0.2.%d:1", 10+i))))
		if !isClosed(want) {
			t.Errorf("the %d. one to go is not the right one", i+1)
		}
	}
	if _, ok := r.come("192.0.2.20:1"); ok || isClosed(owner) {
		t.Errorf("with known callers only a stranger is let in: %v, owner closed: %v", ok, isClosed(owner))
	}
	r.leave(owner)
	r.leave(owner)
	must(r.come("192.0.2.21:1"))
	if r.size != 5 {
		t.Errorf("%d connections are counted, want 5", r.size)
	}
}

func TestSilentConnectionsAreBounded(t *testing.T) {
	r := newRoom(bounds{Total: 100, Silent: 10, PerNetwork: 100})
	user := r.know(first2(r.come("192.0.2.1:1")))
	var all []*visit
	for i := range 1000 {
		all = append(all, first2(r.come(fmt.Sprintf("198.51.%d.%d:1", i/250, i%250))))
	}
	for i, v := range all {
		if isClosed(v) != (i < len(all)-10) {
			t.Fatalf("connection %d of %d: closed is %v", i, len(all), isClosed(v))
		}
	}
	if isClosed(user) || r.size != 11 || len(r.networks) != 10 {
		t.Errorf("user closed: %v, %d connections of %d networks", isClosed(user), r.size, len(r.networks))
	}
	if n := strings.Count(r.log.String(), "too many connections"); n != 1 {
		t.Errorf("it is said %d times:\n%s", n, &r.log)
	}
	r.time = r.time.Add(calm)
	r.ask(first2(r.come("192.0.2.9:1")))
	r.reportLocked(false, r.time.Add(calm))
	if !strings.Contains(r.log.String(), "no longer") {
		t.Errorf("the end is not said:\n%s", &r.log)
	}
}

func first2(v *visit, _ bool) *visit { return v }

// TestOneNetworkTakesOnlyItsOwnPlaces also holds that agents behind one address
// that all come at once are let in: they ask soon.
func TestOneNetworkTakesOnlyItsOwnPlaces(t *testing.T) {
	r := newRoom(bounds{Total: 10_000, Silent: 2000, PerNetwork: 10})
	other := first2(r.come("192.0.2.1:1"))
	var agents []*visit
	for i := range 1000 {
		agents = append(agents, first2(r.come(fmt.Sprintf("[2001:db8::%x]:1", i))))
	}
	for _, v := range agents {
		if isClosed(v) {
			t.Fatal("an agent was closed before it could ask")
		}
		r.know(v)
	}
	for i := range 50 {
		r.come(fmt.Sprintf("[2001:db8::f%x]:1", i))
		r.time = r.time.Add(patience)
	}
	if got := r.networks[netip.MustParsePrefix("2001:db8::/64")].Len(); got != 10 {
		t.Errorf("the network has %d silent connections, want 10", got)
	}
	if isClosed(other) || isClosed(agents[0]) {
		t.Error("another one had to go")
	}
}

// TestCrowdCountsRight has connections do anything in any order and looks whether the queues hold who they should.
func TestCrowdCountsRight(t *testing.T) {
	r := newRoom(bounds{Total: 40, Silent: 20, PerNetwork: 5})
	random := rand.New(rand.NewPCG(1, 2))
	var all []*visit
	for range 20_000 {
		r.time = r.time.Add(time.Duration(random.IntN(1000)) * time.Millisecond)
		if len(all) == 0 || random.IntN(3) == 0 {
			all = append(all, first2(r.come(fmt.Sprintf("192.0.2.%d:1", random.IntN(8)))))
		}
		v := all[random.IntN(len(all))]
		switch random.IntN(6) {
		case 0:
			r.leave(v)
		case 1:
			r.recognise(v)
		default:
			r.note(v, []http.ConnState{http.StateActive, http.StateIdle, http.StateActive, http.StateHijacked}[random.IntN(4)])
		}
		inside := map[standing]int{}
		for _, v := range all {
			if v.inside {
				inside[v.standing]++
			}
		}
		sum := inside[silent] + inside[stranger] + inside[known]
		if r.size != sum || r.silent.Len() != inside[silent] || r.strangers.Len() != inside[stranger] || sum > 40 || inside[silent] > 20 {
			t.Fatalf("%v inside, counted %d with %d silent and %d strangers", inside, r.size, r.silent.Len(), r.strangers.Len())
		}
	}
}

func TestNetworks(t *testing.T) {
	for address, want := range map[string]string{
		"192.0.2.7:80": "192.0.2.7/32", "[2001:db8:1:2:3::4]:80": "2001:db8:1:2::/64", "[::ffff:192.0.2.7]:80": "192.0.2.7/32", "[fe80::1%eth0]:80": "fe80::/64",
	} {
		if got := networkOf((&end{address: address}).RemoteAddr()); got.String() != want {
			t.Errorf("%s is of %s, want %s", address, got, want)
		}
	}
}

func TestBoundsFollowFromTheSystem(t *testing.T) {
	for files, want := range map[uint64]bounds{
		64: {256, 64, 32}, 1024: {768, 192, 96}, 20_000: {15_000, 3750, 512}, 1 << 62: {16384, 4096, 512},
	} {
		if got := boundsFor(files); got != want {
			t.Errorf("%d files: %+v, want %+v", files, got, want)
		}
	}
}

type answers struct {
	principal *auth.Principal
	err       error
}

func (a answers) Authenticate(*http.Request, auth.Origin) (*auth.Principal, error) {
	return a.principal, a.err
}

func TestCallersAreRemembered(t *testing.T) {
	for _, tt := range []struct {
		answers
		want standing
	}{
		{answers{principal: auth.Local()}, known},
		{answers{err: auth.ErrNoCredentials}, stranger},
		{answers{}, stranger},
	} {
		r := newRoom(bounds{Total: 10, Silent: 10, PerNetwork: 10})
		v := r.ask(first2(r.come("192.0.2.1:1")))
		request, err := http.NewRequestWithContext(context.WithValue(t.Context(), visitKey{}, v), http.MethodGet, "/", nil)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := (recognising{tt.answers}).Authenticate(request, auth.Origin{}); got != tt.principal || !errors.Is(err, tt.err) {
			t.Errorf("got %v, %v", got, err)
		}
		if v.standing != tt.want {
			t.Errorf("%+v: the connection is %d, want %d", tt.answers, v.standing, tt.want)
		}
	}
}

func BenchmarkCrowdInAFlood(b *testing.B) {
	r := newRoom(boundsFor(20_000))
	ends := make([]*visit, 8192)
	for i := range ends {
		ends[i] = newVisit(&end{address: fmt.Sprintf("10.0.%d.%d:1", i/250%250, i%250)}, r.crowd)
	}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		r.enter(ends[i%len(ends)])
	}
}
