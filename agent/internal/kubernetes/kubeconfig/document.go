package kubeconfig

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"

	"github.com/goccy/go-yaml"
)

// document is a kubeconfig (v1). JSON is YAML too.
type document struct {
	CurrentContext string         `yaml:"current-context"`
	Contexts       []namedContext `yaml:"contexts"`
	Clusters       []namedCluster `yaml:"clusters"`
	Users          []namedUser    `yaml:"users"`
}

type namedContext struct {
	Name    string `yaml:"name"`
	Context struct {
		Cluster string `yaml:"cluster"`
		User    string `yaml:"user"`
	} `yaml:"context"`
}

type namedCluster struct {
	Name    string `yaml:"name"`
	Cluster struct {
		Server                   string `yaml:"server"`
		TLSServerName            string `yaml:"tls-server-name"`
		InsecureSkipTLSVerify    bool   `yaml:"insecure-skip-tls-verify"`
		CertificateAuthority     string `yaml:"certificate-authority"`
		CertificateAuthorityData string `yaml:"certificate-authority-data"`
		ProxyURL                 string `yaml:"proxy-url"`
		DisableCompression       bool   `yaml:"disable-compression"`
	} `yaml:"cluster"`
	folder string // what relative paths are relative to
}

type namedUser struct {
	Name   string `yaml:"name"`
	User   user   `yaml:"user"`
	folder string
}

type user struct {
	ClientCertificate     string              `yaml:"client-certificate"`
	ClientCertificateData string              `yaml:"client-certificate-data"`
	ClientKey             string              `yaml:"client-key"`
	ClientKeyData         string              `yaml:"client-key-data"`
	Token                 string              `yaml:"token"`
	TokenFile             string              `yaml:"tokenFile"`
	Username              string              `yaml:"username"`
	Password              string              `yaml:"password"`
	Exec                  *execConfig         `yaml:"exec"`
	AuthProvider          map[string]any      `yaml:"auth-provider"`
	As                    string              `yaml:"as"`
	AsUID                 string              `yaml:"as-uid"`
	AsGroups              []string            `yaml:"as-groups"`
	AsUserExtra           map[string][]string `yaml:"as-user-extra"`
}

type execConfig struct {
	APIVersion         string   `yaml:"apiVersion"`
	Command            string   `yaml:"command"`
	Args               []string `yaml:"args"`
	InstallHint        string   `yaml:"installHint"`
	ProvideClusterInfo bool     `yaml:"provideClusterInfo"`
	InteractiveMode    string   `yaml:"interactiveMode"`
	Env                []struct {
		Name  string `yaml:"name"`
		Value string `yaml:"value"`
	} `yaml:"env"`
}

// parse reads a kubeconfig. Errors tell the line and nothing of its content.
func parse(raw []byte) (document, error) {
	var parsed document
	if len(raw) > maxFile {
		return parsed, fmt.Errorf("%w: too large", ErrSyntax)
	}
	if len(bytes.TrimSpace(raw)) == 0 {
		return parsed, nil
	}
	err := yaml.Unmarshal(raw, &parsed)
	var at yaml.Error
	if errors.As(err, &at) && at.GetToken() != nil && at.GetToken().Position != nil {
		return document{}, fmt.Errorf("%w: line %d", ErrSyntax, at.GetToken().Position.Line)
	}
	if err != nil {
		return document{}, ErrSyntax
	}
	return parsed, nil
}

// add merges a file that comes after: what is there already stays.
func (d *document) add(later document, folder string) {
	if d.CurrentContext == "" {
		d.CurrentContext = later.CurrentContext
	}
	d.Contexts = append(d.Contexts, later.Contexts...)
	for _, cluster := range later.Clusters {
		cluster.folder = folder
		d.Clusters = append(d.Clusters, cluster)
	}
	for _, user := range later.Users {
		user.folder = folder
		d.Users = append(d.Users, user)
	}
}

// resolve puts together what belongs to a context. An empty name means the current context, or the only one.
func (d *document) resolve(name string) (Access, error) {
	if name == "" {
		name = d.CurrentContext
	}
	if name == "" && len(d.Contexts) == 1 {
		name = d.Contexts[0].Name
	}
	chosen, ok := find(d.Contexts, func(c namedContext) bool { return c.Name == name })
	if !ok {
		return Access{}, fmt.Errorf("%w: context %q", ErrIncomplete, name)
	}
	cluster, ok := find(d.Clusters, func(c namedCluster) bool { return c.Name == chosen.Context.Cluster })
	if !ok || cluster.Cluster.Server == "" {
		return Access{}, fmt.Errorf("%w: cluster %q", ErrIncomplete, chosen.Context.Cluster)
	}
	access, err := cluster.access(name)
	if err != nil || chosen.Context.User == "" {
		return access, err
	}
	who, ok := find(d.Users, func(u namedUser) bool { return u.Name == chosen.Context.User })
	if !ok {
		return Access{}, fmt.Errorf("%w: user %q", ErrIncomplete, chosen.Context.User)
	}
	access.User, err = who.resolve()
	return access, err
}

func find[T any](list []T, match func(T) bool) (T, bool) {
	for _, each := range list {
		if match(each) {
			return each, true
		}
	}
	var none T
	return none, false
}

func (c namedCluster) access(context string) (Access, error) {
	from := c.Cluster
	authority, err := data("certificate-authority-data", from.CertificateAuthorityData)
	if err != nil {
		return Access{}, err
	}
	return Access{
		Context: context, Server: from.Server, ServerName: from.TLSServerName, Insecure: from.InsecureSkipTLSVerify,
		CAFile: within(c.folder, from.CertificateAuthority), CAData: authority,
		ProxyURL: from.ProxyURL, DisableCompression: from.DisableCompression,
	}, nil
}

func (u namedUser) resolve() (User, error) {
	from := u.User
	if from.AuthProvider != nil {
		return User{}, fmt.Errorf("%w: auth-provider, which exec replaces", ErrUnsupported)
	}
	certificate, err := data("client-certificate-data", from.ClientCertificateData)
	if err != nil {
		return User{}, err
	}
	key, err := data("client-key-data", from.ClientKeyData)
	if err != nil {
		return User{}, err
	}
	exec, err := from.Exec.resolve(u.folder)
	if err != nil {
		return User{}, err
	}
	return User{
		Token: from.Token, TokenFile: within(u.folder, from.TokenFile), Username: from.Username, Password: from.Password,
		CertificateFile: within(u.folder, from.ClientCertificate), KeyFile: within(u.folder, from.ClientKey),
		CertificateData: certificate, KeyData: key, Exec: exec,
		As: Impersonation{Name: from.As, UID: from.AsUID, Groups: from.AsGroups, Extra: from.AsUserExtra},
	}, nil
}

// Versions of the exchange with credential plugins.
const (
	execV1      = "client.authentication.k8s.io/v1"
	execV1beta1 = "client.authentication.k8s.io/v1beta1"
)

func (e *execConfig) resolve(folder string) (*Exec, error) {
	switch {
	case e == nil:
		return nil, nil
	case e.Command == "":
		return nil, fmt.Errorf("%w: command of exec", ErrIncomplete)
	case e.APIVersion != execV1 && e.APIVersion != execV1beta1:
		return nil, fmt.Errorf("%w: this apiVersion of exec", ErrUnsupported)
	case e.InteractiveMode == "Always":
		return nil, fmt.Errorf("%w: exec that must talk with somebody", ErrUnsupported)
	}
	resolved := &Exec{
		Command: program(folder, e.Command), Args: e.Args, APIVersion: e.APIVersion,
		ProvideClusterInfo: e.ProvideClusterInfo, InstallHint: e.InstallHint,
	}
	for _, variable := range e.Env {
		resolved.Env = append(resolved.Env, variable.Name+"="+variable.Value)
	}
	return resolved, nil
}

// data decodes the base64 of a member whose name ends in -data.
func data(member, encoded string) ([]byte, error) {
	if encoded == "" {
		return nil, nil
	}
	decoded, err := base64.StdEncoding.DecodeString(encoded)
	if err != nil {
		return nil, fmt.Errorf("%w: %s is not base64", ErrSyntax, member)
	}
	return decoded, nil
}
