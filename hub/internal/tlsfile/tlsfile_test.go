package tlsfile

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hashicorp/go-hclog"
)

// folder is one with a certificate and its key.
type folder struct {
	t   *testing.T
	dir string
	log bytes.Buffer
}

func newFolder(t *testing.T, name string) *folder {
	f := &folder{t: t, dir: t.TempDir()}
	certificate, key := issue(t, name)
	f.write(certificate, key)
	return f
}

func (f *folder) path(name string) string { return filepath.Join(f.dir, name) }

// write replaces the files that are not nil.
func (f *folder) write(certificate, key []byte) {
	f.t.Helper()
	for name, content := range map[string][]byte{"cert.pem": certificate, "key.pem": key} {
		if content == nil {
			continue
		}
		if err := os.WriteFile(f.path(name), content, 0o600); err != nil {
			f.t.Fatal(err)
		}
	}
}

func (f *folder) open() *Pair {
	f.t.Helper()
	logger := hclog.New(&hclog.LoggerOptions{Output: &f.log})
	pair, err := Open(f.path("cert.pem"), f.path("key.pem"), logger)
	if err != nil {
		f.t.Fatal(err)
	}
	return pair
}

func issue(t *testing.T, name string) (certificate, key []byte) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	draft := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, NotAfter: time.Now().Add(time.Hour)}
	signed, err := x509.CreateCertificate(rand.Reader, draft, draft, &private.PublicKey, private)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: signed}), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: raw})
}

func served(t *testing.T, pair *Pair) string {
	t.Helper()
	certificate, err := pair.GetCertificate(nil)
	if err != nil {
		t.Fatal(err)
	}
	return certificate.Leaf.Subject.CommonName
}

func TestFilesAreFollowed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFolder(t, "first")
		pair := f.open()
		ctx, stop := context.WithCancel(t.Context())
		signals, ended := make(chan os.Signal), make(chan error, 1)
		go func() { ended <- pair.Run(ctx, signals) }()
		pass := func(what, want string) {
			t.Helper()
			time.Sleep(Interval) // of the bubble's clock
			synctest.Wait()
			if got := served(t, pair); got != want {
				t.Errorf("%s: %s is served, want %s", what, got, want)
			}
		}
		pass("nothing has changed", "first")
		certificate, key := issue(t, "the second")
		f.write(certificate, nil)
		pass("the key is still the old one", "first")
		pass("and still", "first")
		if n := strings.Count(f.log.String(), "not used"); n != 1 {
			t.Errorf("it was logged %d times:\n%s", n, &f.log)
		}
		f.write(nil, key)
		pass("both are new", "the second")
		if err := os.Remove(f.path("cert.pem")); err != nil {
			t.Fatal(err)
		}
		pass("the certificate is gone", "the second")
		f.write(issue(t, "third"))
		signals <- syscall.SIGHUP
		synctest.Wait()
		if got := served(t, pair); got != "third" {
			t.Errorf("after the signal %s is served", got)
		}
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
}

func TestWhatIsNoPairIsRefused(t *testing.T) {
	certificate, key := issue(t, "a")
	_, other := issue(t, "b")
	for name, files := range map[string][2][]byte{
		"another key": {certificate, other}, "no certificate": {key, key}, "empty": {{}, {}}, "large": {make([]byte, maxFile+1), key},
	} {
		f := &folder{t: t, dir: t.TempDir()}
		f.write(files[0], files[1])
		_, err := Open(f.path("cert.pem"), f.path("key.pem"), hclog.NewNullLogger())
		if err == nil || errors.Is(err, ErrTooLarge) != (name == "large") {
			t.Errorf("%s: got %v", name, err)
		}
	}
	if _, err := Open(t.TempDir(), "nowhere", hclog.NewNullLogger()); err == nil {
		t.Error("a folder is a certificate")
	}
}
