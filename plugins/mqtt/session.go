package mqtt

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"time"

	"github.com/coder/websocket"
	"github.com/eclipse/paho.golang/packets"
	"github.com/eclipse/paho.golang/paho"

	"github.com/pulse-hub/pulse/plugins/internal/outward"
)

const (
	dialLimit    = 10 * time.Second
	sessionLimit = 30 * time.Second
	// keepAlive is how long the broker waits for a word, in seconds. A session is over sooner.
	keepAlive = 60
	// maxPacket is the longest packet the broker is asked to send, in bytes.
	maxPacket = 64 << 10
)

var (
	errSlowDial    = errors.New("broker does not answer within 10 s")
	errSlowSession = errors.New("broker has not taken the messages within 30 s")
)

// session is a connection that the broker has accepted.
type session struct {
	client  *paho.Client
	release func()
}

// open connects and logs in. The session ends with the context, and
// sessionLimit after its beginning at the latest. Every session has a client
// id of its own, because the broker ends the older of two with the same.
func (n *notifier) open(ctx context.Context) (context.Context, *session, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, sessionLimit, errSlowSession)
	conn, err := n.dial(ctx)
	if err != nil {
		cancel()
		return nil, nil, fmt.Errorf("connect: %w", err)
	}
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
	client := paho.NewClient(paho.ClientConfig{Conn: packets.NewThreadSafeConn(conn), PacketTimeout: sessionLimit})
	answer, err := client.Connect(ctx, n.greeting())
	if err != nil {
		err = refusalOf(answer, because(ctx, err))
		_ = conn.Close() // it is of no more use
		stop()
		cancel()
		return nil, nil, err
	}
	return ctx, &session{client: client, release: func() { stop(); cancel() }}, nil
}

// greeting is the first packet.
func (n *notifier) greeting() *paho.Connect {
	limit := uint32(maxPacket)
	receive := uint16(1) // nothing is subscribed to
	c := &paho.Connect{
		ClientID: "pulse-" + rand.Text()[:12], CleanStart: true, KeepAlive: keepAlive,
		Properties: &paho.ConnectProperties{MaximumPacketSize: &limit, ReceiveMaximum: &receive, RequestProblemInfo: true},
	}
	if n.config.Username != "" {
		c.UsernameFlag, c.Username = true, n.config.Username
	}
	if n.config.Password != "" {
		c.PasswordFlag, c.Password = true, []byte(n.config.Password)
	}
	return c
}

// close says goodbye and waits for what the session runs.
func (s *session) close() {
	_ = s.client.Disconnect(&paho.Disconnect{}) // what was acknowledged stays so
	s.release()
}

// dial connects as the scheme of the URL says.
func (n *notifier) dial(ctx context.Context) (net.Conn, error) {
	limited, cancel := context.WithTimeoutCause(ctx, dialLimit, errSlowDial)
	defer cancel()
	if n.broker.websocket {
		return n.dialWebsocket(ctx, limited)
	}
	conn, err := n.dialer.DialContext(limited, "tcp", n.broker.address)
	if err != nil {
		return nil, because(limited, err)
	}
	if !n.broker.encrypted {
		return conn, nil
	}
	encrypted := tls.Client(conn, n.tls)
	if err := encrypted.HandshakeContext(limited); err != nil {
		_ = conn.Close() // it is of no more use
		return nil, because(limited, err)
	}
	return encrypted, nil
}

// dialWebsocket connects over HTTP (MQTT 5.0, section 6). The handshake ends
// with limited, the connection with ctx.
func (n *notifier) dialWebsocket(ctx, limited context.Context) (net.Conn, error) {
	transport := &http.Transport{DialContext: n.dialer.DialContext, TLSClientConfig: n.tls, DisableKeepAlives: true}
	conn, _, err := websocket.Dial(limited, n.broker.url.String(), &websocket.DialOptions{
		HTTPClient:   &http.Client{Transport: transport, CheckRedirect: noRedirect},
		Subprotocols: []string{"mqtt"},
	})
	if err != nil {
		if outer, ok := errors.AsType[*url.Error](err); ok {
			err = outer.Err // without the URL, which may hold a secret
		}
		return nil, because(limited, err)
	}
	conn.SetReadLimit(2 * maxPacket)
	return websocket.NetConn(ctx, conn, websocket.MessageBinary), nil
}

func noRedirect(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

// because returns why a context ended if it did, and the error if not.
func because(ctx context.Context, err error) error {
	if err != nil && ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return err
}

// dialer opens connections to addresses that a plugin may reach.
type dialer interface {
	DialContext(ctx context.Context, network, address string) (net.Conn, error)
}

// nearby are the networks that brokers are in beside the Internet. What is in
// none of them and no public address either, the metadata service of a cloud
// above all, is never connected to.
const nearby = "127.0.0.0/8, ::1, 10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16, 100.64.0.0/10, fc00::/7"

// guarded returns what connects to brokers.
func guarded() (dialer, error) {
	allow, err := outward.ParseAllow(nearby)
	if err != nil {
		return nil, fmt.Errorf("networks nearby: %w", err)
	}
	return outward.NewGuard(allow, nil), nil
}
