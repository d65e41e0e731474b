package email

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/textproto"
	"os"
	"regexp"
	"strconv"
	"time"

	"github.com/wneessen/go-mail/smtp"
)

const (
	dialLimit    = 10 * time.Second
	sessionLimit = 30 * time.Second
	// quitLimit is how long a server may take to say goodbye. The message is its own by then.
	quitLimit = 2 * time.Second
	// maxAnswers bounds what a server may say in one session, in bytes.
	maxAnswers = 1 << 20
)

var (
	errSlowDial    = errors.New("mail server does not answer within 10 s")
	errSlowSession = errors.New("mail server has not taken the message within 30 s")
)

// session is a connection to the server that is encrypted and logged in as
// the configuration demands.
type session struct {
	client    *smtp.Client
	conn      net.Conn
	mechanism string // of the login; "none"
	release   func()
}

// open connects, encrypts and logs in. The session ends with the context, and
// sessionLimit after its beginning at the latest.
func (n *notifier) open(ctx context.Context) (*session, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, sessionLimit, errSlowSession)
	conn, err := n.dial(ctx)
	if err != nil {
		cancel()
		return nil, fmt.Errorf("connect: %w", err)
	}
	// The library knows no context: it is the end of the connection that ends what waits for it.
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
	s := &session{conn: conn, release: func() { stop(); cancel() }}
	if err := n.prepare(ctx, s); err != nil {
		err = because(ctx, err)
		_ = conn.Close() // it is of no more use
		s.release()
		return nil, err
	}
	return s, nil
}

// dial connects, with TLS from the first byte where that is demanded.
func (n *notifier) dial(ctx context.Context) (net.Conn, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, dialLimit, errSlowDial)
	defer cancel()
	plain, err := n.dialer.DialContext(ctx, "tcp", net.JoinHostPort(n.config.Server, strconv.Itoa(n.config.Port)))
	if err != nil {
		return nil, because(ctx, err)
	}
	conn := net.Conn(&boundedConn{Conn: plain, left: maxAnswers})
	if !n.config.implicitTLS() {
		return conn, nil
	}
	encrypted := tls.Client(conn, n.tls)
	if err := encrypted.HandshakeContext(ctx); err != nil {
		_ = conn.Close() // it is of no more use
		if _, ok := errors.AsType[tls.RecordHeaderError](err); ok {
			return nil, fmt.Errorf("%w: server does not begin with TLS on this port; is STARTTLS meant", errEncryption)
		}
		return nil, because(ctx, err)
	}
	return encrypted, nil
}

// because returns why a context ended if it did, and the error if not.
func because(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return err
}

// prepare greets, encrypts and logs in.
func (n *notifier) prepare(ctx context.Context, s *session) error {
	client, err := smtp.NewClient(s.conn, n.config.Server)
	if err != nil {
		return fmt.Errorf("greeting: %w", err)
	}
	s.client = client
	if err := client.Hello(ownName()); err != nil {
		return fmt.Errorf("hello: %w", err)
	}
	if !n.config.implicitTLS() && n.config.StartTLS {
		if offered, _ := client.Extension("STARTTLS"); !offered {
			return fmt.Errorf("%w: server offers no STARTTLS", errEncryption)
		}
		if err := client.StartTLS(n.tls); err != nil {
			return fmt.Errorf("starttls: %w", because(ctx, err))
		}
	}
	return n.logIn(s)
}

// ownName is what the plugin calls itself to the server: the host's name if
// that is one of the domain name system.
func ownName() string {
	name, err := os.Hostname()
	if err != nil || !regexp.MustCompile(`^[A-Za-z0-9.-]{1,253}$`).MatchString(name) {
		return "localhost"
	}
	return name
}

// encryption says how the connection is encrypted.
func (s *session) encryption() string {
	state, ok := s.client.TLSConnectionState()
	if !ok {
		return "none"
	}
	return tls.VersionName(state.Version)
}

// close says goodbye.
func (s *session) close() {
	_ = s.conn.SetDeadline(time.Now().Add(quitLimit))
	_ = s.client.Quit() // whatever it says, the message is delivered or not
	_ = s.conn.Close()
	s.release()
}

// envelope is a message with those it goes from and to.
type envelope struct {
	from   string
	to     []string
	letter []byte
}

// transmitted is what became of an envelope.
type transmitted struct {
	accepted []string
	refused  []error // of the other recipients
	code     int
	answer   string
}

// transmit hands an envelope over. The error is why nobody was told.
func (s *session) transmit(e envelope) (transmitted, error) {
	var t transmitted
	if err := s.client.Mail("<" + e.from + ">"); err != nil {
		return t, fmt.Errorf("sender: %w", err)
	}
	for _, to := range e.to {
		err := s.client.Rcpt("<" + to + ">")
		if _, isReply := errors.AsType[*textproto.Error](err); err != nil && !isReply {
			return t, fmt.Errorf("recipient: %w", err)
		}
		if err != nil {
			t.refused = append(t.refused, fmt.Errorf("recipient %s: %w", to, err))
			continue
		}
		t.accepted = append(t.accepted, to)
	}
	if len(t.accepted) == 0 {
		return t, mildest(t.refused)
	}
	return t, s.letter(e.letter, &t)
}

// letter transmits the text.
func (s *session) letter(text []byte, t *transmitted) error {
	w, err := s.client.Data()
	if err != nil {
		return fmt.Errorf("data: %w", err)
	}
	if _, err := w.Write(text); err != nil {
		return fmt.Errorf("write message: %w", err)
	}
	if err := w.Close(); err != nil {
		return fmt.Errorf("message: %w", err)
	}
	t.code = acceptedCode
	if told, ok := w.(interface{ ServerResponse() string }); ok {
		t.answer = told.ServerResponse()
	}
	return nil
}

// acceptedCode is the reply to a message that was taken (RFC 5321, section 4.2.3).
const acceptedCode = 250

// boundedConn ends when the other side has said more than there is any reason
// to, for the library reads lines of any length.
type boundedConn struct {
	net.Conn
	left int
}

var errTalkative = errors.New("mail server says more than 1 MiB")

// Read implements net.Conn.
func (c *boundedConn) Read(p []byte) (int, error) {
	if c.left <= 0 {
		return 0, errTalkative
	}
	n, err := c.Conn.Read(p[:min(len(p), c.left)])
	c.left -= n
	return n, err
}
