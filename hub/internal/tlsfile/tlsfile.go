// Package tlsfile keeps the certificate of a TLS server up to date with the
// files it comes from, so that a renewed certificate needs no restart.
package tlsfile

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"sync/atomic"
	"time"

	"github.com/hashicorp/go-hclog"
)

// Interval is how often the files are looked at.
const Interval = 30 * time.Second

// maxFile bounds the size of either file, in bytes.
const maxFile = 1 << 20

// ErrTooLarge is returned for a file that is no certificate or key by its size alone.
var ErrTooLarge = errors.New("file is too large for a certificate or key")

// Pair is a certificate and its key, both PEM files. It is safe for concurrent use.
type Pair struct {
	certificate, key string
	logger           hclog.Logger

	current atomic.Pointer[tls.Certificate]
	seen    [2]mark // what current was read from, or what could not be read; of Run alone once that runs
	fault   string  // why the last change was not taken; empty: it was
}

// mark tells versions of a file apart without reading it.
type mark struct {
	modified time.Time
	size     int64
}

// Open reads a certificate, with the chain above it, and its key.
func Open(certificate, key string, logger hclog.Logger) (*Pair, error) {
	p := &Pair{certificate: certificate, key: key, logger: logger}
	p.seen = p.look()
	pair, err := p.read()
	if err != nil {
		return nil, err
	}
	p.current.Store(pair)
	return p, nil
}

// GetCertificate is for [tls.Config]. It never fails.
func (p *Pair) GetCertificate(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	return p.current.Load(), nil
}

// Run takes in what the files become until ctx ends: every Interval if one has
// changed, and at once whenever now can be received from. A pair that cannot be
// used changes nothing: the one before stays, and the log says so once. It must
// run only once.
func (p *Pair) Run(ctx context.Context, now <-chan os.Signal) error {
	ticker := time.NewTicker(Interval)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-now:
			p.reload(p.look())
		case <-ticker.C:
			// While a pair is broken it is read each time: the certificate and the key are not written at once, and the
			// second may be done within the grain of the clock.
			if marks := p.look(); marks != p.seen || p.fault != "" {
				p.reload(marks)
			}
		}
	}
}

func (p *Pair) reload(marks [2]mark) {
	pair, err := p.read()
	p.seen = marks
	if err != nil {
		if text := err.Error(); text != p.fault {
			p.fault = text
			p.logger.Error("new certificate not used, the one before stays", "error", err)
		}
		return
	}
	p.fault = ""
	p.current.Store(pair)
	p.logger.Info("certificate read again", "not_after", pair.Leaf.NotAfter)
}

// look returns the marks of both files; zero for one that is not there.
func (p *Pair) look() [2]mark {
	var marks [2]mark
	for i, path := range []string{p.certificate, p.key} {
		if info, err := os.Stat(path); err == nil {
			marks[i] = mark{info.ModTime(), info.Size()}
		}
	}
	return marks
}

func (p *Pair) read() (*tls.Certificate, error) {
	certificate, err := readFile(p.certificate)
	if err != nil {
		return nil, fmt.Errorf("read certificate: %w", err)
	}
	key, err := readFile(p.key)
	if err != nil {
		return nil, fmt.Errorf("read key of certificate: %w", err)
	}
	pair, err := tls.X509KeyPair(certificate, key)
	if err != nil {
		return nil, fmt.Errorf("read certificate and key: %w", err)
	}
	if pair.Leaf == nil {
		if pair.Leaf, err = x509.ParseCertificate(pair.Certificate[0]); err != nil {
			return nil, fmt.Errorf("read certificate: %w", err)
		}
	}
	return &pair, nil
}

func readFile(path string) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, &fs.PathError{Op: "open", Path: path, Err: errors.New("it is no file")}
	}
	if info.Size() > maxFile {
		return nil, ErrTooLarge
	}
	return os.ReadFile(path)
}
