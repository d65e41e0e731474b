package registry_test

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pulse-hub/pulse/agent/internal/docker/registry"
)

func TestParse(t *testing.T) {
	hub := func(path, tag, digest string) registry.Reference {
		return registry.Reference{Domain: "docker.io", Path: path, Tag: tag, Digest: digest}
	}
	tests := []struct {
		text string
		want registry.Reference
		err  bool
	}{
		{text: "nginx", want: hub("library/nginx", "latest", "")},
		{text: "nginx:1.27", want: hub("library/nginx", "1.27", "")},
		{text: "me/app:1", want: hub("me/app", "1", "")},
		{text: "nginx@sha256:ab", want: hub("library/nginx", "", "sha256:ab")},
		{text: "nginx:1@sha256:ab", want: hub("library/nginx", "1", "sha256:ab")},
		{text: "index.docker.io/nginx", want: registry.Reference{Domain: "docker.io", Explicit: true, Path: "library/nginx", Tag: "latest"}},
		{text: "ghcr.io/me/app:v1", want: registry.Reference{Domain: "ghcr.io", Explicit: true, Path: "me/app", Tag: "v1"}},
		{text: "localhost:5000/app", want: registry.Reference{Domain: "localhost:5000", Explicit: true, Path: "app", Tag: "latest"}},
		{text: "localhost/app:1", want: registry.Reference{Domain: "localhost", Explicit: true, Path: "app", Tag: "1"}},
		{text: "", err: true},
		{text: "sha256:abcdef", err: true},
		{text: "a b", err: true},
		{text: "ghcr.io/../x", err: true},
		{text: "a@b", err: true},
		{text: "a:", err: true},
		{text: "reg.io/", err: true},
		{text: "x?y", err: true},
	}
	for _, test := range tests {
		t.Run(test.text, func(t *testing.T) {
			got, err := registry.Parse(test.text)
			if (err != nil) != test.err {
				t.Fatalf("Parse = %v", err)
			}
			if err == nil {
				if diff := cmp.Diff(test.want, got); diff != "" {
					t.Errorf("reference (-want +got):\n%s", diff)
				}
			}
		})
	}
}

func FuzzParse(f *testing.F) {
	for _, text := range []string{"nginx", "a/b:c@sha256:d", "localhost:5000/x", "[::1]:5/x", "a//b", "@", ":"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got, err := registry.Parse(text)
		if err != nil {
			return
		}
		if got.Path == "" || got.Domain == "" || got.Tag == "" && got.Digest == "" || strings.Contains(got.Path, "..") && strings.Contains("/"+got.Path+"/", "/../") {
			t.Errorf("Parse(%q) = %+v", text, got)
		}
	})
}

// shop is a registry with one repository, which wants a token.
type shop struct {
	manifests map[string]string // by tag or digest
	kinds     map[string]string
	user      string // who may have a token; empty for everybody
	challenge string
	status    int // of everything, unless zero
	noDigest  bool
	gets      int
}

func (s *shop) ServeHTTP(writer http.ResponseWriter, request *http.Request) {
	if s.status != 0 {
		writer.WriteHeader(s.status)
		return
	}
	if request.URL.Path == "/token" {
		user, password, _ := request.BasicAuth()
		if s.user != "" && (user != s.user || password != "p:w") || request.URL.Query().Get("scope") != "repository:team/app:pull" || request.URL.Query().Get("service") != "shop" {
			writer.WriteHeader(http.StatusUnauthorized)
			return
		}
		_, _ = writer.Write([]byte(`{"token":"granted"}`))
		return
	}
	switch request.Header.Get("Authorization") {
	case "Bearer granted":
	case "Basic " + base64.StdEncoding.EncodeToString([]byte("bob:p:w")):
	default:
		challenge := s.challenge
		if challenge == "" {
			challenge = `Bearer realm="http://` + request.Host + `/token",service="shop",scope="repository:team/app:pull"`
		}
		writer.Header().Set("WWW-Authenticate", challenge)
		writer.WriteHeader(http.StatusUnauthorized)
		return
	}
	name := strings.TrimPrefix(request.URL.Path, "/v2/team/app/manifests/")
	text, found := s.manifests[name]
	if !found || len(request.Header["Accept"]) != 4 {
		writer.WriteHeader(http.StatusNotFound)
		return
	}
	writer.Header().Set("Content-Type", s.kinds[name])
	if !s.noDigest {
		writer.Header().Set("Docker-Content-Digest", sum(text))
	}
	if request.Method == http.MethodGet {
		s.gets++
		_, _ = writer.Write([]byte(text))
	}
}

func sum(text string) string {
	digest := sha256.Sum256([]byte(text))
	return "sha256:" + hex.EncodeToString(digest[:])
}

const (
	oneManifest = `{"config":{"digest":"sha256:config"}}`
	index       = `{"manifests":[{"digest":"sha256:arm64","platform":{"os":"linux","architecture":"arm64","variant":"v8"}},
		{"digest":"sha256:amd64","platform":{"os":"linux","architecture":"amd64"}},
		{"digest":"sha256:armv7","platform":{"os":"linux","architecture":"arm","variant":"v7"}},
		{"digest":"sha256:proof","platform":{"os":"unknown","architecture":"unknown"}}]}`
	indexType    = "application/vnd.oci.image.index.v1+json"
	manifestType = "application/vnd.oci.image.manifest.v1+json"
)

func open(t *testing.T, s *shop) (registry.Reference, *registry.Client) {
	t.Helper()
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	reference, err := registry.Parse(strings.TrimPrefix(server.URL, "http://") + "/team/app:1")
	if err != nil {
		t.Fatal(err)
	}
	login := func(string) registry.Login { return registry.Login{} }
	if s.user != "" {
		login = func(string) registry.Login { return registry.Login{Username: s.user, Password: "p:w"} }
	}
	return reference, registry.New(registry.Options{Login: login})
}

func TestIndex(t *testing.T) {
	s := &shop{manifests: map[string]string{"1": index, sum(index): index, "sha256:amd64": oneManifest}, kinds: map[string]string{"1": indexType}}
	reference, client := open(t, s)
	tag, err := client.Resolve(t.Context(), reference)
	if err != nil || tag.Digest != sum(index) || !tag.Index {
		t.Fatalf("Resolve = %+v, %v", tag, err)
	}
	if s.gets != 0 {
		t.Error("resolving a tag counts as a pull")
	}
	tests := []struct {
		platform registry.Platform
		want     string
		err      error
	}{
		{registry.Platform{OS: "linux", Architecture: "amd64"}, "sha256:amd64", nil},
		{registry.Platform{OS: "linux", Architecture: "arm64"}, "sha256:arm64", nil},
		{registry.Platform{OS: "linux", Architecture: "arm", Variant: "v7"}, "sha256:armv7", nil},
		{registry.Platform{OS: "linux", Architecture: "arm", Variant: "v6"}, "", registry.ErrNoPlatform},
		{registry.Platform{OS: "windows", Architecture: "amd64"}, "", registry.ErrNoPlatform},
	}
	for _, test := range tests {
		if got, err := tag.Manifest(t.Context(), test.platform); got != test.want || !errors.Is(err, test.err) {
			t.Errorf("Manifest(%+v) = %q, %v", test.platform, got, err)
		}
	}
	if got, err := tag.Config(t.Context(), "sha256:amd64"); got != "sha256:config" || err != nil {
		t.Errorf("Config = %q, %v", got, err)
	}
}

func TestAnswers(t *testing.T) {
	tests := []struct {
		name string
		shop shop
		want string // digest
		err  string
	}{
		{name: "one manifest", shop: shop{manifests: map[string]string{"1": oneManifest}, kinds: map[string]string{"1": manifestType}}, want: sum(oneManifest)},
		{name: "without the header", shop: shop{noDigest: true, manifests: map[string]string{"1": oneManifest}}, want: sum(oneManifest)},
		{name: "with a login", shop: shop{user: "bob", manifests: map[string]string{"1": oneManifest}}, want: sum(oneManifest)},
		{name: "with a plain login", shop: shop{user: "bob", challenge: `Basic realm="x"`, manifests: map[string]string{"1": oneManifest}}, want: sum(oneManifest)},
		{name: "no such tag", shop: shop{}, err: "registry returned 404"},
		{name: "too many questions", shop: shop{status: 429}, err: "rate limited"},
		{name: "forbidden", shop: shop{status: 403}, err: "authentication required"},
		{name: "plain login wanted", shop: shop{challenge: `Basic realm="x"`}, err: "authentication required"},
		{name: "token sent in the clear", shop: shop{challenge: `Bearer realm="http://example.com/token"`}, err: "registry answer is not understood"},
		{name: "broken", shop: shop{status: 500}, err: "registry returned 500"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			reference, client := open(t, &test.shop)
			tag, err := client.Resolve(t.Context(), reference)
			if test.err != "" {
				if err == nil || err.Error() != test.err {
					t.Errorf("Resolve = %v, want %q", err, test.err)
				}
				return
			}
			if err != nil || tag.Digest != test.want {
				t.Errorf("Resolve = %+v, %v", tag, err)
			}
		})
	}
}

func TestNobodyListens(t *testing.T) {
	server := httptest.NewServer(http.NotFoundHandler())
	server.Close()
	reference, _ := registry.Parse(strings.TrimPrefix(server.URL, "http://") + "/a:1")
	_, err := registry.New(registry.Options{}).Resolve(t.Context(), reference)
	if !errors.Is(err, registry.ErrUnreachable) || strings.Contains(err.Error(), "http") {
		t.Errorf("Resolve = %v", err)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := registry.New(registry.Options{}).Resolve(ended, reference); !errors.Is(err, context.Canceled) {
		t.Errorf("Resolve after the end = %v", err)
	}
}

func TestLogins(t *testing.T) {
	file := filepath.Join(t.TempDir(), "config.json")
	secret := base64.StdEncoding.EncodeToString([]byte("bob:p:w"))
	text := `{"auths":{"https://index.docker.io/v1/":{"auth":"` + secret + `"},"ghcr.io":{"auth":"` + secret + `","identitytoken":"i"},"bad.io":{"auth":"%"}}}`
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		path, domain string
		want         registry.Login
	}{
		{file, "docker.io", registry.Login{Username: "bob", Password: "p:w"}},
		{file, "ghcr.io", registry.Login{Username: "bob", Password: "p:w", IdentityToken: "i"}},
		{file, "bad.io", registry.Login{}},
		{file, "other.io", registry.Login{}},
		{file + "x", "docker.io", registry.Login{}},
	}
	for _, test := range tests {
		if got := registry.Logins(test.path)(test.domain); got != test.want {
			t.Errorf("login at %s = %+v", test.domain, got)
		}
	}
}
