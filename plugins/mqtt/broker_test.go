package mqtt

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/eclipse/paho.golang/packets"
	"github.com/eclipse/paho.golang/paho"
)

const (
	testUser     = "pulse"
	testPassword = "a long enough password"
	// patience bounds what a test waits for.
	patience = 20 * time.Second
)

// mosquitto is a real broker with all ways to reach it.
type mosquitto struct {
	plain, tls, websocket int // ports
	certificate           string
}

// startMosquitto runs a broker until the test ends.
func startMosquitto(t testing.TB) *mosquitto {
	t.Helper()
	program := lookUp("mosquitto")
	passwords := lookUp("mosquitto_passwd")
	if program == "" || passwords == "" {
		t.Skip("mosquitto is not installed: apt-get install mosquitto")
	}
	dir := t.TempDir()
	b := &mosquitto{plain: freePort(t), tls: freePort(t), websocket: freePort(t)}
	b.certify(t, dir)
	if out, err := exec.Command(passwords, "-c", "-b", filepath.Join(dir, "passwords"), testUser, testPassword).CombinedOutput(); err != nil {
		t.Fatalf("mosquitto_passwd: %v\n%s", err, out)
	}
	write(t, filepath.Join(dir, "acl"), "user "+testUser+"\ntopic readwrite #\ntopic deny forbidden/#\n")
	config := filepath.Join(dir, "mosquitto.conf")
	write(t, config, fmt.Sprintf(`per_listener_settings false
allow_anonymous false
password_file %[1]s/passwords
acl_file %[1]s/acl
persistence false
user root
listener %[2]d 127.0.0.1
listener %[3]d 127.0.0.1
certfile %[1]s/certificate.pem
keyfile %[1]s/key.pem
listener %[4]d 127.0.0.1
protocol websockets
`, dir, b.plain, b.tls, b.websocket))
	b.run(t, program, config)
	return b
}

func (b *mosquitto) run(t testing.TB, program, config string) {
	t.Helper()
	command := exec.Command(program, "-c", config)
	var output strings.Builder
	command.Stdout, command.Stderr = &output, &output
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = command.Process.Kill()
		_ = command.Wait()
		if t.Failed() {
			t.Log(output.String())
		}
	})
	deadline := time.Now().Add(patience)
	for _, port := range []int{b.plain, b.tls, b.websocket} {
		for {
			conn, err := net.DialTimeout("tcp", fmt.Sprintf("127.0.0.1:%d", port), time.Second)
			if err == nil {
				conn.Close()
				break
			}
			if time.Now().After(deadline) {
				t.Fatalf("mosquitto does not listen: %v", err)
			}
		}
	}
}

// lookUp finds a program also where Debian puts those for administrators.
func lookUp(name string) string {
	if path, err := exec.LookPath(name); err == nil {
		return path
	}
	path, err := exec.LookPath(filepath.Join("/usr/sbin", name))
	if err != nil {
		return ""
	}
	return path
}

func freePort(t testing.TB) int {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	return listener.Addr().(*net.TCPAddr).Port
}

func write(t testing.TB, path, content string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

func (b *mosquitto) certify(t testing.TB, dir string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "broker.test"}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	b.certificate = string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
	write(t, filepath.Join(dir, "certificate.pem"), b.certificate)
	write(t, filepath.Join(dir, "key.pem"), string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: keyDER})))
}

// config is how an instance is set up for the broker.
func (b *mosquitto) config() config {
	return config{
		URL: fmt.Sprintf("mqtt://127.0.0.1:%d", b.plain), Username: testUser, Password: testPassword,
		TopicPrefix: "pulse", QoS: 1, Discovery: "homeassistant", CACertificate: b.certificate,
	}
}

// listener hears what is published.
type listener struct {
	client *paho.Client
	heard  chan *paho.Publish
}

const lastWord = "end-of-test"

// listen subscribes to everything.
func (b *mosquitto) listen(t testing.TB) *listener {
	t.Helper()
	conn, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", b.plain))
	if err != nil {
		t.Fatal(err)
	}
	l := &listener{heard: make(chan *paho.Publish, 10_000)}
	l.client = paho.NewClient(paho.ClientConfig{
		Conn: packets.NewThreadSafeConn(conn), PacketTimeout: patience,
		OnPublishReceived: []func(paho.PublishReceived) (bool, error){func(p paho.PublishReceived) (bool, error) {
			l.heard <- p.Packet
			return true, nil
		}},
	})
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if _, err := l.client.Connect(ctx, &paho.Connect{
		ClientID: rand.Text(), CleanStart: true, KeepAlive: 60,
		UsernameFlag: true, Username: testUser, PasswordFlag: true, Password: []byte(testPassword),
	}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.client.Disconnect(&paho.Disconnect{}) })
	if _, err := l.client.Subscribe(ctx, &paho.Subscribe{Subscriptions: []paho.SubscribeOptions{
		{Topic: "#", QoS: 2, RetainAsPublished: true},
	}}); err != nil {
		t.Fatal(err)
	}
	return l
}

// all returns what was heard so far, in its order.
func (l *listener) all(t testing.TB) []*paho.Publish {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	mark := rand.Text()
	if _, err := l.client.Publish(ctx, &paho.Publish{Topic: lastWord, Payload: []byte(mark), QoS: 1}); err != nil {
		t.Fatal(err)
	}
	var list []*paho.Publish
	for {
		select {
		case p := <-l.heard:
			if string(p.Payload) == mark {
				return list
			}
			if p.Topic != lastWord { // of another listener
				list = append(list, p)
			}
		case <-ctx.Done():
			t.Fatal("broker does not tell what was published")
		}
	}
}
