package web

import (
	"io/fs"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
)

func builtPage() fstest.MapFS {
	return fstest.MapFS{
		"placeholder.html":          {Data: []byte("placeholder")},
		"app/index.html":            {Data: []byte("index")},
		"app/index.html.gz":         {Data: []byte("index gz")},
		"app/favicon.svg":           {Data: []byte("<svg/>")},
		"app/assets/main-abc.js":    {Data: []byte("script")},
		"app/assets/main-abc.js.gz": {Data: []byte("script gz")},
		"app/assets/main-abc.js.br": {Data: []byte("script br")},
		"app/.vite/manifest.json":   {Data: []byte("{}")},
	}
}

func get(t *testing.T, h http.Handler, path string, headers map[string]string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil)
	for key, value := range headers {
		r.Header.Set(key, value)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func TestHandlerServes(t *testing.T) {
	tests := []struct {
		name, path, accept   string
		status               int
		body, encoding, kind string
		cache                string
	}{
		{name: "the page", path: "/", status: 200, body: "index", kind: "text/html; charset=utf-8", cache: cacheAsk},
		{name: "the page compressed", path: "/", accept: "gzip, br", status: 200, body: "index gz", encoding: "gzip", kind: "text/html; charset=utf-8", cache: cacheAsk},
		{name: "the page for its own paths", path: "/hosts/one", status: 200, body: "index", kind: "text/html; charset=utf-8", cache: cacheAsk},
		{name: "the page by its name", path: "/index.html", status: 200, body: "index", kind: "text/html; charset=utf-8", cache: cacheAsk},
		{name: "an asset plain", path: "/assets/main-abc.js", status: 200, body: "script", kind: "text/javascript; charset=utf-8", cache: cacheForever},
		{name: "an asset smallest", path: "/assets/main-abc.js", accept: "gzip, deflate, br", status: 200, body: "script br", encoding: "br", kind: "text/javascript; charset=utf-8", cache: cacheForever},
		{name: "an asset without brotli", path: "/assets/main-abc.js", accept: "gzip;q=0.5, br;q=0", status: 200, body: "script gz", encoding: "gzip", kind: "text/javascript; charset=utf-8", cache: cacheForever},
		{name: "an asset without a hash", path: "/favicon.svg", status: 200, body: "<svg/>", kind: "image/svg+xml", cache: cacheAsk},
		{name: "no unknown asset", path: "/assets/main-old.js", status: 404},
		{name: "no compressed twin by name", path: "/assets/main-abc.js.gz", status: 404},
		{name: "no notes of the build", path: "/.vite/manifest.json", status: 404},
		{name: "nothing above the folder", path: "/../placeholder.html", status: 404},
	}
	h := newHandler(builtPage())
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := get(t, h, tt.path, map[string]string{"Accept-Encoding": tt.accept})
			if w.Code != tt.status {
				t.Fatalf("GET %s: status got %d, want %d", tt.path, w.Code, tt.status)
			}
			if tt.status != 200 {
				return
			}
			got := []string{w.Body.String(), w.Header().Get("Content-Encoding"), w.Header().Get("Content-Type"), w.Header().Get("Cache-Control")}
			want := []string{tt.body, tt.encoding, tt.kind, tt.cache}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("GET %s (-want +got):\n%s", tt.path, diff)
			}
		})
	}
}

func TestHandlerRevalidates(t *testing.T) {
	h := newHandler(builtPage())
	first := get(t, h, "/", nil)
	tag := first.Header().Get("ETag")
	if second := get(t, h, "/", map[string]string{"If-None-Match": tag}); second.Code != http.StatusNotModified {
		t.Errorf("same tag %s: status got %d, want 304", tag, second.Code)
	}
	compressed := get(t, h, "/", map[string]string{"Accept-Encoding": "gzip"}).Header().Get("ETag")
	if compressed == tag {
		t.Errorf("the compressed page has the tag of the plain one, %s", tag)
	}
	changed := builtPage()
	changed["app/index.html"] = &fstest.MapFile{Data: []byte("new index")}
	if third := get(t, newHandler(changed), "/", map[string]string{"If-None-Match": tag}); third.Code != http.StatusOK {
		t.Errorf("changed page: status got %d, want 200", third.Code)
	}
}

func TestHandlerWithoutBuild(t *testing.T) {
	h := newHandler(fstest.MapFS{"placeholder.html": {Data: []byte("placeholder")}})
	for _, path := range []string{"/", "/hosts"} {
		if w := get(t, h, path, nil); w.Code != 200 || w.Body.String() != "placeholder" {
			t.Errorf("GET %s: got %d %q, want the placeholder", path, w.Code, w.Body)
		}
	}
	if w := get(t, h, "/assets/a.js", nil); w.Code != http.StatusNotFound {
		t.Errorf("asset without build: got %d, want 404", w.Code)
	}
}

func TestHandlerRefusesWrites(t *testing.T) {
	w := httptest.NewRecorder()
	newHandler(builtPage()).ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/", strings.NewReader("x")))
	if w.Code != http.StatusMethodNotAllowed || w.Header().Get("Allow") != "GET, HEAD" {
		t.Errorf("POST /: got %d, Allow %q", w.Code, w.Header().Get("Allow"))
	}
}

func TestAssetsHoldThePlaceholder(t *testing.T) {
	body, err := fs.ReadFile(Assets(), placeholderName)
	if err != nil || !strings.Contains(string(body), "make build") {
		t.Errorf("placeholder: got %q, %v", body, err)
	}
	if w := get(t, Handler(), "/", nil); w.Code != 200 {
		t.Errorf("GET / of the embedded page: got %d, want 200", w.Code)
	}
}
