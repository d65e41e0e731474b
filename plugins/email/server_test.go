package email

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/md5"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/hex"
	"encoding/pem"
	"io"
	"log"
	"math/big"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
)

const (
	testUser     = "pulse@example.com"
	testPassword = "a long enough password"
)

// received is a mail that a server took.
type received struct {
	from      string
	to        []string
	text      []byte
	encrypted bool
	mechanism string
}

// mailServer is a real mail server, but for what it does with the mail.
type mailServer struct {
	port        int
	certificate string // in PEM form

	encryption string   // "", "starttls" or "tls"
	mechanisms []string // nil: it takes no login and wants none
	refuse     func(to string) error
	refuseMail error // said to a mail's text
	mu         sync.Mutex
	mails      []received
	rcpts      int
}

// start runs a server until the test ends.
func (s *mailServer) start(t testing.TB) *mailServer {
	t.Helper()
	certificate := s.certify(t)
	server := smtp.NewServer(s)
	server.Domain, server.AllowInsecureAuth = "mail.test", true
	server.ReadTimeout, server.WriteTimeout = 10*time.Second, 10*time.Second
	server.ErrorLog = log.New(io.Discard, "", 0)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s.port = listener.Addr().(*net.TCPAddr).Port
	config := &tls.Config{Certificates: []tls.Certificate{certificate}}
	switch s.encryption {
	case "starttls":
		server.TLSConfig = config
	case "tls":
		listener = tls.NewListener(listener, config)
	}
	ended := make(chan struct{})
	go func() { defer close(ended); _ = server.Serve(listener) }()
	t.Cleanup(func() { _ = listener.Close(); _ = server.Close(); <-ended })
	return s
}

// certify makes the server a certificate of its own.
func (s *mailServer) certify(t testing.TB) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "mail.test"}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	s.certificate = string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

// config is how an instance is set up for the server.
func (s *mailServer) config() config {
	c := config{
		Server: "127.0.0.1", Port: s.port, TLS: s.encryption == "tls", StartTLS: s.encryption == "starttls",
		From: "Pulse <pulse@example.com>", To: []string{"ops@example.com"}, CACertificate: s.certificate, Auth: authAuto,
	}
	if s.mechanisms != nil {
		c.Username, c.Password = testUser, testPassword
	}
	return c
}

// taken returns the mails so far.
func (s *mailServer) taken() []received {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.mails
}

// NewSession implements smtp.Backend.
func (s *mailServer) NewSession(c *smtp.Conn) (smtp.Session, error) {
	_, encrypted := c.TLSConnectionState()
	plain := &visit{server: s, current: received{encrypted: encrypted}}
	if s.mechanisms == nil {
		return plain, nil
	}
	return &lockedVisit{plain}, nil
}

// visit is one connection.
type visit struct {
	server  *mailServer
	current received
}

func (v *visit) Reset()        {}
func (v *visit) Logout() error { return nil }

func (v *visit) Mail(from string, _ *smtp.MailOptions) error {
	if v.server.mechanisms != nil && v.current.mechanism == "" {
		return &smtp.SMTPError{Code: 530, EnhancedCode: smtp.EnhancedCode{5, 7, 0}, Message: "Authentication required"}
	}
	v.current.from, v.current.to = from, nil
	return nil
}

func (v *visit) Rcpt(to string, _ *smtp.RcptOptions) error {
	v.server.mu.Lock()
	v.server.rcpts++
	v.server.mu.Unlock()
	if v.server.refuse != nil {
		if err := v.server.refuse(to); err != nil {
			return err
		}
	}
	v.current.to = append(v.current.to, to)
	return nil
}

func (v *visit) Data(r io.Reader) error {
	text, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	if v.server.refuseMail != nil {
		return v.server.refuseMail
	}
	v.current.text = text
	v.server.mu.Lock()
	defer v.server.mu.Unlock()
	v.server.mails = append(v.server.mails, v.current)
	return nil
}

// lockedVisit is a connection that has to log in.
type lockedVisit struct{ *visit }

func (v *lockedVisit) AuthMechanisms() []string { return v.server.mechanisms }

func (v *lockedVisit) Auth(mechanism string) (sasl.Server, error) {
	check := func(user, password string) error {
		if user != testUser || password != testPassword {
			return smtp.ErrAuthFailed
		}
		v.current.mechanism = mechanism
		return nil
	}
	switch mechanism {
	case "LOGIN":
		return &loginServer{check: check}, nil
	case "CRAM-MD5":
		return &cramServer{check: check}, nil
	}
	return sasl.NewPlainServer(func(_, user, password string) error { return check(user, password) }), nil
}

// loginServer asks for the user and then for the password.
type loginServer struct {
	check func(user, password string) error
	asked int
	user  string
}

func (s *loginServer) Next(response []byte) ([]byte, bool, error) {
	s.asked++
	switch s.asked {
	case 1:
		return []byte("Username:"), false, nil
	case 2:
		s.user = string(response)
		return []byte("Password:"), false, nil
	}
	return nil, true, s.check(s.user, string(response))
}

// cramServer is RFC 2195.
type cramServer struct {
	check func(user, password string) error
	asked bool
}

func (s *cramServer) Next(response []byte) ([]byte, bool, error) {
	const challenge = "<1896.697170952@mail.test>"
	if !s.asked {
		s.asked = true
		return []byte(challenge), false, nil
	}
	mac := hmac.New(md5.New, []byte(testPassword))
	mac.Write([]byte(challenge))
	user, digest, _ := bytes.Cut(response, []byte(" "))
	if string(digest) != hex.EncodeToString(mac.Sum(nil)) {
		return nil, true, smtp.ErrAuthFailed
	}
	return nil, true, s.check(string(user), testPassword)
}
