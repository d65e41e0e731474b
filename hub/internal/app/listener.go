package app

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"strconv"
	"sync"
	"time"

	"github.com/hashicorp/go-hclog"

	"github.com/pulse-hub/pulse/hub/internal/api/route"
	"github.com/pulse-hub/pulse/hub/internal/auth"
	"github.com/pulse-hub/pulse/hub/internal/config"
)

const (
	// writeStall is how long the other side may take for each writeStride bytes
	// it is sent, whatever is sent: answers, streams and websockets alike.
	writeStall  = 30 * time.Second
	writeStride = 64 << 10
)

// listen opens the port of the API and the page.
func listen(ctx context.Context, c *config.Config) (net.Listener, error) {
	address := net.JoinHostPort(c.BindAddress, strconv.Itoa(c.Port))
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", address)
	if err != nil {
		return nil, fmt.Errorf("listen: %w", err)
	}
	return listener, nil
}

// bounded bounds how many connections a server takes from its network. A Unix
// socket is left as it is: the system says who may connect.
func bounded(listener net.Listener, server *http.Server, b bounds, logger hclog.Logger) net.Listener {
	if _, ok := listener.(*net.TCPListener); !ok {
		return listener
	}
	l := &boundedListener{Listener: listener, crowd: newCrowd(b, logger)}
	l.attend(server)
	return l
}

// boundedListener is a listener whose connections are counted, and closed when
// there are too many; a crowd says which.
type boundedListener struct {
	net.Listener
	crowd *crowd
}

// Accept is part of net.Listener.
func (l *boundedListener) Accept() (net.Conn, error) {
	for {
		conn, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		v := newVisit(conn, l.crowd)
		if l.crowd.enter(v) {
			return v, nil
		}
		v.cut()
	}
}

// attend has a server tell the crowd what becomes of its connections.
func (l *boundedListener) attend(server *http.Server) {
	server.ConnContext = func(ctx context.Context, conn net.Conn) context.Context {
		return context.WithValue(ctx, visitKey{}, visitOf(conn))
	}
	server.ConnState = func(conn net.Conn, state http.ConnState) {
		if v := visitOf(conn); v != nil {
			l.crowd.note(v, state)
		}
	}
}

// recognising is an authenticator that spares connections on which a caller
// was recognised once: they stay however many strangers there are.
type recognising struct{ route.Authenticator }

// Authenticate is part of route.Authenticator.
func (a recognising) Authenticate(r *http.Request, from auth.Origin) (*auth.Principal, error) {
	principal, err := a.Authenticator.Authenticate(r, from)
	if v, ok := r.Context().Value(visitKey{}).(*visit); ok && v != nil && err == nil && principal != nil {
		v.crowd.recognise(v)
	}
	return principal, err
}

type visitKey struct{}

// visit is one connection. What is sent on it must get through at a least speed.
type visit struct {
	net.Conn
	crowd   *crowd
	network netip.Prefix
	place   // guarded by the mutex of crowd

	mu    sync.Mutex
	limit time.Time // for writing, as set from outside; zero: none
}

func newVisit(conn net.Conn, c *crowd) *visit {
	return &visit{Conn: conn, crowd: c, network: networkOf(conn.RemoteAddr())}
}

// networkOf is what one customer has: an IPv4 address, or the /64 of an IPv6 address.
func networkOf(address net.Addr) netip.Prefix {
	endpoint, err := netip.ParseAddrPort(address.String())
	if err != nil {
		return netip.Prefix{}
	}
	addr, bits := endpoint.Addr().Unmap().WithZone(""), 64
	if addr.Is4() {
		bits = 32
	}
	return netip.PrefixFrom(addr, bits).Masked()
}

// visitOf returns the visit below a connection of a server; nil: there is none.
func visitOf(conn net.Conn) *visit {
	if encrypted, ok := conn.(*tls.Conn); ok {
		conn = encrypted.NetConn()
	}
	v, _ := conn.(*visit)
	return v
}

// Write is part of net.Conn.
func (v *visit) Write(p []byte) (int, error) {
	for written := 0; ; {
		part := p[written:min(len(p), written+writeStride)]
		if err := v.extend(); err != nil {
			return written, err
		}
		n, err := v.Conn.Write(part)
		if written += n; err != nil || written == len(p) {
			return written, err
		}
	}
}

// extend gives the next piece its time, or what is left of the time set from outside.
func (v *visit) extend() error {
	v.mu.Lock()
	defer v.mu.Unlock()
	end := time.Now().Add(writeStall)
	if !v.limit.IsZero() && v.limit.Before(end) {
		end = v.limit
	}
	return v.Conn.SetWriteDeadline(end)
}

// SetWriteDeadline is part of net.Conn.
func (v *visit) SetWriteDeadline(t time.Time) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.limit = t
	return v.Conn.SetWriteDeadline(t)
}

// SetDeadline is part of net.Conn.
func (v *visit) SetDeadline(t time.Time) error {
	return errors.Join(v.SetReadDeadline(t), v.SetWriteDeadline(t))
}

// CloseWrite lets the server say that nothing more comes, which it looks for.
func (v *visit) CloseWrite() error {
	if half, ok := v.Conn.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return nil
}

// Close is part of net.Conn.
func (v *visit) Close() error {
	v.crowd.leave(v)
	return v.Conn.Close()
}

// cut closes the connection without the goodbye that would keep the system
// busy with the other side for a while. It is used on whom nobody waits for.
func (v *visit) cut() {
	if conn, ok := v.Conn.(*net.TCPConn); ok {
		_ = conn.SetLinger(0) // best effort, as is closing what is unwanted
	}
	_ = v.Conn.Close()
}
