package outbound

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"
)

func serve(t *testing.T, handler http.HandlerFunc) string {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return server.URL
}

func client(t *testing.T, options Options) *Client {
	t.Helper()
	c := New(options)
	t.Cleanup(c.Close)
	return c
}

// echo answers with what it was asked.
func echo(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	user, _, _ := r.BasicAuth()
	fmt.Fprintf(w, "%s %s key=%s all=%s user=%s body=%s", r.Method, r.URL.Path, r.Header.Get("X-Key"), r.Header.Get("X-All"), user, body)
}

func TestRedirectsKeepTheMessage(t *testing.T) {
	elsewhere := serve(t, echo)
	here := serve(t, func(w http.ResponseWriter, r *http.Request) {
		var code int
		if _, err := fmt.Sscanf(r.URL.Path, "/%d", &code); err != nil {
			echo(w, r)
			return
		}
		http.Redirect(w, r, r.URL.Query().Get("to")+"/end", code)
	})
	for _, tt := range []struct {
		code     int
		to, want string
	}{
		{301, "", "POST /end key=k all=a user=me body=hello"},
		{302, "", "POST /end key=k all=a user=me body=hello"},
		{303, "", "GET /end key=k all=a user=me body="},
		{307, "", "POST /end key=k all=a user=me body=hello"},
		{308, "", "POST /end key=k all=a user=me body=hello"},
		{307, elsewhere, "POST /end key= all=a user= body=hello"},
	} {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, fmt.Sprintf("%s/%d?to=%s", here, tt.code, tt.to), strings.NewReader("hello"))
		if err != nil {
			t.Fatal(err)
		}
		request.SetBasicAuth("me", "pw")
		request.Header.Set("X-Key", "k")
		request.Header.Set("X-All", "a")
		response, err := client(t, Options{Reach: Private, OnlyHere: []string{"X-Key"}}).Do(request)
		if err != nil {
			t.Fatalf("%d: %v", tt.code, err)
		}
		body, err := io.ReadAll(response.Body)
		if string(body) != tt.want || err != nil || response.Body.Close() != nil {
			t.Errorf("%d to %q: got %q, %v", tt.code, tt.to, body, err)
		}
		if request.Header.Get("X-Key") != "k" {
			t.Error("the caller's header was changed")
		}
	}
}

func TestRedirectsThatAreNotFollowed(t *testing.T) {
	for location, want := range map[string]error{
		"http://169.254.169.254/latest": ErrRefused, "http://0.0.0.0/": ErrRefused, "file:///etc/passwd": ErrRefused,
		"http://metadata.google.internal/": ErrRefused, "/again": ErrRedirects, "http://[": ErrRedirects,
	} {
		asked := 0
		address := serve(t, func(w http.ResponseWriter, _ *http.Request) {
			asked++
			w.Header().Set("Location", location)
			w.WriteHeader(http.StatusTemporaryRedirect)
		})
		_, _, err := client(t, Options{Reach: Private}).Read(t.Context(), address+"?token=secret")
		if !errors.Is(err, want) || strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: got %v", location, err)
		}
		if errors.Is(want, ErrRefused) && asked != 1 || asked > MaxRedirects+1 {
			t.Errorf("%s: %d requests", location, asked)
		}
	}
}

func TestEncryptionIsNotGivenUp(t *testing.T) {
	plain := serve(t, echo)
	server := httptest.NewTLSServer(http.RedirectHandler(plain, http.StatusFound))
	defer server.Close()
	config := server.Client().Transport.(*http.Transport).TLSClientConfig
	if _, _, err := client(t, Options{Reach: Private, TLS: config}).Read(t.Context(), server.URL); !errors.Is(err, ErrRedirects) {
		t.Errorf("got %v", err)
	}
}

func TestAnswersAreBounded(t *testing.T) {
	for size, want := range map[int]error{0: nil, 999: nil, 1000: nil, 1001: ErrTooLarge, 100_000: ErrTooLarge} {
		address := serve(t, func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, strings.Repeat("x", size))
		})
		body, status, err := client(t, Options{Reach: Private, MaxAnswer: 1000}).Read(t.Context(), address)
		if !errors.Is(err, want) || status != http.StatusOK || want == nil && len(body) != size {
			t.Errorf("%d bytes: got %d, status %d, %v", size, len(body), status, err)
		}
	}
}

func TestRequestsEnd(t *testing.T) {
	address := serve(t, func(w http.ResponseWriter, r *http.Request) {
		_ = http.NewResponseController(w).Flush()
		<-r.Context().Done()
	})
	_, _, err := client(t, Options{Reach: Private, Timeout: 50 * time.Millisecond}).Read(t.Context(), address+"?token=secret")
	if !errors.Is(err, context.DeadlineExceeded) || strings.Contains(err.Error(), "secret") {
		t.Errorf("got %v", err)
	}
}

func TestPublicClientsDoNotReachThisMachine(t *testing.T) {
	visited := false
	address := serve(t, func(http.ResponseWriter, *http.Request) { visited = true })
	loopback := netip.MustParsePrefix("127.0.0.0/8")
	_, _, err := client(t, Options{Allow: []netip.Prefix{loopback}}).Read(t.Context(), address)
	if !errors.Is(err, ErrRefused) || visited {
		t.Errorf("visited: %v, %v", visited, err)
	}
}

// answering is a resolver for which every name has one IPv4 address.
func answering(address string) *net.Resolver {
	return &net.Resolver{PreferGo: true, Dial: func(context.Context, string, string) (net.Conn, error) {
		ours, theirs := net.Pipe()
		go answer(theirs, netip.MustParseAddr(address).As4())
		return ours, nil
	}}
}

// answer is DNS over TCP (RFC 1035, section 4.2.2).
func answer(c net.Conn, addr [4]byte) {
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
		end := 12
		for question[end] != 0 {
			end += int(question[end]) + 1
		}
		end += 5 // the root, type and class
		reply := append([]byte{question[0], question[1], 0x81, 0x80, 0, 1, 0, 0, 0, 0, 0, 0}, question[12:end]...)
		if question[end-3] == 1 {
			reply[7] = 1
			reply = append(append(reply, 0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 0, 0, 4), addr[:]...)
		}
		if _, err := c.Write(append(binary.BigEndian.AppendUint16(nil, uint16(len(reply))), reply...)); err != nil {
			return
		}
	}
}

// TestWhatANameLeadsToIsChecked is about names that are harmless as they are written.
func TestWhatANameLeadsToIsChecked(t *testing.T) {
	visited := 0
	address := serve(t, func(http.ResponseWriter, *http.Request) { visited++ })
	port := address[strings.LastIndex(address, ":"):]
	for _, tt := range []struct {
		reach   Reach
		leadsTo string
		refused bool
	}{
		{Public, "127.0.0.1", true}, {Public, "10.0.0.1", true}, {Public, "169.254.169.254", true}, {Private, "169.254.169.254", true}, {Private, "127.0.0.1", false},
	} {
		visited = 0
		options := Options{Reach: tt.reach, Resolver: answering(tt.leadsTo)}
		_, _, err := client(t, options).Read(t.Context(), "http://rebind.example.com"+port+"/?token=secret")
		if errors.Is(err, ErrRefused) != tt.refused || (visited == 0) != tt.refused {
			t.Errorf("reach %d to %s: %d visits, %v", tt.reach, tt.leadsTo, visited, err)
		}
		if err != nil && strings.Contains(err.Error(), "secret") {
			t.Errorf("the error holds the URL: %v", err)
		}
	}
}

func TestTransportsOfOthersAreCheckedToo(t *testing.T) {
	address := strings.TrimPrefix(serve(t, echo), "http://")
	for reach, want := range map[Reach]error{Public: ErrRefused, Private: nil} {
		conn, err := Dial(reach)(t.Context(), "tcp", address)
		if !errors.Is(err, want) {
			t.Errorf("reach %d: got %v", reach, err)
		}
		if conn != nil {
			_ = conn.Close()
		}
	}
}
