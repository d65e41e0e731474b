package enginetest

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync"
	"testing"
)

// Registry is a registry with one repository, team/app, for a real engine to pull from.
type Registry struct {
	// Name is that of the repository with the registry's address.
	Name string

	program []byte

	mu    sync.Mutex
	blobs map[string][]byte
	kinds map[string]string
	tags  map[string]string
}

// NewRegistry starts a registry that ends with the test.
func NewRegistry(t testing.TB) *Registry {
	t.Helper()
	registry := &Registry{program: payload(t), blobs: map[string][]byte{}, kinds: map[string]string{}, tags: map[string]string{}}
	server := httptest.NewServer(http.HandlerFunc(registry.serve))
	t.Cleanup(server.Close)
	registry.Name = strings.TrimPrefix(server.URL, "http://") + "/team/app"
	return registry
}

// Publish makes the tag stand for an index with an image whose containers run "/payload" with these words.
func (r *Registry) Publish(t testing.TB, tag string, words ...string) {
	t.Helper()
	r.mu.Lock()
	defer r.mu.Unlock()
	var plain bytes.Buffer
	writer := tar.NewWriter(&plain)
	if err := writer.WriteHeader(&tar.Header{Name: "payload", Mode: 0o755, Size: int64(len(r.program)), Typeflag: tar.TypeReg}); err != nil {
		t.Fatal(err)
	}
	_, _ = writer.Write(r.program) // into memory
	_ = writer.Close()
	var packed bytes.Buffer
	zipper := gzip.NewWriter(&packed)
	_, _ = zipper.Write(plain.Bytes()) // into memory
	_ = zipper.Close()

	const docker = "application/vnd.docker."
	config := r.putLocked(docker+"container.image.v1+json", encode(t, map[string]any{
		"architecture": runtime.GOARCH, "os": "linux", "config": map[string]any{"Cmd": append([]string{"/payload"}, words...)},
		"rootfs": map[string]any{"type": "layers", "diff_ids": []string{digest(plain.Bytes())}},
	}))
	layer := r.putLocked(docker+"image.rootfs.diff.tar.gzip", packed.Bytes())
	manifest := r.putLocked(docker+"distribution.manifest.v2+json", encode(t, map[string]any{
		"schemaVersion": 2, "mediaType": docker + "distribution.manifest.v2+json", "config": config, "layers": []any{layer},
	}))
	manifest["platform"] = map[string]string{"os": "linux", "architecture": runtime.GOARCH}
	index := r.putLocked(docker+"distribution.manifest.list.v2+json", encode(t, map[string]any{
		"schemaVersion": 2, "mediaType": docker + "distribution.manifest.list.v2+json", "manifests": []any{manifest},
	}))
	r.tags[tag] = index["digest"].(string)
}

// putLocked keeps content and returns its descriptor.
func (r *Registry) putLocked(kind string, content []byte) map[string]any {
	name := digest(content)
	r.blobs[name], r.kinds[name] = content, kind
	return map[string]any{"mediaType": kind, "size": len(content), "digest": name}
}

func encode(t testing.TB, value any) []byte {
	t.Helper()
	text, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func digest(content []byte) string {
	sum := sha256.Sum256(content)
	return "sha256:" + hex.EncodeToString(sum[:])
}

func (r *Registry) serve(writer http.ResponseWriter, request *http.Request) {
	r.mu.Lock()
	defer r.mu.Unlock()
	name := request.URL.Path[strings.LastIndexByte(request.URL.Path, '/')+1:]
	if tagged, found := r.tags[name]; found {
		name = tagged
	}
	content, found := r.blobs[name]
	switch {
	case request.URL.Path == "/v2/":
	case !found:
		writer.WriteHeader(http.StatusNotFound)
	default:
		writer.Header().Set("Content-Type", r.kinds[name])
		writer.Header().Set("Docker-Content-Digest", name)
		_, _ = writer.Write(content) // to a client that may go
	}
}
