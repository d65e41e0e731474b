package app

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hashicorp/go-hclog"

	"github.com/pulse-hub/pulse/hub/internal/config"
)

// pipes is a listener whose connections are in memory.
type pipes struct {
	waiting chan net.Conn
	closed  chan struct{}
}

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case conn := <-p.waiting:
		return conn, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error {
	select {
	case <-p.closed:
	default:
		close(p.closed)
	}
	return nil
}

func (p *pipes) Addr() net.Addr { return &net.TCPAddr{} }

// client is the only one of a server.
type client struct {
	net.Conn
	sync.WaitGroup
}

// serveAlone serves a handler to one client, in the bubble of the test, until
// the test ends and what the client does has ended, too.
func serveAlone(t *testing.T, handler http.HandlerFunc) *client {
	t.Helper()
	listener := &pipes{waiting: make(chan net.Conn), closed: make(chan struct{})}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	bound := &boundedListener{Listener: listener, crowd: newCrowd(boundsFor(1024), hclog.NewNullLogger())}
	go func() { ended <- serve(ctx, bound, handler, &config.Config{}, hclog.NewNullLogger()) }()
	theirs, ours := net.Pipe()
	listener.waiting <- ours
	c := &client{Conn: theirs}
	t.Cleanup(func() {
		_ = theirs.Close()
		cancel()
		c.Wait()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	return c
}

// send writes a request of 100 bytes a piece with a pause after each.
func send(conn net.Conn, size int, pause time.Duration) {
	_, _ = fmt.Fprintf(conn, "POST / HTTP/1.1\r\nHost: hub\r\nContent-Length: %d\r\n\r\n", size)
	for sent := 0; sent < size; sent += 100 {
		if _, err := conn.Write(bytes.Repeat([]byte("x"), min(100, size-sent))); err != nil {
			return
		}
		time.Sleep(pause) // of the bubble's clock
	}
}

func TestBodiesComeInAtALeastSpeed(t *testing.T) {
	for _, tt := range []struct {
		name  string
		size  int
		pause time.Duration
		after time.Duration
		want  error
	}{
		{"at once", 10_000, 0, 0, nil},
		{"slow and long", 1_000_000, 40 * time.Millisecond, 5 * time.Minute, nil},
		{"byte by byte", 1_000_000, time.Second, bodyGrace, os.ErrDeadlineExceeded},
		{"with one pause", 150, 10 * time.Second, 10 * time.Second, nil},
		{"with too long a pause", 150, 20 * time.Second, bodyGrace, os.ErrDeadlineExceeded},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				result := make(chan error, 1)
				began := time.Now()
				conn := serveAlone(t, func(_ http.ResponseWriter, r *http.Request) {
					time.Sleep(time.Minute) // what a handler does before does not count
					began = time.Now()
					_, err := io.Copy(io.Discard, r.Body)
					result <- err
				})
				conn.Go(func() { send(conn, tt.size, tt.pause) })
				err := <-result
				if !errors.Is(err, tt.want) {
					t.Errorf("got %v, want %v", err, tt.want)
				}
				if passed := time.Since(began); passed < tt.after || passed > tt.after*3/2+time.Second {
					t.Errorf("it took %s, want about %s", passed, tt.after)
				}
			})
		})
	}
}

// TestABodyThatIsNotReadEnds: a handler that turns a caller away does not read what comes.
func TestABodyThatIsNotReadEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		conn := serveAlone(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusUnauthorized) })
		began := time.Now()
		conn.Go(func() { send(conn, 100_000, time.Second) })
		if _, err := io.Copy(io.Discard, conn); err != nil && !errors.Is(err, io.ErrClosedPipe) {
			t.Error(err)
		}
		if passed := time.Since(began); passed > 2*bodyGrace {
			t.Errorf("the connection stays for %s", passed)
		}
	})
}

func TestHandlersMayTakeTheirTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		conn := serveAlone(t, func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body)
			select {
			case <-r.Context().Done():
			case <-time.After(time.Hour):
				_, _ = io.WriteString(w, "done")
			}
		})
		conn.Go(func() { send(conn, 200, time.Second) })
		response, err := http.ReadResponse(bufio.NewReader(conn), nil)
		if err != nil {
			t.Fatal(err)
		}
		if body, err := io.ReadAll(response.Body); string(body) != "done" || err != nil {
			t.Errorf("got %q, %v", body, err)
		}
	})
}

// TestSlowHeadersEnd holds for the first request of a connection and for later ones.
func TestSlowHeadersEnd(t *testing.T) {
	for _, before := range []string{"", "GET / HTTP/1.1\r\nHost: hub\r\n\r\n"} {
		synctest.Test(t, func(t *testing.T) {
			conn := serveAlone(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })
			conn.Go(func() { _, _ = io.Copy(io.Discard, conn) })
			began := time.Now()
			_, err := io.WriteString(conn, before+"GET / HTTP/1.1\r\nX: ")
			for err == nil {
				_, err = io.WriteString(conn, "x")
				time.Sleep(time.Second)
			}
			if passed := time.Since(began); passed > headerTimeout+2*time.Second {
				t.Errorf("after %q the connection stays for %s", before, passed)
			}
		})
	}
}

func TestAnswersMustBeTaken(t *testing.T) {
	const size = 1 << 20
	for _, tt := range []struct {
		name  string
		pause time.Duration
		whole bool
	}{
		{"at once", 0, true}, {"slowly", 400 * time.Millisecond, true}, {"hardly", 10 * time.Second, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				written := make(chan error, 1)
				conn := serveAlone(t, func(w http.ResponseWriter, _ *http.Request) {
					_, err := w.Write(make([]byte, size))
					written <- err
				})
				conn.Go(func() {
					_, _ = io.WriteString(conn, "GET / HTTP/1.1\r\nHost: hub\r\n\r\n")
					piece := make([]byte, 1<<10)
					for {
						if _, err := io.ReadFull(conn, piece); err != nil {
							return
						}
						time.Sleep(tt.pause)
					}
				})
				if err := <-written; (err == nil) != tt.whole {
					t.Errorf("got %v", err)
				}
			})
		})
	}
}

// TestStreamsMayBeStill: only what is being written has a deadline.
func TestStreamsMayBeStill(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		conn := serveAlone(t, func(w http.ResponseWriter, _ *http.Request) {
			for i := range 3 {
				_, _ = fmt.Fprintf(w, "data: %d\n\n", i)
				_ = http.NewResponseController(w).Flush()
				time.Sleep(10 * time.Minute)
			}
		})
		conn.Go(func() { _, _ = io.WriteString(conn, "GET / HTTP/1.1\r\nHost: hub\r\n\r\n") })
		response, err := http.ReadResponse(bufio.NewReader(conn), nil)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(response.Body)
		if err != nil || strings.Count(string(body), "data:") != 3 {
			t.Errorf("got %q, %v", body, err)
		}
	})
}

// TestADeadlineFromOutsideHolds: what a handler sets for its answer is not put off by each write.
func TestADeadlineFromOutsideHolds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		theirs, ours := net.Pipe()
		defer theirs.Close()
		v := newVisit(&end{Conn: ours, address: "192.0.2.1:1"}, newCrowd(boundsFor(1024), hclog.NewNullLogger()))
		began := time.Now()
		if err := v.SetDeadline(began.Add(5 * time.Second)); err != nil {
			t.Fatal(err)
		}
		if _, err := v.Write([]byte("x")); !errors.Is(err, os.ErrDeadlineExceeded) || time.Since(began) != 5*time.Second {
			t.Errorf("got %v after %s", err, time.Since(began))
		}
	})
}

// TestHTTPSIsServed with what is behind it on both versions of HTTP: a body in,
// a stream that is flushed, and a large answer out.
func TestHTTPSIsServed(t *testing.T) {
	settings, roots := encrypted(t)
	listener, err := listen(t.Context(), settings)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() {
		ended <- serve(ctx, listener, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			n, err := io.Copy(io.Discard, r.Body)
			_, _ = fmt.Fprintf(w, "%s %d %v\n", r.Proto, n, err)
			w.(http.Flusher).Flush() // as the router does
			_, _ = w.Write(make([]byte, 1<<20))
		}), settings, hclog.NewNullLogger())
	}()
	for proto, two := range map[string]bool{"HTTP/1.1": false, "HTTP/2.0": true} {
		transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots, ServerName: "example.com"}, ForceAttemptHTTP2: two}
		response, err := (&http.Client{Transport: transport}).Post("https://"+listener.Addr().String(), "", bytes.NewReader(make([]byte, 300_000)))
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(response.Body)
		if want := proto + " 300000 <nil>\n"; !strings.HasPrefix(string(body), want) || len(body) != len(want)+1<<20 || err != nil {
			t.Errorf("%s: got %d bytes, %.40q, %v", proto, len(body), body, err)
		}
		_ = response.Body.Close()
		transport.CloseIdleConnections()
	}
	old := &tls.Config{RootCAs: roots, ServerName: "example.com", MaxVersion: tls.VersionTLS11}
	if conn, err := tls.Dial("tcp", listener.Addr().String(), old); err == nil {
		_ = conn.Close()
		t.Error("TLS 1.1 is spoken")
	}
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

// encrypted returns settings with a certificate, and who vouches for it.
func encrypted(t *testing.T) (*config.Config, *x509.CertPool) {
	t.Helper()
	model := httptest.NewTLSServer(nil) // it has a certificate
	defer model.Close()
	pair := model.TLS.Certificates[0]
	key, err := x509.MarshalPKCS8PrivateKey(pair.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	settings := &config.Config{BindAddress: "127.0.0.1", HTTPS: true, TLSCert: dir + "/cert.pem", TLSKey: dir + "/key.pem"}
	for path, block := range map[string]*pem.Block{
		settings.TLSCert: {Type: "CERTIFICATE", Bytes: pair.Certificate[0]}, settings.TLSKey: {Type: "PRIVATE KEY", Bytes: key},
	} {
		if err := os.WriteFile(path, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	roots := x509.NewCertPool()
	roots.AddCert(model.Certificate())
	return settings, roots
}
