package proxmoxapi

import (
	"crypto/x509"
	"encoding/hex"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/pulse-hub/pulse/sdk/schema"
	"github.com/pulse-hub/pulse/sdk/secret"
)

// The bounds that hold where Options say nothing.
const (
	DefaultParallel = 4
	DefaultTimeout  = 10 * time.Second
	DefaultMaxBytes = 32 << 20
)

// Auth is an API token or a user with a password; exactly one.
type Auth struct {
	TokenID     string // user@realm!name
	TokenSecret secret.Text
	User        string // user@realm
	Password    secret.Text
}

// TLS says how the server proves who it is. Without anything it must have a
// certificate of an authority that the system trusts.
type TLS struct {
	// Fingerprint is the SHA-256 sum of the server's certificate in
	// hexadecimal, with or without colons. Where it is set nothing else counts.
	Fingerprint string
	// CA holds the certificates of the trusted authorities as PEM.
	CA string
	// Insecure accepts any certificate.
	Insecure bool
}

// Options describe a server or a cluster.
type Options struct {
	Product Product
	// Endpoints are the addresses of the server or of members of its cluster,
	// as URLs, tried in order. Without a port it is that of the product.
	Endpoints []string
	Auth      Auth
	TLS       TLS
	// Parallel bounds the calls to one endpoint at a time; half of them may be
	// for the same node. 0: DefaultParallel.
	Parallel int
	// Timeout bounds one call. 0: DefaultTimeout.
	Timeout time.Duration
	// MaxBytes bounds the body of one answer. 0: DefaultMaxBytes.
	MaxBytes int64
}

func (o Options) withDefaults() Options {
	if o.Parallel <= 0 {
		o.Parallel = DefaultParallel
	}
	if o.Timeout <= 0 {
		o.Timeout = DefaultTimeout
	}
	if o.MaxBytes <= 0 {
		o.MaxBytes = DefaultMaxBytes
	}
	return o
}

// errOptions is the root of what New finds wrong for which no field can be blamed.
var errOptions = errors.New("invalid options")

// validate returns schema.FieldErrors, joined, by the fields of Connection.
func (o Options) validate() error {
	var faults []error
	if o.Product < PVE || o.Product > PMG {
		faults = append(faults, fmt.Errorf("%w: no product", errOptions))
	}
	if len(o.Endpoints) == 0 {
		faults = append(faults, schema.FieldError{Path: pathURL, Message: "must not be empty"})
	}
	for i, address := range o.Endpoints {
		if _, err := parseEndpoint(address, o.Product); err != nil {
			faults = append(faults, schema.FieldError{Path: endpointPath(i), Message: err.Error()})
		}
	}
	faults = append(faults, o.Auth.validate(o.Product)...)
	return errors.Join(append(faults, o.TLS.validate()...)...)
}

func endpointPath(i int) string {
	if i == 0 {
		return pathURL
	}
	return fmt.Sprintf("%s/%d", pathEndpoints, i-1)
}

func (a Auth) validate(p Product) []error {
	var faults []error
	fault := func(path, message string) {
		faults = append(faults, schema.FieldError{Path: path, Message: message})
	}
	token, user := a.TokenID != "" || a.TokenSecret != "", a.User != "" || a.Password != ""
	switch {
	case token && !p.tokens():
		fault(pathTokenID, p.String()+" has no API tokens")
	case token && user:
		fault(pathUser, "must be empty when there is an API token")
	case token:
		if user, name, _ := strings.Cut(a.TokenID, "!"); !strings.Contains(user, "@") || name == "" || strings.ContainsAny(a.TokenID, " =:\r\n") {
			fault(pathTokenID, "must be like user@realm!name")
		}
		if a.TokenSecret == "" || strings.ContainsAny(string(a.TokenSecret), " \r\n") {
			fault(pathTokenSecret, "must be the secret of the API token")
		}
	case user:
		if name, realm, ok := strings.Cut(a.User, "@"); !ok || name == "" || realm == "" {
			fault(pathUser, "must be like user@realm")
		}
		if a.Password == "" {
			fault(pathPassword, "must not be empty")
		}
	case p.tokens():
		fault(pathTokenID, "there must be an API token, or a user with a password")
	default:
		fault(pathUser, "there must be a user with a password")
	}
	return faults
}

func (t TLS) validate() []error {
	var faults []error
	if t.Fingerprint != "" {
		if _, err := parseFingerprint(t.Fingerprint); err != nil {
			faults = append(faults, schema.FieldError{Path: pathFingerprint, Message: err.Error()})
		}
	}
	if t.CA != "" && !x509.NewCertPool().AppendCertsFromPEM([]byte(t.CA)) {
		faults = append(faults, schema.FieldError{Path: pathCA, Message: "must hold certificates in PEM form"})
	}
	return faults
}

// fingerprint is the SHA-256 sum of a certificate.
type fingerprint [32]byte

// String returns the form in which the products show it: "AA:BB:…".
func (f fingerprint) String() string {
	parts := make([]string, len(f))
	for i, b := range f {
		parts[i] = fmt.Sprintf("%02X", b)
	}
	return strings.Join(parts, ":")
}

func parseFingerprint(text string) (fingerprint, error) {
	sum, err := hex.DecodeString(strings.ReplaceAll(strings.TrimSpace(text), ":", ""))
	if err != nil || len(sum) != len(fingerprint{}) {
		return fingerprint{}, errors.New("must be a SHA-256 fingerprint in hexadecimal")
	}
	return fingerprint(sum), nil
}

// parseEndpoint reads the address of a server and puts the API's path on it.
func parseEndpoint(address string, p Product) (*url.URL, error) {
	u, err := url.Parse(strings.TrimSpace(address))
	switch {
	case err != nil || u.Hostname() == "":
		return nil, errors.New("must be a URL like https://host:" + p.Port())
	case u.Scheme != "https":
		return nil, errors.New("must begin with https://")
	case u.User != nil || u.RawQuery != "" || u.Fragment != "":
		return nil, errors.New("must not hold a user, a query or a fragment")
	}
	if u.Port() == "" {
		u.Host += ":" + p.Port()
	}
	u.Path = strings.TrimSuffix(strings.TrimSuffix(u.Path, "/"), "/api2/json") + "/api2/json/"
	return u, nil
}
