package apiclient_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"io"
	"math/big"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/pulse-hub/pulse/agent/internal/kubernetes/apiclient"
	"github.com/pulse-hub/pulse/agent/internal/kubernetes/kubeconfig"
)

// get asks for a path with a client for the access.
func get(t *testing.T, access kubeconfig.Access, path string) (string, error) {
	t.Helper()
	client, err := apiclient.Open(access, "test/1")
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	body, err := client.Get(t.Context(), apiclient.Request{Path: path, Query: url.Values{"limit": {"1"}}})
	if err != nil {
		return "", err
	}
	defer body.Close()
	raw, err := io.ReadAll(body)
	return string(raw), err
}

func TestRequest(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(writer http.ResponseWriter, request *http.Request) {
		header := request.Header
		_, _ = io.WriteString(writer, request.Method+" "+request.URL.String()+" "+header.Get("Accept")+" "+header.Get("User-Agent")+" "+header.Get("Authorization"))
	}))
	defer server.Close()
	got, err := get(t, kubeconfig.Access{Server: server.URL + "/k8s/c-1/", User: kubeconfig.User{Token: "tok"}}, "/api/v1/pods")
	if want := "GET /k8s/c-1/api/v1/pods?limit=1 application/json test/1 Bearer tok"; err != nil || got != want {
		t.Errorf("got %q, %v; want %q", got, err, want)
	}
}

func TestRefusals(t *testing.T) {
	kinds := map[string]error{
		"unauthorized": apiclient.ErrUnauthorized, "forbidden": apiclient.ErrForbidden, "not found": apiclient.ErrNotFound, "gone": apiclient.ErrGone,
	}
	tests := []struct {
		status int
		body   string
		kind   string
		text   string
	}{
		{401, "Unauthorized", "unauthorized", "API server answers 401"},
		{403, `{"message":"pods is forbidden:\n user"}`, "forbidden", "API server answers 403: pods is forbidden: user"},
		{404, "", "not found", "API server answers 404"},
		{405, "", "not found", "API server answers 405"},
		{410, `{"reason":"Expired"}`, "gone", "API server answers 410"},
		{503, strings.Repeat("x", 1<<20), "", "API server answers 503"},
		{302, "", "", "API server answers 302"},
		{500, `{"message":"` + strings.Repeat("ü", 1000) + `"}`, "", "API server answers 500: " + strings.Repeat("ü", 150) + "…"},
	}
	for _, test := range tests {
		server := httptest.NewServer(http.HandlerFunc(func(writer http.ResponseWriter, request *http.Request) {
			if request.URL.Path == "/elsewhere" {
				t.Error("the redirect was followed")
			}
			writer.Header().Set("Location", "/elsewhere")
			writer.WriteHeader(test.status)
			_, _ = io.WriteString(writer, test.body)
		}))
		_, err := get(t, kubeconfig.Access{Server: server.URL}, "/x")
		server.Close()
		for name, kind := range kinds {
			if is := errors.Is(err, kind); is != (name == test.kind) {
				t.Errorf("%d: %v is %s: %v", test.status, err, name, is)
			}
		}
		if err == nil || err.Error() != test.text {
			t.Errorf("%d: %v, want %q", test.status, err, test.text)
		}
	}
}

func TestRotatedTokenIsTriedOnceMore(t *testing.T) {
	path := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(path, []byte("old"), 0o600); err != nil {
		t.Fatal(err)
	}
	asked := 0
	server := httptest.NewServer(http.HandlerFunc(func(writer http.ResponseWriter, request *http.Request) {
		asked++
		if request.Header.Get("Authorization") == "Bearer old" { // rotated while the request was under way
			_ = os.WriteFile(path, []byte("new"), 0o600)
			writer.WriteHeader(http.StatusUnauthorized)
		}
	}))
	defer server.Close()
	if _, err := get(t, kubeconfig.Access{Server: server.URL, User: kubeconfig.User{TokenFile: path}}, "/x"); err != nil || asked != 2 {
		t.Errorf("asked %d times: %v", asked, err)
	}
}

func TestErrorsHoldNoURL(t *testing.T) {
	server := httptest.NewServer(http.NotFoundHandler())
	address := server.URL
	server.Close()
	_, err := get(t, kubeconfig.Access{Server: address, User: kubeconfig.User{Token: "s3cret"}}, "/api/v1/pods")
	if err == nil || strings.Contains(err.Error(), "/api/v1") || strings.Contains(err.Error(), "s3cret") {
		t.Errorf("error %v", err)
	}
	cause := errors.New("no time left")
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(cause)
	client, err := apiclient.Open(kubeconfig.Access{Server: address}, "")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := client.Get(ctx, apiclient.Request{Path: "/"}); !errors.Is(err, cause) {
		t.Errorf("error %v, want its cause", err)
	}
}

func TestOpenFails(t *testing.T) {
	for name, access := range map[string]kubeconfig.Access{
		"no scheme":    {Server: "10.0.0.1:6443"},
		"other scheme": {Server: "ftp://x"},
		"no host":      {Server: "https://"},
		"authority":    {Server: "https://x", CAData: []byte("none")},
		"proxy":        {Server: "https://x", ProxyURL: "::"},
	} {
		if _, err := apiclient.Open(access, ""); !errors.Is(err, apiclient.ErrAccess) {
			t.Errorf("%s: %v, want ErrAccess", name, err)
		}
	}
	if _, err := apiclient.Open(kubeconfig.Access{Server: "https://x", CAFile: "/none"}, ""); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("missing authority: %v", err)
	}
	client, err := apiclient.Open(kubeconfig.Access{Server: "https://me:s3cret@x:1/p"}, "")
	if err != nil || client.Server() != "https://x:1/p" {
		t.Errorf("server with a password: %v", err)
	}
}

func TestProxy(t *testing.T) {
	proxy := httptest.NewServer(http.HandlerFunc(func(writer http.ResponseWriter, request *http.Request) {
		_, _ = io.WriteString(writer, "proxied "+request.URL.Host)
	}))
	defer proxy.Close()
	got, err := get(t, kubeconfig.Access{Server: "http://cluster.invalid", ProxyURL: proxy.URL}, "/x")
	if err != nil || got != "proxied cluster.invalid" {
		t.Errorf("got %q, %v", got, err)
	}
}

// issuer makes client certificates.
type issuer struct {
	certificate *x509.Certificate
	key         *ecdsa.PrivateKey
}

func newIssuer(t *testing.T) issuer {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	raw, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	certificate, err := x509.ParseCertificate(raw)
	if err != nil {
		t.Fatal(err)
	}
	return issuer{certificate, key}
}

// issue returns a certificate and its key in PEM.
func (i issuer) issue(t *testing.T, name string) (certificate, key []byte) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: name}, NotAfter: time.Now().Add(time.Hour),
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
	}
	raw, err := x509.CreateCertificate(rand.Reader, template, i.certificate, &private.PublicKey, i.key)
	if err != nil {
		t.Fatal(err)
	}
	encoded, err := x509.MarshalECPrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: raw}), pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: encoded})
}

// startTLS starts a server that says who the client is by its certificate.
func startTLS(t *testing.T, clients issuer) *httptest.Server {
	t.Helper()
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(writer http.ResponseWriter, request *http.Request) {
		name := "nobody"
		if peers := request.TLS.PeerCertificates; len(peers) > 0 {
			name = peers[0].Subject.CommonName
		}
		_, _ = io.WriteString(writer, name+" by "+request.Proto)
	}))
	pool := x509.NewCertPool()
	pool.AddCert(clients.certificate)
	server.TLS = &tls.Config{ClientCAs: pool, ClientAuth: tls.VerifyClientCertIfGiven}
	server.EnableHTTP2 = true
	server.Config.ErrorLog = nil
	server.StartTLS()
	t.Cleanup(server.Close)
	return server
}

func TestTLS(t *testing.T) {
	clients := newIssuer(t)
	server := startTLS(t, clients)
	authority := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
	certificate, key := clients.issue(t, "agent")
	folder := t.TempDir()
	for name, raw := range map[string][]byte{"ca": authority, "cert": certificate, "key": key} {
		if err := os.WriteFile(filepath.Join(folder, name), raw, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	other, otherKey := newIssuer(t).issue(t, "stranger")
	tests := []struct {
		name   string
		access kubeconfig.Access
		want   string // empty: no connection
	}{
		{"authority as data", kubeconfig.Access{CAData: authority}, "nobody by HTTP/2.0"},
		{"all in files", kubeconfig.Access{CAFile: filepath.Join(folder, "ca"), User: kubeconfig.User{CertificateFile: filepath.Join(folder, "cert"), KeyFile: filepath.Join(folder, "key")}}, "agent by HTTP/2.0"},
		{"certificate as data", kubeconfig.Access{CAData: authority, User: kubeconfig.User{CertificateData: certificate, KeyData: key}}, "agent by HTTP/2.0"},
		{"name of the server", kubeconfig.Access{CAData: authority, ServerName: "example.com"}, "nobody by HTTP/2.0"},
		{"unchecked", kubeconfig.Access{Insecure: true}, "nobody by HTTP/2.0"},
		{"unknown authority", kubeconfig.Access{}, ""},
		{"other name of the server", kubeconfig.Access{CAData: authority, ServerName: "elsewhere.org"}, ""},
		{"certificate of a stranger", kubeconfig.Access{CAData: authority, User: kubeconfig.User{CertificateData: other, KeyData: otherKey}}, ""},
		{"certificate is missing", kubeconfig.Access{CAData: authority, User: kubeconfig.User{CertificateFile: "/none", KeyFile: "/none"}}, ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			test.access.Server = server.URL
			got, err := get(t, test.access, "/")
			if got != test.want || (err != nil) != (test.want == "") {
				t.Errorf("got %q, %v; want %q", got, err, test.want)
			}
		})
	}
}

func FuzzDecodeStatus(f *testing.F) {
	f.Add([]byte(`{"kind":"Status","code":410,"reason":"Expired","message":"too old resource version"}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		if got := apiclient.DecodeStatus(raw); len(got.Error()) > 1000 {
			t.Errorf("an error of %d bytes", len(got.Error()))
		}
	})
}
