package outward

import (
	"context"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"
)

func guard(t testing.TB, list string, resolver *net.Resolver) *Guard {
	t.Helper()
	allow, err := ParseAllow(list)
	if err != nil {
		t.Fatal(err)
	}
	return NewGuard(allow, resolver)
}

func parse(t testing.TB, text string) *url.URL {
	t.Helper()
	u, err := url.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

func TestAddresses(t *testing.T) {
	for _, tt := range []struct {
		addr, allow string
		refused     bool
	}{
		{"1.1.1.1", "", false},
		{"93.184.215.14", "", false},
		{"2606:4700:4700::1111", "", false},
		{"0.0.0.0", "", true},
		{"0.1.2.3", "0.0.0.0/0", true},
		{"10.1.2.3", "", true},
		{"10.1.2.3", "10.0.0.0/8", false},
		{"10.1.2.3", "10.1.2.3", false},
		{"10.1.2.3", "10.1.2.4, 192.168.0.0/16", true},
		{"100.64.0.1", "", true},
		{"100.63.255.255", "", false},
		{"100.128.0.0", "", false},
		{"127.0.0.1", "", true},
		{"127.0.0.1", "127.0.0.1", false},
		{"127.9.9.9", "127.0.0.1", true},
		{"127.9.9.9", "127.0.0.0/8", false},
		{"169.254.169.254", "", true},
		{"169.254.169.254", "169.254.0.0/16,0.0.0.0/0", true},
		{"100.100.100.200", "100.64.0.0/10", true},
		{"172.15.255.255", "", false},
		{"172.16.0.1", "", true},
		{"172.31.255.255", "", true},
		{"172.32.0.0", "", false},
		{"192.0.2.1", "", true},
		{"192.168.1.1", "", true},
		{"198.18.0.1", "", true},
		{"198.19.255.255", "", true},
		{"198.20.0.0", "", false},
		{"224.0.0.1", "224.0.0.0/4", true},
		{"239.255.255.250", "", true},
		{"240.0.0.1", "", true},
		{"255.255.255.255", "0.0.0.0/0", true},
		{"::", "::/0", true},
		{"::1", "", true},
		{"::1", "::1", false},
		{"::1", "127.0.0.1", false},
		{"::127.0.0.1", "", true},
		{"::ffff:127.0.0.1", "", true},
		{"::ffff:10.0.0.1", "", true},
		{"::ffff:10.0.0.1", "10.0.0.0/8", false},
		{"::ffff:10.0.0.1", "::ffff:10.0.0.0/104", false},
		{"::ffff:1.1.1.1", "", false},
		{"fe80::1", "fe80::/10", true},
		{"fe80::1%eth0", "", true},
		{"2606:4700:4700::1111%eth0", "", true},
		{"fc00::1", "", true},
		{"fd12:3456::1", "", true},
		{"fd12:3456::1", "fd00::/8", false},
		{"fd00:ec2::254", "fd00::/8", true},
		{"fec0::1", "", true},
		{"ff02::1", "ff00::/8", true},
		{"64:ff9b::127.0.0.1", "", true},
		{"64:ff9b::10.0.0.1", "", true},
		{"64:ff9b::10.0.0.1", "10.0.0.0/8", false},
		{"64:ff9b::169.254.169.254", "", true},
		{"64:ff9b::1.1.1.1", "", false},
		{"64:ff9b:1::10.0.0.1", "", true},
		{"2002:7f00:1::", "", true},
		{"2002:a00:1::", "", true},
		{"2002:101:101::", "", false},
		{"2001:0:53aa:64c:0:fbff:f5ff:fffe", "", true},
		{"2001:db8::1", "", true},
		{"100::1", "", true},
	} {
		err := guard(t, tt.allow, nil).checkAddress(netip.MustParseAddr(tt.addr))
		if (err != nil) != tt.refused || (err != nil && !errors.Is(err, ErrRefused)) {
			t.Errorf("%s with %q allowed: got %v", tt.addr, tt.allow, err)
		}
	}
}

func TestURLs(t *testing.T) {
	for _, tt := range []struct {
		url, allow string
		refused    bool
	}{
		{"https://hooks.example.com/x", "", false},
		{"http://hooks.example.com:8080", "", false},
		{"ftp://hooks.example.com", "", true},
		{"file:///etc/passwd", "", true},
		{"//hooks.example.com", "", true},
		{"https:///x", "", true},
		{"http://localhost/", "", true},
		{"http://LOCALHOST./", "", true},
		{"http://a.localhost/", "", true},
		{"http://localhost/", "127.0.0.1", false},
		{"http://metadata.google.internal/", "0.0.0.0/0", true},
		{"http://Metadata.Google.Internal./", "", true},
		{"http://metadata.goog/", "", true},
		{"http://0.0.0.0:7655/", "", true},
		{"http://[::]:7655/", "", true},
		{"http://[::1]/", "", true},
		{"http://[::ffff:127.0.0.1]/", "", true},
		{"http://[::ffff:7f00:1]/", "", true},
		{"http://[fe80::1%25eth0]/", "", true},
		{"http://[64:ff9b::7f00:1]/", "", true},
		{"http://user:secret@10.0.0.1/", "", true},
		{"http://10.0.0.1./", "", true},
	} {
		err := guard(t, tt.allow, nil).CheckURL(parse(t, tt.url))
		if (err != nil) != tt.refused || (err != nil && !errors.Is(err, ErrRefused)) {
			t.Errorf("%s with %q allowed: got %v", tt.url, tt.allow, err)
		}
		if err != nil && strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: %v", tt.url, err)
		}
	}
}

func TestLists(t *testing.T) {
	for list, valid := range map[string]bool{
		"": true, " , ": true, "10.0.0.0/8": true, "10.0.0.1": true, " fd00::/8 , 192.168.1.1 ": true, "::ffff:10.0.0.0/104": true,
		"10.0.0.0/33": false, "ten": false, "10.0.0.1-10.0.0.9": false, "fe80::1%eth0": false, "::ffff:0:0/90": false,
		strings.Repeat("10.0.0.1,", maxAllowed+1): false,
	} {
		if _, err := ParseAllow(list); (err == nil) != valid {
			t.Errorf("%.60q: got %v", list, err)
		}
	}
}

// zone is a DNS server that answers every question for an IPv4 address with
// the next of its addresses, the last one for ever.
type zone struct {
	mu    sync.Mutex
	addrs []string
}

// resolver returns one that asks the zone.
func (z *zone) resolver() *net.Resolver {
	return &net.Resolver{PreferGo: true, Dial: func(context.Context, string, string) (net.Conn, error) {
		ours, theirs := net.Pipe()
		go z.serve(theirs)
		return ours, nil
	}}
}

// serve answers questions as DNS over TCP has them (RFC 1035, section 4.2.2).
func (z *zone) serve(c net.Conn) {
	defer func() { _ = c.Close() }()
	for {
		size := make([]byte, 2)
		if _, err := io.ReadFull(c, size); err != nil {
			return
		}
		question := make([]byte, binary.BigEndian.Uint16(size))
		if _, err := io.ReadFull(c, question); err != nil {
			return
		}
		answer := z.answer(question)
		if _, err := c.Write(append(binary.BigEndian.AppendUint16(nil, uint16(len(answer))), answer...)); err != nil {
			return
		}
	}
}

func (z *zone) answer(question []byte) []byte {
	end := 12
	for question[end] != 0 {
		end += int(question[end]) + 1
	}
	end += 5 // the root, type and class
	isA := question[end-3] == 1
	answer := append([]byte{question[0], question[1], 0x81, 0x80, 0, 1, 0, 0, 0, 0, 0, 0}, question[12:end]...)
	if !isA {
		return answer
	}
	answer[7] = 1
	addr := netip.MustParseAddr(z.next()).As4()
	return append(append(answer, 0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 0, 0, 4), addr[:]...)
}

func (z *zone) next() string {
	z.mu.Lock()
	defer z.mu.Unlock()
	addr := z.addrs[0]
	if len(z.addrs) > 1 {
		z.addrs = z.addrs[1:]
	}
	return addr
}

func TestNamesAreResolved(t *testing.T) {
	for addr, refused := range map[string]bool{"1.1.1.1": false, "10.0.0.1": true, "127.0.0.1": true, "169.254.169.254": true} {
		z := &zone{addrs: []string{addr}}
		err := guard(t, "", z.resolver()).Resolve(t.Context(), parse(t, "https://hooks.example.com/x"))
		if errors.Is(err, ErrRefused) != refused || (err != nil) != refused {
			t.Errorf("%s: got %v", addr, err)
		}
	}
}

func TestANameThatDoesNotResolveIsNoRefusal(t *testing.T) {
	resolver := &net.Resolver{PreferGo: true, Dial: func(context.Context, string, string) (net.Conn, error) {
		return nil, errors.New("there is no server")
	}}
	err := guard(t, "", resolver).Resolve(t.Context(), parse(t, "https://hooks.example.com/x"))
	if err == nil || errors.Is(err, ErrRefused) {
		t.Errorf("got %v", err)
	}
}

// TestANameThatChangesItsMindGetsNowhere has a name that resolves to a public
// address when it is checked and to this machine when it is connected to.
func TestANameThatChangesItsMindGetsNowhere(t *testing.T) {
	visited := false
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { visited = true }))
	defer server.Close()
	z := &zone{addrs: []string{"1.1.1.1", "127.0.0.1"}}
	client := NewClient(guard(t, "", z.resolver()))
	defer client.Close()
	target := parse(t, "http://rebind.example.com:"+parse(t, server.URL).Port()+"/admin?token=secret")
	_, err := client.Do(t.Context(), Request{Method: http.MethodPost, URL: target})
	if !errors.Is(err, ErrRefused) || visited {
		t.Errorf("visited: %v, error %v", visited, err)
	}
	if err != nil && strings.Contains(err.Error(), "secret") {
		t.Errorf("the error holds the URL: %v", err)
	}
}

func TestDialReachesWhatIsAllowed(t *testing.T) {
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = listener.Close() }()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	if c, err := guard(t, "", nil).DialContext(ctx, "tcp", listener.Addr().String()); err == nil {
		_ = c.Close()
		t.Error("this machine is reached")
	}
	c, err := guard(t, "127.0.0.1", nil).DialContext(ctx, "tcp", listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	_ = c.Close()
}

// FuzzURL looks for a URL that passes and leads to an address that does not.
func FuzzURL(f *testing.F) {
	for _, seed := range []string{"http://10.0.0.1", "http://[::ffff:10.0.0.1]", "http://2130706433/", "http://a@127.0.0.1", "https://x"} {
		f.Add(seed)
	}
	g := guard(f, "", nil)
	f.Fuzz(func(t *testing.T, text string) {
		u, err := url.Parse(text)
		if err != nil || g.CheckURL(u) != nil {
			return
		}
		if addr, err := netip.ParseAddr(u.Hostname()); err == nil && (addr.Unmap().IsPrivate() || addr.Unmap().IsLoopback() || addr.IsUnspecified()) {
			t.Errorf("%q passes", text)
		}
	})
}
