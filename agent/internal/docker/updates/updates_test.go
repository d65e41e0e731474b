package updates_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pulse-hub/pulse/agent/internal/docker/engine"
	"github.com/pulse-hub/pulse/agent/internal/docker/registry"
	"github.com/pulse-hub/pulse/agent/internal/docker/updates"
	"github.com/pulse-hub/pulse/agent/report"
)

// answer is what a registry says about one manifest.
type answer struct {
	status int
	digest string
	kind   string
	body   string
}

// shelf is a registry without a network: answers by path. It counts.
type shelf struct {
	mu      sync.Mutex
	answers map[string]answer
	asked   int
	busy    int
	most    int
	slow    time.Duration
}

func (s *shelf) RoundTrip(request *http.Request) (*http.Response, error) {
	s.mu.Lock()
	s.asked++
	s.busy++
	s.most = max(s.most, s.busy)
	found, known := s.answers[request.URL.Path]
	s.mu.Unlock()
	time.Sleep(s.slow) // the bubble's clock
	s.mu.Lock()
	s.busy--
	s.mu.Unlock()
	if !known {
		found.status = http.StatusNotFound
	}
	header := http.Header{"Docker-Content-Digest": {found.digest}, "Content-Type": {found.kind}}
	return &http.Response{StatusCode: max(found.status, 200), Header: header, Body: io.NopCloser(strings.NewReader(found.body)), Request: request}, nil
}

// counts returns how many questions were asked, and how many at once at most.
func (s *shelf) counts() (asked, most int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.asked, s.most
}

// local are images by id.
type local map[string]engine.Image

func (l local) Image(_ context.Context, id string) (engine.Image, error) {
	image, found := l[id]
	if !found {
		return image, errors.New("no such image")
	}
	return image, nil
}

const index = "application/vnd.oci.image.index.v1+json"

// check runs a checker for one image until it knows something.
func check(t *testing.T, shelf *shelf, images local, key updates.Key) report.ImageUpdate {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	checker := updates.New(updates.Options{
		Images: func() updates.Images { return images }, Registry: registry.New(registry.Options{Transport: shelf}),
	})
	checker.Want([]updates.Key{key})
	go checker.Run(ctx)
	time.Sleep(time.Minute)
	synctest.Wait()
	status := checker.Status(key)
	if status == nil {
		t.Fatal("nothing is known")
	}
	result := *status
	result.LastChecked = time.Time{}
	return result
}

func TestComparison(t *testing.T) {
	const path = "/v2/library/app/manifests/"
	tree := map[string]answer{
		path + "1": {digest: "sha256:newindex", kind: index},
		path + "sha256:newindex": {kind: index, body: `{"manifests":[{"digest":"sha256:newmanifest","platform":{"os":"linux","architecture":"amd64"}},
			{"digest":"sha256:other","platform":{"os":"linux","architecture":"arm64"}}]}`},
		path + "sha256:newmanifest": {body: `{"config":{"digest":"sha256:newconfig"}}`},
	}
	tests := []struct {
		name    string
		pulled  []string
		imageID string
		ref     string
		want    report.ImageUpdate
	}{
		{"same index", []string{"app@sha256:newindex"}, "sha256:x", "app:1", report.ImageUpdate{CurrentDigest: "sha256:newindex", LatestDigest: "sha256:newindex"}},
		{"same manifest, pulled by its own digest", []string{"app@sha256:newmanifest"}, "sha256:x", "app:1", report.ImageUpdate{CurrentDigest: "sha256:newmanifest", LatestDigest: "sha256:newindex"}},
		{"one of two digests", []string{"docker.io/library/app@sha256:oldindex", "docker.io/library/app@sha256:newmanifest"}, "x", "docker.io/library/app:1", report.ImageUpdate{CurrentDigest: "sha256:oldindex", LatestDigest: "sha256:newindex"}},
		{"new index for the sake of another platform", []string{"app@sha256:oldindex"}, "sha256:newconfig", "app:1", report.ImageUpdate{CurrentDigest: "sha256:oldindex", LatestDigest: "sha256:newindex"}},
		{"the same with Podman's way to write ids", []string{"app@sha256:oldindex"}, "newconfig", "app:1", report.ImageUpdate{CurrentDigest: "sha256:oldindex", LatestDigest: "sha256:newindex"}},
		{"named by its manifest", []string{"app@sha256:oldindex"}, "sha256:newmanifest", "app:1", report.ImageUpdate{CurrentDigest: "sha256:oldindex", LatestDigest: "sha256:newindex"}},
		{"update", []string{"app@sha256:oldindex"}, "sha256:oldconfig", "app:1", report.ImageUpdate{UpdateAvailable: true, CurrentDigest: "sha256:oldindex", LatestDigest: "sha256:newindex"}},
		{"digests of another repository", []string{"other@sha256:newindex"}, "sha256:oldconfig", "app:1", report.ImageUpdate{Error: "image was not pulled from a registry"}},
		{"pinned", nil, "sha256:x", "app:1@sha256:abc", report.ImageUpdate{CurrentDigest: "sha256:abc", Error: "digest-pinned image"}},
		{"built here", nil, "sha256:x", "app:1", report.ImageUpdate{Error: "image was not pulled from a registry"}},
		{"built here with Podman", nil, "sha256:x", "localhost/app:1", report.ImageUpdate{Error: "image was not pulled from a registry"}},
		{"loaded from a file", nil, "sha256:x", "reg.example.com/app:1", report.ImageUpdate{Error: "registry returned 404"}},
		{"no name", nil, "sha256:x", "sha256:abc", report.ImageUpdate{Error: "invalid image name"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				images := local{test.imageID: {ID: test.imageID, RepoDigests: test.pulled, Os: "linux", Architecture: "amd64"}}
				got := check(t, &shelf{answers: tree}, images, updates.Key{Name: test.ref, ImageID: test.imageID})
				if diff := cmp.Diff(test.want, got); diff != "" {
					t.Errorf("status (-want +got):\n%s", diff)
				}
			})
		})
	}
}

func TestAnswersAreKept(t *testing.T) {
	const path = "/v2/library/app/manifests/1"
	key := updates.Key{Name: "app:1", ImageID: "i"}
	images := local{"i": {ID: "i", RepoDigests: []string{"app@sha256:a"}}}
	tests := []struct {
		name   string
		answer answer
		life   time.Duration
	}{
		{"answer", answer{digest: "sha256:a"}, 6 * time.Hour},
		{"error", answer{status: 429}, 15 * time.Minute},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				shelf := &shelf{answers: map[string]answer{path: test.answer}}
				var finished atomic.Int32
				checker := updates.New(updates.Options{
					Images: func() updates.Images { return images }, Registry: registry.New(registry.Options{Transport: shelf}),
					Finished: func() { finished.Add(1) },
				})
				go checker.Run(ctx)
				checker.Want([]updates.Key{key})
				time.Sleep(test.life - time.Second)
				checker.Want([]updates.Key{key})
				synctest.Wait()
				if asked, _ := shelf.counts(); asked != 1 || finished.Load() != 0 {
					t.Errorf("asked %d times before its time", asked)
				}
				time.Sleep(test.life/10 + time.Minute)
				synctest.Wait()
				if asked, _ := shelf.counts(); asked != 2 {
					t.Errorf("asked %d times after its time", asked)
				}
				checker.Again()
				synctest.Wait()
				if asked, _ := shelf.counts(); asked != 3 || finished.Load() != 1 {
					t.Errorf("asked %d times after being told to, %d rounds finished", asked, finished.Load())
				}
				checker.Want(nil)
				if checker.Status(key) != nil {
					t.Error("an image that has gone is remembered")
				}
			})
		})
	}
}

func TestFewAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		shelf := &shelf{slow: time.Second}
		images := local{"i": {ID: "i", RepoDigests: []string{"app@sha256:a"}}}
		checker := updates.New(updates.Options{Images: func() updates.Images { return images }, Registry: registry.New(registry.Options{Transport: shelf})})
		var keys []updates.Key
		for _, tag := range strings.Split("a b c d e f g h", " ") {
			keys = append(keys, updates.Key{Name: "app:" + tag, ImageID: "i"})
		}
		checker.Want(keys)
		go checker.Run(ctx)
		time.Sleep(time.Minute)
		synctest.Wait()
		if asked, most := shelf.counts(); most != 2 || asked != len(keys) {
			t.Errorf("%d at once, %d in all", most, asked)
		}
	})
}
