package credential

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/pulse-hub/pulse/agent/internal/kubernetes/kubeconfig"
)

const (
	// early is how long before its end a credential is renewed.
	early = 10 * time.Second
	// failurePause is how long a failure is remembered, so that a dozen requests do not run a broken program a dozen times.
	failurePause = 5 * time.Second
)

// issued is what a program gave.
type issued struct {
	token            string
	certificate, key []byte
	expires          time.Time // zero: good until it is refused
}

// run starts the program and returns its standard output. The information is for its environment.
type run func(ctx context.Context, program kubeconfig.Exec, information string) ([]byte, error)

// plugin is a program that issues credentials, which are kept until they expire or are refused.
type plugin struct {
	program     kubeconfig.Exec
	information string
	run         run
	now         func() time.Time

	turn     chan struct{} // held by whoever looks at, or changes, the fields below
	current  *issued
	failure  error
	failedAt time.Time
}

func newPlugin(access kubeconfig.Access, run run, now func() time.Time) *plugin {
	return &plugin{
		program: *access.User.Exec, information: information(access), run: run, now: now, turn: make(chan struct{}, 1),
	}
}

// execCredential is the object exchanged with programs.
type execCredential struct {
	Kind       string      `json:"kind"`
	APIVersion string      `json:"apiVersion"`
	Spec       execSpec    `json:"spec"`
	Status     *execStatus `json:"status,omitempty"`
}

type execSpec struct {
	Interactive bool         `json:"interactive"`
	Cluster     *execCluster `json:"cluster,omitempty"`
}

type execCluster struct {
	Server     string `json:"server"`
	ServerName string `json:"tls-server-name,omitempty"`
	Insecure   bool   `json:"insecure-skip-tls-verify,omitempty"`
	Authority  []byte `json:"certificate-authority-data,omitempty"`
	ProxyURL   string `json:"proxy-url,omitempty"`
}

type execStatus struct {
	Token       string    `json:"token,omitempty"`
	Certificate string    `json:"clientCertificateData,omitempty"`
	Key         string    `json:"clientKeyData,omitempty"`
	Expires     time.Time `json:"expirationTimestamp,omitzero"`
}

// information is what the program is told, as JSON.
func information(access kubeconfig.Access) string {
	object := execCredential{Kind: "ExecCredential", APIVersion: access.User.Exec.APIVersion}
	if access.User.Exec.ProvideClusterInfo {
		authority := access.CAData
		if authority == nil && access.CAFile != "" {
			authority, _ = os.ReadFile(access.CAFile) // the connection fails over the same file, and says so
		}
		object.Spec.Cluster = &execCluster{
			Server: access.Server, ServerName: access.ServerName, Insecure: access.Insecure, Authority: authority, ProxyURL: access.ProxyURL,
		}
	}
	encoded, err := json.Marshal(object)
	if err != nil {
		return "" // texts and bytes always encode
	}
	return string(encoded)
}

// issue returns credentials that are good now. One program runs at a time; others wait for it.
func (p *plugin) issue(ctx context.Context) (issued, error) {
	select {
	case p.turn <- struct{}{}:
	case <-ctx.Done():
		return issued{}, fmt.Errorf("%w: %w", ErrPlugin, context.Cause(ctx))
	}
	defer func() { <-p.turn }()
	if p.current != nil && (p.current.expires.IsZero() || p.now().Before(p.current.expires.Add(-early))) {
		return *p.current, nil
	}
	if p.failure != nil && p.now().Sub(p.failedAt) < failurePause {
		return issued{}, p.failure
	}
	fresh, err := p.ask(ctx)
	if err != nil {
		p.current, p.failure, p.failedAt = nil, err, p.now()
		return issued{}, err
	}
	p.current, p.failure = &fresh, nil
	return fresh, nil
}

// ask runs the program.
func (p *plugin) ask(ctx context.Context) (issued, error) {
	output, err := p.run(ctx, p.program, p.information)
	if err != nil {
		hint := ""
		if p.program.InstallHint != "" && errors.Is(err, errNotFound) {
			hint = ": " + firstLine(p.program.InstallHint)
		}
		return issued{}, fmt.Errorf("%w: %w%s", ErrPlugin, err, hint)
	}
	return decode(output, p.program.APIVersion)
}

// decode reads what a program wrote.
func decode(output []byte, version string) (issued, error) {
	var object execCredential
	if err := json.Unmarshal(output, &object); err != nil {
		return issued{}, fmt.Errorf("%w: its output cannot be read", ErrPlugin) // the decoder's text may quote it
	}
	status := object.Status
	switch {
	case object.Kind != "ExecCredential" || object.APIVersion != version:
		return issued{}, fmt.Errorf("%w: it speaks another version", ErrPlugin)
	case status == nil || status.Token == "" && status.Certificate == "":
		return issued{}, fmt.Errorf("%w: it gave neither a token nor a certificate", ErrPlugin)
	case (status.Certificate == "") != (status.Key == ""):
		return issued{}, fmt.Errorf("%w: certificate and key come together", ErrPlugin)
	}
	given := issued{token: status.Token, expires: status.Expires}
	if status.Certificate != "" {
		given.certificate, given.key = []byte(status.Certificate), []byte(status.Key)
	}
	return given, nil
}

// forget drops what was refused and reports whether there was something. It does not wait for a program that runs: that
// one renews it anyway.
func (p *plugin) forget() bool {
	select {
	case p.turn <- struct{}{}:
	default:
		return true
	}
	defer func() { <-p.turn }()
	had := p.current != nil
	p.current = nil
	return had
}
