package web

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strings"
	"time"
)

const (
	appFolder       = "app"
	indexName       = "index.html"
	placeholderName = "placeholder.html"
	// hashedPrefix is where the build puts files whose names change with their content.
	hashedPrefix = "assets/"
)

const (
	cacheForever = "public, max-age=31536000, immutable"
	cacheAsk     = "no-cache"
)

// twin is a compressed copy that the build writes next to a file.
type twin struct{ encoding, suffix string }

// twins lists what the build writes, the smallest first.
func twins() [2]twin {
	return [2]twin{{"br", ".br"}, {"gzip", ".gz"}}
}

// variant is a file in one encoding.
type variant struct {
	encoding string
	body     []byte
}

// asset is a file with its compressed twins, the plain one last.
type asset struct {
	contentType string
	cache       string
	etag        string
	variants    []variant
}

type handler struct {
	assets map[string]asset
	index  asset
}

// newHandler reads what files holds; an unreadable file is left out, hence 404.
// It holds the files in memory, which costs nothing for embedded ones.
func newHandler(files fs.FS) http.Handler {
	app, err := fs.Sub(files, appFolder)
	if err != nil {
		return handler{index: placeholder(files)}
	}
	index, ok := readAsset(app, indexName)
	if !ok {
		return handler{index: placeholder(files)}
	}
	return handler{assets: readAssets(app), index: index}
}

func placeholder(files fs.FS) asset {
	page, _ := readAsset(files, placeholderName) // best effort: an empty page says no less
	return page
}

func readAssets(app fs.FS) map[string]asset {
	assets := map[string]asset{}
	// The walk function returns no error: what cannot be read is not served.
	_ = fs.WalkDir(app, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || isHidden(name) || isTwin(name) {
			return nil
		}
		if file, ok := readAsset(app, name); ok {
			assets[name] = file
		}
		return nil
	})
	return assets
}

// isHidden keeps the build's own notes, such as .vite/manifest.json, private.
func isHidden(name string) bool {
	return strings.HasPrefix(name, ".") || strings.Contains(name, "/.")
}

func isTwin(name string) bool {
	for _, copied := range twins() {
		if strings.HasSuffix(name, copied.suffix) {
			return true
		}
	}
	return false
}

func readAsset(files fs.FS, name string) (asset, bool) {
	body, err := fs.ReadFile(files, name)
	if err != nil {
		return asset{}, false
	}
	sum := sha256.Sum256(body)
	file := asset{contentType: typeOf(name), cache: cacheOf(name), etag: hex.EncodeToString(sum[:12])}
	for _, copied := range twins() {
		if compressed, err := fs.ReadFile(files, name+copied.suffix); err == nil {
			file.variants = append(file.variants, variant{copied.encoding, compressed})
		}
	}
	file.variants = append(file.variants, variant{"", body})
	return file, true
}

// typeOf names the types of what the build writes itself, so that they do not
// depend on the machine's own table.
func typeOf(name string) string {
	extension := path.Ext(name)
	switch extension {
	case ".css":
		return "text/css; charset=utf-8"
	case ".html":
		return "text/html; charset=utf-8"
	case ".js":
		return "text/javascript; charset=utf-8"
	case ".svg":
		return "image/svg+xml"
	case ".woff2":
		return "font/woff2"
	}
	if guessed := mime.TypeByExtension(extension); guessed != "" {
		return guessed
	}
	return "application/octet-stream"
}

func cacheOf(name string) string {
	if strings.HasPrefix(name, hashedPrefix) {
		return cacheForever
	}
	return cacheAsk
}

// ServeHTTP answers with the asset of that name, with the page for a path
// without an extension, and with 404 otherwise.
func (h handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, "method not allowed", http.StatusMethodNotAllowed)
		return
	}
	name := strings.TrimPrefix(path.Clean("/"+r.URL.Path), "/")
	if file, ok := h.assets[name]; ok {
		file.serve(w, r)
		return
	}
	if path.Ext(name) != "" {
		http.NotFound(w, r)
		return
	}
	h.index.serve(w, r)
}

func (a asset) serve(w http.ResponseWriter, r *http.Request) {
	chosen := a.choose(r.Header.Get("Accept-Encoding"))
	header := w.Header()
	header.Set("Content-Type", a.contentType)
	header.Set("Cache-Control", a.cache)
	header.Set("X-Content-Type-Options", "nosniff")
	if len(a.variants) > 1 {
		header.Add("Vary", "Accept-Encoding")
	}
	// Each encoding is a representation of its own, hence its own tag (RFC 9110, 8.8.3.3).
	tag := a.etag
	if chosen.encoding != "" {
		header.Set("Content-Encoding", chosen.encoding)
		tag += "-" + chosen.encoding
	}
	header.Set("ETag", `"`+tag+`"`)
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(chosen.body))
}

// choose picks the smallest variant the client takes.
func (a asset) choose(accept string) variant {
	for _, candidate := range a.variants {
		if candidate.encoding == "" || accepts(accept, candidate.encoding) {
			return candidate
		}
	}
	return variant{}
}

// accepts reads an Accept-Encoding header (RFC 9110, 12.5.3); a weight of zero
// refuses, and other weights do not matter because the smallest is best for all.
func accepts(header, encoding string) bool {
	for part := range strings.SplitSeq(header, ",") {
		name, weight, _ := strings.Cut(strings.TrimSpace(part), ";")
		if !strings.EqualFold(strings.TrimSpace(name), encoding) {
			continue
		}
		value := strings.ReplaceAll(strings.ToLower(weight), " ", "")
		return strings.TrimRight(value, "0.") != "q=" || value == ""
	}
	return false
}
