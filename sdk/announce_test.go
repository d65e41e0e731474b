package sdk_test

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"

	pluginv1 "github.com/pulse-hub/pulse/proto/gen/pulse/plugin/v1"
	"github.com/pulse-hub/pulse/sdk/transport"
)

// serveProcess starts the test binary as a plugin, with a hub's certificate or
// none, and returns the fields of its handshake; none if it says nothing.
func serveProcess(t *testing.T, hubCertificate string) []string {
	t.Helper()
	folder, err := os.MkdirTemp("/tmp", "sdk") // the path of a socket is short
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(folder) })
	command := exec.Command(os.Args[0], "acme.machines")
	command.Env = append(os.Environ(), asPrograms+"=1", transport.CookieKey+"="+transport.CookieValue,
		"PLUGIN_PROTOCOL_VERSIONS=1", "PLUGIN_UNIX_SOCKET_DIR="+folder, transport.HubCertificateKey+"="+hubCertificate)
	var said bytes.Buffer
	command.Stderr = &said
	stdin, err := command.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		stdin.Close() // its end is the plugin's
		if err := command.Wait(); err != nil {
			t.Errorf("plugin ended with %v: %s", err, said.String())
		}
	})
	line, err := bufio.NewReader(stdout).ReadString('\n')
	if errors.Is(err, io.EOF) {
		return nil
	}
	if err != nil {
		t.Fatal(err)
	}
	return strings.Split(strings.TrimSuffix(line, "\n"), "|")
}

// describe calls the plugin of a handshake.
func describe(t *testing.T, handshake []string, security credentials.TransportCredentials) (string, error) {
	t.Helper()
	if len(handshake) < 6 || strings.Join(handshake[:3], "|") != "1|1|unix" || handshake[4] != "grpc" {
		t.Fatalf("handshake: got %q", handshake)
	}
	conn, err := grpc.NewClient("unix:"+handshake[3], grpc.WithTransportCredentials(security), grpc.WithAuthority("localhost"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	answer, err := pluginv1.NewPluginClient(conn).Describe(ctx, &pluginv1.DescribeRequest{})
	return answer.GetId(), err
}

func TestHandshakeTellsThePluginsCertificate(t *testing.T) {
	hub, err := transport.NewIdentity()
	if err != nil {
		t.Fatal(err)
	}
	handshake := serveProcess(t, hub.PEM())
	config := trusting(t, hub, handshake)
	if id, err := describe(t, handshake, credentials.NewTLS(config)); err != nil || id != "acme.machines" {
		t.Errorf("call: got %q, %v", id, err)
	}
	config.Certificates = nil
	if _, err := describe(t, handshake, credentials.NewTLS(config)); err == nil {
		t.Error("somebody without the hub's certificate is served")
	}
	if _, err := describe(t, handshake, insecure.NewCredentials()); err == nil {
		t.Error("calls without TLS are served")
	}
}

// trusting is the configuration of a hub that has read the handshake.
func trusting(t *testing.T, hub *transport.Identity, handshake []string) *tls.Config {
	t.Helper()
	if len(handshake) < 6 {
		t.Fatalf("handshake: got %q", handshake)
	}
	der, err := base64.RawStdEncoding.DecodeString(handshake[5])
	if err != nil {
		t.Fatal(err)
	}
	certificate, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	config := hub.HubConfig()
	config.RootCAs = x509.NewCertPool()
	config.RootCAs.AddCert(certificate)
	return config
}

func TestHandshakeWithoutMutualTLS(t *testing.T) {
	handshake := serveProcess(t, "")
	if id, err := describe(t, handshake, insecure.NewCredentials()); err != nil || id != "acme.machines" {
		t.Errorf("call: got %q, %v", id, err)
	}
	if handshake[5] != "" {
		t.Errorf("certificate: got %q", handshake[5])
	}
}

func TestNoHandshakeWithAHubThatCannotBeTrusted(t *testing.T) {
	if handshake := serveProcess(t, "nonsense"); handshake != nil {
		t.Errorf("handshake: got %q", handshake)
	}
}
