// Package credential makes requests known to a Kubernetes API server, with tokens and certificates that change while the
// agent runs.
package credential

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/pulse-hub/pulse/agent/internal/kubernetes/kubeconfig"
)

// Errors of a [Source]. Their texts hold no secrets.
var (
	// ErrToken means that a token cannot be read or sent.
	ErrToken = errors.New("no usable token")
	// ErrCertificate means that a client certificate cannot be read.
	ErrCertificate = errors.New("no usable client certificate")
	// ErrPlugin means that a credential plugin gave nothing that can be used.
	ErrPlugin = errors.New("credential plugin")
)

// maxToken and maxPEM bound what is read from files, in bytes.
const (
	maxToken = 64 << 10
	maxPEM   = 1 << 20
)

// Source gives the credentials of one user at one cluster. It is safe for concurrent use.
type Source struct {
	user   kubeconfig.User
	plugin *plugin // nil without one
}

// New returns the source for the user of an access. Nothing is read or run before it is needed.
func New(access kubeconfig.Access) *Source {
	source := &Source{user: access.User}
	if access.User.Exec != nil {
		source.plugin = newPlugin(access, runProgram, time.Now)
	}
	return source
}

// Authorize sets the headers that make a request known. Token files are read each time, so that a token that is rotated is
// used at once.
func (s *Source) Authorize(ctx context.Context, header http.Header) error {
	token, err := s.token(ctx)
	if err != nil {
		return err
	}
	switch {
	case token != "":
		header.Set("Authorization", "Bearer "+token)
	case s.user.Username != "":
		request := http.Request{Header: header}
		request.SetBasicAuth(s.user.Username, s.user.Password)
	}
	s.actAs(header)
	return nil
}

// token returns the token to send; empty for none.
func (s *Source) token(ctx context.Context) (string, error) {
	token := s.user.Token
	switch {
	case s.user.TokenFile != "":
		raw, err := readBounded(s.user.TokenFile, maxToken)
		if err != nil {
			return "", fmt.Errorf("%w: %w", ErrToken, err)
		}
		token = strings.TrimSpace(string(raw))
		if token == "" {
			return "", fmt.Errorf("%w: the file is empty", ErrToken)
		}
	case token == "" && s.plugin != nil:
		issued, err := s.plugin.issue(ctx)
		if err != nil {
			return "", err
		}
		token = issued.token
	}
	if strings.ContainsFunc(token, func(char rune) bool { return char <= ' ' || char >= 0x7f }) {
		return "", fmt.Errorf("%w: it holds characters that cannot be sent", ErrToken)
	}
	return token, nil
}

// actAs names the user in whose name the request is made.
func (s *Source) actAs(header http.Header) {
	as := s.user.As
	if as.Name == "" {
		return
	}
	header.Set("Impersonate-User", as.Name)
	if as.UID != "" {
		header.Set("Impersonate-Uid", as.UID)
	}
	for _, group := range as.Groups {
		header.Add("Impersonate-Group", group)
	}
	for key, values := range as.Extra {
		for _, value := range values {
			header.Add("Impersonate-Extra-"+key, value)
		}
	}
}

// Certificate returns the client certificate for a new connection; an empty one when the user has none. It is read anew
// each time, as connections are few. It fits tls.Config.GetClientCertificate.
func (s *Source) Certificate(request *tls.CertificateRequestInfo) (*tls.Certificate, error) {
	certificate, key, err := s.pair()
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrCertificate, err)
	}
	if certificate == nil && s.plugin != nil {
		issued, err := s.plugin.issue(request.Context())
		if err != nil {
			return nil, err
		}
		certificate, key = issued.certificate, issued.key
	}
	if certificate == nil {
		return &tls.Certificate{}, nil
	}
	pair, err := tls.X509KeyPair(certificate, key)
	if err != nil {
		return nil, ErrCertificate // the library's text may tell of the key
	}
	return &pair, nil
}

// pair returns the configured certificate and key in PEM; nil when there is none.
func (s *Source) pair() (certificate, key []byte, err error) {
	certificate, key = s.user.CertificateData, s.user.KeyData
	if certificate == nil && s.user.CertificateFile != "" {
		if certificate, err = readBounded(s.user.CertificateFile, maxPEM); err != nil {
			return nil, nil, err
		}
	}
	if key == nil && s.user.KeyFile != "" {
		if key, err = readBounded(s.user.KeyFile, maxPEM); err != nil {
			return nil, nil, err
		}
	}
	return certificate, key, nil
}

// Refused says that the API server did not accept the credentials. It reports whether others may be had by trying again.
func (s *Source) Refused() bool {
	if s.plugin == nil {
		return s.user.TokenFile != "" // it may have been rotated while the request was under way
	}
	return s.plugin.forget()
}

// readBounded reads a file that must not be larger.
func readBounded(path string, limit int64) ([]byte, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	raw, err := io.ReadAll(io.LimitReader(file, limit+1))
	if err != nil {
		return nil, err
	}
	if int64(len(raw)) > limit {
		return nil, errors.New("the file is too large")
	}
	return raw, nil
}
