package engine

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// errScheme means that an endpoint is named in a way that is not understood.
var errScheme = errors.New("engine address must begin with unix:// or tcp://")

// errCertificate means that there is no certificate in the file of the authority.
var errCertificate = errors.New("no certificate in ca.pem")

// maxConnections bounds the connections to one engine, and with them the memory they take.
const maxConnections = 20

// Endpoint is where an engine may listen.
type Endpoint struct {
	// Address is unix:///path or tcp://host:port.
	Address string
	// CertPath is a folder with ca.pem, cert.pem and key.pem, which makes tcp encrypted; empty for none.
	CertPath string
}

// Local reports whether the endpoint is a socket of this machine.
func (e Endpoint) Local() bool { return strings.HasPrefix(e.Address, "unix://") }

// String returns the address without a password.
func (e Endpoint) String() string {
	parsed, err := url.Parse(e.Address)
	if err != nil {
		return "engine"
	}
	return parsed.Redacted()
}

func (e Endpoint) base() string {
	host, remote := strings.CutPrefix(e.Address, "tcp://")
	switch {
	case !remote:
		return "http://engine"
	case e.CertPath != "":
		return "https://" + host
	}
	return "http://" + host
}

// transport returns a way to the endpoint. It reads the certificates and does not dial.
func (e Endpoint) transport() (*http.Transport, error) {
	dialer := &net.Dialer{Timeout: CallTimeout}
	transport := &http.Transport{
		MaxConnsPerHost: maxConnections, MaxIdleConnsPerHost: 2, IdleConnTimeout: time.Minute,
		ReadBufferSize: 4 << 10, WriteBufferSize: 4 << 10, DisableCompression: true,
	}
	path, local := strings.CutPrefix(e.Address, "unix://")
	switch {
	case local:
		transport.DialContext = func(ctx context.Context, _, _ string) (net.Conn, error) {
			return dialer.DialContext(ctx, "unix", path)
		}
	case strings.HasPrefix(e.Address, "tcp://"):
		transport.DialContext = dialer.DialContext
	default:
		return nil, errScheme
	}
	if e.CertPath == "" {
		return transport, nil
	}
	config, err := certificates(e.CertPath)
	transport.TLSClientConfig = config
	return transport, err
}

// certificates reads the folder that DOCKER_CERT_PATH names.
func certificates(folder string) (*tls.Config, error) {
	authority, err := os.ReadFile(filepath.Join(folder, "ca.pem"))
	if err != nil {
		return nil, fmt.Errorf("read engine certificates: %w", err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(authority) {
		return nil, errCertificate
	}
	own, err := tls.LoadX509KeyPair(filepath.Join(folder, "cert.pem"), filepath.Join(folder, "key.pem"))
	if err != nil {
		return nil, fmt.Errorf("read engine certificates: %w", err)
	}
	return &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: pool, Certificates: []tls.Certificate{own}}, nil
}

// System is what [Endpoints] looks at.
type System struct {
	// Getenv is as os.Getenv.
	Getenv func(name string) string
	// Glob is as filepath.Glob.
	Glob func(pattern string) ([]string, error)
}

// dockerSockets and podmanSockets are patterns of where the engines listen, the likely ones first.
var (
	dockerSockets = []string{"/var/run/docker.sock", "$XDG_RUNTIME_DIR/docker.sock", "/run/user/*/docker.sock", "$HOME/.docker/run/docker.sock"}
	podmanSockets = []string{"/run/podman/podman.sock", "$XDG_RUNTIME_DIR/podman/podman.sock", "/run/user/*/podman/podman.sock"}
)

// Endpoints returns where to look for an engine, in order: the addresses the environment names (DOCKER_HOST,
// CONTAINER_HOST, PODMAN_HOST), or, when it names none, the sockets that exist. The runtime is auto, docker or podman;
// the latter two leave out the addresses of the other.
func Endpoints(runtime string, system System) []Endpoint {
	variables, sockets := []string{"DOCKER_HOST", "CONTAINER_HOST", "PODMAN_HOST"}, slices.Concat(dockerSockets, podmanSockets)
	switch Runtime(runtime) {
	case Docker:
		variables, sockets = variables[:1], dockerSockets
	case Podman:
		variables, sockets = variables[1:], podmanSockets
	}
	if named := fromEnvironment(variables, system.Getenv); len(named) > 0 {
		return named
	}
	var found []Endpoint
	for _, pattern := range sockets {
		paths, err := system.Glob(os.Expand(pattern, system.Getenv))
		if err != nil {
			continue // a variable with wildcards in it names no folder
		}
		for _, path := range paths {
			if candidate := (Endpoint{Address: "unix://" + path}); !slices.Contains(found, candidate) {
				found = append(found, candidate)
			}
		}
	}
	return found
}

func fromEnvironment(variables []string, getenv func(string) string) []Endpoint {
	var named []Endpoint
	for _, variable := range variables {
		address := getenv(variable)
		if address == "" {
			continue
		}
		endpoint := Endpoint{Address: address}
		if strings.HasPrefix(address, "tcp://") && getenv("DOCKER_TLS_VERIFY") != "" {
			endpoint.CertPath = certPath(getenv)
		} else if strings.HasPrefix(address, "tcp://") {
			endpoint.CertPath = getenv("DOCKER_CERT_PATH")
		}
		named = append(named, endpoint)
	}
	return named
}

func certPath(getenv func(string) string) string {
	if path := getenv("DOCKER_CERT_PATH"); path != "" {
		return path
	}
	return filepath.Join(getenv("HOME"), ".docker")
}
