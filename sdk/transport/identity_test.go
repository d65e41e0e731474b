package transport_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"net"
	"testing"
	"time"

	"github.com/pulse-hub/pulse/sdk/transport"
)

// patience bounds a handshake.
const patience = 10 * time.Second

func identity(t *testing.T) *transport.Identity {
	t.Helper()
	made, err := transport.NewIdentity()
	if err != nil {
		t.Fatal(err)
	}
	return made
}

// hubConfig is the configuration of a hub that trusts the certificate of a handshake.
func hubConfig(t *testing.T, hub *transport.Identity, field string) *tls.Config {
	t.Helper()
	der, err := base64.RawStdEncoding.DecodeString(field)
	if err != nil {
		t.Fatal(err)
	}
	certificate, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	if key, ok := certificate.PublicKey.(*ecdsa.PublicKey); !ok || key.Curve != elliptic.P256() {
		t.Errorf("the key is a %T", certificate.PublicKey)
	}
	config := hub.HubConfig()
	config.RootCAs = x509.NewCertPool()
	config.RootCAs.AddCert(certificate)
	config.ClientCAs = config.RootCAs
	return config
}

// greet has a client and a server shake hands and returns what each finds wrong.
func greet(t *testing.T, client, server *tls.Config) (clientErr, serverErr error) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0") // a net.Pipe has no buffer, and both write at once
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	served := make(chan error, 1)
	go func() {
		conn, err := listener.Accept()
		if err != nil {
			served <- err
			return
		}
		served <- handshake(conn, tls.Server(conn, server))
	}()
	conn, err := net.Dial("tcp", listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	clientErr = handshake(conn, tls.Client(conn, client))
	return clientErr, <-served
}

func handshake(conn net.Conn, secured *tls.Conn) error {
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(patience)); err != nil {
		return err
	}
	return secured.Handshake()
}

func TestBothSidesTrustEachOther(t *testing.T) {
	hub, plugin := identity(t), identity(t)
	pluginConfig, err := plugin.PluginConfig(hub.PEM())
	if err != nil {
		t.Fatal(err)
	}
	ours := hubConfig(t, hub, plugin.Field())
	if _, err := greet(t, ours, pluginConfig); err != nil {
		t.Errorf("the plugin refuses the hub: %v", err)
	}
	if _, err := greet(t, pluginConfig, ours); err != nil { // the host service is the other way round
		t.Errorf("the hub refuses the plugin: %v", err)
	}
}

func TestStrangersAreRefused(t *testing.T) {
	hub, plugin, stranger := identity(t), identity(t), identity(t)
	pluginConfig, err := plugin.PluginConfig(hub.PEM())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := greet(t, hubConfig(t, stranger, plugin.Field()), pluginConfig); err == nil {
		t.Error("the plugin serves a stranger")
	}
	if err, _ := greet(t, hubConfig(t, hub, stranger.Field()), pluginConfig); err == nil {
		t.Error("the hub calls a stranger")
	}
	anonymous := hubConfig(t, hub, plugin.Field())
	anonymous.Certificates = nil
	if _, err := greet(t, anonymous, pluginConfig); err == nil {
		t.Error("the plugin serves somebody without a certificate")
	}
}

func TestPluginNeedsTheHubsCertificate(t *testing.T) {
	if _, err := identity(t).PluginConfig("nonsense"); !errors.Is(err, transport.ErrNoCertificate) {
		t.Errorf("got %v", err)
	}
}
