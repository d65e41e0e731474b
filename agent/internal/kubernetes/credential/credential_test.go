//go:build unix

package credential

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pulse-hub/pulse/agent/internal/kubernetes/kubeconfig"
)

func write(t *testing.T, path, text string, mode os.FileMode) string {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), mode); err != nil {
		t.Fatal(err)
	}
	return path
}

func headers(t *testing.T, source *Source) (http.Header, error) {
	t.Helper()
	header := http.Header{}
	err := source.Authorize(t.Context(), header)
	return header, err
}

func TestAuthorize(t *testing.T) {
	file := write(t, filepath.Join(t.TempDir(), "token"), " from-file\n", 0o600)
	tests := []struct {
		name string
		user kubeconfig.User
		want http.Header
	}{
		{"nobody", kubeconfig.User{}, http.Header{}},
		{"token", kubeconfig.User{Token: "tok", Username: "u"}, http.Header{"Authorization": {"Bearer tok"}}},
		{"file wins", kubeconfig.User{Token: "tok", TokenFile: file}, http.Header{"Authorization": {"Bearer from-file"}}},
		{"password", kubeconfig.User{Username: "u", Password: "p"}, http.Header{"Authorization": {"Basic dTpw"}}},
		{"somebody else", kubeconfig.User{Token: "tok", As: kubeconfig.Impersonation{Name: "n", UID: "1", Groups: []string{"a", "b"}, Extra: map[string][]string{"scopes": {"x"}}}},
			http.Header{"Authorization": {"Bearer tok"}, "Impersonate-User": {"n"}, "Impersonate-Uid": {"1"}, "Impersonate-Group": {"a", "b"}, "Impersonate-Extra-Scopes": {"x"}}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, err := headers(t, New(kubeconfig.Access{User: test.user}))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("headers (-want +got):\n%s", diff)
			}
		})
	}
}

func TestRotatedTokenIsUsedAtOnce(t *testing.T) {
	path := write(t, filepath.Join(t.TempDir(), "token"), "one", 0o600)
	source := New(kubeconfig.Access{User: kubeconfig.User{TokenFile: path}})
	for _, token := range []string{"one", "two"} {
		write(t, path, token, 0o600)
		if got, err := headers(t, source); err != nil || got.Get("Authorization") != "Bearer "+token {
			t.Errorf("headers %v, %v; want token %s", got, err, token)
		}
	}
}

func TestUnusableTokens(t *testing.T) {
	folder := t.TempDir()
	for name, user := range map[string]kubeconfig.User{
		"missing": {TokenFile: filepath.Join(folder, "none")},
		"empty":   {TokenFile: write(t, filepath.Join(folder, "empty"), "\n", 0o600)},
		"large":   {TokenFile: write(t, filepath.Join(folder, "large"), strings.Repeat("s3cret", 20_000), 0o600)},
		"lines":   {Token: "s3cret\r\nX-Other: 1"},
	} {
		if _, err := headers(t, New(kubeconfig.Access{User: user})); !errors.Is(err, ErrToken) || strings.Contains(err.Error(), "s3cret") {
			t.Errorf("%s: %v, want ErrToken without the token", name, err)
		}
	}
}

// answer is what a program writes.
func answer(status string) string {
	return `{"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1","status":` + status + `}`
}

// scripted returns a source whose program is a shell script, which counts its runs in a file.
func scripted(t *testing.T, body string, change func(*kubeconfig.Access)) (source *Source, runs func() int) {
	t.Helper()
	folder := t.TempDir()
	count := filepath.Join(folder, "runs")
	path := write(t, filepath.Join(folder, "login"), "#!/bin/sh\necho run >>"+count+"\n"+body, 0o755)
	access := kubeconfig.Access{Server: "https://api", User: kubeconfig.User{Exec: &kubeconfig.Exec{Command: path, APIVersion: "client.authentication.k8s.io/v1"}}}
	if change != nil {
		change(&access)
	}
	return New(access), func() int {
		raw, err := os.ReadFile(count)
		if err != nil {
			return 0
		}
		return strings.Count(string(raw), "run")
	}
}

func TestPluginIsRunOnceUntilRefused(t *testing.T) {
	source, runs := scripted(t, `printf '%s' '`+answer(`{"token":"t1"}`)+`'`, nil)
	for range 3 {
		if got, err := headers(t, source); err != nil || got.Get("Authorization") != "Bearer t1" {
			t.Fatalf("headers %v, %v", got, err)
		}
	}
	if runs() != 1 {
		t.Errorf("%d runs, want 1", runs())
	}
	if !source.Refused() || source.Refused() {
		t.Error("the first refusal can be helped, a second one without a new token cannot")
	}
	if _, err := headers(t, source); err != nil || runs() != 2 {
		t.Errorf("%d runs after a refusal, %v; want 2", runs(), err)
	}
}

func TestPluginIsRunAgainBeforeItsTokenEnds(t *testing.T) {
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	runs := 0
	access := kubeconfig.Access{User: kubeconfig.User{Exec: &kubeconfig.Exec{APIVersion: "client.authentication.k8s.io/v1"}}}
	var fail error
	subject := newPlugin(access, func(context.Context, kubeconfig.Exec, string) ([]byte, error) {
		runs++
		return []byte(answer(`{"token":"t","expirationTimestamp":"` + now.Add(time.Hour).Format(time.RFC3339) + `"}`)), fail
	}, func() time.Time { return now })
	steps := []struct {
		passes time.Duration
		fail   error
		runs   int
	}{{0, nil, 1}, {59 * time.Minute, nil, 1}, {55 * time.Second, nil, 2}, {2 * time.Hour, errors.New("x"), 3}, {time.Second, errors.New("x"), 3}, {5 * time.Second, nil, 4}}
	for i, step := range steps {
		now, fail = now.Add(step.passes), step.fail
		_, err := subject.issue(t.Context())
		if runs != step.runs || (err != nil) != (step.fail != nil) {
			t.Errorf("step %d: %d runs, %v; want %d", i, runs, err, step.runs)
		}
	}
}

func TestPluginIsToldAboutTheCluster(t *testing.T) {
	t.Setenv("PULSE_TOKEN", "s3cret")
	t.Setenv("REGION", "inherited")
	file := filepath.Join(t.TempDir(), "told")
	source, _ := scripted(t, `echo "$1 $EXTRA $REGION $PULSE_TOKEN." >`+file+`; echo "$KUBERNETES_EXEC_INFO" >>`+file+`; cat >>`+file+`; printf '%s' '`+answer(`{"token":"t"}`)+`'`,
		func(access *kubeconfig.Access) {
			access.CAData, access.ServerName = []byte("ca"), "name"
			access.User.Exec.Args, access.User.Exec.Env, access.User.Exec.ProvideClusterInfo = []string{"arg"}, []string{"EXTRA=e"}, true
		})
	if _, err := headers(t, source); err != nil {
		t.Fatal(err)
	}
	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	first, told, _ := strings.Cut(string(raw), "\n")
	if first != "arg e inherited ." {
		t.Errorf("arguments and environment %q", first)
	}
	want := `{"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1","spec":{"interactive":false,"cluster":{"server":"https://api","tls-server-name":"name","certificate-authority-data":"Y2E="}}}`
	if strings.TrimSpace(told) != want {
		t.Errorf("told %s\nwant %s", told, want)
	}
}

func TestPluginFails(t *testing.T) {
	tests := []struct {
		name, body, want string
		change           func(*kubeconfig.Access)
	}{
		{"exit code", "echo 'log in first' >&2; echo more >&2; exit 3", "log in first", nil},
		{"no JSON", "echo s3cret", "cannot be read", nil},
		{"nothing given", "printf '%s' '" + answer("{}") + "'", "neither", nil},
		{"half a certificate", "printf '%s' '" + answer(`{"clientCertificateData":"s3cret"}`) + "'", "come together", nil},
		{"other version", `printf '%s' '{"kind":"ExecCredential","apiVersion":"v9","status":{"token":"s3cret"}}'`, "another version", nil},
		{"too much", "head -c 2000000 /dev/zero", "too much", nil},
		{"not installed", "", "get it there", func(a *kubeconfig.Access) {
			a.User.Exec.Command, a.User.Exec.InstallHint = "no-such-login", "get it there"
		}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			source, runs := scripted(t, test.body, test.change)
			for range 2 {
				_, err := headers(t, source)
				if !errors.Is(err, ErrPlugin) || !strings.Contains(err.Error(), test.want) || strings.Contains(err.Error(), "s3cret") {
					t.Errorf("error %v, want ErrPlugin with %q", err, test.want)
				}
			}
			if runs() > 1 {
				t.Errorf("%d runs in a row of a program that fails", runs())
			}
		})
	}
}

func TestHungPluginIsKilled(t *testing.T) {
	ctx, cancel := context.WithTimeoutCause(t.Context(), 200*time.Millisecond, errors.New("patience is over"))
	defer cancel()
	source, _ := scripted(t, "sleep 600 & sleep 600", nil)
	began := time.Now()
	err := source.Authorize(ctx, http.Header{})
	if !errors.Is(err, ErrPlugin) || time.Since(began) > 10*time.Second {
		t.Errorf("Authorize = %v after %s", err, time.Since(began))
	}
}

func TestCertificateErrorsHoldNoKey(t *testing.T) {
	for name, user := range map[string]kubeconfig.User{
		"no PEM":  {CertificateData: []byte("s3cret"), KeyData: []byte("s3cret")},
		"no file": {CertificateFile: "/none", KeyFile: "/none"},
	} {
		_, err := New(kubeconfig.Access{User: user}).Certificate(&tls.CertificateRequestInfo{})
		if !errors.Is(err, ErrCertificate) || strings.Contains(err.Error(), "s3cret") {
			t.Errorf("%s: %v, want ErrCertificate", name, err)
		}
	}
	if got, err := New(kubeconfig.Access{}).Certificate(&tls.CertificateRequestInfo{}); err != nil || got == nil || got.Certificate != nil {
		t.Errorf("a user without one: %v, %v", got, err)
	}
}

func FuzzDecode(f *testing.F) {
	f.Add([]byte(answer(`{"token":"t","expirationTimestamp":"2026-01-01T00:00:00Z"}`)))
	f.Add([]byte(answer(`{"clientCertificateData":"c","clientKeyData":"k"}`)))
	f.Fuzz(func(t *testing.T, raw []byte) {
		given, err := decode(raw, "client.authentication.k8s.io/v1")
		if err == nil && given.token == "" && given.certificate == nil {
			t.Errorf("nothing, and no error, in %q", raw)
		}
		var object execCredential
		if err == nil && json.Unmarshal(raw, &object) != nil {
			t.Errorf("%q is no JSON", raw)
		}
	})
}
