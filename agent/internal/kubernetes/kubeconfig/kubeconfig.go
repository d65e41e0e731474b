// Package kubeconfig finds out which Kubernetes API server to speak to and how to be known there: from the service account
// of the pod the agent runs in, or from kubeconfig files
// (https://kubernetes.io/docs/concepts/configuration/organize-cluster-access-kubeconfig/).
package kubeconfig

import (
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
)

// Errors of [Find].
var (
	// ErrNone means that there is neither a service account nor a kubeconfig.
	ErrNone = errors.New("no kubeconfig, and not in a pod")
	// ErrSyntax means that a file is no kubeconfig. The text never quotes the file, which holds secrets.
	ErrSyntax = errors.New("not a kubeconfig")
	// ErrIncomplete means that the context, or the cluster or user it names, is not there.
	ErrIncomplete = errors.New("kubeconfig lacks an entry")
	// ErrUnsupported means that the kubeconfig asks for something the agent cannot do.
	ErrUnsupported = errors.New("kubeconfig asks for what is not supported")
)

// Where a pod finds its service account (https://kubernetes.io/docs/tasks/run-application/access-api-from-pod/).
const (
	podToken = "/var/run/secrets/kubernetes.io/serviceaccount/token"
	podCA    = "/var/run/secrets/kubernetes.io/serviceaccount/ca.crt"
)

// InCluster is the context of an agent that runs in a pod of the cluster.
const InCluster = "in-cluster"

// maxFile bounds a kubeconfig, in bytes.
const maxFile = 4 << 20

// Access is how to reach one cluster. It holds secrets and must not be logged.
type Access struct {
	// Context is the name of the context, or InCluster.
	Context string
	// Server is the base URL of the API server as configured.
	Server string
	// ServerName replaces the host of the URL where the certificate is checked; empty means that host.
	ServerName string
	// Insecure turns off the check of the certificate.
	Insecure bool
	// CAFile or CAData is the certificate authority in PEM; with neither, those of the system are used. CAData wins.
	CAFile string
	CAData []byte
	// ProxyURL is the proxy to use; empty means that of the environment.
	ProxyURL string
	// DisableCompression keeps answers uncompressed.
	DisableCompression bool
	User               User
}

// User is how to be known to an API server. All parts are optional.
type User struct {
	// Token is sent as bearer token. TokenFile wins: it is read again as it changes.
	Token, TokenFile string
	// Username and Password are sent by basic authentication when there is no token.
	Username, Password string
	// CertificateFile and KeyFile, or their data, are the client certificate in PEM. Data wins.
	CertificateFile, KeyFile string
	CertificateData, KeyData []byte
	// Exec is a program that gives a token or a certificate; nil for none.
	Exec *Exec
	// As is whom to act as; its Name is empty for nobody else.
	As Impersonation
}

// Exec is a credential plugin (https://kubernetes.io/docs/reference/access-authn-authz/authentication/#client-go-credential-plugins).
type Exec struct {
	// Command is an absolute path, or a bare name to look up in the PATH.
	Command string
	Args    []string
	// Env are additional variables, each "NAME=value".
	Env []string
	// APIVersion is client.authentication.k8s.io/v1 or v1beta1.
	APIVersion string
	// ProvideClusterInfo says that the program wants to know about the cluster.
	ProvideClusterInfo bool
	// InstallHint is for people who lack the program.
	InstallHint string
}

// Impersonation is another user in whose name requests are made.
type Impersonation struct {
	Name, UID string
	Groups    []string
	Extra     map[string][]string
}

// Source says where to look. LookupEnv is required.
type Source struct {
	// Path is a kubeconfig; empty means the pod's service account, then the files KUBECONFIG names, then ~/.kube/config.
	Path string
	// Context chooses a context; empty means the current one. With a context the service account is not used.
	Context string
	// LookupEnv finds an environment variable, as os.LookupEnv does.
	LookupEnv func(name string) (string, bool)
	// ReadFile reads kubeconfig files and looks for the service account; nil means os.ReadFile.
	ReadFile func(path string) ([]byte, error)
}

// Find returns how to reach the cluster. It reads kubeconfig files only: certificates and tokens in files of their own are
// left to whoever uses them.
func Find(source Source) (Access, error) {
	if source.ReadFile == nil {
		source.ReadFile = os.ReadFile
	}
	if source.Path != "" {
		return source.fromFiles([]string{source.Path}, true)
	}
	if source.Context == "" {
		if access, ok := source.pod(); ok {
			return access, nil
		}
	}
	if list, ok := source.LookupEnv("KUBECONFIG"); ok && list != "" {
		return source.fromFiles(filepath.SplitList(list), false)
	}
	home, ok := source.LookupEnv("HOME")
	if !ok || home == "" {
		home, _ = source.LookupEnv("USERPROFILE")
	}
	if home == "" {
		return Access{}, ErrNone
	}
	return source.fromFiles([]string{filepath.Join(home, ".kube", "config")}, false)
}

// pod returns the access of the pod's service account.
func (s Source) pod() (Access, bool) {
	host, _ := s.LookupEnv("KUBERNETES_SERVICE_HOST")
	port, _ := s.LookupEnv("KUBERNETES_SERVICE_PORT")
	if host == "" || port == "" {
		return Access{}, false
	}
	if _, err := s.ReadFile(podToken); err != nil {
		return Access{}, false
	}
	return Access{
		Context: InCluster, Server: "https://" + net.JoinHostPort(host, port), CAFile: podCA, User: User{TokenFile: podToken},
	}, true
}

// fromFiles merges the files, of which the first to name something wins, and resolves the context. Files that do not
// exist are left out unless they were asked for by name.
func (s Source) fromFiles(paths []string, named bool) (Access, error) {
	var merged document
	found := false
	for _, path := range paths {
		if path == "" {
			continue
		}
		raw, err := s.ReadFile(path)
		if errors.Is(err, os.ErrNotExist) && !named {
			continue
		}
		if err != nil {
			return Access{}, fmt.Errorf("read kubeconfig: %w", err)
		}
		parsed, err := parse(raw)
		if err != nil {
			return Access{}, fmt.Errorf("read %s: %w", path, err)
		}
		merged.add(parsed, filepath.Dir(path))
		found = true
	}
	if !found {
		return Access{}, ErrNone
	}
	return merged.resolve(s.Context)
}

// within makes a path of a kubeconfig absolute: it is relative to the folder of the file.
func within(folder, path string) string {
	if path == "" || filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(folder, path)
}

// program is within for commands: a bare name is looked up in the PATH instead.
func program(folder, command string) string {
	if !strings.ContainsRune(command, '/') && !strings.ContainsRune(command, filepath.Separator) {
		return command
	}
	return within(folder, command)
}
