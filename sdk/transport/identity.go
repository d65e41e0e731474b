package transport

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"time"
)

const (
	// HubCertificateKey is the environment variable with the hub's certificate
	// in PEM. It is set if the hub wants mutual TLS.
	HubCertificateKey = "PLUGIN_CLIENT_CERT"
	// serverName is what both certificates are for.
	serverName = "localhost"
	// validity is longer than any process lives.
	validity = 30 * 365 * 24 * time.Hour
	// skew lets the clock be set back between the start and the first call.
	skew = time.Hour
)

// ErrNoCertificate says that a text is not a certificate in PEM.
var ErrNoCertificate = errors.New("not a certificate in PEM")

// Identity is what one side of a connection proves itself with: a key made
// for one start of one process, and a certificate that is its own authority.
//
// The curve is P-256. go-plugin's own identities are on P-521, for which Go has
// no precomputed table: each process would calculate one, which takes
// half a megabyte for as long as it lives and most of the time of a handshake.
// An Identity is safe for concurrent use.
type Identity struct {
	pair tls.Certificate
}

// NewIdentity makes an identity.
func NewIdentity() (*Identity, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("generate key: %w", err)
	}
	template, err := certificate()
	if err != nil {
		return nil, err
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return nil, fmt.Errorf("create certificate: %w", err)
	}
	return &Identity{pair: tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}}, nil
}

// certificate returns what a certificate says. Both sides accept calls, so it
// is for servers and clients.
func certificate() (*x509.Certificate, error) {
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 128))
	if err != nil {
		return nil, fmt.Errorf("choose serial number: %w", err)
	}
	now := time.Now()
	return &x509.Certificate{
		Subject:               pkix.Name{CommonName: serverName, Organization: []string{"Pulse"}},
		DNSNames:              []string{serverName},
		SerialNumber:          serial,
		NotBefore:             now.Add(-skew),
		NotAfter:              now.Add(validity),
		KeyUsage:              x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
		ExtKeyUsage:           []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth, x509.ExtKeyUsageServerAuth},
		BasicConstraintsValid: true,
		IsCA:                  true,
	}, nil
}

// PEM returns the certificate the way that the hub hands over its own.
func (i *Identity) PEM() string {
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: i.pair.Certificate[0]}))
}

// Field returns the certificate the way that a plugin tells its own in the handshake.
func (i *Identity) Field() string {
	return base64.RawStdEncoding.EncodeToString(i.pair.Certificate[0])
}

// HubConfig returns the configuration of the hub's side. Whom it trusts is not
// known before the handshake, in which go-plugin adds it.
func (i *Identity) HubConfig() *tls.Config {
	return &tls.Config{
		Certificates: []tls.Certificate{i.pair},
		ClientAuth:   tls.RequireAndVerifyClientCert,
		MinVersion:   tls.VersionTLS12,
		ServerName:   serverName,
	}
}

// PluginConfig returns the configuration of the plugin's side, which trusts
// the hub's certificate, in PEM, and no other.
func (i *Identity) PluginConfig(hub string) (*tls.Config, error) {
	trusted := x509.NewCertPool()
	if !trusted.AppendCertsFromPEM([]byte(hub)) {
		return nil, fmt.Errorf("trust hub: %w", ErrNoCertificate)
	}
	config := i.HubConfig()
	config.RootCAs, config.ClientCAs = trusted, trusted
	return config, nil
}
