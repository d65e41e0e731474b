package proxmoxapi

import (
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"sync"
	"time"
)

// pins decides which certificates are good. It is safe for concurrent use.
type pins struct {
	configured *fingerprint // nil: none
	insecure   bool
	roots      *x509.CertPool // nil: those of the system
	now        func() time.Time

	mu     sync.Mutex
	learnt map[fingerprint]bool
}

func newPins(t TLS, now func() time.Time) (*pins, error) {
	p := &pins{insecure: t.Insecure, now: now}
	if t.Fingerprint != "" {
		sum, err := parseFingerprint(t.Fingerprint)
		if err != nil {
			return nil, err
		}
		p.configured = &sum
	}
	if t.CA != "" {
		p.roots = x509.NewCertPool()
		p.roots.AppendCertsFromPEM([]byte(t.CA))
	}
	return p, nil
}

// learn replaces the certificates that a cluster named.
func (p *pins) learn(members []Member) {
	learnt := map[fingerprint]bool{}
	for _, m := range members {
		if sum, err := parseFingerprint(m.Fingerprint); err == nil {
			learnt[sum] = true
		}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.learnt = learnt
}

// changedError says that a server has another certificate than the one that is pinned.
type changedError struct{ got fingerprint }

// Error names the fingerprint that was found, which is no secret.
func (e *changedError) Error() string {
	return "its certificate is not the expected one, the fingerprint is " + e.got.String()
}

var errNoCertificate = errors.New("the server has no certificate")

// verify is called at the end of every handshake, before anything is sent.
func (p *pins) verify(host string, state tls.ConnectionState) error {
	if len(state.PeerCertificates) == 0 {
		return errNoCertificate
	}
	leaf := state.PeerCertificates[0]
	sum := fingerprint(sha256.Sum256(leaf.Raw))
	switch {
	case p.configured != nil && sum == *p.configured, p.isLearnt(sum):
		return nil
	case p.configured != nil:
		return &changedError{sum}
	case p.insecure:
		return nil
	}
	intermediates := x509.NewCertPool()
	for _, c := range state.PeerCertificates[1:] {
		intermediates.AddCert(c)
	}
	_, err := leaf.Verify(x509.VerifyOptions{
		DNSName: host, Roots: p.roots, Intermediates: intermediates, CurrentTime: p.now(),
	})
	if err != nil {
		return fmt.Errorf("%w (its fingerprint is %s)", err, sum)
	}
	return nil
}

func (p *pins) isLearnt(sum fingerprint) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.learnt[sum]
}
