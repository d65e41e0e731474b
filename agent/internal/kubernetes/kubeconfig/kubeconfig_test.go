package kubeconfig_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pulse-hub/pulse/agent/internal/kubernetes/kubeconfig"
)

// world is an environment and a file system.
type world struct {
	env, files map[string]string
}

func (w world) source(path, context string) kubeconfig.Source {
	return kubeconfig.Source{
		Path: path, Context: context,
		LookupEnv: func(name string) (string, bool) { value, ok := w.env[name]; return value, ok },
		ReadFile: func(path string) ([]byte, error) {
			if raw, ok := w.files[path]; ok {
				return []byte(raw), nil
			}
			return nil, &os.PathError{Op: "open", Path: path, Err: os.ErrNotExist}
		},
	}
}

func read(tb testing.TB, name string) string {
	tb.Helper()
	raw, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		tb.Fatal(err)
	}
	return string(raw)
}

func TestFind(t *testing.T) {
	pod := map[string]string{"KUBERNETES_SERVICE_HOST": "fd00::1", "KUBERNETES_SERVICE_PORT": "443", "HOME": "/root"}
	account := map[string]string{"/var/run/secrets/kubernetes.io/serviceaccount/token": "t"}
	full := map[string]string{"/k/config": read(t, "full.yaml")}
	minimal := kubeconfig.Access{Context: "small", Server: "https://small:6443", User: kubeconfig.User{Token: "tok"}}
	tests := []struct {
		name          string
		world         world
		path, context string
		want          kubeconfig.Access
	}{
		{"service account", world{env: pod, files: account}, "", "", kubeconfig.Access{
			Context: "in-cluster", Server: "https://[fd00::1]:443", CAFile: "/var/run/secrets/kubernetes.io/serviceaccount/ca.crt",
			User: kubeconfig.User{TokenFile: "/var/run/secrets/kubernetes.io/serviceaccount/token"},
		}},
		{"a context is never the service account", world{env: pod, files: map[string]string{
			"/var/run/secrets/kubernetes.io/serviceaccount/token": "t", "/root/.kube/config": read(t, "small.yaml"),
		}}, "", "small", minimal},
		{"home", world{env: map[string]string{"HOME": "/root"}, files: map[string]string{"/root/.kube/config": read(t, "small.yaml")}}, "", "", minimal},
		{"home of Windows", world{env: map[string]string{"USERPROFILE": "/u"}, files: map[string]string{"/u/.kube/config": read(t, "small.yaml")}}, "", "", minimal},
		{"several files, the first wins, missing ones are left out", world{
			env:   map[string]string{"KUBECONFIG": strings.Join([]string{"/none", "/a", "/b"}, string(filepath.ListSeparator))},
			files: map[string]string{"/a": read(t, "small.yaml"), "/b": strings.ReplaceAll(read(t, "small.yaml"), "small:6443", "other")},
		}, "", "", minimal},
		{"JSON", world{files: map[string]string{"/j": `{"contexts":[{"name":"small","context":{"cluster":"c","user":"u"}}],"clusters":[{"name":"c","cluster":{"server":"https://small:6443"}}],"users":[{"name":"u","user":{"token":"tok"}}]}`}}, "/j", "", minimal},
		{"certificates in files", world{files: full}, "/k/config", "", kubeconfig.Access{
			Context: "files", Server: "https://files:6443", ServerName: "api.internal", CAFile: "/k/ca.pem", ProxyURL: "socks5://proxy:1080",
			DisableCompression: true,
			User:               kubeconfig.User{CertificateFile: "/k/pki/me.pem", KeyFile: "/abs/me.key", TokenFile: "/k/token"},
		}},
		{"data and basic authentication", world{files: full}, "/k/config", "data", kubeconfig.Access{
			Context: "data", Server: "https://data", CAData: []byte("authority"),
			User: kubeconfig.User{CertificateData: []byte("cert"), KeyData: []byte("key"), Username: "me", Password: "secret",
				As: kubeconfig.Impersonation{Name: "viewer", UID: "7", Groups: []string{"g1", "g2"}, Extra: map[string][]string{"scopes": {"a"}}}},
		}},
		{"program", world{files: full}, "/k/config", "exec", kubeconfig.Access{
			Context: "exec", Server: "https://exec", Insecure: true,
			User: kubeconfig.User{Exec: &kubeconfig.Exec{
				Command: "/k/bin/login", Args: []string{"--cluster", "1"}, Env: []string{"REGION=eu"}, APIVersion: "client.authentication.k8s.io/v1beta1",
				ProvideClusterInfo: true, InstallHint: "install login",
			}},
		}},
		{"program in the PATH, nobody", world{files: full}, "/k/config", "path", kubeconfig.Access{
			Context: "path", Server: "https://data", CAData: []byte("authority"),
			User: kubeconfig.User{Exec: &kubeconfig.Exec{Command: "login", APIVersion: "client.authentication.k8s.io/v1"}},
		}},
		{"anonymous", world{files: full}, "/k/config", "anonymous", kubeconfig.Access{Context: "anonymous", Server: "https://data", CAData: []byte("authority")}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, err := kubeconfig.Find(test.world.source(test.path, test.context))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("access (-want +got):\n%s", diff)
			}
		})
	}
}

func TestFindFails(t *testing.T) {
	full := read(t, "full.yaml")
	tests := []struct {
		name, file, context string
		want                error
	}{
		{"no such file", "", "", os.ErrNotExist},
		{"broken", "contexts: [{name: s3cret", "", kubeconfig.ErrSyntax},
		{"other kind", "contexts: s3cret", "", kubeconfig.ErrSyntax},
		{"base64", strings.Replace(full, "Y2VydA==", "s3cret!", 1), "data", kubeconfig.ErrSyntax},
		{"too large", strings.Repeat("#", 5<<20), "", kubeconfig.ErrSyntax},
		{"empty", "", "x", os.ErrNotExist},
		{"no context", "users: []", "", kubeconfig.ErrIncomplete},
		{"no such context", full, "none", kubeconfig.ErrIncomplete},
		{"no such cluster", full, "lost-cluster", kubeconfig.ErrIncomplete},
		{"no such user", full, "lost-user", kubeconfig.ErrIncomplete},
		{"auth provider", full, "provider", kubeconfig.ErrUnsupported},
		{"interactive program", full, "interactive", kubeconfig.ErrUnsupported},
		{"alpha program", full, "alpha", kubeconfig.ErrUnsupported},
		{"program without a command", full, "commandless", kubeconfig.ErrIncomplete},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			files := map[string]string{}
			if test.file != "" {
				files["/f"] = test.file
			}
			_, err := kubeconfig.Find(world{files: files}.source("/f", test.context))
			if !errors.Is(err, test.want) {
				t.Errorf("Find = %v, want %v", err, test.want)
			}
			if err != nil && strings.Contains(err.Error(), "s3cret") {
				t.Errorf("error shows a secret: %v", err)
			}
		})
	}
	if _, err := kubeconfig.Find(world{}.source("", "")); !errors.Is(err, kubeconfig.ErrNone) {
		t.Errorf("nothing anywhere: %v, want ErrNone", err)
	}
}

func FuzzFind(f *testing.F) {
	f.Add(read(f, "full.yaml"), "data")
	f.Add(read(f, "small.yaml"), "")
	f.Add("contexts: [{name: &a x, context: *a}]", "x")
	f.Fuzz(func(t *testing.T, file, context string) {
		access, err := kubeconfig.Find(world{files: map[string]string{"/f": file}}.source("/f", context))
		if err == nil && access.Server == "" {
			t.Errorf("no server, and no error, in %q", file)
		}
	})
}
