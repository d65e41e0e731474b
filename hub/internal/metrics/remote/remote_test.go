package remote

import (
	"encoding/pem"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// get asks an endpoint and returns the status and what came with the request.
func get(t *testing.T, e Endpoint) (int, error) {
	t.Helper()
	client, err := e.Client(10 * time.Second)
	if err != nil {
		t.Fatal(err)
	}
	defer client.CloseIdleConnections()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, e.URL, strings.NewReader("x"))
	if err != nil {
		t.Fatal(err)
	}
	answer, err := client.Do(request)
	if err != nil {
		return 0, err
	}
	_, _ = io.Copy(io.Discard, answer.Body)
	return answer.StatusCode, answer.Body.Close()
}

func TestRequestsHaveWhatOpensTheEndpoint(t *testing.T) {
	var got http.Header
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { got = r.Header }))
	defer server.Close()
	for _, tc := range []struct {
		endpoint Endpoint
		header   string
		want     string
	}{
		{Endpoint{User: "anna", Password: "secret"}, "Authorization", "Basic YW5uYTpzZWNyZXQ="},
		{Endpoint{BearerToken: "token"}, "Authorization", "Bearer token"},
		{Endpoint{Headers: map[string]string{"X-Scope-OrgID": "home"}}, "X-Scope-Orgid", "home"},
		{Endpoint{}, "Authorization", ""},
	} {
		tc.endpoint.URL = server.URL
		if status, err := get(t, tc.endpoint); err != nil || status != http.StatusOK {
			t.Fatalf("%d, %v", status, err)
		}
		if diff := cmp.Diff(tc.want, got.Get(tc.header)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tc.header, diff)
		}
	}
}

func TestSecretsStayWithTheEndpoint(t *testing.T) {
	asked := false
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked = true }))
	defer other.Close()
	server := httptest.NewServer(http.RedirectHandler(other.URL, http.StatusTemporaryRedirect))
	defer server.Close()
	status, err := get(t, Endpoint{URL: server.URL, BearerToken: "secret"})
	if err != nil || status != http.StatusTemporaryRedirect || asked {
		t.Errorf("status %d, %v; the other server was asked: %t", status, err, asked)
	}
}

func TestCertificatesAreChecked(t *testing.T) {
	server := httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	server.Config.ErrorLog = nil
	defer server.Close()
	dir := t.TempDir()
	authority, garbage := filepath.Join(dir, "ca.pem"), filepath.Join(dir, "garbage.pem")
	for path, content := range map[string][]byte{
		authority: pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw}), garbage: []byte("x"),
	} {
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for name, tc := range map[string]struct {
		endpoint Endpoint
		taken    bool
	}{
		"unknown authority": {Endpoint{}, false},
		"known authority":   {Endpoint{CAFile: authority}, true},
		"another name":      {Endpoint{CAFile: authority, ServerName: "other.test"}, false},
		"any":               {Endpoint{SkipVerify: true}, true},
	} {
		tc.endpoint.URL = server.URL
		if _, err := get(t, tc.endpoint); (err == nil) != tc.taken {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, e := range []Endpoint{
		{CAFile: garbage}, {CAFile: filepath.Join(dir, "none")}, {CertFile: garbage, KeyFile: garbage},
	} {
		if _, err := e.Client(time.Second); err == nil {
			t.Errorf("%+v is taken", e)
		}
	}
}

func TestNamesHaveNoSecrets(t *testing.T) {
	for address, want := range map[string]string{
		"https://store:8428/api/v1/write?token=hidden": "store:8428/api/v1/write", "https://store/": "store", "://": "?",
	} {
		if got := (Endpoint{URL: address}).Name(); got != want {
			t.Errorf("%s is called %q, want %q", address, got, want)
		}
	}
}
