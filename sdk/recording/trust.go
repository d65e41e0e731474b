package recording

import (
	"crypto/sha256"
	"crypto/subtle"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
)

// Trust says which certificates a proxy takes from the other side. The zero
// value takes those of authorities that the system trusts.
type Trust struct {
	// CA are certificates of authorities in PEM, instead of the system's.
	CA []byte
	// Fingerprint is the SHA-256 of the one certificate to take, in
	// hexadecimal, with or without colons. It goes before CA.
	Fingerprint string
	// Unverified takes any certificate.
	Unverified bool
}

// errFingerprint says that the other side has another certificate than is expected.
var errFingerprint = errors.New("the certificate has another fingerprint")

// config returns the settings for the connections to the other side.
func (t Trust) config() (*tls.Config, error) {
	config := &tls.Config{MinVersion: tls.VersionTLS12}
	switch {
	case t.Fingerprint != "":
		want, err := hex.DecodeString(strings.ReplaceAll(t.Fingerprint, ":", ""))
		if err != nil || len(want) != sha256.Size {
			return nil, errors.New("the fingerprint is not a SHA-256 in hexadecimal")
		}
		config.InsecureSkipVerify = true // the fingerprint says more than a chain
		config.VerifyConnection = func(state tls.ConnectionState) error { return hasFingerprint(state, want) }
	case t.Unverified:
		config.InsecureSkipVerify = true
	case len(t.CA) > 0:
		config.RootCAs = x509.NewCertPool()
		if !config.RootCAs.AppendCertsFromPEM(t.CA) {
			return nil, errors.New("there is no certificate in the CA")
		}
	}
	return config, nil
}

func hasFingerprint(state tls.ConnectionState, want []byte) error {
	if len(state.PeerCertificates) == 0 {
		return errFingerprint
	}
	got := sha256.Sum256(state.PeerCertificates[0].Raw)
	if subtle.ConstantTimeCompare(got[:], want) != 1 {
		return fmt.Errorf("%w: %s", errFingerprint, hex.EncodeToString(got[:]))
	}
	return nil
}
